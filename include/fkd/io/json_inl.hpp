/// \file
/// Definitions of json.hpp.
#pragma once

#include <algorithm>
#include <clocale>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include <fkd/core/is_nan.hpp>
#include <fkd/io/json.hpp>
#include <fkd/io/name_table.hpp>

namespace fkd::io::detail {

/// The length of the UTF-8 character at `at`, 0 where there is none (Unicode 15, table 3-7).
FKD_FUNC std::size_t utf8_length(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) {
    return at + i < text.size() ? static_cast<unsigned>(static_cast<unsigned char>(text[at + i])) : 0u;
  };
  const auto follows = [&](std::size_t i, unsigned low = 0x80, unsigned high = 0xbf) {
    return byte(i) >= low && byte(i) <= high;
  };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return follows(1) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef)
    return follows(1, first == 0xe0 ? 0xa0u : 0x80u, first == 0xed ? 0x9fu : 0xbfu) && follows(2) ? 3 : 0;
  if (first >= 0xf0 && first <= 0xf4)
    return follows(1, first == 0xf0 ? 0x90u : 0x80u, first == 0xf4 ? 0x8fu : 0xbfu) && follows(2) && follows(3) ? 4 : 0;
  return 0;
}

[[gnu::cold]] FKD_FUNC void append_utf8(std::string& to, unsigned code) {
  const auto put = [&](unsigned byte) { to.push_back(static_cast<char>(static_cast<unsigned char>(byte))); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xc0 | code >> 6), put(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    put(0xe0 | code >> 12), put(0x80 | (code >> 6 & 0x3f)), put(0x80 | (code & 0x3f));
  } else {
    put(0xf0 | code >> 18), put(0x80 | (code >> 12 & 0x3f)), put(0x80 | (code >> 6 & 0x3f)), put(0x80 | (code & 0x3f));
  }
}

/// A text and a place in it. The functions return false where the text is wrong; `at` is then where.
struct JsonCursor {
  std::string_view text;
  std::size_t at = 0;

  bool ends() const { return at >= text.size(); }
  char here() const { return ends() ? '\0' : text[at]; }
  bool take(char c) { return !ends() && text[at] == c ? ++at, true : false; }
  void skip_space() {
    while (!ends() && (text[at] == ' ' || text[at] == '\t' || text[at] == '\n' || text[at] == '\r')) ++at;
  }
  bool take_word(std::string_view word) {
    for (const char c : word)
      if (!take(c)) return false;
    return true;
  }
  bool digits() {
    const std::size_t begin = at;
    while (!ends() && text[at] >= '0' && text[at] <= '9') ++at;
    return at > begin;
  }

