#include "shared/report/network_sections.hpp"

#include <algorithm>
#include <cmath>

#include <fkd/network/inspect.hpp>

#include "shared/common/text_table.hpp"
#include "shared/report/html.hpp"
#include "shared/report/words.hpp"

namespace shared::html {
namespace {

/// -1 orange, 0 white, 1 violet: the ends and the middle of ColorBrewer's PuOr, which colour-blind readers tell apart.
Colour diverging(double t) {
  constexpr std::array<double, 3> low{179, 88, 6}, middle{247, 247, 247}, high{84, 39, 136};
  const std::array<double, 3>& end = t < 0 ? low : high;
  const double share = std::abs(t) < 1 ? std::abs(t) : 1.0;  // NaN is an end, too
  Colour colour{};
  for (std::size_t c = 0; c < 3; ++c)
    colour[c] = static_cast<std::uint8_t>(middle[c] + share * (end[c] - middle[c]) + 0.5);
  return colour;
}

/// Small pictures in rows, one pixel of paper between them.
struct Tiles {
  int columns, width, height;
  Picture picture;

  Tiles(int count, int per_row, int tile_width, int tile_height, Colour paper)
      : columns{(std::min)(count, per_row)},
        width{tile_width},
        height{tile_height},
        picture{columns * (tile_width + 1) - 1, (count + columns - 1) / columns * (tile_height + 1) - 1, paper} {}

  void pixel(int tile, int x, int y, Colour colour) {
    picture.blend(tile % columns * (width + 1) + x, tile / columns * (height + 1) + y, colour, 1);
  }
};

/// A channel's values as greys, its least black and its largest white.
void put_channel(Tiles& tiles, int place, const fkd::Batch<float>& values, fkd::Index channel) {
  const fkd::Shape shape = values.shape();
  const auto value = [&](fkd::Index pixel) { return values.data()[pixel * shape.channels + channel]; };
  float least = value(0), largest = least;
  for (fkd::Index i = 0; i < shape.height * shape.width; ++i) {
    least = (std::min)(least, value(i));
    largest = (std::max)(largest, value(i));
  }
  const float scale = largest > least ? 255 / (largest - least) : 0;
  for (int y = 0; y < static_cast<int>(shape.height); ++y)
    for (int x = 0; x < static_cast<int>(shape.width); ++x) {
      const std::uint8_t grey = grey_byte((value(y * shape.width + x) - least) * scale + 0.5F);
      tiles.pixel(place, x, y, {grey, grey, grey});
    }
}

/// The first channels of an image of activations, in pictures of eight that stand side by side where there is room.
std::string channel_pictures(const std::string& name, const fkd::Batch<float>& values) {
  constexpr fkd::Index most = 16, in_one = 8;
  const fkd::Shape shape = values.shape();
  const fkd::Index shown = (std::min)(shape.channels, most);
  std::string pictures;
  for (fkd::Index first = 0; first < shown; first += in_one) {
    const fkd::Index end = (std::min)(first + in_one, shown);
    Tiles tiles{static_cast<int>(end - first),
                4,
                static_cast<int>(shape.width),
                static_cast<int>(shape.height),
                {128, 128, 128}};
    for (fkd::Index c = first; c < end; ++c) put_channel(tiles, static_cast<int>(c - first), values, c);
    const std::string which = std::to_string(first + 1) + " to " + std::to_string(end);
    pictures += shown == 1 ? image(tiles.picture, "The channel of " + name)
                           : image(tiles.picture, "Channels of " + name + ": " + which, "pixels");
  }
  return figure(shown == 1 ? pictures : "<div class=\"maps\">" + pictures + "</div>",
                shape.channels > most ? "The first 16 of " + std::to_string(shape.channels) + " channels." : "");
}

std::string megaflops(double flops) { return flops > 0 ? fixed(flops / 1e6, 2) : "–"; }

}  // namespace

std::string first_filters(const std::string& name, const Network& net) {
  const auto& tensors = net.layout().tensors();
  if (tensors.empty() || tensors[0].spec.rank != 4) return "";
  const auto [KH, KW, IC, OC] = tensors[0].spec.extents;
  const std::span<const float> weights = net.tensor(0);  // (KH, KW, IC, OC)
  float largest = 1e-12F;
  for (const float w : weights) largest = (std::max)(largest, std::abs(w));
  Tiles tiles{static_cast<int>(OC), 8, static_cast<int>(KW), static_cast<int>(KH), {255, 255, 255}};
  for (fkd::Index oc = 0; oc < OC; ++oc)
    for (fkd::Index kh = 0; kh < KH; ++kh)
      for (fkd::Index kw = 0; kw < KW; ++kw) {
        double sum = 0;  // over the input channels, of which a grey image has one
        for (fkd::Index ic = 0; ic < IC; ++ic)
          sum += static_cast<double>(weights[static_cast<std::size_t>(((kh * KW + kw) * IC + ic) * OC + oc)]);
        tiles.pixel(static_cast<int>(oc), static_cast<int>(kw), static_cast<int>(kh),
                    diverging(sum / static_cast<double>(IC) / static_cast<double>(largest)));
      }
  const std::string what = std::to_string(OC) + " filters of " + std::to_string(KH) + " × " + std::to_string(KW);
  return figure(image(tiles.picture, "The first layer of " + name + ": " + what, "pixels filters"),
                escaped(name) + ": " + what + ", weights from −" + fixed(static_cast<double>(largest), 3) + " to " +
                    fixed(static_cast<double>(largest), 3) + ".");
}

std::string feature_maps(const Network& net, fkd::BatchView<const float> input) {
  const std::vector<fkd::Batch<float>> values = fkd::activations(net, input);
  const std::vector<fkd::LayerLine> lines = fkd::layer_table(net);
  std::string text;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const fkd::ValueStatistics s = fkd::statistics(values[i]);
    const fkd::Shape shape = values[i].shape();
    text += "<h3>" + escaped(lines[i].name) + "</h3>\n" +
            paragraph((shape.is_flat()
                           ? grouped(shape.channels) + " values"
                           : std::to_string(shape.height) + " × " + std::to_string(shape.width) + " pixels, " +
                                 std::to_string(shape.channels) + (shape.channels == 1 ? " channel" : " channels")) +
                      "; from " + decimal(s.least, 3) + " to " + decimal(s.largest, 3) + ", mean " +
                      decimal(s.mean, 3) + ", " + fixed(100 * s.zeros, 1) + " % zeros.");
    if (!shape.is_flat()) text += channel_pictures(lines[i].name, values[i]);
  }
  return text;
}

