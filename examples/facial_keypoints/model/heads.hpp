/// \file
/// The two heads of model 5: the competition's rows were labelled in two ways.
///
/// Rows with (up to) 30 values and rows with the four keypoints of `always_labelled` alone come from two sets of
/// labels: the others' nose tip is lower, their lip is the mouth's centre. So there are 38 outputs, in pixels: 30 as
/// the first are labelled, then 8, of the four keypoints in the order of `always_labelled`, as the others are. A face
/// trains one head, the targets of the other are unknown; which head answers a test image follows from how many values
/// the lookup table asks of it.
#pragma once

#include <algorithm>
#include <array>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include <fkd/core/is_nan.hpp>
#include <fkd/train/data_source.hpp>

#include "common/shared.hpp"
#include "data/dataset.hpp"
#include "shared/train/network.hpp"

namespace facial_keypoints {

/// How a face is labelled.
enum class Head {
  full,  ///< all 15 keypoints
  four   ///< `always_labelled` alone
};

inline constexpr std::size_t four_count = 2 * always_labelled.size();
inline constexpr std::size_t two_heads_count = target_count + four_count;

/// Whether a network answers with two heads, and not with 30 coordinates.
inline bool has_two_heads(const Network& net) {
  return net.output_shape().size() == static_cast<fkd::Index>(two_heads_count);
}

/// The head for so many known or wanted values.
constexpr Head head_for(std::size_t values) { return values > four_count ? Head::full : Head::four; }

/// The head of a row of a training set.
inline Head head_of(std::span<const float> target) {
  return head_for(static_cast<std::size_t>(
      std::count_if(target.begin(), target.end(), [](float value) { return !fkd::is_nan(value); })));
}

/// The head of each face of a test set, by how many values its lookup table asks for.
inline std::vector<Head> heads_asked(const TestSet& test) {
  std::vector<std::size_t> asked(static_cast<std::size_t>(test.faces.size()));
  for (const LookupRow& row : test.lookup) ++asked[static_cast<std::size_t>(row.image)];
  std::vector<Head> heads;
  for (const std::size_t values : asked) heads.push_back(head_for(values));
  return heads;
}

/// 30 coordinates as the 38 targets of one head: `out[2 j]` of the second head is x of keypoint `always_labelled[j]`.
inline void spread_target(Head head, std::span<const float> target, std::span<float> out) {
  std::fill(out.begin(), out.end(), std::numeric_limits<float>::quiet_NaN());
  if (head == Head::full) {
    std::copy(target.begin(), target.end(), out.begin());
    return;
  }
  for (std::size_t j = 0; j < four_count; ++j) out[target_count + j] = target[2 * always_labelled[j / 2] + j % 2];
}

/// 38 outputs as the 30 coordinates of a face. The second head knows four keypoints; the first answers the others.
inline void gather_answer(Head head, std::span<const float> out, std::span<float> answer) {
  std::copy_n(out.begin(), target_count, answer.begin());
  if (head == Head::four)
    for (std::size_t j = 0; j < four_count; ++j) answer[2 * always_labelled[j / 2] + j % 2] = out[target_count + j];
}

/// Faces with 30 targets as a network with two heads is trained on them. A row's head is that of its own label,
/// whatever augmentation made unknown. The source must outlive it.
class TwoHeadSource final : public fkd::DataSource<float> {
 public:
  /// `heads` has one for each sample, `weights` too, or none where all are 1.
  TwoHeadSource(const fkd::DataSource<float>& from, std::vector<Head> heads, std::vector<double> weights = {})
      : from_{&from}, heads_{std::move(heads)}, weights_{std::move(weights)} {}

  fkd::Index size() const override { return from_->size(); }
  fkd::Shape input_shape() const override { return from_->input_shape(); }
  fkd::Shape target_shape() const override { return {1, 1, static_cast<fkd::Index>(two_heads_count)}; }
  void sample(fkd::Index index, fkd::Index epoch, std::span<float> x, std::span<float> y) const override {
    std::array<float, target_count> target;
    from_->sample(index, epoch, x, target);
    spread_target(heads_[static_cast<std::size_t>(index)], target, y);
  }
  double weight(fkd::Index index) const override {
    return weights_.empty() ? 1 : weights_[static_cast<std::size_t>(index)];
  }

 private:
  const fkd::DataSource<float>* from_;
  std::vector<Head> heads_;
  std::vector<double> weights_;
};

}  // namespace facial_keypoints
