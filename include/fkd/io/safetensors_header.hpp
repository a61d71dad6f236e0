/// \file
/// A strict parser for the header of a safetensors file, a JSON object.
///
///     {"NAME": {"dtype": "F32", "shape": [3, 2], "data_offsets": [0, 24]}, ..., "__metadata__": {"KEY": "TEXT"}}
///
/// Rejects what the format forbids: duplicate names or keys, numbers that are not integers, unknown types, tensors that
/// overlap or leave gaps. It works on SAX events and builds no document, so nesting depth is not limited and memory
/// stays proportional to the header's length.
#pragma once

#include <fkd/core/language.hpp>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include <fkd/core/shape.hpp>

namespace fkd::io::detail {

inline constexpr std::uint64_t longest_header = 100'000'000;  ///< bytes; the format's limit

/// A tensor's entry in the header. Its bytes are [begin, end), counted from the end of the header.
struct TensorEntry {
  std::string name;
  std::string type;
  std::vector<Index> extents;
  std::uint64_t begin = 0, end = 0;
};

/// Bits of one value of a type, 0 for a type that the format does not have.
inline int type_bits(std::string_view type) {
  constexpr std::pair<std::string_view, int> types[] = {
      {"BOOL", 8},        {"U8", 8},          {"I8", 8},   {"F8_E5M2", 8}, {"F8_E4M3", 8}, {"F8_E8M0", 8},
      {"F8_E4M3FNUZ", 8}, {"F8_E5M2FNUZ", 8}, {"U16", 16}, {"I16", 16},    {"F16", 16},    {"BF16", 16},
      {"U32", 32},        {"I32", 32},        {"F32", 32}, {"U64", 64},    {"I64", 64},    {"F64", 64},
      {"F6_E2M3", 6},     {"F6_E3M2", 6},     {"F4", 4},   {"C64", 64}};
  for (const auto& [name, bits] : types)
    if (name == type) return bits;
  return 0;
}

/// A SAX handler for the header. `problem` describes the first error, as the end of a message; `foreign` is set if the
/// file is not a safetensors file at all.
class TensorHeader final : public nlohmann::json_sax<nlohmann::json> {
 public:
  std::vector<TensorEntry> tensors;
  std::map<std::string, std::string> metadata;
  std::string problem;
  bool foreign = false;

  bool key(string_t& name) override {
    if (depth_ > 0) return true;
    switch (state_) {
      case State::top:
        if (name == "__metadata__" ? has_metadata_ : !names_.insert(name).second)
          return fail("tensor " + name + ": expected each name once, got it twice");
        has_metadata_ = has_metadata_ || name == "__metadata__";
        key_ = name;
        return true;
      case State::metadata:
        key_ = name;
        return metadata.count(name) == 0 || fail("__metadata__: expected each key once, got " + name + " twice");
      default:
        skip_ = name != "dtype" && name != "shape" && name != "data_offsets";
        if (skip_) return true;  // a key of a later version of the format
        if (std::find(seen_.begin(), seen_.end(), name) != seen_.end())
          return fail(where() + "expected each key once, got " + name + " twice");
        seen_.push_back(name);
        return true;
    }
  }
  bool start_object(std::size_t) override {
    if (skip_) return skip(1);
    if (state_ == State::start) {
      state_ = State::top;
    } else if (state_ == State::top && key_ == "__metadata__") {
      state_ = State::metadata;
    } else if (state_ == State::top) {
      state_ = State::tensor;
      tensors.push_back({key_, {}, {}});
      seen_.clear();
    } else {
      return unexpected("an object");
    }
    return true;
  }
  bool end_object() override {
    if (depth_ > 0) return skip(-1);
    skip_ = false;
    if (state_ == State::tensor && seen_.size() < 3)
      return fail(where() + "expected dtype, shape and data_offsets, got " +
                  (seen_.empty() ? "none of them" : "only " + seen_[0] + (seen_.size() > 1 ? " and " + seen_[1] : "")));
    state_ = state_ == State::top ? State::end : State::top;
    return true;
  }
  bool start_array(std::size_t) override {
    if (skip_) return skip(1);
    if (state_ != State::tensor || seen_.back() == "dtype") return unexpected("a list");
    state_ = State::list;
    count_ = 0;
    return true;
  }
  bool end_array() override {
    if (depth_ > 0) return skip(-1);
    state_ = State::tensor;
    return seen_.back() == "shape" || count_ == 2 ||
           fail(where() + "expected two data_offsets, got " + std::to_string(count_));
  }
  bool number_unsigned(number_unsigned_t value) override {
    if (skip_) return true;
    if (state_ != State::list) return unexpected("the number " + std::to_string(value));
    if (value > static_cast<number_unsigned_t>((std::numeric_limits<Index>::max)()))
      return fail(where() + "expected numbers below 2^63 under " + seen_.back() + ", got " + std::to_string(value));
    if (seen_.back() == "shape") {
      tensors.back().extents.push_back(static_cast<Index>(value));
    } else {
      (count_ == 0 ? tensors.back().begin : tensors.back().end) = value;
    }
    ++count_;
    return true;
  }
  bool number_integer(number_integer_t value) override { return unexpected("the number " + std::to_string(value)); }
  bool number_float(number_float_t, const string_t& text) override { return unexpected("the number " + text); }
  bool string(string_t& text) override {
    if (skip_) return true;
    if (state_ == State::metadata) {
      metadata.emplace(key_, std::move(text));
      return true;
    }
    if (state_ != State::tensor || seen_.back() != "dtype") return unexpected("the text " + text);
    if (type_bits(text) == 0) return fail(where() + "expected a type that the format has, such as F32, got " + text);
    tensors.back().type = std::move(text);
    return true;
  }
  bool null() override { return unexpected("null"); }
  bool boolean(bool value) override { return unexpected(value ? "true" : "false"); }
  bool binary(nlohmann::json::binary_t&) override { return unexpected("bytes"); }
  bool parse_error(std::size_t at, const std::string&, const nlohmann::json::exception&) override {
    return no_json(at);
  }
  /// Records a JSON syntax error at byte `at`, counted from 1. Returns false.
  bool no_json(std::size_t at) {
    foreign = true;
    return fail("expected a JSON object as header, got something else at its byte " + std::to_string(at));
  }

