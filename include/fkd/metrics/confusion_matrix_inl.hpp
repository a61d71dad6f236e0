/// \file
/// Definitions of confusion_matrix.hpp.
#pragma once

#include <algorithm>
#include <cstdio>
#include <numeric>

#include <fkd/core/is_nan.hpp>
#include <fkd/metrics/confusion_matrix.hpp>

namespace fkd {

FKD_FUNC ConfusionMatrix::ConfusionMatrix(Index classes, std::vector<std::string> names)
    : classes_{classes}, names_{std::move(names)} {
  const Index size = checked_product(classes, classes);
  if (classes < 1) throw option_is_out_of_range("ConfusionMatrix: classes", "at least 1", classes);
  if (!fits(size)) throw option_is_out_of_range("ConfusionMatrix: classes", "a table that memory can hold", classes);
  if (!names_.empty() && static_cast<Index>(names_.size()) != classes)
    throw class_names_differ(classes, static_cast<Index>(names_.size()));
  counts_.assign(static_cast<std::size_t>(size), 0);
  for (Index c = static_cast<Index>(names_.size()); c < classes; ++c) names_.push_back(std::to_string(c));
}

FKD_FUNC void ConfusionMatrix::add(Index label, Index predicted, Index count) {
  check_number("ConfusionMatrix: label", classes_, label);
  check_number("ConfusionMatrix: predicted label", classes_, predicted);
  if (count < 0) throw samples_must_not_be_negative("ConfusionMatrix", count);
  counts_[static_cast<std::size_t>(label * classes_ + predicted)] += count;
}

FKD_FUNC Index ConfusionMatrix::count(Index label, Index predicted) const {
  check_number("ConfusionMatrix: label", classes_, label);
  check_number("ConfusionMatrix: predicted label", classes_, predicted);
  return counts_[static_cast<std::size_t>(label * classes_ + predicted)];
}

FKD_FUNC Index ConfusionMatrix::samples() const { return std::accumulate(counts_.begin(), counts_.end(), Index{0}); }

FKD_FUNC Index ConfusionMatrix::correct() const {
  Index sum = 0;
  for (Index c = 0; c < classes_; ++c) sum += count(c, c);
  return sum;
}

FKD_FUNC Index ConfusionMatrix::samples_of(Index label) const {
  Index sum = 0;
  for (Index c = 0; c < classes_; ++c) sum += count(label, c);
  return sum;
}

FKD_FUNC Index ConfusionMatrix::predicted_as(Index label) const {
  Index sum = 0;
  for (Index c = 0; c < classes_; ++c) sum += count(c, label);
  return sum;
}

namespace detail {

/// NaN where there is nothing to divide by.
[[gnu::cold]] FKD_FUNC double share_of(Index part, Index whole) {
  return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : unknown<double>;
}

/// In percent; `-` for NaN.
[[gnu::cold]] FKD_FUNC std::string percent_text(const double& share) {
  if (is_nan(share)) return "-";
  char digits[32];
  std::snprintf(digits, sizeof digits, "%.1f", 100 * share);
  for (char& c : digits)
    if (c == ',') c = '.';  // as some locales have it
  return digits;
}

/// Characters of a text in UTF-8.
[[gnu::cold]] FKD_FUNC std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

}  // namespace detail

FKD_FUNC double ConfusionMatrix::accuracy() const { return detail::share_of(correct(), samples()); }

FKD_FUNC double ConfusionMatrix::precision(Index label) const {
  return detail::share_of(count(label, label), predicted_as(label));
}

FKD_FUNC double ConfusionMatrix::recall(Index label) const {
  return detail::share_of(count(label, label), samples_of(label));
}

FKD_FUNC double ConfusionMatrix::f1(Index label) const {
  return detail::share_of(2 * count(label, label), samples_of(label) + predicted_as(label));
}

FKD_FUNC double ConfusionMatrix::mean(double (ConfusionMatrix::*share)(Index) const) const {
  double sum = 0;
  Index defined = 0;
  for (Index c = 0; c < classes_; ++c) {
    const double its = (this->*share)(c);
    if (is_nan(its)) continue;
    sum += its;
    ++defined;
  }
  return defined > 0 ? sum / static_cast<double>(defined) : unknown<double>;
}

FKD_FUNC double ConfusionMatrix::mean_precision() const { return mean(&ConfusionMatrix::precision); }
FKD_FUNC double ConfusionMatrix::mean_recall() const { return mean(&ConfusionMatrix::recall); }
FKD_FUNC double ConfusionMatrix::mean_f1() const { return mean(&ConfusionMatrix::f1); }

FKD_FUNC const std::string& ConfusionMatrix::name(Index label) const {
  check_number("ConfusionMatrix: label", classes_, label);
  return names_[static_cast<std::size_t>(label)];
}

FKD_FUNC std::string ConfusionMatrix::table() const {
  std::vector<std::vector<std::string>> cells{{"true \\ chosen"}};
  cells[0].insert(cells[0].end(), names_.begin(), names_.end());
  for (const char* share : {"precision %", "recall %", "F1 %"}) cells[0].push_back(share);
  for (Index label = 0; label < classes_; ++label) {
    std::vector<std::string> line{name(label)};
    for (Index c = 0; c < classes_; ++c) line.push_back(std::to_string(count(label, c)));
    for (const double share : {precision(label), recall(label), f1(label)}) line.push_back(detail::percent_text(share));
    cells.push_back(std::move(line));
  }
  std::vector<std::string> means{"mean"};
  means.resize(static_cast<std::size_t>(classes_) + 1);
  for (const double share : {mean_precision(), mean_recall(), mean_f1()}) means.push_back(detail::percent_text(share));
  cells.push_back(std::move(means));

  std::vector<std::size_t> widths(cells[0].size());
  for (const std::vector<std::string>& line : cells)
    for (std::size_t i = 0; i < line.size(); ++i) widths[i] = (std::max)(widths[i], detail::width_of(line[i]));
  std::string text;
  for (const std::vector<std::string>& line : cells) {
    for (std::size_t i = 0; i < line.size(); ++i) {
      const std::string blanks(widths[i] - detail::width_of(line[i]), ' ');
      text.append(i > 0 ? "  " : "").append(i > 0 ? blanks + line[i] : line[i] + blanks);
    }
    text.push_back('\n');
  }
  return text.append(std::to_string(correct()) + " of " + std::to_string(samples()) +
                     " are right: " + detail::percent_text(accuracy()) + " %\n");
}

}  // namespace fkd
