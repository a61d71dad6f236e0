/// \file
/// Definitions of safetensors_header.hpp.
#pragma once

#include <cstdlib>
#include <initializer_list>
#include <limits>
#include <utility>

#include <fkd/core/message.hpp>
#include <fkd/io/json.hpp>
#include <fkd/io/name_table.hpp>
#include <fkd/io/safetensors_header.hpp>

namespace fkd::io::detail {

FKD_FUNC int type_bits(std::string_view type) {
  struct Type {
    const char* name;
    int bits;
  };
  static constexpr Type types[] = {
      {"BOOL", 8},        {"U8", 8},          {"I8", 8},   {"F8_E5M2", 8}, {"F8_E4M3", 8}, {"F8_E8M0", 8},
      {"F8_E4M3FNUZ", 8}, {"F8_E5M2FNUZ", 8}, {"U16", 16}, {"I16", 16},    {"F16", 16},    {"BF16", 16},
      {"U32", 32},        {"I32", 32},        {"F32", 32}, {"U64", 64},    {"I64", 64},    {"F64", 64},
      {"F6_E2M3", 6},     {"F6_E3M2", 6},     {"F4", 4},   {"C64", 64}};
  for (const Type& its : types)
    if (type == its.name) return its.bits;
  return 0;
}

/// Makes a header of events.
class TensorHeaderReader final : public JsonEvents {
 public:
  explicit TensorHeaderReader(TensorHeader& to) : header{to} {}

  TensorHeader& header;

  [[gnu::cold]] bool key(std::string& name) override {
    if (depth_ > 0) return true;
    if (state_ != State::tensor) {
      key_ = name;
      if (state_ != State::top || name != "__metadata__") return true;
      return !std::exchange(has_metadata_, true) || twice(name);
    }
    const int its = name == "dtype" ? dtype : name == "shape" ? shape : name == "data_offsets" ? data_offsets : none;
    skip_ = its == none;
    if (skip_) return true;  // a key of a later version of the format
    for (int i = 0; i < seen_count_; ++i)
      if (seen_[i] == its) return fail({"expected each key once, got ", name, " twice"});
    seen_[seen_count_++] = its;
    return true;
  }
  [[gnu::cold]] bool start_object() override {
    if (skip_) return skip(1);
    if (state_ == State::start) {
      state_ = State::top;
    } else if (state_ == State::top && key_ == "__metadata__") {
      state_ = State::metadata;
    } else if (state_ == State::top) {
      state_ = State::tensor;
      header.places.push_back({0, 0, header.file.tensors.size()});
      header.file.tensors.push_back({key_, {}, {}, {}});
      seen_count_ = 0;
    } else {
      return unexpected("an object");
    }
    return true;
  }
  [[gnu::cold]] bool end_object() override {
    if (depth_ > 0) return skip(-1);
    skip_ = false;
    NameTable names;
    if (state_ == State::tensor) {
      state_ = State::top;
      if (seen_count_ == 3) return true;
      state_ = State::tensor;
      return fail({"expected dtype, shape and data_offsets, got ", seen_count_ == 0 ? "none of them" : "only ",
                   seen_count_ > 0 ? keys[seen_[0]] : "", seen_count_ > 1 ? " and " : "",
                   seen_count_ > 1 ? keys[seen_[1]] : ""});
    }
    if (state_ == State::metadata) {
      for (const std::string& its : header.file.metadata.names()) names.add(its);
      if (const std::string* const name = names.sort()) return fail({"expected each key once, got ", *name, " twice"});
      state_ = State::top;
      return true;
    }
    for (const FileTensor& tensor : header.file.tensors) names.add(tensor.name);
    state_ = State::end;
    const std::string* const name = names.sort();
    return name == nullptr || twice(*name);
  }
  [[gnu::cold]] bool start_array() override {
    if (skip_) return skip(1);
    if (state_ != State::tensor || last() == dtype) return unexpected("a list");
    state_ = State::list;
    count_ = 0;
    return true;
  }
  [[gnu::cold]] bool end_array() override {
    if (depth_ > 0) return skip(-1);
    state_ = State::tensor;
    return last() == shape || count_ == 2 || fail({"expected two data_offsets, got ", count_});
  }
  [[gnu::cold]] bool number(const JsonNumber& value) override {
    if (skip_) return true;
    if (state_ != State::list || !value.is_whole) return unexpected("the number ", value.text);
    if (value.whole > static_cast<std::uint64_t>((std::numeric_limits<Index>::max)()))
      return fail({"expected numbers below 2^63 under ", keys[last()], ", got ", value.text});
    if (last() == shape) {
      header.file.tensors.back().extents.push_back(static_cast<Index>(value.whole));
    } else {
      (count_ == 0 ? header.places.back().begin : header.places.back().end) = value.whole;
    }
    ++count_;
    return true;
  }
  [[gnu::cold]] bool string(std::string& text) override {
    if (skip_) return true;
    if (state_ == State::metadata) {
      header.file.metadata.append(key_, text);
      return true;
    }
    if (state_ != State::tensor || last() != dtype) return unexpected("the text ", text);
    if (type_bits(text) == 0) return fail({"expected a type that the format has, such as F32, got ", text});
    (header.file.tensors.back().type.swap)(text);
    return true;
  }
  [[gnu::cold]] bool literal(std::string_view text) override { return unexpected(text); }

