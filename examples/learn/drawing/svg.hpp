/// \file
/// A small SVG writer for the pictures of docs/learn: legible on a light and on a dark page, the same bytes everywhere.
///
/// A picture brings its own background, white or near black as the reader's system prefers (`prefers-color-scheme`), so
/// that it is legible even where page and system differ. Colours have names, which are classes of the style sheet:
///
///     ink, soft, faint          letters and lines: strong, weaker, for grids
///     c0 ... c5                 the colours of data, Okabe and Ito's ("Color Universal Design", 2008)
///     t0 ... t5                 the same as a tint, on which ink is legible
///     paper, cell               the background; a surface a little apart from it
///
/// A shape's look is a list of them: "t0 s0" is a tint with an outline, see `style` below.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace drawing {

/// At most one digit behind the point: bytes that do not depend on the last bits of a computation.
inline std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f", value);
  std::string result = text;
  if (result.size() > 2 && result.compare(result.size() - 2, 2, ".0") == 0) result.resize(result.size() - 2);
  return result == "-0" ? "0" : result;
}

/// Text as XML has it.
inline std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '&') {
      result += "&amp;";
    } else if (c == '<') {
      result += "&lt;";
    } else if (c == '>') {
      result += "&gt;";
    } else if (c == '"') {
      result += "&quot;";
    } else {
      result += c;
    }
  }
  return result;
}

/// Where a text stands relative to its x.
enum class Anchor { start, middle, end };

/// One picture. Units are those of the view box, which is shown at `width` pixels where the page is wide enough;
/// letters of 16 units are legible down to a width of 400 pixels.
class Svg {
 public:
  using Points = std::vector<std::pair<double, double>>;

  Svg(double width, double height, std::string title) : width_{width}, height_{height}, title_{std::move(title)} {}

  void rect(double x, double y, double w, double h, std::string_view look, double round = 0) {
    body_ += "<rect x=\"" + number(x) + "\" y=\"" + number(y) + "\" width=\"" + number(w) + "\" height=\"" + number(h);
    if (round > 0) body_ += "\" rx=\"" + number(round);
    end(look);
  }
  void line(double x1, double y1, double x2, double y2, std::string_view look = "ls") {
    body_ += "<line x1=\"" + number(x1) + "\" y1=\"" + number(y1) + "\" x2=\"" + number(x2) + "\" y2=\"" + number(y2);
    end(look);
  }
  void polyline(const Points& points, std::string_view look) { many("polyline", points, look); }
  void polygon(const Points& points, std::string_view look) { many("polygon", points, look); }
  void circle(double x, double y, double radius, std::string_view look) {
    body_ += "<circle cx=\"" + number(x) + "\" cy=\"" + number(y) + "\" r=\"" + number(radius);
    end(look);
  }
  /// A straight arrow, its head at the second point.
  void arrow(double x1, double y1, double x2, double y2) {
    body_ += "<line x1=\"" + number(x1) + "\" y1=\"" + number(y1) + "\" x2=\"" + number(x2) + "\" y2=\"" + number(y2) +
             "\" marker-end=\"url(#head)";
    end("ls");
    arrows_ = true;
  }
  void text(double x, double y, std::string_view text, Anchor anchor = Anchor::start, std::string_view look = "ink",
            double size = 16) {
    body_ += "<text x=\"" + number(x) + "\" y=\"" + number(y);
    if (anchor != Anchor::start) body_ += anchor == Anchor::middle ? "\" text-anchor=\"middle" : "\" text-anchor=\"end";
    if (size != 16) body_ += "\" font-size=\"" + number(size);
    if (look != "ink") body_ += "\" class=\"" + std::string{look};
    body_ += "\">" + escaped(text) + "</text>\n";
  }
  /// Text that is read from below, its middle at (x, y).
  void upright(double x, double y, std::string_view text) {
    body_ += "<text transform=\"translate(" + number(x) + " " + number(y) + ") rotate(-90)\" text-anchor=\"middle\">" +
             escaped(text) + "</text>\n";
  }
  /// A square of a grey picture, 0 black to 255 white: the same on every background.
  void grey(double x, double y, double side, int value) {
    char fill[16];
    std::snprintf(fill, sizeof fill, "#%02x%02x%02x", value, value, value);
    body_ += "<rect x=\"" + number(x) + "\" y=\"" + number(y) + "\" width=\"" + number(side) + "\" height=\"" +
             number(side) + "\" fill=\"" + fill + "\" class=\"crisp\"/>\n";
  }
  void add(const std::string& drawn) { body_ += drawn; }

