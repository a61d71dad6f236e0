/// \file
/// Definitions of onnx_proto.hpp.
#pragma once

#include <bit>
#include <cstring>
#include <utility>

#include <fkd/io/half.hpp>
#include <fkd/io/onnx_proto.hpp>

namespace fkd::io::detail {

FKD_FUNC Index OnnxTensor::size() const {
  Index count = 1;
  for (const Index dim : dims) count = checked_product(count, dim);
  return count;
}

FKD_FUNC Index bytes_of(OnnxType type) {
  switch (type) {
    case OnnxType::uint8:
    case OnnxType::int8:
    case OnnxType::boolean:
      return 1;
    case OnnxType::uint16:
    case OnnxType::int16:
    case OnnxType::float16:
    case OnnxType::bfloat16:
      return 2;
    case OnnxType::float32:
    case OnnxType::int32:
    case OnnxType::uint32:
      return 4;
    case OnnxType::int64:
    case OnnxType::uint64:
    case OnnxType::float64:
      return 8;
    default:
      return 0;
  }
}

template <class S, class T, class F>
void onnx_convert(const OnnxTensor& tensor, std::vector<T>& to, F value_of) {
  for (std::size_t i = 0; i < to.size(); ++i) {
    S value;
    std::memcpy(&value, tensor.raw.data() + i * sizeof value, sizeof value);
    to[i] = static_cast<T>(value_of(value));
  }
}

template <class T>
std::vector<T> onnx_values(const OnnxTensor& tensor) {
  const Index size = tensor.size(), width = bytes_of(tensor.type);
  if (size < 0 || width == 0 || tensor.raw.size() != static_cast<std::size_t>(checked_product(size, width))) return {};
  std::vector<T> to(static_cast<std::size_t>(size));
  const auto as_is = [](auto x) { return x; };
  switch (tensor.type) {
    case OnnxType::float32:
      onnx_convert<float>(tensor, to, as_is);
      break;
    case OnnxType::float64:
      onnx_convert<double>(tensor, to, as_is);
      break;
    case OnnxType::float16:
      onnx_convert<std::uint16_t>(tensor, to, from_f16);
      break;
    case OnnxType::bfloat16:
      onnx_convert<std::uint16_t>(tensor, to, from_bf16);
      break;
    case OnnxType::int64:
    case OnnxType::uint64:
      onnx_convert<std::int64_t>(tensor, to, as_is);
      break;
    case OnnxType::int32:
      onnx_convert<std::int32_t>(tensor, to, as_is);
      break;
    case OnnxType::uint32:
      onnx_convert<std::uint32_t>(tensor, to, as_is);
      break;
    case OnnxType::int16:
      onnx_convert<std::int16_t>(tensor, to, as_is);
      break;
    case OnnxType::uint16:
      onnx_convert<std::uint16_t>(tensor, to, as_is);
      break;
    case OnnxType::int8:
      onnx_convert<std::int8_t>(tensor, to, as_is);
      break;
    default:
      onnx_convert<std::uint8_t>(tensor, to, as_is);
  }
  return to;
}
FKD_FUNC std::vector<double> reals_of(const OnnxTensor& tensor) { return onnx_values<double>(tensor); }
FKD_FUNC std::vector<Index> wholes_of(const OnnxTensor& tensor) {
  if (tensor.type == OnnxType::float32 || tensor.type == OnnxType::float64 || tensor.type == OnnxType::float16 ||
      tensor.type == OnnxType::bfloat16)
    return {};
  return onnx_values<Index>(tensor);
}

/// Appends fields of a message.
class WireWriter {
 public:
  std::string bytes = {};

  void whole(int field, std::int64_t value) {
    varint(static_cast<std::uint64_t>(field) << 3);
    varint(static_cast<std::uint64_t>(value));
  }
  void real(int field, float value) {
    varint(static_cast<std::uint64_t>(field) << 3 | 5);
    const auto bits = std::bit_cast<std::uint32_t>(value);
    for (int i = 0; i < 4; ++i) bytes.push_back(static_cast<char>(bits >> (8 * i) & 255));
  }
  void text(int field, std::string_view value) {
    varint(static_cast<std::uint64_t>(field) << 3 | 2);
    varint(value.size());
    bytes.append(value);
  }

 private:
  void varint(std::uint64_t value) {
    for (; value >= 128; value >>= 7) bytes.push_back(static_cast<char>((value & 127) | 128));
    bytes.push_back(static_cast<char>(value));
  }
};

FKD_FUNC std::string write_tensor(const OnnxTensor& tensor) {
  WireWriter out;
  for (const Index dim : tensor.dims) out.whole(1, dim);
  out.whole(2, static_cast<int>(tensor.type));
  if (!tensor.name.empty()) out.text(8, tensor.name);
  out.text(9, {tensor.raw.data(), tensor.raw.size()});
  return std::move(out.bytes);
}

FKD_FUNC std::string write_attribute(const OnnxAttribute& attribute) {
  WireWriter out;
  out.text(1, attribute.name);
  if (attribute.type == OnnxAttribute::Type::real) out.real(2, attribute.real);
  if (attribute.type == OnnxAttribute::Type::whole) out.whole(3, attribute.whole);
  if (attribute.type == OnnxAttribute::Type::text) out.text(4, attribute.text);
  if (attribute.type == OnnxAttribute::Type::tensor) out.text(5, write_tensor(attribute.tensor));
  for (const float value : attribute.reals) out.real(7, value);
  for (const Index value : attribute.wholes) out.whole(8, value);
  out.whole(20, static_cast<int>(attribute.type));
  return std::move(out.bytes);
}

FKD_FUNC std::string write_value(const OnnxValue& value) {
  WireWriter shape, type, any, out;
  for (const Index dim : value.dims) {
    WireWriter one;
    dim >= 0 ? one.whole(1, dim) : one.text(2, "batch");
    shape.text(1, one.bytes);
  }
  type.whole(1, static_cast<int>(value.type));
  type.text(2, shape.bytes);
  any.text(1, type.bytes);
  out.text(1, value.name);
  out.text(2, any.bytes);
  return std::move(out.bytes);
}

FKD_FUNC std::string write_onnx(const OnnxModel& model) {
  WireWriter graph, opset, out;
  for (const OnnxNode& node : model.nodes) {
    WireWriter one;
    for (const std::string& input : node.inputs) one.text(1, input);
    for (const std::string& output : node.outputs) one.text(2, output);
    one.text(3, node.name);
    one.text(4, node.op);
    for (const OnnxAttribute& attribute : node.attributes) one.text(5, write_attribute(attribute));
    graph.text(1, one.bytes);
  }
  graph.text(2, "fkd");
  for (const OnnxTensor& tensor : model.initializers) graph.text(5, write_tensor(tensor));
  for (const OnnxValue& value : model.inputs) graph.text(11, write_value(value));
  for (const OnnxValue& value : model.outputs) graph.text(12, write_value(value));
  opset.text(1, "");
  opset.whole(2, model.opset);
  out.whole(1, model.ir_version);
  out.text(2, "fkd");
  out.text(7, graph.bytes);
  out.text(8, opset.bytes);
  return std::move(out.bytes);
}

}  // namespace fkd::io::detail