  bool hex(unsigned& code) {
    code = 0;
    for (int i = 0; i < 4; ++i, ++at) {
      const char c = here();
      const int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c - 'A' + 10;
      if (digit < 0 || digit > 15 || (digit >= 10 && !((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')))) return false;
      code = code * 16 + static_cast<unsigned>(digit);
    }
    return true;
  }
  /// Behind `\u`.
  bool escaped_code(std::string& to) {
    unsigned code = 0, low = 0;
    if (!hex(code)) return false;
    if (code >= 0xdc00 && code <= 0xdfff) return false;
    if (code >= 0xd800 && code <= 0xdbff) {
      if (!take('\\') || !take('u') || !hex(low) || low < 0xdc00 || low > 0xdfff) return false;
      code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    }
    append_utf8(to, code);
    return true;
  }
  /// Behind the opening quote.
  bool string(std::string& to) {
    to.clear();
    while (!ends()) {
      const char c = text[at];
      if (c == '"') return ++at, true;
      if (static_cast<unsigned char>(c) < 0x20) return false;
      if (c != '\\') {
        const std::size_t length = utf8_length(text, at);
        if (length == 0) return false;
        to.append(text.substr(at, length));
        at += length;
        continue;
      }
      ++at;
      constexpr std::string_view written = "\"\\/bfnrt", meant = "\"\\/\b\f\n\r\t";
      if (take('u')) {
        if (!escaped_code(to)) return false;
      } else if (const std::size_t which = ends() ? written.npos : written.find(text[at]); which != written.npos) {
        to.push_back(meant[which]);
        ++at;
      } else {
        return false;
      }
    }
    return false;
  }

  bool number(JsonNumber& to) {
    const std::size_t begin = at;
    bool whole = !take('-');
    const std::size_t first = at;
    if (!take('0') && !digits()) return false;
    const std::string_view its_digits = text.substr(first, at - first);
    if (here() == '.') {
      whole = false;
      ++at;
      if (!digits()) return false;
    }
    if (here() == 'e' || here() == 'E') {
      whole = false;
      ++at;
      if (!take('+')) take('-');
      if (!digits()) return false;
    }
    to = {text.substr(begin, at - begin), whole, 0};
    for (const char c : its_digits) {
      const auto digit = static_cast<std::uint64_t>(c - '0');
      if (to.whole > (~std::uint64_t{0} - digit) / 10) to.is_whole = false;
      to.whole = to.whole * 10 + digit;
    }
    return true;
  }
};

FKD_FUNC std::size_t read_json(std::string_view text, JsonEvents& events) {
  JsonCursor cursor{text};
  std::string open;  // the open brackets: { and [
  std::string buffer;
  const auto wrong = [&] { return cursor.at + 1; };
  cursor.skip_space();
  for (;;) {
    // A value begins here.
    bool opened = false;
    const char c = cursor.here();
    if (cursor.take('{')) {
      if (!events.start_object()) return wrong();
      open.push_back('{');
      opened = true;
    } else if (cursor.take('[')) {
      if (!events.start_array()) return wrong();
      open.push_back('[');
      opened = true;
    } else if (cursor.take('"')) {
      if (!cursor.string(buffer) || !events.string(buffer)) return wrong();
    } else if (c == 't' || c == 'f' || c == 'n') {
      const std::string_view word = c == 't' ? "true" : c == 'f' ? "false" : "null";
      if (!cursor.take_word(word) || !events.literal(word)) return wrong();
    } else {
      JsonNumber number;
      if (!cursor.number(number) || !events.number(number)) return wrong();
    }
    // Behind it: brackets that close, then a comma, and of an object the next key.
    for (;;) {
      cursor.skip_space();
      if (open.empty()) return cursor.ends() ? 0 : wrong();
      const bool object = open.back() == '{';
      if (cursor.take(object ? '}' : ']')) {
        if (!(object ? events.end_object() : events.end_array())) return wrong();
        open.pop_back();
        opened = false;
        continue;
      }
      if (!opened && !cursor.take(',')) return wrong();
      cursor.skip_space();
      if (!object) break;
      if (!cursor.take('"') || !cursor.string(buffer) || !events.key(buffer)) return wrong();
      cursor.skip_space();
      if (!cursor.take(':')) return wrong();
      cursor.skip_space();
      break;
    }
  }
}

/// Builds a JsonValue.
class JsonBuilder final : public JsonEvents {
 public:
  JsonValue root;

  bool key(std::string& name) override {
    open_.back()->keys.push_back(std::move(name));
    return true;
  }
  bool start_object() override { return start(JsonValue::Kind::object); }
  bool start_array() override { return start(JsonValue::Kind::array); }
  bool end_object() override {
    NameTable names;
    for (const std::string& name : open_.back()->keys) names.add(name);
    open_.pop_back();
    return names.sort() == nullptr;
  }
  bool end_array() override { return open_.pop_back(), true; }
  bool number(const JsonNumber& value) override {
    JsonValue& its = add(JsonValue::Kind::number);
    its.text = value.text;
    its.is_whole = value.is_whole && value.whole >> 63 == 0;
    its.whole = its.is_whole ? static_cast<std::int64_t>(value.whole) : 0;
    its.number = number_of_text(value.text);
    return true;
  }
  bool string(std::string& text) override {
    add(JsonValue::Kind::string).text = std::move(text);
    return true;
  }
  bool literal(std::string_view text) override {
    add(text == "null" ? JsonValue::Kind::null : JsonValue::Kind::boolean).boolean = text == "true";
    return true;
  }

 private:
  JsonValue& add(JsonValue::Kind kind) {
    JsonValue& its = open_.empty() ? root : open_.back()->items.emplace_back();
    its.kind = kind;
    return its;
  }
  bool start(JsonValue::Kind kind) {
    if (open_.size() >= 64) return false;
    open_.push_back(&add(kind));  // what is open is the last of its list, which does not grow meanwhile
    return true;
  }
  std::vector<JsonValue*> open_;
};

FKD_FUNC const JsonValue* JsonValue::find(std::string_view key) const {
  for (std::size_t i = 0; i < keys.size() && i < items.size(); ++i)
    if (keys[i] == key) return &items[i];
  return nullptr;
}

[[gnu::cold]] FKD_FUNC std::string JsonValue::dump() const {
  switch (kind) {
    case Kind::null:
      return "null";
    case Kind::boolean:
      return boolean ? "true" : "false";
    case Kind::number:
      return text;
    case Kind::string: {
      std::string quoted;
      append_json_text(quoted, text);
      return quoted;
    }
    default:
      break;
  }
  std::string all(1, kind == Kind::array ? '[' : '{');
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i > 0) all.push_back(',');
    if (kind == Kind::object) {
      append_json_text(all, keys[i]);
      all.push_back(':');
    }
    all.append(items[i].dump());
  }
  all.push_back(kind == Kind::array ? ']' : '}');
  return all;
}

FKD_FUNC std::optional<JsonValue> parse_json(std::string_view text) {
  JsonBuilder builder;
  if (read_json(text, builder) != 0) return std::nullopt;
  return std::move(builder.root);
}

FKD_FUNC bool append_json_string(std::string& to, std::string_view text) {
  for (std::size_t at = 0; at < text.size(); at += utf8_length(text, at))
    if (utf8_length(text, at) == 0) return false;
  append_json_text(to, text);
  return true;
}

FKD_FUNC void append_json_text(std::string& to, std::string_view text) {
  constexpr std::string_view meant = "\"\\\b\f\n\r\t", written = "\"\\bfnrt";
  to.push_back('"');
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = utf8_length(text, at);
    const char c = text[at];
    if (length == 0) {
      to.append("\xef\xbf\xbd");
    } else if (const std::size_t which = meant.find(c); which != meant.npos) {
      to.push_back('\\');
      to.push_back(written[which]);
    } else if (static_cast<unsigned char>(c) < 0x20) {
      constexpr std::string_view digits = "0123456789abcdef";
      to.append("\\u00");
      to.push_back(digits[static_cast<std::size_t>(c) >> 4]);
      to.push_back(digits[static_cast<std::size_t>(c) & 15]);
    } else {
      to.append(text.substr(at, length));
    }
    at += length == 0 ? 1 : length;
  }
  to.push_back('"');
}

/// A number with `instead` in the place of `what`, its point.
[[gnu::cold]] FKD_FUNC std::string with_point(std::string_view number, std::string_view what,
                                              std::string_view instead) {
  const std::size_t at = number.find(what);
  std::string text{number.substr(0, at)};
  if (at != number.npos && !what.empty()) text.append(instead).append(number.substr(at + what.size()));
  return text;
}

FKD_FUNC double number_of_text(std::string_view text) {
  return std::strtod(with_point(text, ".", std::localeconv()->decimal_point).c_str(), nullptr);
}

FKD_FUNC std::string json_number(double value) {
  if (!is_finite(value)) return "null";
  char digits[40];
  for (int count = 1; count <= 17; ++count) {
    std::snprintf(digits, sizeof digits, "%.*g", count, value);
    if (std::strtod(digits, nullptr) == value) break;
  }
  const std::string text = with_point(digits, std::localeconv()->decimal_point, ".");
  return text.find_first_of(".e") == text.npos ? text + ".0" : text;
}

}  // namespace fkd::io::detail
