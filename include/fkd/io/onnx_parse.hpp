/// \file
/// ONNX files read: messages out of protobuf's wire format.
#pragma once

#include <fkd/core/language.hpp>

#include <string>
#include <string_view>

#include <fkd/io/onnx_proto.hpp>

namespace fkd::io::detail {

/// Throws FileError, opened by `where`, for what is no ONNX file. Memory stays proportional to the bytes.
[[gnu::cold]] OnnxModel parse_onnx(const std::string& where, std::string_view bytes);

}  // namespace fkd::io::detail

#ifndef FKD_COMPILED
#include <fkd/io/onnx_parse_inl.hpp>
#endif
