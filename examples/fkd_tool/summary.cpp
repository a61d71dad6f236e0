#include <algorithm>
#include <memory>
#include <string>

#include <fkd/network/inspect.hpp>

#include "fkd_tool/commands.hpp"
#include "fkd_tool/model_file.hpp"
#include "shared/common/text_table.hpp"

namespace fkd_tool {
namespace {

/// The tensors of a file without a network: a state_dict, say, or one of an older version.
void print_tensors(const fkd::io::TensorFile& file, std::ostream& print) {
  fkd::Index values = 0;
  std::size_t width = 6;
  for (const fkd::io::FileTensor& tensor : file.tensors) width = std::max(width, tensor.name.size());
  for (const fkd::io::FileTensor& tensor : file.tensors) {
    fkd::Index size = 1;
    for (const fkd::Index extent : tensor.extents) size *= extent;
    values += size;
    print << fkd::printable(tensor.name) << std::string(width + 2 - tensor.name.size(), ' ') << tensor.type << "  "
          << fkd::io::detail::extents_text(tensor.extents) << "\n";
  }
  print << file.tensors.size() << " tensors, " << values << " values; the file does not say of which network\n";
}

void summarise(const std::filesystem::path& file, std::ostream& print) {
  if (!is_onnx(file)) {
    const fkd::io::TensorFile tensors = fkd::io::read_tensors(file);
    if (!tensors.metadata.contains("architecture")) {
      print_tensors(tensors, print);
      return;
    }
  }
  with_model(file, [&](const auto& net) { print << fkd::summary(net); });
}

}  // namespace

shared::Command add_summary(CLI::App& app) {
  const auto file = std::make_shared<std::filesystem::path>();
  CLI::App* command = app.add_subcommand("summary", "Layers, shapes, parameters and operations of a network in a file");
  command->add_option("FILE", *file, "a .safetensors or .onnx file")->required();
  return {command, [file](std::ostream& print) { summarise(*file, print); }};
}

}  // namespace fkd_tool
