// Files that are not comma-separated UTF-8 text, and labels that are out of range: one error that names the cause. Most
// of them ended as an unknown name in the header, and absurd labels went into the training.

#include <doctest/doctest.h>

#include "data/training_csv.hpp"
#include "files.hpp"

using namespace facial_keypoints;
using namespace facial_keypoints_tests;
using namespace std::string_literals;

namespace {

std::string said_of(const std::string& text, Notes* notes = nullptr) {
  const Folder folder;
  const auto path = folder.write("training.csv", text);
  Notes unread;
  const std::string said = format_message([&] { read_training(LineReader{path}, notes ? *notes : unread); });
  const std::string place = folder.path().string() + "/";
  if (notes)
    for (std::string& note : *notes)
      if (note.starts_with(place)) note.erase(0, place.size());
  return said.starts_with(place) ? said.substr(place.size()) : said;
}

std::string good_file() { return joined(training_names()) + joined(good_row()); }

/// ASCII text with `before` and `after` zero bytes around each character.
std::string wide(const std::string& text, std::size_t before, std::size_t after) {
  std::string out;
  for (const char c : text) out += std::string(before, '\0') + c + std::string(after, '\0');
  return out;
}

Notes notes_of(const std::vector<std::vector<std::string>>& rows) {
  std::string text = joined(training_names());
  for (const auto& row : rows) text += joined(row);
  Notes notes;
  CHECK(said_of(text, &notes) == "");
  return notes;
}

std::vector<std::string> row_with(std::size_t column, const std::string& value) {
  std::vector<std::string> row = good_row();
  row[column] = value;
  return row;
}

}  // namespace

TEST_CASE("text in two and four bytes a character, of either order, with a mark or without") {
  const std::string text = good_file();
  for (const std::string& bytes :
       {wide(text, 0, 1), "\xFF\xFE" + wide(text, 0, 1), wide(text, 1, 0), "\xFE\xFF" + wide(text, 1, 0)})
    CHECK(said_of(bytes) == "training.csv: expected comma-separated text, got text in UTF-16; save it as UTF-8");
  for (const std::string& bytes :
       {wide(text, 0, 3), "\xFF\xFE\0\0"s + wide(text, 0, 3), wide(text, 3, 0), "\0\0\xFE\xFF"s + wide(text, 3, 0)})
    CHECK(said_of(bytes) == "training.csv: expected comma-separated text, got text in UTF-32; save it as UTF-8");
}

TEST_CASE("archives, pages and tables of other kinds under the name of a CSV file") {
  const std::pair<std::string, std::string> known[] = {
      {"\x1F\x8B\x08\0\0\0\0\0"s, "a gzip file; unpack it, or let its name end in .gz"},
      {"PK\3\4\x14\0\0\0\x08\0"s + std::string(16, 'x') + "training.csv",
       "a zip archive; unpack it, or let its name end in .zip"},
      {"PK\3\4\x14\0\6\0"s + std::string(22, 'x') + "[Content_Types].xml", "an Excel workbook; export it as CSV"},
      {"PK\5\6"s + std::string(18, '\0'), "an empty zip archive"},
      {"\xFD"
       "7zXZ\0\0\4"s,
       "an xz file; unpack it"},
      {"BZh91AY&SY", "a bzip2 file; unpack it"},
      {"7z\xBC\xAF\x27\x1C\0\4"s, "a 7z archive; unpack it"},
      {"\x28\xB5\x2F\xFD....", "a zstd file; unpack it"},
      {"\xD0\xCF\x11\xE0\xA1\xB1", "an Excel workbook; export it as CSV"},
      {"PAR1\x15\4\x15"s, "a Parquet file; export it as CSV"},
      {"<!DOCTYPE html>\n<html>", "a web page (HTML); a download that wants a login first leaves one"},
      {"\r\n  <HTML><head>", "a web page (HTML); a download that wants a login first leaves one"},
      {"\xEF\xBB\xBF<!doctype html>", "a web page (HTML); a download that wants a login first leaves one"},
      {"<?xml version=\"1.0\"?>", "XML or HTML"},
      {"{\"code\":403,\"message\":\"Permission denied\"}", "JSON"},
      {"version https://git-lfs.github.com/spec/v1\noid sha256:",
       "a pointer of Git LFS; fetch the file itself: git lfs pull"},
      {"training.csv"s + std::string(245, '\0') + "ustar" + std::string(250, '\0'), "a tar archive; unpack it"},
      {"abc\0def"s, "bytes that are no text (a NUL among them)"}};
  for (const auto& [bytes, what] : known)
    CHECK(said_of(bytes) == "training.csv: expected comma-separated text, got " + what);
}

