// Files as other programs write them, where the meaning is certain. Each of these was refused, although the
// competition's own lookup table is one of them: rows of three fields under a header of four.

#include <doctest/doctest.h>

#include <bit>
#include <cstdio>
#include <functional>

#include <fkd/core/is_nan.hpp>
#include <fkd/core/random.hpp>

#include "data/test_csv.hpp"
#include "data/training_csv.hpp"
#include "files.hpp"

using namespace facial_keypoints;
using namespace facial_keypoints_tests;

namespace {

using Fields = std::vector<std::string>;

/// The face that a header and one row give; the coordinates in `unknown` are NaN and the others those of good_row().
void check_reads(const std::string& text, const std::vector<std::size_t>& unknown = {}) {
  CAPTURE(text.substr(0, 100));
  const Folder folder;
  Faces faces;
  CHECK(format_message([&] { faces = read_training(folder.write("training.csv", text)); }) == "");
  REQUIRE(faces.size() == 1);
  for (std::size_t c = 0; c < target_count; ++c) {
    CAPTURE(c);
    if (std::find(unknown.begin(), unknown.end(), c) != unknown.end()) {
      CHECK(fkd::is_nan(faces.target(0)[c]));
    } else {
      CHECK(faces.target(0)[c] == static_cast<float>(c) + 0.25F);
    }
  }
  for (std::size_t i = 0; i < image_pixels; ++i) REQUIRE(faces.image(0)[i] == (i == 0 ? 7 : i % 256));
}

/// Each pixel of good_row(7) rewritten.
std::string image(const std::function<std::string(const std::string&)>& rewrite, const std::string& between = " ") {
  std::string text;
  for (std::size_t i = 0; i < image_pixels; ++i)
    text += (i ? between : "") + rewrite(std::to_string(i == 0 ? 7 : i % 256));
  return text;
}

std::string with_image(const std::string& text) {
  Fields row = good_row(7);
  row[30] = text;
  return joined(training_names()) + joined(row);
}

std::string with_coordinate(std::size_t column, const std::string& text) {
  Fields row = good_row(7);
  row[column] = text;
  return joined(training_names()) + joined(row);
}

struct Test {
  Folder folder;
  TestSet set;
  std::string said;

  Test(const std::string& test, const std::string& lookup) {
    const auto images = folder.write("test.csv", test), table = folder.write("IdLookupTable.csv", lookup);
    said = format_message([&] { set = read_test(images, table); });
  }
};

const std::string two_images = "ImageId,Image\n1," + image_text(1) + "\n2," + image_text(2) + "\n";

/// A lookup table that asks for two coordinates, whatever its form.
void check_lookup(const std::string& text) {
  CAPTURE(text);
  const Test test{two_images, text};
  CHECK(test.said == "");
  REQUIRE(test.set.lookup.size() == 2);
  CHECK(test.set.lookup[0].row_id == 1);
  CHECK(test.set.lookup[0].image == 1);
  CHECK(test.set.lookup[0].column == 2 * nose_tip);
  CHECK(test.set.lookup[1].row_id == 2);
  CHECK(test.set.lookup[1].image == 0);
  CHECK(test.set.lookup[1].column == 1);
}

}  // namespace

TEST_CASE("the lookup table as the competition serves it, and as other programs rewrite it") {
  const std::string header = "RowId,ImageId,FeatureName,Location", first = "1,2,nose_tip_x",
                    second = "2,1,left_eye_center_y";
  for (const std::string end : {"\r\n", "\n", "\r\r\n", "\r"}) {
    check_lookup(header + end + first + end + second + end);
    check_lookup(header + end + first + end + second);
    check_lookup(header + end + first + "," + end + second + "," + end);
    check_lookup(header + end + first + end + second + ",12.5" + end);  // with and without, in one file
    check_lookup("\xEF\xBB\xBF" + header + end + first + end + second + end);
  }
  check_lookup("RowId,ImageId,FeatureName\n" + first + "\n" + second + "\n");
  check_lookup(header + "\n" + first + ",NaN\n" + second + ",whatever\n");
  check_lookup(header + ",\n" + first + ",,\n" + second + ",,\n");
  check_lookup("\"RowId\",\"ImageId\",\"FeatureName\",\"Location\"\n\"1\",\"2\",\"nose_tip_x\",\"\"\n2,1," +
               std::string{"\"left_eye_center_y\",\n"});
  check_lookup("row id, image_id,FEATURENAME ,location\n 1 , 2.0 , Nose_Tip_X\n2,1, left eye center y ,\n");
  check_lookup(header + "\n1.0,2.0,nose_tip_x\n+2,1e0,left_eye_center_y\n");
  check_lookup(",RowId,ImageId,FeatureName,Location\n0,1,2,nose_tip_x,\n1,2,1,left_eye_center_y,\n");
}

TEST_CASE("test.csv with ids as 1.0, quoted images, another column, a comma after each row") {
  const Test test{
      ",ImageId,Image,notes\n0,1.0,\"" + image_text(1) + "\",\n1, 2 ,\"" + image_text(2) + "\",\"with, comma\"\n",
      "RowId,ImageId,FeatureName,Location\n5,2,nose_tip_x\n"};
  CHECK(test.said == "");
  REQUIRE(test.set.faces.size() == 2);
  CHECK(test.set.image_ids == std::vector<std::int64_t>{1, 2});
  CHECK(test.set.faces.image(1)[0] == 2);
  CHECK(test.set.lookup[0].image == 1);
}

TEST_CASE("words for unknown") {
  for (const char* word :
       {"NaN", "nan", "NAN", "-nan", "NA", "N/A", "NULL", "null", "None", "<NA>", " ", "\"\"", "\"NaN\"", " NaN "})
    check_reads(with_coordinate(4, word), {4});
}

