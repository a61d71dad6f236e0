/// \file
/// Definitions of onnx_proto.hpp.
#pragma once

#include <algorithm>
#include <bit>
#include <cstring>
#include <utility>

#include <fkd/core/error.hpp>
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

/// A message that is read field by field. `wrong` is set where the bytes are no message.
class WireReader {
 public:
  explicit WireReader(std::string_view all) : left_{all} {}

  int field = 0;
  int kind = 0;                  ///< 0: a number; 1 and 5: 8 and 4 bytes; 2: bytes
  std::uint64_t number = 0;      ///< of kinds 0, 1 and 5
  std::string_view bytes = {};   ///< of kind 2
  bool wrong = false;

  /// The next field; false at the end, and where it is wrong.
  bool next() {
    if (left_.empty() || wrong) return false;
    std::uint64_t key = 0;
    if (!varint(key)) return fail();
    field = static_cast<int>(key >> 3 & 0x1fffffff);
    kind = static_cast<int>(key & 7);
    if (field == 0) return fail();
    if (kind == 0) return varint(number) || fail();
    if (kind == 1 || kind == 5) return fixed(kind == 1 ? 8 : 4) || fail();
    if (kind != 2) return fail();
    std::uint64_t length = 0;
    if (!varint(length) || length > left_.size()) return fail();
    bytes = left_.substr(0, static_cast<std::size_t>(length));
    left_.remove_prefix(static_cast<std::size_t>(length));
    return true;
  }

  std::string text() const { return std::string{kind == 2 ? bytes : std::string_view{}}; }
  Index whole() const { return static_cast<Index>(static_cast<std::int64_t>(number)); }

  /// Appends a repeated number: one of a field, or packed. `width` is 0 for varints, else 4 or 8.
  template <class F>
  void each(int width, const F& take) {
    if (kind != 2) return take(number);
    WireReader packed{bytes};
    while (!packed.left_.empty()) {
      if (!(width == 0 ? packed.varint(packed.number) : packed.fixed(width))) {
        wrong = true;
        return;
      }
      take(packed.number);
    }
  }

 private:
  bool fail() {
    wrong = true;
    return false;
  }
  bool varint(std::uint64_t& value) {
    value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (left_.empty()) return false;
      const auto byte = static_cast<unsigned char>(left_.front());
      left_.remove_prefix(1);
      value |= std::uint64_t{byte & 127u} << shift;
      if (byte < 128) return true;
    }
    return false;
  }
  bool fixed(int width) {
    number = 0;
    if (left_.size() < static_cast<std::size_t>(width)) return false;
    for (int i = 0; i < width; ++i)
      number |= std::uint64_t{static_cast<unsigned char>(left_[static_cast<std::size_t>(i)])} << (8 * i);
    left_.remove_prefix(static_cast<std::size_t>(width));
    return true;
  }

  std::string_view left_;
};

/// Reads messages; the first one that is wrong is named.
class OnnxReader {
 public:
  explicit OnnxReader(const std::string& where) : where_{where} {}

  OnnxModel model(std::string_view bytes) {
    OnnxModel its;
    its.ir_version = 0;
    its.opset = 0;
    bool has_graph = false;
    WireReader in{bytes};
    while (in.next()) {
      if (in.field == 1) its.ir_version = in.whole();
      if (in.field == 7 && in.kind == 2) has_graph = true, graph(in.bytes, its);
      if (in.field == 8 && in.kind == 2) opset(in.bytes, its);
      if (in.field == 25) its.unsupported.push_back("a function of the model's own");
    }
    check(in, "a model");
    if (!has_graph) throw FileError{where_ + ": is no ONNX file: expected a model with a graph, got something else"};
    return its;
  }

 private:
  void check(const WireReader& in, const char* what) const {
    if (in.wrong)
      throw FileError{where_ + ": is no ONNX file: expected " + what + " in protobuf's wire format, got other bytes"};
  }

  void opset(std::string_view bytes, OnnxModel& to) const {
    std::string domain;
    Index version = 0;
    WireReader in{bytes};
    while (in.next()) {
      if (in.field == 1) domain = in.text();
      if (in.field == 2) version = in.whole();
    }
    check(in, "a set of operators");
    if (domain.empty() || domain == "ai.onnx") to.opset = version;
  }

  void graph(std::string_view bytes, OnnxModel& to) const {
    WireReader in{bytes};
    while (in.next()) {
      if (in.kind != 2) continue;
      if (in.field == 1) to.nodes.push_back(node(in.bytes));
      if (in.field == 5) to.initializers.push_back(tensor(in.bytes));
      if (in.field == 11) to.inputs.push_back(value(in.bytes));
      if (in.field == 12) to.outputs.push_back(value(in.bytes));
      if (in.field == 15) to.unsupported.push_back("a sparse initializer");
    }
    check(in, "a graph");
  }

  OnnxNode node(std::string_view bytes) const {
    OnnxNode its;
    WireReader in{bytes};
    while (in.next()) {
      if (in.field == 1) its.inputs.push_back(in.text());
      if (in.field == 2) its.outputs.push_back(in.text());
      if (in.field == 3) its.name = in.text();
      if (in.field == 4) its.op = in.text();
      if (in.field == 5 && in.kind == 2) its.attributes.push_back(attribute(in.bytes));
      if (in.field == 7) its.domain = in.text();
    }
    check(in, "a node");
    return its;
  }

