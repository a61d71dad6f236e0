#include <algorithm>
#include <fstream>
#include <iostream>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <fkd/io/write_file.hpp>
#include <fkd/metrics/classify.hpp>

#include "fkd_tool/commands.hpp"
#include "fkd_tool/model_file.hpp"
#include "shared/cli/validators.hpp"
#include "shared/common/class_rows.hpp"
#include "shared/common/csv_field.hpp"
#include "shared/common/data_error.hpp"
#include "shared/common/shown_path.hpp"
#include "shared/picture/network_pictures.hpp"

namespace fkd_tool {
namespace {

namespace fs = std::filesystem;

struct PredictOptions {
  fs::path model, images, names, out;
  double divide = 255;
  std::vector<double> mean, deviation;
  int top = 3;
};

/// One number for all channels, or one for each.
double of_channel(const std::vector<double>& values, fkd::Index channel, double otherwise) {
  if (values.empty()) return otherwise;
  return values.size() == 1 ? values[0] : values[static_cast<std::size_t>(channel)];
}

void check(const PredictOptions& options, fkd::Shape in) {
  if (in.channels != 1 && in.channels != 3)
    throw shared::DataError{shared::shown(options.model) +
                            ": expected a network of grey or colour pictures, got one of " + fkd::text(in.channels) +
                            " channels"};
  for (const auto& [name, values] : {std::pair{"--mean", &options.mean}, {"--std", &options.deviation}})
    if (values->size() > 1 && static_cast<fkd::Index>(values->size()) != in.channels)
      throw shared::DataError{std::string{name} + ": expected one number or " + fkd::text(in.channels) + ", got " +
                              std::to_string(values->size())};
}

std::vector<std::string> read_names(const fs::path& file, fkd::Index classes) {
  std::vector<std::string> names;
  if (file.empty()) {
    for (fkd::Index c = 0; c < classes; ++c) names.push_back(fkd::text(c));
    return names;
  }
  std::ifstream in{file};
  for (std::string line; std::getline(in, line);) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (!line.empty()) names.push_back(line);
  }
  if (static_cast<fkd::Index>(names.size()) != classes)
    throw shared::DataError{shared::shown(file) + ": expected " + fkd::text(classes) +
                            " names, one a line, as many as the network has outputs, got " +
                            std::to_string(names.size())};
  return names;
}

/// The pictures as the network's images, and their files' names.
template <class T>
struct Pictures {
  std::vector<std::string> names;
  std::vector<T> values;
};

template <class T>
Pictures<T> read_images(const PredictOptions& options, fkd::Shape in, std::ostream& print) {
  Pictures<T> pictures;
  pictures.names =
      shared::read_network_pictures(options.images, in, print, [&](const std::vector<shared::GreyPicture>& planes) {
        for (std::size_t i = 0; i < planes[0].pixels.size(); ++i)
          for (fkd::Index c = 0; c < in.channels; ++c) {
            const double value = planes[static_cast<std::size_t>(c)].pixels[i] / options.divide;
            pictures.values.push_back(
                static_cast<T>((value - of_channel(options.mean, c, 0)) / of_channel(options.deviation, c, 1)));
          }
      });
  return pictures;
}

/// With `top` 0 all outputs as they are; else the most probable classes.
template <class T>
void write_rows(const PredictOptions& options, const fkd::Model<T>& net, const Pictures<T>& pictures,
                std::ostream& out) {
  const fkd::Shape shape = net.output_shape();
  const auto samples = static_cast<fkd::Index>(pictures.names.size());
  const fkd::BatchView<const T> x{pictures.values.data(), net.input_shape(), samples};
  const bool classes = options.top > 0 && shape.is_flat() && shape.size() > 1;
  const fkd::Batch<T> y = classes ? fkd::predict_probabilities(net, x) : net.predict(x);
  const std::vector<std::string> names =
      read_names(options.names, classes || !options.names.empty() ? shape.size() : 0);
  const auto shown = static_cast<std::size_t>(std::min<fkd::Index>(options.top, shape.size()));
  if (classes) {
    shared::write_class_header(out, shown);
    for (fkd::Index n = 0; n < samples; ++n)
      shared::write_class_row(out, pictures.names[static_cast<std::size_t>(n)], y.sample(n), names, shown);
    return;
  }
  out << "picture";
  for (fkd::Index i = 0; i < shape.size(); ++i)
    out << "," << (names.empty() ? "output_" + fkd::text(i) : shared::csv_field(names[static_cast<std::size_t>(i)]));
  out << "\n";
  for (fkd::Index n = 0; n < samples; ++n) {
    out << shared::csv_field(pictures.names[static_cast<std::size_t>(n)]);
    for (const T& value : y.sample(n)) out << "," << fkd::text(static_cast<double>(value));
    out << "\n";
  }
}

void predict(const PredictOptions& options, std::ostream& print) {
  with_model(options.model, [&]<class T>(const fkd::Model<T>& net) {
    check(options, net.input_shape());
    // Where the rows are what is printed, remarks on pictures go elsewhere.
    const Pictures<T> pictures = read_images<T>(options, net.input_shape(), options.out.empty() ? std::cerr : print);
    if (options.out.empty()) {
      write_rows(options, net, pictures, print);
      return;
    }
    fkd::io::write_file(options.out, [&](std::ostream& out) { write_rows(options, net, pictures, out); });
    print << pictures.names.size() << " pictures\nwrote " << shared::shown(options.out) << "\n";
  });
}

}  // namespace

shared::Command add_predict(CLI::App& app) {
  const auto options = std::make_shared<PredictOptions>();
  CLI::App* command = app.add_subcommand("predict", "A network's outputs for the pictures of a folder, as CSV");
  command->add_option("FILE", options->model, "a .safetensors or .onnx file")->required();
  command->add_option("--images", options->images, "a folder of PNG and JPEG pictures of any size")->required();
  command->add_option("--out", options->out, "the CSV file; without it, standard output");
  command->add_option("--names", options->names, "a text file with the name of each output, one a line");
  command->add_option("--top", options->top, "so many of the most probable classes; 0: all outputs as they are")
      ->check(shared::whole_number(0, 1000000));
  command
      ->add_option("--divide", options->divide,
                   "pixels, 0 to 255, are divided by it: 1 for a network that does so itself")
      ->check(shared::number_between(0, true, 1e9, "a number above 0"));
  command->add_option("--mean", options->mean, "then this is subtracted, one number or one for each channel")
      ->delimiter(',');
  command->add_option("--std", options->deviation, "then by this they are divided, one number or one for each channel")
      ->delimiter(',')
      ->check(shared::number_between(0, true, 1e9, "a number above 0"));
  return {command, [options](std::ostream& print) { predict(*options, print); }};
}

}  // namespace fkd_tool
