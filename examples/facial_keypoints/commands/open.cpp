#include <string>
#include <vector>

#include <fkd/io/write_file.hpp>
#include <fkd/network/inspect.hpp>
#include <fkd/train/evaluate.hpp>

#include "commands/commands.hpp"
#include "commands/load_data.hpp"
#include "common/shared.hpp"
#include "data/face_source.hpp"
#include "data/statistics.hpp"
#include "picture/sheet.hpp"
#include "shared/common/text_table.hpp"
#include "shared/report/layer_picture.hpp"
#include "train/run_folder.hpp"

namespace facial_keypoints {
namespace {

std::string file_name(std::size_t i, const std::string& layer) {
  const std::string kind = layer.substr(layer.find('.') + 1);
  return (i < 10 ? "0" : "") + std::to_string(i) + "_" + kind + ".png";
}

}  // namespace

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
  const std::vector<fkd::LayerLine> lines = fkd::layer_table(run.net);
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
