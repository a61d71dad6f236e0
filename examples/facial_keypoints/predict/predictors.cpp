#include "predict/predictors.hpp"

#include <fkd/core/is_nan.hpp>

#include "predict/score.hpp"
#include "shared/common/data_error.hpp"

namespace facial_keypoints {

std::vector<float> mean_answers(std::span<const Predictor> predictors, const Faces& faces,
                                std::span<const fkd::Index> rows, std::span<const Head> heads) {
  std::vector<float> answers;
  for (const Predictor& one : predictors) {
    const std::vector<float> own = predict_rows(*one.net, faces, rows, one.scaling, heads);
    for (const float answer : own)
      if (!fkd::is_finite(answer))
        throw DataError{one.who + ": expected a network with finite answers, got one that says NaN or infinity"};
    answers.resize(own.size());
    for (std::size_t i = 0; i < own.size(); ++i) answers[i] += own[i];
  }
  for (float& answer : answers) answer /= static_cast<float>(predictors.size());
  return answers;
}

}  // namespace facial_keypoints
