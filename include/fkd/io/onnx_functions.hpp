/// \file
/// ONNX's operators of values alone, and those that join values: activations, also as exporters write them in parts,
/// arithmetic with constants, sums, channels side by side.
#pragma once

#include <fkd/core/language.hpp>

namespace fkd::io::detail {

class OnnxImport;

/// Reads the node at which `graph` is. Throws FileError for an operator that is not supported.
[[gnu::cold]] void read_function(OnnxImport& graph);

}  // namespace fkd::io::detail

#ifndef FKD_COMPILED
#include <fkd/io/onnx_functions_inl.hpp>
#endif