 private:
  enum class State { start, top, metadata, tensor, list, end };

  std::string where() const { return "tensor " + tensors.back().name + ": "; }
  bool fail(std::string sentence) {
    if (problem.empty()) problem = std::move(sentence);
    return false;
  }
  /// Skips the value of an unknown key, counting brackets.
  bool skip(int deeper) {
    depth_ += deeper;
    return true;
  }
  bool unexpected(const std::string& got) {
    if (skip_) return true;
    switch (state_) {
      case State::start:
        foreign = true;
        return fail("expected a JSON object as header, got " + got);
      case State::top:
        return key_ == "__metadata__" ? fail("__metadata__: expected an object of texts, got " + got)
                                      : fail("tensor " + key_ + ": expected an object, got " + got);
      case State::metadata:
        return fail("__metadata__: expected texts only, got " + got + " under " + key_);
      default:
        return fail(
            where() +
            (seen_.back() == "dtype" ? "expected a text under " : "expected whole numbers of at least 0 under ") +
            seen_.back() + ", got " + got);
    }
  }

  State state_ = State::start;
  std::string key_;
  std::vector<std::string> seen_;  ///< keys of the current tensor
  std::unordered_set<std::string> names_;
  bool has_metadata_ = false;
  bool skip_ = false;
  Index depth_ = 0;  ///< open brackets in a skipped value
  Index count_ = 0;  ///< numbers of the current list
};

/// Bytes of a tensor by its type and shape; -1 on overflow or if not a whole number.
inline Index bytes_of(const TensorEntry& tensor) {
  Index bits = type_bits(tensor.type);
  for (const Index extent : tensor.extents) bits = checked_product(bits, extent);
  return bits < 0 || bits % 8 != 0 ? -1 : bits / 8;
}

/// Sorts the tensors by offset. Returns the end of a message about an overlap or a gap; empty if there is none.
[[gnu::cold]] inline std::string sort_by_place(std::vector<TensorEntry>& tensors) {
  std::sort(tensors.begin(), tensors.end(), [](const TensorEntry& a, const TensorEntry& b) {
    return std::pair{a.begin, a.end} < std::pair{b.begin, b.end};
  });
  std::uint64_t end = 0;
  const TensorEntry* before = nullptr;
  for (const TensorEntry& tensor : tensors) {
    const std::string name = "tensor " + tensor.name + ": ";
    if (tensor.end < tensor.begin)
      return name + "expected data_offsets that rise, got " + std::to_string(tensor.begin) + " and " +
             std::to_string(tensor.end);
    const Index bytes = bytes_of(tensor);
    if (bytes < 0 || static_cast<std::uint64_t>(bytes) != tensor.end - tensor.begin)
      return name + "expected as many bytes as its shape and type take" +
             (bytes < 0 ? "" : ", " + std::to_string(bytes)) + ", got " + std::to_string(tensor.end - tensor.begin);
    if (tensor.begin != end)
      return name + "expected its bytes to begin at " + std::to_string(end) + ", " +
             (before ? "where those of " + before->name + " end" : "the first") + ", got " +
             std::to_string(tensor.begin);
    end = tensor.end;
    before = &tensor;
  }
  return "";
}

}  // namespace fkd::io::detail