 private:
  enum class State { start, top, metadata, tensor, list, end };
  enum { dtype, shape, data_offsets, none };
  static constexpr const char* keys[] = {"dtype", "shape", "data_offsets"};

  int last() const { return seen_[seen_count_ - 1]; }
  /// Notes what is wrong with the tensor that is being read, or with the metadata. Returns false.
  [[gnu::cold, gnu::noinline]] bool fail(std::initializer_list<MessageArg> what) {
    if (!header.problem.empty()) return false;
    if (state_ == State::tensor || state_ == State::list) {
      append_message(header.problem, {"tensor ", header.file.tensors.back().name});
    } else if (state_ == State::metadata || (state_ == State::top && key_ == "__metadata__")) {
      header.problem = "__metadata__";
    } else if (state_ == State::top) {
      append_message(header.problem, {"tensor ", key_});
    }
    if (!header.problem.empty()) header.problem.append(": ");
    append_message(header.problem, what);
    return false;
  }
  [[gnu::cold, gnu::noinline]] bool twice(std::string_view name) {
    append_message(header.problem, {"tensor ", name, ": expected each name once, got it twice"});
    return false;
  }
  /// Skips the value of an unknown key, counting brackets.
  bool skip(int deeper) {
    depth_ += deeper;
    return true;
  }
  [[gnu::cold, gnu::noinline]] bool unexpected(std::string_view got, std::string_view value = {}) {
    if (skip_) return true;
    switch (state_) {
      case State::start:
        header.foreign = true;
        return fail({"expected a JSON object as header, got ", got, value});
      case State::top:
        return fail(
            {key_ == "__metadata__" ? "expected an object of texts, got " : "expected an object, got ", got, value});
      case State::metadata:
        return fail({"expected texts only, got ", got, value, " under ", key_});
      default:
        return fail({last() == dtype ? "expected a text under " : "expected whole numbers of at least 0 under ",
                     keys[last()], ", got ", got, value});
    }
  }

  State state_ = State::start;
  std::string key_;
  int seen_[3] = {};  ///< keys of the current tensor, in their order
  int seen_count_ = 0;
  bool has_metadata_ = false;
  bool skip_ = false;
  Index depth_ = 0;  ///< open brackets in a skipped value
  Index count_ = 0;  ///< numbers of the current list
};

FKD_FUNC void parse_header(std::string_view text, TensorHeader& header) {
  TensorHeaderReader reader{header};
  const std::size_t wrong_at = read_json(text, reader);
  if (wrong_at == 0 || !header.problem.empty()) return;
  header.foreign = true;
  append_message(header.problem,
                 {"expected a JSON object as header, got something else at its byte ", static_cast<Index>(wrong_at)});
}

FKD_FUNC std::string wrong_size(const FileTensor& tensor, std::uint64_t bytes) {
  Index bits = type_bits(tensor.type);
  for (const Index extent : tensor.extents) bits = checked_product(bits, extent);
  const bool whole = bits >= 0 && bits % 8 == 0;
  std::string problem;
  if (!whole || static_cast<std::uint64_t>(bits / 8) != bytes)
    append_message(problem, {"tensor ", tensor.name, ": expected as many bytes as its shape and type take",
                             whole ? ", " + text(bits / 8) : "", ", got ", static_cast<Index>(bytes)});
  return problem;
}

FKD_FUNC std::string sort_places(const std::vector<FileTensor>& tensors, std::vector<TensorPlace>& places) {
  if (!places.empty())
    std::qsort(places.data(), places.size(), sizeof(TensorPlace), [](const void* a, const void* b) {  // no template
      const TensorPlace &x = *static_cast<const TensorPlace*>(a), &y = *static_cast<const TensorPlace*>(b);
      if (x.begin != y.begin) return x.begin < y.begin ? -1 : 1;
      if (x.end != y.end) return x.end < y.end ? -1 : 1;
      return x.tensor < y.tensor ? -1 : 1;
    });
  std::uint64_t end = 0;
  const FileTensor* before = nullptr;
  std::string problem;
  for (const TensorPlace& place : places) {
    const FileTensor& tensor = tensors[place.tensor];
    const Index begins = static_cast<Index>(place.begin), ends = static_cast<Index>(place.end);
    if (ends < begins) {
      append_message(problem,
                     {"tensor ", tensor.name, ": expected data_offsets that rise, got ", begins, " and ", ends});
    } else if (problem = wrong_size(tensor, place.end - place.begin); problem.empty() && place.begin != end) {
      append_message(problem, {"tensor ", tensor.name, ": expected its bytes to begin at ", static_cast<Index>(end),
                               ", ", before ? "where those of " : "the first",
                               before ? std::string_view{before->name} : "", before ? " end" : "", ", got ", begins});
    }
    if (!problem.empty()) break;
    end = place.end;
    before = &tensor;
  }
  return problem;
}

}  // namespace fkd::io::detail
