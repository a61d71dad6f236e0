#include "shared/report/html.hpp"

#include <fkd/core/error.hpp>

#include "shared/report/html_style.hpp"

namespace shared::html {
namespace {

std::string class_of(std::string_view name) { return name.empty() ? "" : " class=\"" + std::string{name} + "\""; }

}  // namespace

std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    switch (c) {
      case '&':
        result += "&amp;";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '"':
        result += "&quot;";
        break;
      case '\'':
        result += "&#39;";
        break;
      default:
        result += c;
    }
  }
  return result;
}

std::string base64(std::span<const std::uint8_t> bytes) {
  constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t left = bytes.size() - i;
    const unsigned word = static_cast<unsigned>(bytes[i]) << 16 |
                          (left > 1 ? static_cast<unsigned>(bytes[i + 1]) << 8 : 0U) | (left > 2 ? bytes[i + 2] : 0U);
    text += letters[word >> 18];
    text += letters[word >> 12 & 63];
    text += left > 1 ? letters[word >> 6 & 63] : '=';
    text += left > 2 ? letters[word & 63] : '=';
  }
  return text;
}

std::vector<std::uint8_t> png_bytes(const Picture& picture) {
  const std::span<const std::uint8_t> rgb = picture.rgb();
  bool grey = true;
  for (std::size_t i = 0; i < rgb.size() && grey; i += 3) grey = rgb[i] == rgb[i + 1] && rgb[i] == rgb[i + 2];
  std::vector<std::uint8_t> one_channel;
  if (grey)
    for (std::size_t i = 0; i < rgb.size(); i += 3) one_channel.push_back(rgb[i]);
  png_image header{};
  header.version = PNG_IMAGE_VERSION;
  header.width = static_cast<png_uint_32>(picture.width());
  header.height = static_cast<png_uint_32>(picture.height());
  header.format = grey ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB;
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(header);
  std::vector<std::uint8_t> bytes(size);
  if (!png_image_write_to_memory(&header, bytes.data(), &size, 0, grey ? one_channel.data() : rgb.data(), 0, nullptr))
    throw fkd::FileError{std::string{"a picture of the report: cannot be encoded: "} + header.message};
  bytes.resize(size);
  return bytes;
}

std::string image(const Picture& picture, std::string_view alt, std::string_view style_name) {
  return "<img src=\"data:image/png;base64," + base64(png_bytes(picture)) + "\" width=\"" +
         std::to_string(picture.width()) + "\" height=\"" + std::to_string(picture.height()) + "\" alt=\"" +
         escaped(alt) + "\"" + class_of(style_name) + ">";
}

std::string paragraph(std::string_view text) { return "<p>" + std::string{text} + "</p>\n"; }

std::string figure(std::string_view content, std::string_view caption, std::string_view style_name) {
  return "<figure" + class_of(style_name) + ">" + std::string{content} +
         (caption.empty() ? "" : "<figcaption>" + std::string{caption} + "</figcaption>") + "</figure>\n";
}

std::string figure(const Plot& plot, std::string_view description, std::string_view caption) {
  if (plot.svg.empty()) return paragraph(escaped(plot.problem));
  return figure("<div role=\"img\" aria-label=\"" + escaped(description) + "\">" + plot.svg + "</div>", caption,
                "plot");
}

std::string table(const Table& table) {
  std::string text = "<div class=\"wide\"><table" + class_of(table.stacked ? "stacked" : "") + "><thead><tr>";
  for (const std::string& name : table.header) text += "<th scope=\"col\">" + name + "</th>";
  text += "</tr></thead><tbody>\n";
  for (const auto& row : table.rows) {
    text += "<tr>";
    for (std::size_t c = 0; c < row.size(); ++c)
      text += c == 0 ? "<th scope=\"row\">" + row[c] + "</th>"
                     : "<td" + (table.stacked ? " data-name=\"" + table.header[c] + "\"" : std::string{}) + "><span>" +
                           row[c] + "</span></td>";
    text += "</tr>\n";
  }
  return text + "</tbody></table></div>\n";
}

std::string facts(const std::vector<std::pair<std::string, std::string>>& facts) {
  std::string text = "<dl class=\"facts\">";
  for (const auto& [name, value] : facts)
    text += "<div><dt>" + escaped(name) + "</dt><dd>" + escaped(value) + "</dd></div>";
  return text + "</dl>\n";
}

void Page::section(std::string_view title, std::string content) {
  if (!content.empty()) sections_.emplace_back(title, std::move(content));
}

std::string Page::text() const {
  std::string text =
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>" +
      escaped(title_) + "</title>\n<link rel=\"icon\" href=\"data:,\">\n<style>" + std::string{style} +
      "</style>\n</head>\n<body>\n<header>\n<h1>" + escaped(title_) + "</h1>\n" + introduction_ +
      "</header>\n<nav aria-label=\"Contents\"><ul>\n";
  for (std::size_t i = 0; i < sections_.size(); ++i)
    text += "<li><a href=\"#part" + std::to_string(i + 1) + "\">" + escaped(sections_[i].first) + "</a></li>\n";
  text += "</ul></nav>\n<main>\n";
  for (std::size_t i = 0; i < sections_.size(); ++i)
    text += "<section id=\"part" + std::to_string(i + 1) + "\">\n<h2>" + escaped(sections_[i].first) + "</h2>\n" +
            sections_[i].second + "</section>\n";
  return text + "</main>\n</body>\n</html>\n";
}

}  // namespace shared::html
