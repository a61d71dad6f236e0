/// \file
/// Definitions of split.hpp.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include <fkd/core/is_nan.hpp>
#include <fkd/train/split.hpp>

namespace fkd {
namespace detail {

/// How many of `samples` are held out. Throws ArgumentError where one part would be empty.
[[gnu::cold]] FKD_FUNC Index validation_samples(Index samples, double share) {
  if (!is_finite(share) || share <= 0 || share >= 1) throw split_share_is_out_of_range(share);
  const auto count = static_cast<Index>((std::floor)(share * static_cast<double>(samples) + 0.5));
  if (count < 1 || count >= samples) throw split_part_is_empty(samples, share, count);
  return count;
}

/// Holds `count` of `members` out, at random or the last ones.
[[gnu::cold]] FKD_FUNC void hold_out(const std::vector<Index>& members, Index count, const Random& random, bool shuffle,
                                     SplitIndices& to) {
  const auto size = static_cast<Index>(members.size());
  std::vector<Index> order(members.size());
  for (Index i = 0; i < size; ++i) order[static_cast<std::size_t>(i)] = size - 1 - i;
  if (shuffle) order = random_order(size, random);
  for (Index i = 0; i < size; ++i)
    (i < count ? to.validation : to.training)
        .push_back(members[static_cast<std::size_t>(order[static_cast<std::size_t>(i)])]);
}

/// How many samples of each class are held out, `total` in all; `sizes` are at least 2.
[[gnu::cold]] FKD_FUNC std::vector<Index> stratified_counts(const std::vector<Index>& sizes, double share,
                                                            Index total) {
  std::vector<double> exact;
  std::vector<Index> counts;
  for (const Index size : sizes) {
    exact.push_back(share * static_cast<double>(size));
    counts.push_back((std::max)(Index{1}, (std::min)(size - 1, static_cast<Index>((std::floor)(exact.back())))));
    total -= counts.back();
  }
  for (; total != 0; total += total > 0 ? -1 : 1) {
    std::size_t best = sizes.size();
    double most = 0;
    for (std::size_t c = 0; c < sizes.size(); ++c) {
      const double missing = exact[c] - static_cast<double>(counts[c]);
      const double lacks = total > 0 ? missing : -missing;
      if ((total > 0 ? counts[c] >= sizes[c] - 1 : counts[c] <= 1) || (best < sizes.size() && lacks <= most)) continue;
      best = c;
      most = lacks;
    }
    counts[best] += total > 0 ? 1 : -1;
  }
  return counts;
}

}  // namespace detail

FKD_FUNC SplitIndices split_indices(Index samples, double share, Seed seed, bool shuffle) {
  const Index count = detail::validation_samples(samples, share);
  std::vector<Index> all(static_cast<std::size_t>(samples));
  for (Index i = 0; i < samples; ++i) all[static_cast<std::size_t>(i)] = i;
  SplitIndices split;
  detail::hold_out(all, count, Random{seed, Purpose::split}, shuffle, split);
  std::sort(split.training.begin(), split.training.end());
  std::sort(split.validation.begin(), split.validation.end());
  return split;
}

FKD_FUNC SplitIndices split_indices(std::span<const Index> labels, double share, Seed seed, bool shuffle) {
  const Index total = detail::validation_samples(static_cast<Index>(labels.size()), share);
  std::vector<std::vector<Index>> classes;  // the samples of each, by ascending labels
  std::vector<Index> order(labels.size());
  for (std::size_t n = 0; n < labels.size(); ++n) {
    if (labels[n] < 0) throw split_label_is_unknown(static_cast<Index>(n), labels[n]);
    order[n] = static_cast<Index>(n);
  }
  const auto label_of = [&](Index n) { return labels[static_cast<std::size_t>(n)]; };
  std::sort(order.begin(), order.end(), [&](Index a, Index b) {
    return label_of(a) < label_of(b) || (label_of(a) == label_of(b) && a < b);
  });
  for (const Index n : order) {
    if (classes.empty() || label_of(classes.back()[0]) != label_of(n)) classes.emplace_back();
    classes.back().push_back(n);
  }
  std::vector<Index> sizes;
  for (const std::vector<Index>& members : classes) {
    sizes.push_back(static_cast<Index>(members.size()));
    if (sizes.back() < 2) throw split_class_has_too_few_samples(label_of(members[0]), sizes.back());
  }
  const auto count = static_cast<Index>(sizes.size()), rest = static_cast<Index>(labels.size()) - total;
  if (total < count) throw split_part_has_too_few_samples(true, count, total);
  if (rest < count) throw split_part_has_too_few_samples(false, count, rest);
  const std::vector<Index> counts = detail::stratified_counts(sizes, share, total);
  SplitIndices split;
  for (std::size_t c = 0; c < classes.size(); ++c) {
    const auto stream = static_cast<std::uint64_t>(label_of(classes[c][0])) + 1;  // 0: that of a split by chance alone
    detail::hold_out(classes[c], counts[c], Random{seed, Purpose::split, stream}, shuffle, split);
  }
  std::sort(split.training.begin(), split.training.end());
  std::sort(split.validation.begin(), split.validation.end());
  return split;
}

namespace detail {

template <class T>
SplitIndices split_indices_of(const DataSource<T>& data, double share, Seed seed, const SplitOptions& options) {
  return options.stratify ? split_indices(target_labels(data), share, seed, options.shuffle)
                          : split_indices(data.size(), share, seed, options.shuffle);
}

}  // namespace detail

template <class T>
Split<T> split(const DataSource<T>& data, double share, Seed seed, SplitOptions options) {
  SplitIndices parts = detail::split_indices_of(data, share, seed, options);
  return {Subset<T>{data, std::move(parts.training)}, Subset<T>{data, std::move(parts.validation)}};
}

template <class T>
Split<T> split(std::shared_ptr<const DataSource<T>> data, double share, Seed seed, SplitOptions options) {
  if (!data) throw data_must_not_be_null("split", 0);
  SplitIndices parts = detail::split_indices_of(*data, share, seed, options);
  return {Subset<T>{data, std::move(parts.training)}, Subset<T>{data, std::move(parts.validation)}};
}

}  // namespace fkd
