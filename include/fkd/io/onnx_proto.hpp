/// \file
/// ONNX files as data: the messages of onnx.proto that a network needs, in protobuf's wire format (reading:
/// onnx_parse.hpp).
///
/// Own code: the wire format is numbers of fields, four ways to write a value, and lengths, and a network needs 40 of
/// onnx.proto's fields. The protobuf library would be 26,015 generated lines, five seconds of compile time, a generator
/// at build time and a shared library at run time, and its messages would have to be checked all the same. A reader may
/// skip any field that it does not know; that is all of the format's compatibility.
///
/// (Protocol Buffers, "Encoding"; onnx.proto, IR version 10.)
#pragma once

#include <fkd/core/language.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <fkd/core/shape.hpp>

namespace fkd::io::detail {

/// TensorProto's numbers of types.
enum class OnnxType : int {
  none = 0,
  float32 = 1,
  uint8 = 2,
  int8 = 3,
  uint16 = 4,
  int16 = 5,
  int32 = 6,
  int64 = 7,
  boolean = 9,
  float16 = 10,
  float64 = 11,
  uint32 = 12,
  uint64 = 13,
  bfloat16 = 16
};

/// Raw values, little-endian; or where they are in another file.
struct OnnxTensor {
  std::string name = {};
  OnnxType type = OnnxType::none;
  std::vector<Index> dims = {};
  std::vector<char> raw = {};
  bool external = false;
  std::string location = {};  ///< of external data: the file beside the model's, a place in it, a number of bytes
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  bool has_length = false;

  /// Number of values; -1 on overflow or for a negative extent.
  Index size() const;
};

/// One of these, by `type`, which is AttributeProto's number.
struct OnnxAttribute {
  enum class Type : int {
    none = 0,
    real = 1,
    whole = 2,
    text = 3,
    tensor = 4,
    graph = 5,
    reals = 6,
    wholes = 7,
    texts = 8
  };

  std::string name = {};
  Type type = Type::none;
  float real = 0;
  Index whole = 0;
  std::string text = {};
  OnnxTensor tensor = {};
  std::vector<float> reals = {};
  std::vector<Index> wholes = {};
};

struct OnnxNode {
  std::string name = {}, op = {}, domain = {};
  std::vector<std::string> inputs = {}, outputs = {};
  std::vector<OnnxAttribute> attributes = {};
};

/// A graph's input or output: its extents, -1 for one that is not a number.
struct OnnxValue {
  std::string name = {};
  OnnxType type = OnnxType::none;
  bool has_shape = false;
  std::vector<Index> dims = {};
};

struct OnnxModel {
  Index ir_version = 10;
  Index opset = 21;  ///< of the default domain
  std::vector<OnnxNode> nodes = {};
  std::vector<OnnxTensor> initializers = {};
  std::vector<OnnxValue> inputs = {}, outputs = {};
  std::vector<std::string> unsupported = {};  ///< what the reader met and cannot represent: sparse tensors, functions
};

/// Bytes of one value; 0 for a type that is not read.
[[gnu::cold]] Index bytes_of(OnnxType type);

/// Values as doubles (floating types) or as whole numbers. Empty where the bytes do not fit the extents.
[[gnu::cold]] std::vector<double> reals_of(const OnnxTensor& tensor);
[[gnu::cold]] std::vector<Index> wholes_of(const OnnxTensor& tensor);

[[gnu::cold]] std::string write_onnx(const OnnxModel& model);

}  // namespace fkd::io::detail

#ifndef FKD_COMPILED
#include <fkd/io/onnx_proto_inl.hpp>
#endif
