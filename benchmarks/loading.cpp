// Loading: the 7049 rows of a training.csv, by the program facial_keypoints and by pandas.
//
// The file is drawn here, with the competition's size: about 240 MB, 4930 rows with empty fields; a quarter of it for a
// quick run. It is in the system's cache for all of them.
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <random>

#include <facial_keypoints/data/keypoints.hpp>

#include "session.hpp"

namespace benchmarks {
namespace {

/// A temporary folder, removed by its destructor.
class TemporaryFolder {
 public:
  TemporaryFolder() : path_{std::filesystem::temp_directory_path() / ("fkd-benchmark-" + std::to_string(getpid()))} {
    std::filesystem::create_directories(path_);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// 3.7 characters a pixel, as in the competition's file: most values have three digits.
void write_training_csv(const std::filesystem::path& path, int rows) {
  std::ofstream file{path, std::ios::binary};
  std::string text;
  for (const std::string_view name : facial_keypoints::column_names) (text += name) += ',';
  file << text << "Image\n";
  std::mt19937 random{2018};  // its results have 32 bits
  for (int row = 0; row < rows; ++row) {
    text.clear();
    for (std::size_t column = 0; column < facial_keypoints::target_count; ++column) {
      if (row % 10 < 3 || column < 8) text += fixed(10 + 0.0071 * static_cast<double>(random() % 10000), 7);
      text += ',';
    }
    for (int pixel = 0; pixel < 9216; ++pixel) {
      const auto bits = static_cast<std::uint32_t>(random());
      const unsigned value = bits % 4 == 0 ? bits / 4 % 100 : 100 + bits / 4 % 156;
      text += std::to_string(value);
      text += pixel < 9215 ? ' ' : '\n';
    }
    file << text;
  }
  if (!file.flush()) throw LeftOut{"the temporary folder has no room for 240 MB"};
}

}  // namespace

void measure_loading(Session& session) {
  const int rows = session.quick ? 1762 : 7049;
  session.heading("Loading training.csv, " + std::to_string(rows) + " rows: seconds");
  if (session.quick) session.leave_out("loading, three quarters of the rows", "a quick run");
  const TemporaryFolder folder;
  const std::filesystem::path csv = folder.path() / "training.csv";
  try {
    write_training_csv(csv, rows);
  } catch (const LeftOut& error) {
    session.leave_out("loading", error.what());
    return;
  }
  const double megabytes = static_cast<double>(std::filesystem::file_size(csv)) * 1e-6;

  const char* python = std::getenv("FKD_PYTHON");
  Competitor pandas{"pandas",
                    {python && *python ? python : "python3", "-B", FKD_BENCHMARKS "/peers/pandas_csv.py"},
                    {"fromstring", "split"}};
  // The worker accepts one load only: loading takes seconds, so there is nothing to calibrate.
  const auto contestant = [&](Competitor& competitor, const std::string& variant) {
    return Contestant{competitor.name() + " " + variant,
                      [&competitor, question = "load " + csv.string() + " " + variant](int) {
                        return std::stod(competitor.ask(question));
                      }};
  };
  std::vector<Contestant> contestants{contestant(session.plain, "")};
  for (const std::string& variant : pandas.variants()) {
    if (session.quick && variant == "fromstring") {
      session.leave_out("pandas fromstring", "a quick run; it takes twice as long as split");
      continue;
    }
    contestants.push_back(contestant(pandas, variant));
  }
  for (int round = 0; round < (session.quick ? 1 : 3); ++round)
    for (Contestant& each : contestants) each.take_turn();
  session.leave_out("loading", contestants);

  const double own = contestants[0].seconds();
  double best = std::numeric_limits<double>::quiet_NaN();
  TextTable table{{"", "seconds", "MB/s", "fkd is faster by"}};
  for (const Contestant& each : contestants) {
    table.add(
        {each.name(), fixed(each.seconds(), 2), fixed(megabytes / each.seconds(), 0), fixed(each.seconds() / own, 1)});
    if (&each != &contestants[0]) best = std::fmin(best, each.seconds());
  }
  session.print(table);
  session.results["loading"] = {{"rows", rows},
                                {"megabytes", number(megabytes)},
                                {"seconds", number(own)},
                                {"pandas_seconds", number(best)},
                                {"pandas_ratio", number(best / own)}};
}

}  // namespace benchmarks
