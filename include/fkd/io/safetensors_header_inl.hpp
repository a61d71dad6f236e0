/// \file
/// Definitions of safetensors_header.hpp.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <unordered_set>
#include <utility>

#include <fkd/io/json.hpp>
#include <fkd/io/safetensors_header.hpp>

namespace fkd::io::detail {

FKD_FUNC int type_bits(std::string_view type) {
  constexpr std::pair<std::string_view, int> types[] = {
      {"BOOL", 8},        {"U8", 8},          {"I8", 8},   {"F8_E5M2", 8}, {"F8_E4M3", 8}, {"F8_E8M0", 8},
      {"F8_E4M3FNUZ", 8}, {"F8_E5M2FNUZ", 8}, {"U16", 16}, {"I16", 16},    {"F16", 16},    {"BF16", 16},
      {"U32", 32},        {"I32", 32},        {"F32", 32}, {"U64", 64},    {"I64", 64},    {"F64", 64},
      {"F6_E2M3", 6},     {"F6_E3M2", 6},     {"F4", 4},   {"C64", 64}};
  for (const auto& [name, bits] : types)
    if (name == type) return bits;
  return 0;
}

/// Makes a header of events.
class TensorHeaderReader final : public TensorHeader, public JsonEvents {
 public:
  [[gnu::cold]] bool key(std::string& name) override {
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
  [[gnu::cold]] bool start_object() override {
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
  [[gnu::cold]] bool end_object() override {
    if (depth_ > 0) return skip(-1);
    skip_ = false;
    if (state_ == State::tensor && seen_.size() < 3)
      return fail(where() + "expected dtype, shape and data_offsets, got " +
                  (seen_.empty() ? "none of them" : "only " + seen_[0] + (seen_.size() > 1 ? " and " + seen_[1] : "")));
    state_ = state_ == State::top ? State::end : State::top;
    return true;
  }
  [[gnu::cold]] bool start_array() override {
    if (skip_) return skip(1);
    if (state_ != State::tensor || seen_.back() == "dtype") return unexpected("a list");
    state_ = State::list;
    count_ = 0;
    return true;
  }
  [[gnu::cold]] bool end_array() override {
    if (depth_ > 0) return skip(-1);
    state_ = State::tensor;
    return seen_.back() == "shape" || count_ == 2 ||
           fail(where() + "expected two data_offsets, got " + std::to_string(count_));
  }
  [[gnu::cold]] bool number(const JsonNumber& value) override {
    if (skip_) return true;
    const std::string written{value.text};
    if (state_ != State::list || !value.is_whole) return unexpected("the number " + written);
    if (value.whole > static_cast<std::uint64_t>((std::numeric_limits<Index>::max)()))
      return fail(where() + "expected numbers below 2^63 under " + seen_.back() + ", got " + written);
    if (seen_.back() == "shape") {
      tensors.back().extents.push_back(static_cast<Index>(value.whole));
    } else {
      (count_ == 0 ? tensors.back().begin : tensors.back().end) = value.whole;
    }
    ++count_;
    return true;
  }
  [[gnu::cold]] bool string(std::string& text) override {
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
  [[gnu::cold]] bool literal(std::string_view text) override { return unexpected(std::string{text}); }
  /// Records a JSON syntax error at byte `at`, counted from 1. Returns false.
  [[gnu::cold]] bool no_json(std::size_t at) {
    foreign = true;
    return fail("expected a JSON object as header, got something else at its byte " + std::to_string(at));
  }

 private:
  enum class State { start, top, metadata, tensor, list, end };

  [[gnu::cold]] std::string where() const { return "tensor " + tensors.back().name + ": "; }
  bool fail(std::string sentence) {
    if (problem.empty()) problem = std::move(sentence);
    return false;
  }
  /// Skips the value of an unknown key, counting brackets.
  bool skip(int deeper) {
    depth_ += deeper;
    return true;
  }
  [[gnu::cold]] bool unexpected(const std::string& got) {
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

FKD_FUNC TensorHeader parse_header(std::string_view text) {
  TensorHeaderReader reader;
  const std::size_t wrong_at = read_json(text, reader);
  if (wrong_at != 0 && reader.problem.empty()) reader.no_json(wrong_at);
  TensorHeader header = std::move(static_cast<TensorHeader&>(reader));
  return header;
}

/// Bytes of a tensor by its type and shape; -1 on overflow or if not a whole number.
FKD_FUNC Index bytes_of(const TensorEntry& tensor) {
  Index bits = type_bits(tensor.type);
  for (const Index extent : tensor.extents) bits = checked_product(bits, extent);
  return bits < 0 || bits % 8 != 0 ? -1 : bits / 8;
}

FKD_FUNC std::string sort_by_place(std::vector<TensorEntry>& tensors) {
  // Places are sorted, and by qsort, which is no template: std::sort of entries takes a second to compile.
  struct Place {
    std::uint64_t begin, end;
    std::size_t number;
  };
  std::vector<Place> places;
  places.reserve(tensors.size());
  for (const TensorEntry& tensor : tensors) places.push_back({tensor.begin, tensor.end, places.size()});
  if (!places.empty())
    std::qsort(places.data(), places.size(), sizeof(Place), [](const void* a, const void* b) {
      const Place &x = *static_cast<const Place*>(a), &y = *static_cast<const Place*>(b);
      if (x.begin != y.begin) return x.begin < y.begin ? -1 : 1;
      if (x.end != y.end) return x.end < y.end ? -1 : 1;
      return x.number < y.number ? -1 : 1;
    });
  std::vector<TensorEntry> sorted;
  sorted.reserve(tensors.size());
  for (const Place& place : places) sorted.push_back(std::move(tensors[place.number]));
  tensors = std::move(sorted);
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
