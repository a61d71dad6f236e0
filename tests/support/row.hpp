/// \file
/// Layers in a row, written like a Sequential, of one type: so that a test of many networks compiles once.
#pragma once

#include <concepts>
#include <vector>

#include <fkd/network/runtime_sequential.hpp>

namespace support {

using Row = fkd::RuntimeSequential;

template <class... Layers>
Row row(const fkd::Input& input, const Layers&... layers) {
  return {input, std::vector<fkd::AnyLayer>{fkd::AnyLayer{layers}...}};
}
template <class First, class... Layers>
requires(!std::same_as<First, fkd::Input>) Row row(const First& first, const Layers&... layers) {
  return Row{std::vector<fkd::AnyLayer>{fkd::AnyLayer{first}, fkd::AnyLayer{layers}...}};
}

}  // namespace support
