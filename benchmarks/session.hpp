/// \file
/// One run of the benchmarks: its time limits, its contestants and its results.
#pragma once

#include <cstdio>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include <shared/common/text_table.hpp>

#include "competitor.hpp"
#include "measure.hpp"

namespace benchmarks {

using shared::fixed;
using shared::TextTable;
using Json = nlohmann::ordered_json;

/// A number for JSON, which has no NaN.
inline Json number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }
inline std::string percent(double share) { return std::isfinite(share) ? fixed(100 * share, 0) + " %" : "-"; }

struct Session {
  bool quick = false;
  int threads = 2;
  Competitor plain;                       ///< fkd from -O2 without further flags
  Competitor native;                      ///< fkd from -O3 -march=native -fopenmp
  std::vector<Competitor> peers;          ///< those that are installed
  double fma_limit_1 = 0, fma_limit = 0;  ///< GFLOP/s of one thread and of all
  double bandwidth = 0;                   ///< GB/s, read and written, of all threads
  Json results = Json::object();
  std::string markdown = {};

  void leave_out(const std::string& what, const std::string& why) {
    results["left_out"].push_back(what + ": " + why);
    std::printf("left out: %s: %s\n", what.c_str(), why.c_str());
  }
  /// Printed text is collected as Markdown too.
  void heading(const std::string& text) {
    std::printf("\n%s\n\n", text.c_str());
    markdown += "\n### " + text + "\n\n";
  }
  void say(const std::string& text) {
    std::printf("%s\n", text.c_str());
    markdown += "\n" + text + "\n";
  }
  void print(const TextTable& table) {
    std::fputs(table.plain().c_str(), stdout);
    std::fflush(stdout);
    markdown += table.markdown();
  }
  /// Names each contestant that could not be measured.
  void leave_out(const std::string& what, const std::vector<Contestant>& contestants) {
    for (const Contestant& contestant : contestants)
      if (!contestant.reason().empty()) leave_out(what + ", " + contestant.name(), contestant.reason());
  }
};

// The sections, in the order in which they run; each prints a table and adds to the results.
void measure_machine(Session&);
void measure_kernels(Session&);
void measure_winograd(Session&);
void measure_networks(Session&);
void measure_table(Session&);
void measure_memory(Session&);
void measure_loading(Session&);
void measure_compile_time(Session&);

}  // namespace benchmarks
