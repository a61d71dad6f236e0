// From the competition's files to submissions: every RowId of the lookup table, in its order. reproduce never read the
// lookup table, and explore failed without test.csv.

#include <doctest/doctest.h>

#include <sstream>

#include <nlohmann/json.hpp>

#include "commands/commands.hpp"
#include "commands/load_data.hpp"
#include "drawn_data.hpp"
#include "files.hpp"
#include "predict/submission.hpp"

using namespace facial_keypoints;
using namespace facial_keypoints_tests;

namespace {

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos; at += part.size()) ++found;
  return found;
}

/// The lookup table of write_data stands backwards: 2 images ask for 30 rows, the others for 8.
void check_submission(const std::filesystem::path& path, int rows) {
  CAPTURE(path);
  std::istringstream text{read(path)};
  std::string line;
  std::getline(text, line);
  CHECK(line == "RowId,Location");
  while (std::getline(text, line)) {
    const std::size_t comma = line.find(',');
    CHECK(line.substr(0, comma) == std::to_string(rows--));
    CHECK(std::abs(std::stod(line.substr(comma + 1))) < 1e6);
  }
  CHECK(rows == 0);
}

std::string explored(const Folder& folder) {
  std::ostringstream print;
  explore({.data = folder.path().string(), .out = folder / "sheet"}, print);
  CHECK(std::filesystem::exists(folder / "sheet/faces.png"));
  CHECK(std::filesystem::exists(folder / "sheet/augmented.png"));
  return print.str();
}

}  // namespace

TEST_CASE("explore and train need training.csv alone; explore says what else is there; notes are printed once") {
  const Folder folder;
  write_data(folder, 24, 16, 4);
  std::string said = explored(folder);
  CHECK(has(said, "test images     4\n"));
  CHECK(has(said, "rows to predict 76\n"));
  CHECK_FALSE(has(said, "not used"));

  std::filesystem::remove(folder / "IdLookupTable.csv");
  said = explored(folder);
  CHECK(has(said, "test images     4\n"));
  CHECK(has(said, "rows to predict none: there is no IdLookupTable.csv\n"));

  std::filesystem::remove(folder / "test.csv");
  std::string text = read(folder / "training.csv");
  text.replace(text.find("Image\n"), 6, "Image,source,\n");
  folder.write("training.csv", text);
  said = explored(folder);
  CHECK(has(said, "test images     none: there is no test.csv\n"));
  CHECK(count(said, "training.csv: not used: column \"source\"\n") == 1);

  folder.write("IdLookupTable.csv", "RowId,ImageId,FeatureName,Location\r\n1,1,nose_tip_x\r\n");
  CHECK(has(explored(folder), "rows to predict none without test.csv\n"));

  std::ostringstream print;
  TrainOptions options;
  options.recipe.model = 3;
  options.recipe.epochs = 1;
  options.recipe.batch_size = 8;
  options.data = folder.path().string();
  options.out = folder / "run";
  train(options, print);
  CHECK(count(print.str(), "not used") == 1);
  CHECK(format_message([&] {
          predict({.runs = {folder / "run"}, .out = folder / "s.csv"}, print);
        }).ends_with("expected test.csv, test.csv.gz or test.zip in this folder, got none of them"));
  CHECK_FALSE(std::filesystem::exists(folder / "s.csv"));
}

TEST_CASE(
    "reproduce writes a submission of each model and lists them; without a lookup table it says why there are none") {
  const Folder folder;
  write_data(folder, 20, 16, 3);
  ReproduceOptions options;
  options.data = folder.path().string();
  options.out = folder / "results";
  std::ostringstream print;
  reproduce(options, print);
  const auto results = nlohmann::json::parse(read(options.out / "results.json"));
  REQUIRE(results["models"].size() == 5);
  for (int model = 1; model <= 5; ++model) {
    const std::string file = "model_" + std::to_string(model) + "/submission.csv";
    check_submission(options.out / file, 68);
    CHECK(count(print.str(), file) == 1);
    CHECK(count(read(options.out / "report.md"), "| " + file + " ") +
              count(read(options.out / "report.md"), " " + file + " |") >=
          1);
    CHECK(count(read(options.out / "report.html"), "href=\"" + file + "\"") == 1);
    const auto& entry = results["models"][static_cast<std::size_t>(model - 1)]["submission"];
    CHECK(entry["file"] == file);
    CHECK(entry["rows"] == 68);
    CHECK_FALSE(entry.contains("rmse"));  // the truth of test.csv is not known

    std::ostringstream unread;  // and predict gives the same
    predict({.runs = {options.out / ("model_" + std::to_string(model))}, .out = folder / "again.csv"}, unread);
    CHECK(read(folder / "again.csv") == read(options.out / file));
  }

  // What an earlier run left must not be taken for this one's.
  std::filesystem::remove(folder / "IdLookupTable.csv");
  options.overwrite = true;
  std::ostringstream second;
  reproduce(options, second);
  const std::string why = "No submissions were written: " + options.data + " has no IdLookupTable.csv.";
  CHECK(count(second.str(), why) == 2);  // before the training and at the end
  CHECK(has(read(options.out / "report.md"), why));
  CHECK(has(read(options.out / "report.html"), why));
  for (int model = 1; model <= 5; ++model)
    CHECK_FALSE(std::filesystem::exists(options.out / ("model_" + std::to_string(model)) / "submission.csv"));
}

TEST_CASE("a damaged lookup table or test set is found before the training") {
  const Folder folder;
  write_data(folder, 20, 16, 3);
  ReproduceOptions options;
  options.data = folder.path().string();
  options.out = folder / "results";
  std::ostringstream print;
  const std::string lookup = read(folder / "IdLookupTable.csv"), test = read(folder / "test.csv");
  const auto said = [&] { return format_message([&] { reproduce(options, print); }); };
  folder.write("IdLookupTable.csv", lookup + "69,3,nose_tipp_x\r\n");
  CHECK(
      said().ends_with("IdLookupTable.csv:70: column FeatureName: expected one of the 30 coordinates' names, got "
                       "\"nose_tipp_x\"; did it mean nose_tip_x?"));
  folder.write("IdLookupTable.csv", lookup + "69,4,nose_tip_x\r\n");
  CHECK(said().ends_with("expected an ImageId of test.csv, got 4"));
  folder.write("IdLookupTable.csv", lookup);
  folder.write("test.csv", test.substr(0, test.size() - 100));
  CHECK(has(said(), "test.csv:4: column Image: expected 9216 pixels, got 91"));
  CHECK_FALSE(std::filesystem::exists(options.out));
  CHECK(print.str().empty());
}

TEST_CASE("a network that answers NaN has no submission, and the other models keep theirs") {
  const Folder folder;
  write_data(folder, 4, 4, 1);
  const Dataset data = load(folder.path().string(), Parts::all);
  Recipe recipe;
  recipe.model = 3;
  Network net = make_network(recipe);
  net.parameters()[0] = std::numeric_limits<float>::quiet_NaN();
  CHECK(format_message([&] { write_submission(folder / "s.csv", net, {}, data.test, false, "model 3"); }) ==
        "model 3: expected a network with finite answers, got one that says NaN or infinity");
  CHECK_FALSE(std::filesystem::exists(folder / "s.csv"));
}
