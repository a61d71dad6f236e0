#include "shared/train/saved_model.hpp"

#include <tuple>
#include <utility>

#include <fkd/core/message.hpp>
#include <fkd/io/load_network.hpp>
#include <fkd/io/safetensors.hpp>

namespace shared {

SavedModel read_model(const std::filesystem::path& file, Network configured) {
  if (!fkd::io::read_tensors(file).metadata.contains("architecture")) {
    const std::string warning = fkd::io::load(file, configured).warning;
    return {std::move(configured), warning};
  }
  fkd::io::FileReport report;
  Network net = fkd::io::load_network(file, report);
  for (const auto& [what, expected, got] : {std::tuple{"input", configured.input_shape(), net.input_shape()},
                                            {"output", configured.output_shape(), net.output_shape()}})
    if (got != expected)
      throw fkd::FileError{file.string() + ": expected the network of config.json, of " + what + " " +
                           fkd::text(expected) + ", got one of " + fkd::text(got)};
  return {std::move(net), std::move(report.warning)};
}

}  // namespace shared
