// Every kind of bad input is one sentence that names file, line and column.

#include <doctest/doctest.h>

#include <fkd/core/random.hpp>
#include <fkd/runtime/threads.hpp>

#include "commands/load_data.hpp"
#include "data/test_csv.hpp"
#include "data/training_csv.hpp"
#include "files.hpp"

using namespace facial_keypoints;
using namespace facial_keypoints_tests;

namespace {

/// The error of reading a training.csv with this text, without the folder's name.
std::string said_of(const std::string& text) {
  const Folder folder;
  const auto path = folder.write("training.csv", text);
  const std::string said = format_message([&] { read_training(path); });
  CHECK(said.find('\n') == std::string::npos);
  return said.starts_with(folder.path().string()) ? said.substr(folder.path().string().size() + 1) : said;
}

/// A header, a good row, and a row with one field replaced.
std::string with_field(std::size_t column, const std::string& value) {
  std::vector<std::string> bad = good_row();
  bad[column] = value;
  return joined(training_names()) + joined(good_row()) + joined(bad);
}

}  // namespace

TEST_CASE("pixels that are no bytes, and rows with too few or too many of them") {
  const std::string place = "training.csv:3: column Image: expected ";
  CHECK(said_of(with_field(30, image_text(0, 9215))) == place + "9216 pixels, got 9215");
  CHECK(said_of(with_field(30, image_text(0, 9217))) == place + "9216 pixels, got 9217");
  CHECK(said_of(with_field(30, image_text(0) + " ")) == "");  // a space at the end is harmless
  CHECK(said_of(with_field(30, "")) == place + "9216 pixels, got 0");
  const std::string pixel = place + "pixel 1 to be a whole number from 0 to 255, got ";
  CHECK(said_of(with_field(30, image_text(300))) == pixel + "\"300\"");
  CHECK(said_of(with_field(30, image_text(-1))) == pixel + "\"-1\"");
  CHECK(said_of(with_field(30, image_text(99999))) == pixel + "\"99999\"");
  CHECK(said_of(with_field(30, "abc" + image_text().substr(1))) == pixel + "\"abc\"");
  CHECK(said_of(with_field(30, "1.5" + image_text().substr(1))) == pixel + "\"1.5\"");
  CHECK(said_of(with_field(30, "0  1")) == place + "9216 pixels, got 2");
  CHECK(said_of(with_field(30, "NaN")) == pixel + "\"NaN\"");
}

TEST_CASE("a pixel that is no byte is named wherever it stands, and whatever stands beside it") {
  const std::string place = "training.csv:3: column Image: expected ";
  // Usual pixels are taken two at a time; every unusual one must come out as if they were taken one by one.
  const std::vector<std::string> bad{"256", "300", "999",  "0256", "255.5", "-1",   "+-1",   "++1",
                                     "1.5", "12a", "0x10", "1e3",  "1e-1",  "1,2",  ".",     "+",
                                     "-",   "e1",  "/",    ":",    "inf",   "12..", "1.0.0", "256.0"};
  for (const std::string& word : bad)
    for (const std::size_t at : {1U, 2U, 3U, 4U, 4607U, 4608U, 9213U, 9214U, 9215U, 9216U})
      for (const std::string beside : {"7", "42", "255"}) {
        std::string pixels;
        for (std::size_t i = 1; i <= 9216; ++i) pixels += (i > 1 ? " " : "") + (i == at ? word : beside);
        CHECK(said_of(with_field(30, "\"" + pixels + "\"")) ==
              place + "pixel " + std::to_string(at) + " to be a whole number from 0 to 255, got \"" + word + "\"");
      }
}

TEST_CASE("coordinates that are no finite numbers") {
  const std::string place = "training.csv:3: column nose_tip_x: expected a number or nothing, got ";
  for (const std::string text :
       {"six", "inf",   "-inf",   "infinity", "0x10", "--1", "+-1",  "1 2",  ".",     "e5",          "1e",
        "1e+", "1.2.3", "nan(1)", "NaNs",     "?",    "-",   "true", "12px", "1_000", "\xEF\xBC\x91"}) {
    CAPTURE(text);
    CHECK(said_of(with_field(20, text)).starts_with(place + "\""));
  }
  CHECK(said_of(with_field(20, "six")) == place + "\"six\"");
  CHECK(said_of(with_field(20, "\"66,03\"")) ==
        "training.csv:3: column nose_tip_x: expected a number with a decimal point, got \"66,03\"");
  CHECK(said_of(with_field(20, "\"6,6,03\"")) == place + "\"6,6,03\"");
  CHECK(said_of(with_field(20, std::string("1\0"
                                           "2",
                                           3))) == place + "\"1\\x002\"");
}

