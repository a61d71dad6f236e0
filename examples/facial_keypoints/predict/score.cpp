#include "predict/score.hpp"

#include <algorithm>
#include <cmath>

#include <fkd/train/evaluate.hpp>

#include "augmentation/change_keypoints.hpp"

namespace facial_keypoints {

namespace {

/// What the network says, output after output, of `rows` as they are or in a mirror.
std::vector<float> outputs_of(const Network& net, const Faces& faces, std::span<const fkd::Index> rows,
                              PixelScaling scaling, bool mirror) {
  constexpr std::size_t chunk = 128;
  const FaceSource source{faces, {rows.begin(), rows.end()}, scaling};
  fkd::Workspace<float> workspace;
  fkd::Batch<float> x, target;
  std::vector<float> outputs;
  std::vector<fkd::Index> indices;
  for (std::size_t begin = 0; begin < rows.size(); begin += chunk) {
    indices.clear();
    for (std::size_t i = begin; i < (std::min)(begin + chunk, rows.size()); ++i)
      indices.push_back(static_cast<fkd::Index>(i));
    fkd::read_batch<float>(source, indices, 0, x, target);
    if (mirror)
      for (float* row = x.data(); row < x.data() + x.size(); row += image_side) std::reverse(row, row + image_side);
    const fkd::Batch<float> y = net.predict(x, workspace);
    outputs.insert(outputs.end(), y.data(), y.data() + y.size());
  }
  return outputs;
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
  std::vector<float> plain = outputs_of(net, faces, rows, scaling, false);
  if (!has_two_heads(net)) return plain;
  const std::vector<float> flipped = outputs_of(net, faces, rows, scaling, true);
  std::vector<float> answers(rows.size() * target_count);
  std::array<float, target_count> mirror_image{}, unflipped{};
  for (std::size_t r = 0; r < rows.size(); ++r) {
    const std::span<float> answer{answers.data() + r * target_count, target_count};
    gather_answer(heads[r], std::span{plain}.subspan(r * two_heads_count, two_heads_count), answer);
    gather_answer(heads[r], std::span{flipped}.subspan(r * two_heads_count, two_heads_count), mirror_image);
    change_target({.flip = true}, mirror_image, unflipped);
    for (std::size_t c = 0; c < target_count; ++c) answer[c] = 0.5F * (answer[c] + unflipped[c]);
  }
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
