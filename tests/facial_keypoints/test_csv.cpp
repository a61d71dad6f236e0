// Valid CSV files: what the reader accepts, and that it reads what was written.

#include <doctest/doctest.h>

#include <algorithm>
#include <charconv>

#include <fkd/core/is_nan.hpp>

#include "data/statistics.hpp"
#include "data/test_csv.hpp"
#include "data/training_csv.hpp"
#include "files.hpp"
#include "synthetic/synthetic_dataset.hpp"

using namespace facial_keypoints;
using namespace facial_keypoints_tests;

namespace {

void check_good_row(const Faces& faces, fkd::Index i, int first_pixel) {
  for (std::size_t c = 0; c < target_count; ++c) CHECK(faces.target(i)[c] == static_cast<float>(c) + 0.25F);
  CHECK(faces.image(i)[0] == first_pixel);
  CHECK(faces.image(i)[255] == 255);
  CHECK(faces.image(i)[9215] == 255);
}

}  // namespace

TEST_CASE("line ends, a byte-order mark, blank lines, a last line without an end") {
  const Folder folder;
  for (const std::string end : {"\n", "\r\n"}) {
    for (const std::string mark : {"", "\xEF\xBB\xBF"}) {
      for (const std::string& last : {end, std::string{}, end + end}) {
        const std::string text =
            mark + joined(training_names(), end) + joined(good_row(11), end) + joined(good_row(255), last);
        const Faces faces = read_training(folder.write("training.csv", text));
        REQUIRE(faces.size() == 2);
        check_good_row(faces, 0, 11);
        check_good_row(faces, 1, 255);
      }
    }
  }
}

TEST_CASE("columns in another order") {
  const Folder folder;
  std::vector<std::string> names = training_names(), row = good_row(5);
  std::reverse(names.begin(), names.end());
  std::reverse(row.begin(), row.end());
  std::swap(names[3], names[17]);
  std::swap(row[3], row[17]);
  const Faces faces = read_training(folder.write("training.csv", joined(names) + joined(row)));
  REQUIRE(faces.size() == 1);
  check_good_row(faces, 0, 5);
}

TEST_CASE("an empty coordinate is unknown, and no other is") {
  const Folder folder;
  std::vector<std::string> row = good_row();
  row[4] = row[29] = "";
  const Faces faces = read_training(folder.write("training.csv", joined(training_names()) + joined(row)));
  for (std::size_t c = 0; c < target_count; ++c) CHECK(fkd::is_nan(faces.target(0)[c]) == (c == 4 || c == 29));
  CHECK_FALSE(faces.is_complete(0));
}

TEST_CASE("every byte as a pixel, with neighbours of every length, with zeros before it") {
  const Folder folder;
  std::vector<std::string> row = good_row();
  std::string image;
  const auto value = [](std::size_t i) { return (i * 73 + i / 256 * 41) % 256; };  // 36 times each, neighbours vary
  for (std::size_t i = 0; i < image_pixels; ++i) {
    const std::string digits = std::to_string(value(i));
    const std::size_t zeros = (std::min)(i % 997 == 0 ? i / 997 : 0, 4 - digits.size());
    image += std::string(zeros, '0') + digits + (i + 1 < image_pixels ? " " : "");
  }
  row[30] = image;
  const Faces faces = read_training(folder.write("training.csv", joined(training_names()) + joined(row)));
  REQUIRE(faces.size() == 1);
  for (std::size_t i = 0; i < image_pixels; ++i) CHECK(faces.image(0)[i] == value(i));
}

TEST_CASE("memory for all faces is allocated once, not for every block") {
  // It was taken for a slightly larger number before each block of rows, and all faces so far moved each time.
  Faces faces;
  faces.grow(100, 5000);
  const std::uint8_t* pixels = faces.pixels.data();
  for (fkd::Index count = 200; count <= 5000; count += 100) faces.grow(count, 5000 + count);
  CHECK(faces.size() == 5000);
  CHECK(faces.pixels.data() == pixels);
  faces.grow(5001, 6000);
  CHECK(faces.size() == 5001);
}

TEST_CASE("drawn faces survive a round trip through a file of several blocks") {
  const Folder folder;
  const Faces faces = synthetic_training(fkd::Seed{5}, {.training = 400, .complete = 100, .lacking_one = 10});
  std::string text = joined(training_names());
  for (fkd::Index i = 0; i < faces.size(); ++i) {
    for (const float value : faces.target(i)) {
      char number[32];
      if (!fkd::is_nan(value)) text.append(number, std::to_chars(number, number + sizeof number, value).ptr);
      text += ",";
    }
    for (const std::uint8_t pixel : faces.image(i)) text += std::to_string(int{pixel}) + " ";
    text.back() = '\n';
  }
  REQUIRE(text.size() > 2 * LineReader::block_size);
  const Faces again = read_training(folder.write("training.csv", text));
  REQUIRE(again.size() == faces.size());
  CHECK(again.pixels == faces.pixels);
  for (std::size_t i = 0; i < faces.targets.size(); ++i)
    if (!(again.targets[i] == faces.targets[i] || (fkd::is_nan(again.targets[i]) && fkd::is_nan(faces.targets[i]))))
      FAIL("target " << i << ": " << again.targets[i] << " instead of " << faces.targets[i]);
}

TEST_CASE("the test set: images by id, the lookup table in its own order") {
  const Folder folder;
  const auto test = folder.write("test.csv", "Image,ImageId\n" + image_text(1) + ",20\n" + image_text(2) + ",10\n");
  const auto lookup =
      folder.write("IdLookupTable.csv",
                   "RowId,ImageId,FeatureName,Location\n3,10,nose_tip_y,\n1,20,left_eye_center_x,\n2,10,nose_tip_x,\n");
  const TestSet set = read_test(test, lookup);
  REQUIRE(set.faces.size() == 2);
  CHECK(set.image_ids == std::vector<std::int64_t>{20, 10});
  CHECK(set.faces.image(1)[0] == 2);
  REQUIRE(set.lookup.size() == 3);
  CHECK(set.lookup[0].row_id == 3);
  CHECK(set.lookup[0].image == 1);
  CHECK(column_names[set.lookup[0].column] == "nose_tip_y");
  CHECK(set.lookup[1].image == 0);
  CHECK(fkd::is_nan(set.faces.target(0)[0]));
}

TEST_CASE("real faces, where there are any") {
  const auto folder = real_faces();
  if (!folder) {
    MESSAGE("skipped: FKD_FACES names no folder with real faces");
    return;
  }
  const Faces faces = read_training(*folder / "training.csv");
  CHECK(faces.size() >= 2140);
  CHECK(complete_rows(faces) == 2140);
  double left = 0, right = 0;  // the subject's left stands at the larger x
  for (fkd::Index i = 0; i < faces.size(); ++i) {
    if (!faces.is_complete(i)) continue;
    left += static_cast<double>(faces.target(i)[2 * left_eye_center]);
    right += static_cast<double>(faces.target(i)[2 * right_eye_center]);
  }
  CHECK(left > right);
  const TestSet set = read_test(*folder / "test.csv", *folder / "IdLookupTable.csv");
  CHECK(set.lookup.size() >= 17090);
}