TEST_CASE("headers that lack a column, have one twice, or others than ours") {
  std::vector<std::string> names = training_names();
  names.erase(names.begin() + 3);
  CHECK(said_of(joined(names)) ==
        "training.csv:1: column right_eye_center_y: expected it in the header, got a header without it");
  names = training_names();
  names[3] = "nose_tip_x";
  CHECK(said_of(joined(names)) ==
        "training.csv:1: column nose_tip_x: expected each name once in the header, got it twice");
  names = training_names();
  names[3] = "Nose Tip X";  // the same name all the same
  CHECK(said_of(joined(names)).ends_with("expected each name once in the header, got it twice"));
  names = training_names();
  names[1] = "left_eye_centre_y";
  CHECK(said_of(joined(names)) ==
        "training.csv:1: column left_eye_center_y: expected it in the header, got a header without it; "
        "\"left_eye_centre_y\" is there");
  names = training_names();
  names[30] = "Pixels";
  CHECK(said_of(joined(names)) == "training.csv:1: column Image: expected it in the header, got a header without it");
}

TEST_CASE("lines with too few or too many fields, quotes, and a last line that was cut off") {
  const std::string header = joined(training_names());
  CHECK(said_of(header + "1,2,3\n") ==
        "training.csv:2: column right_eye_center_y: expected a field, got the end of the line");
  CHECK(said_of(header + joined(good_row()) + "1,2,3") ==
        "training.csv:3: column right_eye_center_y: expected a field, got the end of the file");
  std::vector<std::string> row = good_row();
  row.push_back("7");
  CHECK(said_of(header + joined(row)) == "training.csv:2: column 32: expected the end of the line, got \"7\"");
  CHECK(said_of(with_field(0, "\"3"))
            .starts_with("training.csv:3: column left_eye_center_x: expected the closing quote on the same line, got "
                         "\"\"3,1.25,"));
  CHECK(said_of(with_field(0, "\"3\" 4"))
            .starts_with("training.csv:3: column left_eye_center_x: expected a comma after the closing quote, got "
                         "\"\"3\" 4,1.25,"));
  CHECK(said_of(with_field(30, "\"1 2\n3 4\"")) ==
        "training.csv:3: column Image: expected the closing quote on the same line, got \"\"1 2\"");
  CHECK(said_of(with_field(0, "\"\"\"3\"\"\"")) ==
        "training.csv:3: column left_eye_center_x: expected a number or nothing, got \"\"3\"\"");
  std::string commas = header;
  for (std::size_t c = 0; c < 30; ++c) commas += "66,03,";
  CHECK(said_of(commas + image_text() + "\n").ends_with("(with 61 fields for 31 names: decimal commas?)"));
  const std::string whole = header + joined(good_row());
  CHECK(said_of(whole.substr(0, whole.size() - 100))
            .starts_with("training.csv:2: column Image: expected 9216 pixels, got 9"));
}

TEST_CASE("files without rows, of random bytes, of NUL bytes, without a line end") {
  CHECK(said_of("") == "training.csv:1: expected a header, got an empty file");
  CHECK(said_of("\n\n") == "training.csv:1: expected a header, got an empty file");
  CHECK(said_of(joined(training_names())) == "training.csv:2: expected a row, got the end of the file");
  CHECK(said_of(std::string(5000, '\0')) ==
        "training.csv: expected comma-separated text, got bytes that are no text (a NUL among them)");
  std::string noise;
  for (std::uint64_t i = 0; i < 4096; ++i) noise += static_cast<char>(fkd::Random{fkd::Seed{3}}.bits(i));
  CHECK(said_of(noise).starts_with("training.csv:1: column 1: expected a header"));
  CHECK(said_of(std::string(5 << 20, 'x')) ==
        "training.csv:1: expected a line of text, got more than 1048576 bytes without a line end");
}

