#include "report/open.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <fkd/io/write_file.hpp>
#include <fkd/network/inspect.hpp>
#include <fkd/train/evaluate.hpp>

#include "data/load.hpp"
#include "report/text_table.hpp"
#include "train/run_folder.hpp"

namespace facial_keypoints {
namespace {

/// One grey image of a grid.
struct Tile {
  int width = 1, height = 1;
  std::vector<float> values;
};

/// A channel each, or the values of a flat output folded into the squarest rectangle.
std::vector<Tile> tiles_of(const fkd::Batch<float>& values) {
  const fkd::Shape shape = values.shape();
  const auto count = static_cast<int>(shape.size());
  if (shape.is_flat()) {
    const int width = static_cast<int>(std::ceil(std::sqrt(count)));
    Tile tile{width, (count + width - 1) / width, {values.data(), values.data() + count}};
    tile.values.resize(static_cast<std::size_t>(tile.width * tile.height),
                       *std::min_element(values.data(), values.data() + count));
    return {tile};
  }
  std::vector<Tile> tiles;
  for (fkd::Index c = 0; c < shape.channels; ++c) {
    Tile tile{static_cast<int>(shape.width), static_cast<int>(shape.height), {}};
    for (fkd::Index pixel = 0; pixel < shape.height * shape.width; ++pixel)
      tile.values.push_back(values.data()[pixel * shape.channels + c]);
    tiles.push_back(std::move(tile));
  }
  return tiles;
}

std::string file_name(std::size_t i, const std::string& layer) {
  const std::string kind = layer.substr(layer.find('.') + 1);
  return (i < 10 ? "0" : "") + std::to_string(i) + "_" + kind + ".png";
}

}  // namespace

Picture layer_picture(const fkd::Batch<float>& values) {
  const std::vector<Tile> tiles = tiles_of(values);
  const auto count = static_cast<int>(tiles.size());
  int columns = static_cast<int>(std::ceil(std::sqrt(count)));
  for (int wider = columns; wider < 2 * columns; ++wider)  // 32 channels: 8 x 4, and no place is left empty
    if (count % wider == 0) {
      columns = wider;
      break;
    }
  const int rows = (count + columns - 1) / columns, width = tiles[0].width, height = tiles[0].height;
  const int scale = std::clamp(960 / (columns * width), 1, 24);
  Picture picture{columns * (width * scale + 2) + 2, rows * (height * scale + 2) + 2};
  for (int t = 0; t < count; ++t) {
    const Tile& tile = tiles[static_cast<std::size_t>(t)];
    const auto [least, largest] = std::minmax_element(tile.values.begin(), tile.values.end());
    const float range = *largest > *least ? *largest - *least : 1;
    const int left = 2 + t % columns * (width * scale + 2), top = 2 + t / columns * (height * scale + 2);
    for (int y = 0; y < height * scale; ++y)
      for (int x = 0; x < width * scale; ++x) {
        const float value = tile.values[static_cast<std::size_t>(y / scale * width + x / scale)];
        const auto grey = grey_byte(255 * (value - *least) / range + 0.5F);
        picture.blend(left + x, top + y, {grey, grey, grey}, 1);
      }
  }
  return picture;
}

void open(const OpenOptions& options, std::ostream& print) {
  const Run run = read_run(options.run, print);
  const Dataset data = load(options.data.value_or(run.config.data), Parts::training, print);
  if (options.face < 0 || options.face >= data.training.size())
    throw DataError{data.name + ": expected a face from 0 to " + std::to_string(data.training.size() - 1) + ", got " +
                    std::to_string(options.face)};
  const FaceSource source{data.training, {options.face}, run.config.scaling};
  fkd::Batch<float> x, truth;
  const std::vector<fkd::Index> first{0};
  fkd::read_batch<float>(source, first, 0, x, truth);

  const std::vector<fkd::Batch<float>> values = fkd::activations(run.net, x);
  const std::vector<fkd::LayerLine> lines = fkd::layer_table(run.net.architecture());
  const std::vector<double> seconds = fkd::layer_seconds(run.net, x, 9);
  make_folder(options.out);
  TextTable table{{"layer", "output", "least", "largest", "mean", "zeros, %", "microseconds", "MFLOP"}};
  std::string csv = "layer,height,width,channels,least,largest,mean,zeros,microseconds,flops\n";
  for (std::size_t i = 0; i < values.size(); ++i) {
    const fkd::ValueStatistics s = fkd::statistics(values[i]);
    const fkd::Shape shape = values[i].shape();
    const std::string time = i == 0 ? "" : fixed(1e6 * seconds[i - 1], 1);
    table.add({lines[i].name, fkd::text(shape), fixed(s.least, 3), fixed(s.largest, 3), fixed(s.mean, 3),
               fixed(100 * s.zeros, 1), i == 0 ? "-" : time, fixed(static_cast<double>(lines[i].flops) / 1e6, 2)});
    csv.append(lines[i].name);
    for (const std::string& field :
         {std::to_string(shape.height), std::to_string(shape.width), std::to_string(shape.channels), fixed(s.least, 6),
          fixed(s.largest, 6), fixed(s.mean, 6), fixed(s.zeros, 6), time, std::to_string(lines[i].flops)})
      csv.append(",").append(field);
    csv.append("\n");
    write_png(layer_picture(values[i]), options.out / file_name(i, lines[i].name));
  }
  fkd::io::write_file(options.out / "layers.csv", [&](std::ostream& out) { out << csv; });
  Sheet sheet{1, 1, 6};
  sheet.face(0, data.training.image(options.face));
  sheet.dots(0, data.training.target(options.face), green);
  sheet.rings(0, values.back().sample(0), red);
  write_png(sheet.picture(), options.out / "answer.png");

  SquaredError error;
  for (std::size_t c = 0; c < target_count; ++c)
    error.add(values.back().sample(0)[c], data.training.target(options.face)[c]);
  print << "model " << run.config.recipe.model << ", face " << options.face << " of " << data.name << "\n\n"
        << table.plain() << "\nRMSE of its answer: " << fixed(error.rmse(), 3) << " px\nwrote " << values.size()
        << " pictures of layers, answer.png and layers.csv to " << options.out.string() << "\n";
}

}  // namespace facial_keypoints
