/// \file
/// Definitions of onnx_parse.hpp.
#pragma once

#include <bit>
#include <cstdint>

#include <fkd/core/error.hpp>
#include <fkd/io/onnx_parse.hpp>

namespace fkd::io::detail {

/// A message that is read field by field. `wrong` is set where the bytes are no message.
class WireReader {
 public:
  explicit WireReader(std::string_view all) : left_{all} {}

  int field = 0;
  int kind = 0;                 ///< 0: a number; 1 and 5: 8 and 4 bytes; 2: bytes
  std::uint64_t number = 0;     ///< of kinds 0, 1 and 5
  std::string_view bytes = {};  ///< of kind 2
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
    bytes = left_.substr(0, length);
    left_.remove_prefix(length);
    return true;
  }

  std::string text() const { return std::string{kind == 2 ? bytes : std::string_view{}}; }
  Index whole() const { return static_cast<Index>(number); }

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
    refuse_wrong(in, "a model");
    if (!has_graph) throw FileError{where_ + ": is no ONNX file: expected a model with a graph, got something else"};
    return its;
  }

 private:
  void refuse_wrong(const WireReader& in, const char* what) const {
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
    refuse_wrong(in, "a set of operators");
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
    refuse_wrong(in, "a graph");
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
    refuse_wrong(in, "a node");
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
      if (in.field == 20)
        its.type = static_cast<OnnxAttribute::Type>(in.whole() >= 0 && in.whole() <= 14 ? in.whole() : 0);
    }
    refuse_wrong(in, "an attribute");
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
          if (type.field == 1)
            its.type = static_cast<OnnxType>(type.whole() >= 0 && type.whole() < 64 ? type.whole() : 0);
          if (type.field == 2 && type.kind == 2) shape(type.bytes, its);
        }
        refuse_wrong(type, "a type");
      }
      refuse_wrong(any, "a type");
    }
    refuse_wrong(in, "a value");
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
      refuse_wrong(one, "an extent");
      to.dims.push_back(dim);
    }
    refuse_wrong(in, "a shape");
  }

  OnnxTensor tensor(std::string_view bytes) const {
    OnnxTensor its;
    WireReader in{bytes};
    // Values may also stand in fields of their own, which go into `raw` as the type has them.
    const auto put = [&](std::uint64_t bits, int width) {
      for (int i = 0; i < width; ++i) its.raw.push_back(static_cast<char>(bits >> (8 * i) & 255));
    };
    std::vector<std::uint64_t>
        packed_values;  // of int32_data: their width is known from the type, which may come later
    while (in.next()) {
      if (in.field == 1) in.each(0, [&](std::uint64_t bits) { its.dims.push_back(static_cast<Index>(bits)); });
      if (in.field == 2) its.type = static_cast<OnnxType>(in.whole() >= 0 && in.whole() < 64 ? in.whole() : 0);
      if (in.field == 4) in.each(4, [&](std::uint64_t bits) { put(bits, 4); });
      if (in.field == 5) in.each(0, [&](std::uint64_t bits) { packed_values.push_back(bits); });
      if (in.field == 7) in.each(0, [&](std::uint64_t bits) { put(bits, 8); });
      if (in.field == 8) its.name = in.text();
      if (in.field == 9 && in.kind == 2) its.raw.assign(in.bytes.begin(), in.bytes.end());
      if (in.field == 10) in.each(8, [&](std::uint64_t bits) { put(bits, 8); });
      if (in.field == 11) in.each(0, [&](std::uint64_t bits) { packed_values.push_back(bits); });
      if (in.field == 13 && in.kind == 2) external(in.bytes, its);
      if (in.field == 14) its.external = in.whole() == 1;
    }
    refuse_wrong(in, "a tensor");
    for (const std::uint64_t bits : packed_values) put(bits, static_cast<int>(bytes_of(its.type)));
    return its;
  }

  void external(std::string_view bytes, OnnxTensor& to) const {
    std::string key, text;
    WireReader in{bytes};
    while (in.next()) {
      if (in.field == 1) key = in.text();
      if (in.field == 2) text = in.text();
    }
    refuse_wrong(in, "an entry of external data");
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