TEST_CASE("of several bad lines the first is named, for any number of threads") {
  std::string text = joined(training_names());
  for (int i = 0; i < 300; ++i) text += joined(good_row());
  for (int i = 0; i < 100; ++i) text += "1,2\n";
  for (const int threads : {1, 2, 8}) {
    fkd::set_threads(threads);
    CHECK(said_of(text).starts_with("training.csv:302: column right_eye_center_x:"));
  }
  fkd::set_threads(0);
}

TEST_CASE("folders: none, one without the file, a folder in the file's place") {
  const Folder folder;
  const std::string name = folder.path().string();
  const auto said = [&](const std::string& data) { return format_message([&] { load(data, Parts::all); }); };
  CHECK(said(name + "/none") == name +
                                    "/none: expected the word synthetic, or a folder or zip archive with training.csv, "
                                    "test.csv and IdLookupTable.csv, got nothing of that name");
  CHECK(said(name) ==
        name + ": expected training.csv, training.csv.gz or training.zip in this folder, got none of them");
  folder.write("file", "");
  CHECK(said(name + "/file") == name + "/file:1: expected a header, got an empty file");
  std::filesystem::create_directory(folder / "training.csv");
  CHECK(said(name) == name + "/training.csv: expected a file, got a folder");
}

TEST_CASE("the lookup table: unknown names and images, a row number twice") {
  const Folder folder;
  const auto test = folder.write("test.csv", "ImageId,Image\n7," + image_text() + "\n");
  const auto said = [&](const std::string& rows) {
    const auto lookup = folder.write("IdLookupTable.csv", "RowId,ImageId,FeatureName,Location\n" + rows);
    const std::string text = format_message([&] { read_test(test, lookup); });
    return text.empty() ? text : text.substr(folder.path().string().size() + 1);
  };
  CHECK(said("1,7,nose_tip_x,\n") == "");
  CHECK(said("1,7,nose_tip,\n") ==
        "IdLookupTable.csv:2: column FeatureName: expected one of the 30 coordinates' names, got \"nose_tip\"; did it "
        "mean "
        "nose_tip_x?");
  CHECK(said("1,8,nose_tip_x,\n") == "IdLookupTable.csv:2: column ImageId: expected an ImageId of test.csv, got 8");
  CHECK(said("1,7,nose_tip_x,\n1,7,nose_tip_y,\n") ==
        "IdLookupTable.csv:3: column RowId: expected each number once, got 1 again");
  CHECK(said("one,7,nose_tip_x,\n") == "IdLookupTable.csv:2: column RowId: expected a whole number, got \"one\"");
  CHECK(said("1,7\n") == "IdLookupTable.csv:2: column FeatureName: expected a field, got the end of the line");
  CHECK(said("1,7,nose_tip_x\n2,7") ==
        "IdLookupTable.csv:3: column FeatureName: expected a field, got the end of the file");
  CHECK(said("1,7,nose_tip_x\n2,7,mouth_center_bot") ==
        "IdLookupTable.csv:3: column FeatureName: expected one of the 30 coordinates' names, got \"mouth_center_bot\"");
  CHECK(said("1,7,nose_tipp_x,\n") ==
        "IdLookupTable.csv:2: column FeatureName: expected one of the 30 coordinates' names, got \"nose_tipp_x\"; did "
        "it mean "
        "nose_tip_x?");
  CHECK(said("1.5,7,nose_tip_x\n") == "IdLookupTable.csv:2: column RowId: expected a whole number, got \"1.5\"");
  CHECK(said("99999999999999999999,7,nose_tip_x\n").ends_with("expected a whole number, got \"99999999999999999999\""));
  CHECK(said(",7,nose_tip_x\n") == "IdLookupTable.csv:2: column RowId: expected a whole number, got \"\"");
  CHECK(said("1,7.0,nose_tip_x\n1.0,7,nose_tip_y\n").ends_with("expected each number once, got 1 again"));
  CHECK(said("1,7,nose_tip_x,,66\n") == "IdLookupTable.csv:2: column 5: expected the end of the line, got \"66\"");

  folder.write("test.csv", "ImageId,Image\n7," + image_text() + "\n7," + image_text() + "\n");
  CHECK(said("1,7,nose_tip_x,\n") == "test.csv:3: column ImageId: expected each number once, got 7 again");
}