std::string layer_costs(const std::string& name, const Network& net, fkd::BatchView<const float> x,
                        const std::string& noun) {
  const std::vector<fkd::LayerLine> lines = fkd::layer_table(net);
  const std::vector<double> seconds = fkd::layer_seconds(net, x);
  double total = 0, flops = 0;
  fkd::Index parameters = 0;
  for (const double s : seconds) total += s;
  const auto samples = static_cast<double>(x.samples);
  const auto row = [&](const std::string& layer, const std::string& shape, fkd::Index count, double work, double time) {
    return std::vector<std::string>{layer,
                                    shape,
                                    count > 0 ? grouped(count) : "–",
                                    megaflops(work),
                                    fixed(1e6 * time / samples, 1),
                                    fixed(100 * time / total, 1),
                                    work > 0 ? fixed(work * samples / time / 1e9, 1) : "–"};
  };
  Table all{{"layer", "output", "parameters", "MFLOP", "µs a " + noun, "share, %", "GFLOP/s"}, {}, true};
  for (std::size_t i = 1; i < lines.size(); ++i) {
    all.rows.push_back(row(lines[i].name, fkd::text(lines[i].out), lines[i].parameters,
                           static_cast<double>(lines[i].flops), seconds[i - 1]));
    flops += static_cast<double>(lines[i].flops);
    parameters += lines[i].parameters;
  }
  all.rows.push_back(row("total", "", parameters, flops, total));
  return "<h3>" + escaped(name) + "</h3>\n" + table(all);
}

}  // namespace shared::html