  OnnxAttribute attribute(std::string_view bytes) const {
    OnnxAttribute its;
    WireReader in{bytes};
    while (in.next()) {
      const auto float_of = [](std::uint64_t bits) { return std::bit_cast<float>(static_cast<std::uint32_t>(bits)); };
      if (in.field == 1) its.name = in.text();
      if (in.field == 2) its.real = float_of(in.number);
      if (in.field == 3) its.whole = in.whole();
      if (in.field == 4) its.text = in.text();
      if (in.field == 5 && in.kind == 2) its.tensor = tensor(in.bytes);
      if (in.field == 7) in.each(4, [&](std::uint64_t bits) { its.reals.push_back(float_of(bits)); });
      if (in.field == 8) in.each(0, [&](std::uint64_t bits) { its.wholes.push_back(static_cast<Index>(bits)); });
      if (in.field == 20) its.type = static_cast<OnnxAttribute::Type>(in.whole() >= 0 && in.whole() <= 14 ? in.whole() : 0);
    }
    check(in, "an attribute");
    return its;
  }

  OnnxValue value(std::string_view bytes) const {
    OnnxValue its;
    WireReader in{bytes};
    while (in.next()) {
      if (in.field == 1) its.name = in.text();
      if (in.field != 2 || in.kind != 2) continue;
      WireReader any{in.bytes};
      while (any.next()) {
        if (any.field != 1 || any.kind != 2) continue;
        WireReader type{any.bytes};
        while (type.next()) {
          if (type.field == 1) its.type = static_cast<OnnxType>(type.whole() >= 0 && type.whole() < 64 ? type.whole() : 0);
          if (type.field == 2 && type.kind == 2) shape(type.bytes, its);
        }
        check(type, "a type");
      }
      check(any, "a type");
    }
    check(in, "a value");
    return its;
  }

  void shape(std::string_view bytes, OnnxValue& to) const {
    to.has_shape = true;
    WireReader in{bytes};
    while (in.next()) {
      if (in.field != 1 || in.kind != 2) continue;
      Index dim = -1;
      WireReader one{in.bytes};
      while (one.next())
        if (one.field == 1) dim = one.whole();
      check(one, "an extent");
      to.dims.push_back(dim);
    }
    check(in, "a shape");
  }

  OnnxTensor tensor(std::string_view bytes) const {
    OnnxTensor its;
    WireReader in{bytes};
    // Values may also stand in fields of their own, which go into `raw` as the type has them.
    const auto put = [&](std::uint64_t bits, int width) {
      for (int i = 0; i < width; ++i) its.raw.push_back(static_cast<char>(bits >> (8 * i) & 255));
    };
    std::vector<std::uint64_t> small;  // of int32_data: their width is known from the type, which may come later
    while (in.next()) {
      if (in.field == 1) in.each(0, [&](std::uint64_t bits) { its.dims.push_back(static_cast<Index>(bits)); });
      if (in.field == 2) its.type = static_cast<OnnxType>(in.whole() >= 0 && in.whole() < 64 ? in.whole() : 0);
      if (in.field == 4) in.each(4, [&](std::uint64_t bits) { put(bits, 4); });
      if (in.field == 5) in.each(0, [&](std::uint64_t bits) { small.push_back(bits); });
      if (in.field == 7) in.each(0, [&](std::uint64_t bits) { put(bits, 8); });
      if (in.field == 8) its.name = in.text();
      if (in.field == 9 && in.kind == 2) its.raw.assign(in.bytes.begin(), in.bytes.end());
      if (in.field == 10) in.each(8, [&](std::uint64_t bits) { put(bits, 8); });
      if (in.field == 11) in.each(0, [&](std::uint64_t bits) { small.push_back(bits); });
      if (in.field == 13 && in.kind == 2) external(in.bytes, its);
      if (in.field == 14) its.external = in.whole() == 1;
    }
    check(in, "a tensor");
    for (const std::uint64_t bits : small) put(bits, static_cast<int>(bytes_of(its.type)));
    return its;
  }

  void external(std::string_view bytes, OnnxTensor& to) const {
    std::string key, text;
    WireReader in{bytes};
    while (in.next()) {
      if (in.field == 1) key = in.text();
      if (in.field == 2) text = in.text();
    }
    check(in, "an entry of external data");
    if (key == "location") to.location = text;
    if (key != "offset" && key != "length") return;
    std::uint64_t number = 0;
    for (const char c : text) {
      if (c < '0' || c > '9' || number > (std::uint64_t{1} << 60))
        throw FileError{where_ + ": tensor " + to.name + ": expected a whole number under " + key + ", got " + text};
      number = number * 10 + static_cast<std::uint64_t>(c - '0');
    }
    (key == "offset" ? to.offset : to.length) = number;
    to.has_length = to.has_length || key == "length";
  }

  const std::string& where_;
};

FKD_FUNC OnnxModel parse_onnx(const std::string& where, std::string_view bytes) {
  return OnnxReader{where}.model(bytes);
}

}  // namespace fkd::io::detail
