#include "predict/score.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <fkd/train/evaluate.hpp>

#include "augmentation/change_image.hpp"
#include "augmentation/change_keypoints.hpp"

namespace facial_keypoints {

namespace {

/// Faces under one change, without targets.
class ChangedFaces final : public fkd::DataSource<float> {
 public:
  ChangedFaces(const Faces& faces, std::span<const fkd::Index> rows, PixelScaling scaling, const Change& change)
      : faces_{&faces}, rows_{rows}, scaling_{scaling}, change_{change} {}

  fkd::Index size() const override { return static_cast<fkd::Index>(rows_.size()); }
  fkd::Shape input_shape() const override { return {image_side, image_side, 1}; }
  fkd::Shape target_shape() const override { return {1, 1, 1}; }
  void sample(fkd::Index index, fkd::Index /*epoch*/, std::span<float> x, std::span<float> y) const override {
    const std::span<const std::uint8_t> image = faces_->image(rows_[static_cast<std::size_t>(index)]);
    change_image(change_, image, scaling_.of(image), x);
    y[0] = 0;
  }

 private:
  const Faces* faces_;
  std::span<const fkd::Index> rows_;
  PixelScaling scaling_;
  Change change_;
};

/// What the network says, output after output.
std::vector<float> outputs_of(const Network& net, const fkd::DataSource<float>& source) {
  constexpr fkd::Index chunk = 128;
  fkd::Workspace<float> workspace;
  fkd::Batch<float> x, target;
  std::vector<float> outputs;
  std::vector<fkd::Index> indices;
  for (fkd::Index begin = 0; begin < source.size(); begin += chunk) {
    indices.clear();
    for (fkd::Index i = begin; i < (std::min)(begin + chunk, source.size()); ++i) indices.push_back(i);
    fkd::read_batch<float>(source, indices, 0, x, target);
    const fkd::Batch<float> y = net.predict(x, workspace);
    outputs.insert(outputs.end(), y.data(), y.data() + y.size());
  }
  return outputs;
}

/// How a network with two heads sees each face: as it is and moved a little to each side, and all that in a mirror.
std::vector<Change> views() {
  constexpr double step = 4;  // pixels
  std::vector<Change> all;
  for (const bool flip : {false, true}) {
    all.push_back({.flip = flip});
    for (const double shift : {-step, step}) {
      all.push_back({.flip = flip, .shift_x = shift});
      all.push_back({.flip = flip, .shift_y = shift});
    }
  }
  return all;
}

/// Where a keypoint of a changed face, for a change of `views`, is in the face itself.
void change_back(const Change& change, std::span<const float> answer, std::span<float> out) {
  std::array<float, target_count> unmoved{};
  for (std::size_t c = 0; c < target_count; ++c)
    unmoved[c] = answer[c] - static_cast<float>(c % 2 == 0 ? change.shift_x : change.shift_y);
  change_target({.flip = change.flip}, unmoved, out);
}

}  // namespace

std::vector<float> predict_rows(const Network& net, const Faces& faces, std::span<const fkd::Index> rows,
                                PixelScaling scaling) {
  std::vector<Head> heads;
  for (const fkd::Index row : rows) heads.push_back(head_of(faces.target(row)));
  return predict_rows(net, faces, rows, scaling, heads);
}

std::vector<float> predict_rows(const Network& net, const Faces& faces, std::span<const fkd::Index> rows,
                                PixelScaling scaling, std::span<const Head> heads) {
  if (!has_two_heads(net)) return outputs_of(net, FaceSource{faces, {rows.begin(), rows.end()}, scaling});
  const std::vector<Change> all = views();
  std::vector<float> answers(rows.size() * target_count);
  std::array<float, target_count> seen{}, answer{};
  for (const Change& view : all) {
    const std::vector<float> outputs = outputs_of(net, ChangedFaces{faces, rows, scaling, view});
    for (std::size_t r = 0; r < rows.size(); ++r) {
      gather_answer(heads[r], std::span{outputs}.subspan(r * two_heads_count, two_heads_count), seen);
      change_back(view, seen, answer);
      for (std::size_t c = 0; c < target_count; ++c) answers[r * target_count + c] += answer[c];
    }
  }
  for (float& value : answers) value /= static_cast<float>(all.size());
  return answers;
}

double Score::rmse(double full_share) const {
  if (full_share <= 0 || heads[0].known == 0 || heads[1].known == 0) return all.rmse();
  return std::sqrt(full_share * heads[0].cost() + (1 - full_share) * heads[1].cost());
}

Score score(const Faces& faces, std::span<const fkd::Index> rows, std::span<const float> answers) {
  Score result;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    const std::span<const float> target = faces.target(rows[r]);
    SquaredError& of_head = result.heads[static_cast<std::size_t>(head_of(target))];
    for (std::size_t c = 0; c < target_count; ++c) {
      const float answer = answers[r * target_count + c];
      result.all.add(answer, target[c]);
      of_head.add(answer, target[c]);
      result.keypoints[c / 2].add(answer, target[c]);
      if (answer < 0 || answer > static_cast<float>(image_side)) ++result.outside_image;
    }
  }
  return result;
}

}  // namespace facial_keypoints
