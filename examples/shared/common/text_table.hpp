/// \file
/// Tables of text: aligned for a terminal, or in Markdown.
#pragma once

#include <algorithm>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

namespace shared {

/// A number with so many digits after the point; "-" where there is none (NaN).
inline std::string fixed(double value, int digits) {
  if (value != value) return "-";
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  return text;
}

/// Rows of cells; the first row is the header. The first column is aligned left, the others right.
class TextTable {
 public:
  explicit TextTable(std::vector<std::string> header) : rows_{std::move(header)} {}

  void add(std::vector<std::string> row) {
    row.resize(rows_.front().size());
    rows_.push_back(std::move(row));
  }

  /// Two spaces between columns, a line under the header.
  std::string plain() const { return render("", "  ", "", '-', "  "); }

  std::string markdown() const { return render("| ", " | ", " |", '-', " | "); }

 private:
  std::string render(std::string_view left, std::string_view between, std::string_view right, char rule,
                     std::string_view rule_between) const {
    std::vector<std::size_t> widths(rows_.front().size());
    for (const auto& row : rows_)
      for (std::size_t c = 0; c < row.size(); ++c)
        widths[c] = (std::max)(widths[c], (std::max)(row[c].size(), std::size_t{3}));
    std::string text;
    for (std::size_t r = 0; r < rows_.size(); ++r) {
      text += left;
      for (std::size_t c = 0; c < widths.size(); ++c) {
        const std::string pad(widths[c] - rows_[r][c].size(), ' ');
        text += (c ? std::string{between} : "") + (c ? pad + rows_[r][c] : rows_[r][c] + pad);
      }
      text += std::string{right} + "\n";
      if (r > 0) continue;
      text += left;
      for (std::size_t c = 0; c < widths.size(); ++c) {
        const bool markdown_right = !right.empty() && c > 0;
        text += (c ? std::string{rule_between} : "") + std::string(widths[c] - (markdown_right ? 1 : 0), rule) +
                (markdown_right ? ":" : "");
      }
      text += std::string{right} + "\n";
    }
    return text;
  }

  std::vector<std::vector<std::string>> rows_;
};

}  // namespace shared
