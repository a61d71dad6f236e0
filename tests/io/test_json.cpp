// The reader and writer of JSON: what RFC 8259 allows and forbids.
#include <doctest/doctest.h>

#include <clocale>
#include <cmath>
#include <limits>
#include <string>

#include <fkd/core/is_nan.hpp>
#include <fkd/core/random.hpp>
#include <fkd/io/json.hpp>

using namespace fkd::io::detail;

namespace {

bool is_json(const std::string& text) { return parse_json(text).has_value(); }

}  // namespace

TEST_CASE("values, and the same text again") {
  for (const char* text :
       {"null", "true", "false", "0", "-0", "12", "-1.5e-3", "1E+2", "\"\"", "[]", "{}", "[1,[2,[]],{}]",
        "{\"a\":1,\"b\":{\"c\":[null]}}", "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"", "18446744073709551616"}) {
    const auto value = parse_json(text);
    REQUIRE(value.has_value());
    CHECK(value->dump() == text);
  }
  CHECK(parse_json(" \t\r\n[ 1 , 2 ] ")->dump() == "[1,2]");
  CHECK(parse_json(R"("\u0041\u00e9\u20ac\ud83d\ude00\n\/\"\\")")->text ==
        "A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\n/\"\\");
  const auto object = parse_json(R"({"a":-3,"b":9223372036854775807,"c":9223372036854775808})");
  CHECK(object->find("a")->number == -3);
  CHECK(!object->find("a")->is_whole);
  CHECK(object->find("b")->whole == (std::numeric_limits<std::int64_t>::max)());
  CHECK(!object->find("c")->is_whole);
  CHECK(object->find("d") == nullptr);
  CHECK(parse_json("7")->find("a") == nullptr);
}

TEST_CASE("what is no JSON") {
  for (const char* text : {"",
                           " ",
                           "nul",
                           "True",
                           "NaN",
                           "Infinity",
                           "+1",
                           "01",
                           "1.",
                           ".5",
                           "1e",
                           "1e+",
                           "--1",
                           "0x1",
                           "[1,]",
                           "[,1]",
                           "[1 2]",
                           "[1",
                           "]",
                           "{,}",
                           "{\"a\"}",
                           "{\"a\":}",
                           "{\"a\":1,}",
                           "{a:1}",
                           "{1:1}",
                           "{\"a\":1 \"b\":2}",
                           "{]",
                           "[}",
                           "'a'",
                           "\"a",
                           "\"\\x\"",
                           "\"\\u12\"",
                           "\"\\u12g4\"",
                           "\"\\ud800\"",
                           "\"\\udc00\"",
                           "\"\\ud800\\u0041\"",
                           "\"\t\"",
                           "\"\x80\"",
                           "\"\xc0\x80\"",
                           "\"\xe0\x80\x80\"",
                           "\"\xed\xa0\x80\"",
                           "\"\xf4\x90\x80\x80\"",
                           "\"\xff\"",
                           "\"\xe2\x82\"",
                           "1 1",
                           "[] []",
                           "// a\n1",
                           "{\"a\":1,\"a\":2}",
                           "{\"b\":0,\"a\":1,\"b\":2}"})
    CHECK_MESSAGE(!is_json(text), text);
  CHECK(!is_json(std::string("1\0", 2)));
  CHECK(
      !is_json("\xef\xbb\xbf"
               "1"));
  CHECK(is_json(std::string(64, '[') + std::string(64, ']')));
  CHECK(!is_json(std::string(65, '[') + std::string(65, ']')));
  CHECK(!is_json(std::string(1000000, '[')));
}

TEST_CASE("numbers come back to the same bits, in every locale") {
  const fkd::Random random{fkd::Seed{1}, fkd::Purpose::user, 0};
  const auto check_all = [&] {
    for (std::uint64_t i = 0; i < 2000; ++i) {
      const double value = std::ldexp(random.uniform(i) - 0.5, static_cast<int>(random.bits(i + 5000) % 2000) - 1000);
      const std::string text = json_number(value);
      CHECK(is_json(text));
      CHECK(parse_json(text)->number == value);
    }
    for (const double value : {0.0, -0.0, 0.1, 3.0, 1e22, 1e-300, 5e-324, 1.7976931348623157e308})
      CHECK(fkd::detail::bits_of(parse_json(json_number(value))->number) == fkd::detail::bits_of(value));
  };
  check_all();
  CHECK(json_number(3) == "3.0");
  CHECK(json_number(0.1) == "0.1");
  CHECK(json_number(std::numeric_limits<double>::quiet_NaN()) == "null");
  CHECK(json_number(-std::numeric_limits<double>::infinity()) == "null");
  for (const char* locale : {"de_DE.UTF-8", "ps_AF.UTF-8", "fr_FR.UTF-8"}) {
    if (std::setlocale(LC_NUMERIC, locale) == nullptr) continue;
    check_all();
    CHECK(json_number(0.1) == "0.1");
    std::setlocale(LC_NUMERIC, "C");
  }
}

TEST_CASE("strings") {
  std::string text;
  CHECK(append_json_string(text, "a\"\\\n\x01\xc3\xa9"));
  CHECK(text == "\"a\\\"\\\\\\n\\u0001\xc3\xa9\"");
  CHECK(!append_json_string(text, "\xff"));
  CHECK(text.ends_with("\xc3\xa9\""));
  text.clear();
  append_json_text(text, "a\xff");
  CHECK(text == "\"a\xef\xbf\xbd\"");
}
