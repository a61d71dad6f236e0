// The machine: its processor, the FMA limit of one thread and of all, its clock, and its memory's bandwidth.
#include <ctime>
#include <fstream>

#include "bandwidth.hpp"
#include "session.hpp"

namespace benchmarks {
namespace {

std::string processor() {
  std::ifstream file{"/proc/cpuinfo"};
  std::string family, model, name;
  for (std::string line; std::getline(file, line);) {
    const std::string value = line.substr(std::min(line.size(), line.find(':') + 2));
    if (line.rfind("model name", 0) == 0 && name.empty()) name = value;
    if (line.rfind("cpu family", 0) == 0 && family.empty()) family = value;
    if (line.rfind("model\t", 0) == 0 && model.empty()) model = value;
  }
  return name.empty() ? "unknown" : name + " (family " + family + ", model " + model + ")";
}

/// What FLOP a cycle tell: a vector unit of n floats does 2n, and processors have one or two such units.
std::string explain(double flops_per_cycle) {
  const int known[] = {8, 16, 32, 64};
  for (const int flops : known)
    if (std::abs(flops_per_cycle / flops - 1) < 0.08)
      return "agrees with clock x width: " + std::to_string(flops) + " FLOP a cycle, which is two FMA units of " +
             std::to_string(flops * 8) + " bits";
  return "does NOT agree with clock x width: " + fixed(flops_per_cycle, 1) +
         " FLOP a cycle is no whole number of vector units; the machine may be busy, or slow down its clock for wide "
         "vectors";
}

/// How much of its processors this program gets while it wants them all: 1 on an idle machine.
double share_of_processors(int threads) {
  const std::clock_t before = std::clock();  // of all threads together
  const double seconds = seconds_of([&] {
    on_threads(threads, [] {
      volatile float sink = run_fma_loop(fkd::isa(), 100 * fma_repeat);
      (void)sink;
    });
  });
  return static_cast<double>(std::clock() - before) / CLOCKS_PER_SEC / (seconds * threads);
}

}  // namespace

void measure_machine(Session& session) {
  const Patience patience = session.quick ? Patience{7, 0.02} : Patience{25, 0.05};
  Json& machine = session.results["machine"];
  machine = {{"processor", processor()},
             {"hardware_threads", std::thread::hardware_concurrency()},
             {"threads", session.threads},
             {"instruction_set", fkd::name(fkd::isa())}};
  session.heading("The machine: " + machine["processor"].get<std::string>() + ", " +
                  std::string{fkd::name(fkd::isa())} + ", " + std::to_string(session.threads) + " threads");

  std::vector<fkd::Isa> sets;
  for (const fkd::Isa isa : {fkd::Isa::baseline, fkd::Isa::avx2, fkd::Isa::avx512})
    if (fkd::machine_has(isa)) sets.push_back(isa);
  std::vector<Contestant> loops;
  for (const fkd::Isa isa : sets) {
    loops.push_back(fma_contestant(isa, 1));
    loops.push_back(fma_contestant(isa, session.threads));
  }
  loops.push_back(clock_contestant());
  interleave(loops, patience);
  const double ghz = clock_ghz(loops.back());

  TextTable table{{"instruction set", "GFLOP/s, 1 thread", "FLOP a cycle", "GFLOP/s, all threads"}};
  for (std::size_t i = 0; i < sets.size(); ++i) {
    const double one = fma_gflops(loops[2 * i], sets[i], 1);
    const double all = fma_gflops(loops[2 * i + 1], sets[i], session.threads);
    table.add({std::string{fkd::name(sets[i])}, fixed(one, 1), fixed(one / ghz, 1), fixed(all, 1)});
    machine["fma_gflops"][std::string{fkd::name(sets[i])}] = {{"one_thread", number(one)},
                                                              {"all_threads", number(all)}};
    session.fma_limit_1 = std::max(session.fma_limit_1, one);
    session.fma_limit = std::max(session.fma_limit, all);
  }
  session.print(table);
  machine["clock_ghz"] = number(ghz);
  session.results["fma_limit_gflops"] = number(session.fma_limit);
  session.results["fma_limit_one_thread_gflops"] = number(session.fma_limit_1);
  const double share = share_of_processors(session.threads);
  machine["share_of_processors"] = number(share);
  if (share < 0.95)
    session.say(
        "NOTE: other programs are busy here and leave this one " + percent(share) +
        " of its processors. No figure of this run is the machine's, and threads that wait for each other lose most.");
  const std::string check = explain(session.fma_limit_1 / ghz);
  machine["fma_limit_check"] = check;
  session.say("clock " + fixed(ghz, 2) + " GHz, from a chain of additions; the FMA limit " + check);

  std::vector<Contestant> passes;
  for (const int threads : {1, session.threads})
    for (const Traffic traffic : {Traffic::read, Traffic::read_and_write})
      passes.push_back(bandwidth_contestant(traffic, threads));
  interleave(passes, patience);
  TextTable memory{{"memory, GB/s", "1 thread", "all threads"}};
  for (const std::size_t i : {std::size_t{0}, std::size_t{1}}) {
    const Traffic traffic = i == 0 ? Traffic::read : Traffic::read_and_write;
    const double one = bandwidth_gbytes(passes[i], traffic, 1);
    const double all = bandwidth_gbytes(passes[i + 2], traffic, session.threads);
    memory.add({passes[i].name(), fixed(one, 1), fixed(all, 1)});
    machine["memory_gbytes_per_second"][i == 0 ? "read" : "read_and_write"] = {{"one_thread", number(one)},
                                                                               {"all_threads", number(all)}};
    session.bandwidth = all;
  }
  session.say("");
  session.print(memory);
}

}  // namespace benchmarks