  /// The file's text.
  std::string file() const {
    const std::string size = number(width_) + " " + number(height_);
    std::string text = "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " + size + "\" width=\"" +
                       number(width_) + "\" height=\"" + number(height_) +
                       "\" font-family=\"Helvetica, Arial, sans-serif\" font-size=\"16\">\n<title>" + escaped(title_) +
                       "</title>\n<style>\n";
    text += style();
    text += "</style>\n";
    if (arrows_)
      text +=
          "<defs><marker id=\"head\" viewBox=\"0 0 10 10\" refX=\"9\" refY=\"5\" markerWidth=\"9\" markerHeight=\"9\" "
          "markerUnits=\"userSpaceOnUse\" orient=\"auto\"><path d=\"M0 0L10 5L0 10z\" class=\"fs\"/></marker></defs>\n";
    text += "<rect width=\"" + number(width_) + "\" height=\"" + number(height_) + "\" rx=\"8\" class=\"paper\"/>\n";
    return text + body_ + "</svg>\n";
  }
  double width() const { return width_; }
  void set_height(double height) { height_ = height; }

 private:
  void end(std::string_view look) { body_ += "\" class=\"" + std::string{look} + "\"/>\n"; }
  void many(const char* element, const Points& points, std::string_view look) {
    body_ += std::string{"<"} + element + " points=\"";
    const char* comma = "";
    for (const auto& [x, y] : points) body_ += comma + number(x) + "," + number(y), comma = " ";
    end(look);
  }

  /// `cN` fills with a colour and `lN` draws a line of it; `tN` fills with its tint, `sN` is an outline in it. `fs` and
  /// `ls`: filled and line in the weaker ink.
  static std::string style() {
    struct Scheme {
      const char *ink, *soft, *faint, *paper, *cell, *colour[6], *tint[6];
    };
    static constexpr Scheme light = {"#1f2328",
                                     "#59636e",
                                     "#d1d9e0",
                                     "#ffffff",
                                     "#f0f3f6",
                                     {"#0072b2", "#d55e00", "#008f6a", "#b5508c", "#b07900", "#666666"},
                                     {"#cfe5f5", "#fbdcc8", "#c9ecdf", "#f3d5e6", "#f7e6bd", "#dddddd"}};
    static constexpr Scheme dark = {"#e6edf3",
                                    "#9aa4af",
                                    "#3d444d",
                                    "#0d1117",
                                    "#1c222b",
                                    {"#58b4ee", "#f28c48", "#2fc79a", "#e48fc2", "#e3b341", "#a8a8a8"},
                                    {"#123f5e", "#5e2d10", "#0d4a3a", "#552a45", "#4d3a0c", "#3d3d3d"}};
    const auto rules = [](const Scheme& s) {
      std::string text = std::string{"text,.ink{fill:"} + s.ink + "}.soft,.fs{fill:" + s.soft +
                         "}.ls{stroke:" + s.soft + "}.li{stroke:" + s.ink + "}.faint{stroke:" + s.faint +
                         "}.paper{fill:" + s.paper + "}.paperline{stroke:" + s.paper + "}.cell{fill:" + s.cell + "}\n";
      for (int i = 0; i < 6; ++i) {
        const std::string n = std::to_string(i);
        text += ".c" + n + "{fill:" + s.colour[i] + "}.l" + n + ",.s" + n + "{stroke:" + s.colour[i] + "}.t" + n +
                "{fill:" + s.tint[i] + "}\n";
      }
      return text;
    };
    return "line,polyline,.none{fill:none}polyline{stroke-width:2.5;stroke-linejoin:round}.dash{stroke-dasharray:5 4}"
           ".thick{stroke-width:3}.thin{stroke-width:1}.crisp{shape-rendering:crispEdges}\n" +
           rules(light) + "@media(prefers-color-scheme:dark){\n" + rules(dark) + "}\n";
  }

  double width_, height_;
  std::string title_, body_;
  bool arrows_ = false;
};

}  // namespace drawing
