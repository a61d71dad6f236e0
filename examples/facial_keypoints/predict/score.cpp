#include "predict/score.hpp"

#include <algorithm>

#include <fkd/train/evaluate.hpp>

namespace facial_keypoints {

std::vector<float> predict_rows(const Network& net, const Faces& faces, std::span<const fkd::Index> rows,
                                PixelScaling scaling) {
  constexpr std::size_t chunk = 128;
  const FaceSource source{faces, {rows.begin(), rows.end()}, scaling};
  fkd::Workspace<float> workspace;
  fkd::Batch<float> x, target;
  std::vector<float> answers;
  std::vector<fkd::Index> indices;
  for (std::size_t begin = 0; begin < rows.size(); begin += chunk) {
    indices.clear();
    for (std::size_t i = begin; i < (std::min)(begin + chunk, rows.size()); ++i)
      indices.push_back(static_cast<fkd::Index>(i));
    fkd::read_batch<float>(source, indices, 0, x, target);
    const fkd::Batch<float> y = net.predict(x, workspace);
    answers.insert(answers.end(), y.data(), y.data() + y.size());
  }
  return answers;
}

Score score(const Faces& faces, std::span<const fkd::Index> rows, std::span<const float> answers) {
  Score result;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    const std::span<const float> target = faces.target(rows[r]);
    for (std::size_t c = 0; c < target_count; ++c) {
      const float answer = answers[r * target_count + c];
      result.all.add(answer, target[c]);
      result.keypoints[c / 2].add(answer, target[c]);
      if (answer < 0 || answer > static_cast<float>(image_side)) ++result.outside_image;
    }
  }
  return result;
}

}  // namespace facial_keypoints
