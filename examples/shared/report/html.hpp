/// \file
/// A page in one file: HTML with its own small style, images embedded as data URLs, no external files and no scripts.
///
/// It is laid out for 390 pixels and for 1280, for paper, and for readers who prefer the dark. A wide table becomes a
/// stack of cards on a phone; nothing scrolls sideways.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "shared/picture/picture.hpp"
#include "shared/report/plot.hpp"

namespace shared::html {

/// Text that stands for itself between tags and in quoted attributes.
std::string escaped(std::string_view text);

/// RFC 4648, section 4.
std::string base64(std::span<const std::uint8_t> bytes);

/// The bytes of a PNG file. Pictures in which every pixel is grey are written with one channel. \throws fkd::FileError
std::vector<std::uint8_t> png_bytes(const Picture& picture);

/// `<img>` with the picture as data. `style` names a class of the page's style: "pixels" keeps the edges of pixels
/// sharp.
std::string image(const Picture& picture, std::string_view alt, std::string_view style = "");

std::string paragraph(std::string_view text);

/// A picture, or several, with a line below; `content` and `caption` are HTML.
std::string figure(std::string_view content, std::string_view caption, std::string_view style = "");

/// A plot, with a description for those who do not see it; or the sentence that says why there is none.
std::string figure(const Plot& plot, std::string_view description, std::string_view caption);

/// Cells are HTML. The first column names the row. `stacked`: on a phone each row becomes a card; for tables of many
/// columns.
struct Table {
  std::vector<std::string> header;
  std::vector<std::vector<std::string>> rows;
  bool stacked = false;
};
std::string table(const Table& table);

/// Names and values, in a row that wraps: the figures at the top of a report.
std::string facts(const std::vector<std::pair<std::string, std::string>>& facts);

/// The parts of a page in their order.
class Page {
 public:
  Page(std::string title, std::string introduction)
      : title_{std::move(title)}, introduction_{std::move(introduction)} {}

  /// `content` is HTML; an empty section is left out. `title` stands in the table of contents.
  void section(std::string_view title, std::string content);

  /// The whole document.
  std::string text() const;

 private:
  std::string title_, introduction_;
  std::vector<std::pair<std::string, std::string>> sections_;
};

}  // namespace shared::html
