/// \file
/// ONNX's operators as fkd's layers, one function each.
#pragma once

#include <fkd/core/language.hpp>

#include <string_view>

namespace fkd::io::detail {

class OnnxImport;

/// Reads the node at which `graph` is. Throws FileError for an operator, an attribute or an input that is not
/// supported, and ShapeError for a layer that does not fit.
[[gnu::cold]] void read_operator(OnnxImport& graph);
/// Whether the operator of this name may have several outputs of which the first is a layer's, or only one.
[[gnu::cold]] bool is_known_operator(std::string_view op);

}  // namespace fkd::io::detail

#ifndef FKD_COMPILED
#include <fkd/io/onnx_operators_inl.hpp>
#endif