TEST_CASE("semicolons, tabs, no header, names that are all unknown") {
  const std::string place =
      "training.csv:1: column 1: expected a header with the names left_eye_center_x ... Image, got ";
  std::string text = good_file();
  std::replace(text.begin(), text.end(), ',', ';');
  CHECK(said_of(text) == place + "semicolons between the names; save the file with commas");
  std::replace(text.begin(), text.end(), ';', '\t');
  CHECK(said_of(text) == place + "tabs between the names; save the file with commas");
  CHECK(said_of(joined(good_row())) ==
        place + "\"0.25,1.25,2.25,3.25,4.25,5.25,6.25,7.25,\"...: a row of numbers, so the header is missing");
  CHECK(said_of("," + joined(good_row()).substr(5)).ends_with("the header is missing"));
  CHECK(said_of("name,age\nx,1\n") == place + "\"name\"");
}

TEST_CASE("coordinates a whole image away are refused by row and column; those a little outside are noted, once") {
  const std::string expected =
      "training.csv:2: column nose_tip_x: expected a coordinate in pixels (0 to 96, at most 96 beyond), got ";
  for (const char* value : {"1e38", "-500", "1e99", "-1e400", "192.1", "-96.5", "+1e38"})
    CHECK(said_of(joined(training_names()) + joined(row_with(20, value))) == expected + "\"" + value + "\"");

  CHECK(notes_of({row_with(0, "0"), row_with(0, "96"), row_with(0, "-0.9"), row_with(0, "97")}).empty());
  CHECK(notes_of({good_row(), row_with(20, "-2.5")}) ==
        Notes{"training.csv:3: column nose_tip_x: -2.50 lies outside the image (0 to 96)"});
  CHECK(notes_of({good_row(), row_with(21, "191"), row_with(3, "98"), row_with(20, "-90")}) ==
        Notes{"training.csv:3: column nose_tip_y: 191.00 lies outside the image (0 to 96); so do 2 other coordinates"});

  std::vector<std::string> scaled(30, "-0.75");
  scaled.push_back(image_text());
  CHECK(notes_of({scaled}) ==
        Notes{"training.csv: expected coordinates in pixels (0 to 96), got none beyond 1.5: were they scaled?"});
  std::vector<std::string> unknown(30, "");
  unknown.push_back(image_text());
  CHECK(notes_of({unknown}).empty());
}

TEST_CASE("columns that are not used are named once, whatever the number of rows; an index without a name is not") {
  Notes notes;
  const auto read = [&](const std::string& more_names) {
    notes.clear();
    const auto count = static_cast<std::size_t>(std::count(more_names.begin(), more_names.end(), ','));
    std::string text = more_names + joined(training_names());
    for (int i = 0; i < 300; ++i) text += std::string(count, ',') + joined(good_row());
    CHECK(said_of(text, &notes) == "");
    return notes;
  };
  CHECK(read(",Unnamed: 0,").empty());
  CHECK(read("age,") == Notes{"training.csv: not used: column \"age\""});
  CHECK(read("age,name,") == Notes{"training.csv: not used: columns \"age\" and \"name\""});
  CHECK(read("a,b,,c,d,e,f,g,") ==
        Notes{"training.csv: not used: columns \"a\", \"b\", \"c\", \"d\", \"e\" and 2 more"});
}
