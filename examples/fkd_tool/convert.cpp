#include <memory>
#include <string>
#include <type_traits>

#include <fkd/io/pytorch.hpp>
#include <fkd/io/safetensors.hpp>

#include "fkd_tool/commands.hpp"
#include "fkd_tool/model_file.hpp"
#include "shared/cli/validators.hpp"
#include "shared/common/shown_path.hpp"

namespace fkd_tool {
namespace {

struct ConvertOptions {
  std::filesystem::path from, to;
  std::string stored = "as-is";
  bool pytorch = false, channels_last = false;
};

fkd::io::Stored stored(const std::string& word) {
  return word == "f16" ? fkd::io::Stored::f16 : word == "bf16" ? fkd::io::Stored::bf16 : fkd::io::Stored::as_is;
}

void check(const ConvertOptions& options) {
  if (is_onnx(options.to) && (options.pytorch || options.stored != "as-is"))
    throw CLI::ValidationError{"convert: expected --pytorch and --stored with a .safetensors file, got " +
                               shared::shown(options.to)};
  if (!is_onnx(options.to) && options.channels_last)
    throw CLI::ValidationError{"convert: expected --channels-last with an .onnx file, got " +
                               shared::shown(options.to)};
  if (!is_onnx(options.to) && options.to.extension() != ".safetensors")
    throw CLI::ValidationError{"convert: expected a name that ends in .onnx or .safetensors, got " +
                               shared::shown(options.to)};
}

void convert(const ConvertOptions& options, std::ostream& print) {
  check(options);
  with_model(options.from, [&]<class T>(const fkd::Model<T>& net) {
    fkd::io::FileReport report;
    if (is_onnx(options.to)) {
      fkd::io::save_onnx(options.to, net, {.channels_last = options.channels_last});
    } else if (options.pytorch) {
      report = fkd::io::save_pytorch(options.to, net, {.stored = stored(options.stored)});
    } else {
      report = fkd::io::save(options.to, net, {.stored = stored(options.stored)});
    }
    print << "wrote " << shared::shown(options.to) << ": " << net.layers().size() << " layers, "
          << net.layout().trained_parameters() << " parameters"
          << (is_onnx(options.to) && std::is_same_v<T, double> ? ", as float32" : "") << "\n";
    if (!report.warning.empty()) print << report.warning << "\n";
  });
}

}  // namespace

shared::Command add_convert(CLI::App& app) {
  const auto options = std::make_shared<ConvertOptions>();
  CLI::App* command = app.add_subcommand("convert", "A network from one format to another, told by the names' ends");
  command->add_option("FROM", options->from, "a .safetensors file of the library, or an .onnx file")->required();
  command->add_option("TO", options->to, "a .safetensors or .onnx file, which is replaced as a whole")->required();
  command->add_flag("--pytorch", options->pytorch,
                    "a .safetensors file for PyTorch's load_state_dict: weights alone, in its order and names");
  command->add_option("--stored", options->stored, "the type of the numbers in a .safetensors file")
      ->check(shared::one_of({"as-is", "f16", "bf16"}));
  command->add_flag("--channels-last", options->channels_last,
                    "an .onnx file whose images are (batch, H, W, C), not (batch, C, H, W)");
  return {command, [options](std::ostream& print) { convert(*options, print); }};
}

}  // namespace fkd_tool
