// Compile time: hello_net at -O2, beside a file that includes <Eigen/Dense> and nothing else.
#include <filesystem>
#include <fstream>

#include "session.hpp"

namespace benchmarks {

void measure_compile_time(Session& session) {
  session.heading("Compiling, -O2: seconds of processor time, and the compiler's memory");
  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("fkd-compile-" + std::to_string(getpid()));
  std::filesystem::create_directories(folder);
  const std::string eigen = (folder / "eigen.cpp").string(), object = (folder / "object.o").string();
  std::ofstream{eigen} << "#include <Eigen/Dense>\nint main() {}\n";
  std::vector<std::string> command{FKD_COMPILER, "-std=c++20", "-O2", "-I", FKD_INCLUDE};
  std::string directories = FKD_EIGEN;  // separated by semicolons
  for (std::size_t begin = 0, end; begin < directories.size(); begin = end + 1) {
    end = std::min(directories.find(';', begin), directories.size());
    command.insert(command.end(), {"-isystem", directories.substr(begin, end - begin)});
  }
  command.insert(command.end(), {"-c", "-o", object});

  struct Entry {
    std::string name, file;
    std::vector<double> seconds = {}, wall = {}, bytes = {};
  };
  std::vector<Entry> entries{{"<Eigen/Dense> alone", eigen}, {"hello_net", FKD_HELLO_NET}};
  for (int round = 0; round < (session.quick ? 1 : 5); ++round)
    for (Entry& entry : entries) {
      std::vector<std::string> words = command;
      words.push_back(entry.file);
      const Cost cost = run(words);
      if (cost.status != 0) {
        session.leave_out("compile time of " + entry.name, "the compiler refuses it");
        continue;
      }
      entry.seconds.push_back(cost.cpu_seconds);
      entry.wall.push_back(cost.seconds);
      entry.bytes.push_back(cost.peak_bytes);
    }
  std::filesystem::remove_all(folder);

  TextTable table{{"", "seconds", "by the clock", "MB", "ratio"}};
  const double eigen_seconds = median(entries[0].seconds);
  for (const Entry& entry : entries)
    table.add({entry.name, fixed(median(entry.seconds), 2), fixed(median(entry.wall), 2),
               fixed(1e-6 * median(entry.bytes), 0), fixed(median(entry.seconds) / eigen_seconds, 2)});
  session.print(table);
  session.results["compile"] = {{"hello_net_seconds", number(median(entries[1].seconds))},
                                {"hello_net_bytes", number(median(entries[1].bytes))},
                                {"eigen_dense_seconds", number(eigen_seconds)},
                                {"eigen_dense_bytes", number(median(entries[0].bytes))},
                                {"ratio", number(median(entries[1].seconds) / eigen_seconds)}};
}

}  // namespace benchmarks
