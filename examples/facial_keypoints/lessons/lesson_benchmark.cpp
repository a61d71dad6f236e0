// Lesson H: the network beside three methods that need none.

#include <algorithm>
#include <chrono>

#include <Eigen/Cholesky>
#include <Eigen/Core>

#include "lessons/trial.hpp"
#include "train/sweep.hpp"

namespace facial_keypoints {
namespace {

using Matrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// Pixels from 0 to 1, a row each: (rows, 9216).
Matrix pixels_of(const Faces& faces, std::span<const fkd::Index> rows) {
  Matrix x(static_cast<Eigen::Index>(rows.size()), static_cast<Eigen::Index>(image_pixels));
  for (std::size_t r = 0; r < rows.size(); ++r)
    for (std::size_t i = 0; i < image_pixels; ++i)
      x(static_cast<Eigen::Index>(r), static_cast<Eigen::Index>(i)) =
          static_cast<float>(faces.image(rows[r])[i]) / 255.0F;
  return x;
}

Matrix targets_of(const Faces& faces, std::span<const fkd::Index> rows) {
  Matrix y(static_cast<Eigen::Index>(rows.size()), static_cast<Eigen::Index>(target_count));
  for (std::size_t r = 0; r < rows.size(); ++r)
    for (std::size_t c = 0; c < target_count; ++c)
      y(static_cast<Eigen::Index>(r), static_cast<Eigen::Index>(c)) = faces.target(rows[r])[c];
  return y;
}

/// For each held-out face the keypoints of the training face that is nearest in pixels.
Matrix nearest_neighbour(const Matrix& x, const Matrix& y, const Matrix& asked) {
  Matrix distances = -2.0F * asked * x.transpose();  // |a - b|^2 without |a|^2, which is the same for every b
  const Eigen::VectorXf norms = x.rowwise().squaredNorm();
  distances.rowwise() += norms.transpose();
  Matrix answers(asked.rows(), y.cols());
  for (Eigen::Index r = 0; r < asked.rows(); ++r) {
    Eigen::Index nearest = 0;
    distances.row(r).minCoeff(&nearest);
    answers.row(r) = y.row(nearest);
  }
  return answers;
}

/// Ridge regression by the normal equations in their dual form, which is as large as the training set and not as the
/// picture: W = X'(XX' + λI)^-1 Y on centred X and Y, λ a hundredth of XX''s mean diagonal.
Matrix ridge(const Matrix& x, const Matrix& y, const Matrix& asked) {
  const Eigen::RowVectorXf mean_x = x.colwise().mean(), mean_y = y.colwise().mean();
  const Matrix centred = x.rowwise() - mean_x;
  Eigen::MatrixXd gram = (centred * centred.transpose()).cast<double>();
  gram.diagonal().array() += 0.01 * gram.diagonal().mean();
  const Matrix targets = y.rowwise() - mean_y;
  const Eigen::MatrixXd dual = gram.llt().solve(targets.cast<double>());
  const Matrix weights = centred.transpose() * dual.cast<float>();
  const Matrix moved = asked.rowwise() - mean_x;
  Matrix answers = moved * weights;
  answers.rowwise() += mean_y;
  return answers;
}

std::string seconds_text(double seconds) {
  return seconds < 0.01 ? "less than 0.01 s" : fixed(seconds, seconds < 10 ? 2 : 1) + " s";
}

struct Entry {
  std::string name;
  double rmse, seconds;
};

}  // namespace

Outcome lesson_benchmark(const Classroom& room) {
  using Clock = std::chrono::steady_clock;
  const Faces faces = some_faces(room.faces, 1200);
  const Recipe recipe{.epochs = 25, .batch_size = 20, .seed = room.seed};
  const Split split = split_rows(faces, recipe);
  const Matrix x = pixels_of(faces, split.training), y = targets_of(faces, split.training);
  const Matrix asked = pixels_of(faces, split.held_out);
  std::vector<Entry> entries;
  const auto add = [&](const std::string& name, auto&& answer) {
    const Clock::time_point begin = Clock::now();
    const Matrix answers = answer();
    const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    const std::span<const float> all{answers.data(), static_cast<std::size_t>(answers.size())};
    entries.push_back({name, score(faces, split.held_out, all).all.rmse(), seconds});
    room.print << name << ": held-out RMSE " << px(entries.back().rmse) << ", " << seconds_text(seconds) << std::endl;
  };
  add("the mean face", [&] { return Matrix(y.colwise().mean().replicate(asked.rows(), 1)); });
  add("the nearest neighbour", [&] { return nearest_neighbour(x, y, asked); });
  add("linear regression", [&] { return ridge(x, y, asked); });
  const Trial network = try_out(room, faces, recipe, "the network", {.filters = 16, .depth = 2});
  const auto best = std::min_element(entries.begin(), entries.end(),
                                     [](const Entry& a, const Entry& b) { return fkd::is_better(a.rmse, b.rmse); });
  Outcome outcome;
  outcome.bars.x_label = "held-out RMSE, px";
  std::string sentence = "On " + std::to_string(split.held_out.size()) + " held-out faces ";
  for (const Entry& entry : entries) {
    sentence.append(entry.name).append(" has an RMSE of ").append(px(entry.rmse)).append(" in ");
    sentence.append(seconds_text(entry.seconds)).append(", ");
    outcome.bars.bars.emplace_back(entry.name, entry.rmse);
  }
  outcome.bars.bars.emplace_back("the network", network.rmse);
  if (network.diverged()) return {sentence + "and the network diverges.", {}, outcome.bars};
  sentence += "and the network " + px(network.rmse) + " in " + seconds_text(network.seconds) + ": it " +
              (network.rmse < best->rmse ? "beats the best of them, " : "does not beat ") + best->name + ", by " +
              px(std::abs(network.rmse - best->rmse));
  if (network.rmse >= best->rmse)
    sentence = sentence.substr(0, sentence.rfind(", by ")) + ", which is " + px(network.rmse - best->rmse) + " better";
  outcome.sentence = sentence + ".";
  return outcome;
}

}  // namespace facial_keypoints
