/// \file
/// JSON (RFC 8259), as far as files need it: a strict reader of events, a small value, and text.
///
/// Own code, because a header of a general JSON library costs every program that saves a model four seconds of
/// compile time, and because a file's reader must not recurse: nesting is counted, not followed.
#pragma once

#include <fkd/core/language.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fkd::io::detail {

/// A number as it is written, and its value where it is a whole one without a sign, below 2^64.
struct JsonNumber {
  std::string_view text;
  bool is_whole = false;
  std::uint64_t whole = 0;
};

/// What `read_json` meets, in order. An event that returns false ends the reading.
class JsonEvents {
 public:
  virtual bool key(std::string& name) = 0;
  virtual bool start_object() = 0;
  virtual bool end_object() = 0;
  virtual bool start_array() = 0;
  virtual bool end_array() = 0;
  virtual bool number(const JsonNumber& value) = 0;
  virtual bool string(std::string& text) = 0;
  virtual bool literal(std::string_view text) = 0;  ///< true, false or null

 protected:
  ~JsonEvents() = default;
};

/// Reads one JSON value and nothing behind it but white space. Returns 0, or the number of the byte, from 1 on, at
/// which it is no JSON or an event returned false. Texts are valid UTF-8. Takes a byte of memory for each open bracket.
[[gnu::cold]] std::size_t read_json(std::string_view text, JsonEvents& events);

/// A JSON value. Of an object, `keys[i]` belongs to `items[i]`, in the order of the text.
struct JsonValue {
  enum class Kind { null, boolean, number, string, array, object };

  Kind kind = Kind::null;
  bool boolean = false;
  bool is_whole = false;   ///< a number without sign, point and exponent, below 2^63
  std::int64_t whole = 0;  ///< if it is that
  double number = 0;       ///< every number; infinite where it leaves double's range
  std::string text = {};   ///< a string, or a number as it is written
  std::vector<std::string> keys = {};
  std::vector<JsonValue> items = {};

  bool is(Kind its) const { return kind == its; }
  /// The entry of an object; null for none, and for what is no object.
  const JsonValue* find(std::string_view key) const;
  /// As text, without spaces.
  std::string dump() const;
};

/// The value; none where the text is no JSON, has a key twice in an object, or nests deeper than 64.
[[gnu::cold]] std::optional<JsonValue> parse_json(std::string_view text);

/// Appends a string with its quotes. False, and nothing appended, where it is not UTF-8.
[[gnu::cold]] bool append_json_string(std::string& to, std::string_view text);
/// The same; what is not UTF-8 becomes U+FFFD.
[[gnu::cold]] void append_json_text(std::string& to, std::string_view text);
/// The shortest number that reads back to the same bits; null for NaN and infinity.
[[gnu::cold]] std::string json_number(double value);
/// Reads a number that stands in `text` from its beginning to its end, in every locale.
[[gnu::cold]] double number_of_text(std::string_view text);

}  // namespace fkd::io::detail

#ifndef FKD_COMPILED
#include <fkd/io/json_inl.hpp>
#endif
