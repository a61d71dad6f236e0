/// \file
/// Layers in a row, written like a Sequential, of one type: so that a test of many networks compiles once.
#pragma once

#include <vector>

#include <fkd/network/runtime_sequential.hpp>

namespace support {

using Row = fkd::RuntimeSequential;

template <class... Layers>
Row row(const fkd::Input& input, const Layers&... layers) {
  return {input, std::vector<fkd::AnyLayer>{fkd::AnyLayer{layers}...}};
}
template <fkd::Layer... Layers>
Row row(const Layers&... layers) {
  return Row{std::vector<fkd::AnyLayer>{fkd::AnyLayer{layers}...}};
}

}  // namespace support