TEST_CASE("numbers with blanks, signs, quotes and exponents; too small for float is 0") {
  for (const char* text : {"+4.25", " 4.25", "4.25 ", "\t4.25", "\"4.25\"", " \"4.25\" ", "4.25e0", "425E-2", "04.25",
                           "+42.5e-1", "4.2500000000000000000000000000000000000000000000000"})
    check_reads(with_coordinate(4, text));
  const Folder folder;
  CHECK(read_training(folder.write("training.csv", with_coordinate(4, "1e-99"))).target(0)[4] == 0);
  CHECK(read_training(folder.write("training.csv", with_coordinate(4, "1e1"))).target(0)[4] == 10);
  CHECK(read_training(folder.write("training.csv", with_coordinate(4, "5."))).target(0)[4] == 5);
  CHECK(read_training(folder.write("training.csv", with_coordinate(4, ".5"))).target(0)[4] == 0.5F);
}

TEST_CASE("pixels as 12.0, with signs, zeros before, exponents; several blanks, blanks at both ends, tabs, quotes") {
  check_reads(with_image(image([](const std::string& p) { return p + ".0"; })));
  check_reads(with_image(image([](const std::string& p) { return p + ".000"; })));
  check_reads(with_image(image([](const std::string& p) { return p + "."; })));
  check_reads(with_image(image([](const std::string& p) { return "+" + p; })));
  check_reads(with_image(image([](const std::string& p) { return "0000" + p; })));
  check_reads(with_image(image([](const std::string& p) { return p + "e0"; })));
  check_reads(with_image(image([](const std::string& p) { return p + "0e-1"; })));
  check_reads(with_image(image([](const std::string& p) { return p; }, "  ")));
  check_reads(with_image(image([](const std::string& p) { return p; }, "\t")));
  check_reads(with_image("  " + image_text(7) + " "));
  check_reads(with_image("\"" + image_text(7) + "\""));
  check_reads(with_image("\" " + image_text(7) + "  \" "));
}

TEST_CASE("columns without a name, with other names, or none: wherever they stand, whatever they hold") {
  Fields names = training_names(), row = good_row(7);
  const auto text = [&] { return joined(names) + joined(row); };
  names.insert(names.begin(), "");
  row.insert(row.begin(), "0");
  check_reads(text());  // a data frame's index
  names[0] = "Unnamed: 0";
  check_reads(text());
  names.insert(names.begin() + 12, "note");
  row.insert(row.begin() + 12, "\"he said \"\"no, thanks\"\"\"");
  names.push_back("note");
  row.push_back("7 of 9");
  check_reads(text());
  row.pop_back();
  check_reads(text());  // a column that is not read may be absent at the end
  names.push_back("");
  row.push_back("");
  row.push_back("");
  check_reads(joined(names) + joined(row, ", ,\n"));
  check_reads(joined(training_names(), ",\n") + joined(good_row(7), ",\n"));
  check_reads(joined(training_names()) + joined(good_row(7), ",\n"));
  check_reads(joined(training_names(), ",\n") + joined(good_row(7)));
}

TEST_CASE("names with other capitals, blanks and signs") {
  Fields names = training_names();
  names[0] = "Left Eye Center X";
  names[1] = " LEFT_EYE_CENTER_Y ";
  names[2] = "right-eye-center-x";
  names[30] = "\"image\"";
  check_reads(joined(names) + joined(good_row(7)));
}

TEST_CASE("lines of blanks, lines that end in CR alone or in CR CR LF, none at the end, a mark before a quote") {
  const Fields names = training_names(), row = good_row(7);
  for (const std::string end : {"\n", "\r\n", "\r\r\n", "\r"}) {
    CAPTURE(end);
    check_reads(joined(names, end) + joined(row, end));
    check_reads(joined(names, end) + joined(row, ""));
    check_reads(end + joined(names, end) + "  " + end + joined(row, end) + "\t" + end + end);
    check_reads(joined(names, end) + ",,," + end + joined(row, end) + std::string(30, ',') + end + ", ,");
    check_reads("\xEF\xBB\xBF" + joined(names, end) + joined(row, end));
  }
  check_reads("\xEF\xBB\xBF\"" + names[0] + "\"," + joined({names.begin() + 1, names.end()}) + joined(row));
}

TEST_CASE("numbers are read to the same bits with and without a library that has std::from_chars for float") {
  std::uint64_t count = 0;
  for (std::uint64_t i = 0; i < 20000; ++i) {
    const fkd::Random random{fkd::Seed{9}};
    const auto bits = static_cast<std::uint32_t>(random.bits(i));
    char text[64];
    const float number = i % 2 == 0 ? std::bit_cast<float>(bits) : static_cast<float>(bits % 1000000) * 1e-4F;
    std::snprintf(text, sizeof text, i % 3 == 0 ? "%.9g" : i % 3 == 1 ? "%.4f" : "%.17g", static_cast<double>(number));
    float one = 0, other = 0;
    const bool good = parse_float(text, one), same = detail::parse_float_portably(text, other);
    CAPTURE(text);
    REQUIRE(good == same);
    if (good) REQUIRE(std::bit_cast<std::uint32_t>(one) == std::bit_cast<std::uint32_t>(other));
    count += good ? 1U : 0U;
  }
  CHECK(count > 15000);
  for (const char* text :
       {"", " 1", "1 ", "+1", "0x10", "inf", "nan", "1e99", "1e-99", "-", ".", "1..", "1e", "--1", "1,5"}) {
    CAPTURE(text);
    float one = 0, other = 0;
    CHECK_FALSE(parse_float(text, one));
    CHECK_FALSE(detail::parse_float_portably(text, other));
  }
}
