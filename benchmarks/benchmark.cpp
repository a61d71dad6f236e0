// scripts/benchmark: fkd's speed on this machine, and the machine's limits. docs/benchmarks.md explains each figure.
#include <cstdlib>
#include <iostream>

#include <CLI/CLI.hpp>

#include <fkd/io/write_file.hpp>
#include <fkd/runtime/threads.hpp>

#include "session.hpp"

namespace {

using namespace benchmarks;  // NOLINT: this file is their program

/// Adds the peers that respond; names the others.
void invite(Session& session) {
  const char* set = std::getenv("FKD_PYTHON");
  const std::string python = set && *set ? set : "python3";
  std::vector<Competitor> candidates;
  std::vector<std::string> variants{"eager-channels_last"};
  if (!session.quick)
    variants.insert(variants.end(), {"eager-contiguous", "compile-contiguous", "compile-channels_last"});
  candidates.emplace_back("pytorch", std::vector<std::string>{python, "-B", FKD_BENCHMARKS "/peers/pytorch.py"},
                          variants);
#ifdef FKD_DLIB_PEER
  if (!session.quick)
    candidates.emplace_back("dlib", std::vector<std::string>{FKD_DLIB_PEER}, std::vector<std::string>{"default"});
#endif
  for (Competitor& candidate : candidates) try {
      session.results["versions"][candidate.name()] = candidate.ask("version");
      session.peers.push_back(candidate);
    } catch (const LeftOut& error) {
      session.leave_out(
          candidate.name(),
          std::string{error.what()} +
              (candidate.name() == "pytorch" ? " (FKD_PYTHON names an interpreter that imports torch)" : ""));
    }
#ifdef FKD_DLIB_PEER
  if (session.quick) session.leave_out("dlib", "a quick run");
#else
  session.leave_out("dlib",
                    "not installed when this was built (Debian: libdlib-dev), or not asked for (FKD_BENCHMARK_DLIB)");
#endif
  if (session.quick) {
    session.leave_out("torch.compile", "a quick run; it compiles for minutes");
    session.leave_out("PyTorch contiguous", "a quick run; it is the slower of the two for most of these models");
  }
}

/// False, after a sentence, if the file cannot be written. An empty path stands for none.
bool write(const std::string& path, const std::string& text) {
  if (path.empty()) return true;
  try {
    fkd::io::write_file(path, [&](std::ostream& out) { out << text; });
    return true;
  } catch (const fkd::FileError& error) {
    std::cerr << error.what() << "\n";
    return false;
  }
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Measures fkd beside the machine's limits and its peers."};
  bool quick = false;
  std::string json, markdown;
  std::vector<std::string> only;
  app.add_flag("--quick", quick, "Takes two minutes: fewer repeats, and names what it leaves out");
  app.add_option("--json", json, "Also writes the results to this file")->type_name("FILE");
  app.add_option("--markdown", markdown, "Also writes the tables to this file, as docs/benchmarks.md has them")
      ->type_name("FILE");
  app.add_option("--only", only,
                 "Only these sections: kernels winograd networks table memory loading compile (the machine always)");
  CLI11_PARSE(app, argc, argv);

  const int threads = fkd::threads();
  Session session{.quick = quick,
                  .threads = threads,
                  .plain = {"fkd", {FKD_WORKER_PLAIN}, {"default"}},
                  .native = {"fkd native", {FKD_WORKER_NATIVE}, {"default"}},
                  .peers = {}};
  session.results["fma_limit_gflops"] = nullptr;
  session.results["quick"] = quick;
  session.results["left_out"] = Json::array();
  session.results["versions"] = {{"fkd", session.plain.ask("version")}, {"compiler", FKD_COMPILER_NAME}};
  invite(session);
  for (const auto& [name, version] : session.results["versions"].items())
    std::printf("%s: %s\n", name.c_str(), version.get<std::string>().c_str());

  struct Section {
    const char* name;
    void (*measure)(Session&);
  };
  measure_machine(session);
  const double seconds = seconds_of([&] {
    for (const Section& section :
         {Section{"kernels", measure_kernels}, Section{"winograd", measure_winograd},
          Section{"networks", measure_networks}, Section{"table", measure_table}, Section{"memory", measure_memory},
          Section{"loading", measure_loading}, Section{"compile", measure_compile_time}}) {
      if (only.empty() || std::find(only.begin(), only.end(), section.name) != only.end()) {
        section.measure(session);
      } else {
        session.leave_out(section.name, "--only");
      }
    }
  });
  session.results["seconds"] = seconds;

  session.heading("Left out");
  for (const Json& what : session.results["left_out"]) session.say("- " + what.get<std::string>());
  std::printf("\nMeasured for %s s.\n", fixed(seconds, 0).c_str());
  const bool written = write(json, session.results.dump(2) + "\n") && write(markdown, session.markdown);
  return written ? 0 : 1;
}
