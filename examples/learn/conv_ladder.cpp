/// \file
/// One 3x3 convolution from seven loops to the limit of one core: conv_ladder/forward.hpp has the steps, backward.hpp
/// the gradients, and this file checks each against the first, times them and prints a table.
/// docs/learn/02_ladder.md explains every step.
///
///     g++ -std=c++20 -O2 -I include examples/learn/conv_ladder.cpp -o results/learn/conv_ladder -pthread
///     results/learn/conv_ladder [--quick] [--svg FILE] [--threads N] [--rounds N] [--size H W IC OC]
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "conv_ladder/steps.hpp"

namespace {

using namespace ladder;

/// One line of the table.
struct Line {
  std::string name, change;
  double flops;
  int base = -1;                     // the line that it is compared with
  bool wall = false;                 // several threads: by the wall's clock
  std::vector<double> seconds = {};  // of one run, in each round

  /// Of one thread the middle one. By the wall's clock the shortest: the others are those of other programs, too.
  double time() const {
    std::vector<double> sorted = seconds;
    std::sort(sorted.begin(), sorted.end());
    return sorted[wall ? 0 : sorted.size() / 2];
  }
  double gflops() const { return flops / time() * 1e-9; }
};

/// What is timed.
struct Task {
  std::size_t line;
  std::function<void()> prepare, run;
};

/// For one thread the processor's time, which stands still while another program has the core.
double now(bool wall) {
  if (!wall) return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// Seconds of one run: of as many runs in a row as take `least` seconds or, by the wall's clock, the shortest of some.
double time_of(const Task& task, double least, bool wall) {
  task.prepare();
  task.run();  // once for the caches
  double shortest = 1e9;
  for (int i = 0; wall && i < (least > 0 ? 20 : 1); ++i) {
    const double start = now(true);
    task.run();
    shortest = std::min(shortest, now(true) - start);
  }
  if (wall) return shortest;
  for (int runs = 1;; runs *= 2) {
    const double start = now(false);
    for (int i = 0; i < runs; ++i) task.run();
    const double taken = now(false) - start;
    if (taken >= least) return taken / runs;
  }
}

struct Options {
  bool quick = false;
  std::string svg;
  int threads = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  int rounds = 9;
  Dims d{.N = 1, .H = 24, .W = 24, .IC = 64, .OC = 64};
};

void print(const char* head, const std::vector<Line>& lines, std::size_t begin, std::size_t end, double limit) {
  std::printf("\n| %s | GFLOP/s | of the limit | speed | what changed |\n|---|---:|---:|---|---|\n", head);
  for (std::size_t i = begin; i < end; ++i) {
    const Line& line = lines[i];
    std::string speed;
    if (line.base >= 0) {
      const Line& base = lines[static_cast<std::size_t>(line.base)];
      char text[32];
      std::snprintf(text, sizeof text, "%.2f times ", line.gflops() / base.gflops());
      speed = text + base.name.substr(0, base.name.find(' ', base.name.find_first_of("0123456789")));
    }
    std::printf("| %s | %.2f | %.1f %% | %s | %s |\n", line.name.c_str(), line.gflops(), 100 * line.gflops() / limit,
                speed.c_str(), line.change.c_str());
  }
}

/// A bar for each line, on a logarithmic scale from 0.1 GFLOP/s; the limit is a line. Grey that shows on white and on
/// black.
void write_svg(const std::string& file, const std::vector<Line>& lines, double limit) {
  std::ofstream svg{file};
  const auto x = [](double gflops) { return 190 + 110 * (std::log10(std::max(gflops, 0.1)) + 1); };
  const auto rows = static_cast<double>(lines.size());
  svg << "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 640 " << 60 + 24 * rows
      << "\" font-family=\"sans-serif\" font-size=\"13\">\n<title>GFLOP/s of each step, logarithmic scale</title>\n"
      << "<g fill=\"#808080\">\n";
  for (const double tick : {0.1, 1.0, 10.0, 100.0})
    svg << "<rect x=\"" << x(tick) << "\" y=\"20\" width=\"0.5\" height=\"" << 24 * rows + 6 << "\"/><text x=\""
        << x(tick) << "\" y=\"" << 24 * rows + 44 << "\" text-anchor=\"middle\">" << tick << "</text>\n";
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const double y = 26 + 24 * static_cast<double>(i), end = x(lines[i].gflops());
    char value[32];
    std::snprintf(value, sizeof value, "%.3g", lines[i].gflops());
    svg << "<text x=\"180\" y=\"" << y + 13 << "\" text-anchor=\"end\">" << lines[i].name
        << "</text><rect x=\"190\" y=\"" << y << "\" width=\"" << end - 190
        << "\" height=\"17\" fill=\"#1f77b4\"/><text x=\"" << end + 5 << "\" y=\"" << y + 13 << "\">" << value
        << "</text>\n";
  }
  svg << "<rect x=\"" << x(limit) << "\" y=\"20\" width=\"2\" height=\"" << 24 * rows + 6
      << "\" fill=\"#d62728\"/><text x=\"" << x(limit)
      << "\" y=\"14\" text-anchor=\"middle\" fill=\"#d62728\">limit of one core</text>\n";
  svg << "</g>\n<text x=\"190\" y=\"" << 24 * rows + 58 << "\" fill=\"#808080\">GFLOP/s</text>\n</svg>\n";
}

int run(const Options& options) {
  const Dims d = options.d;
  const int rounds = options.quick ? 1 : options.rounds;
  const double least = options.quick ? 0 : 0.002;
  Problem p{d};
  Memory memory = memory_for(d, options.threads);
  Library library{p}, library_winograd{p, fkd::winograd::backend().for_prediction()};
  std::vector<Line> lines;
  std::vector<Task> tasks;

  // Each step once, against the first; then it is a task.
  double worst = 0;
  const auto add = [&](const auto& steps, Buffer<float>& result, auto operands, auto library_run) {
    Problem terms = magnitudes(p);
    steps[0].run((terms.*operands)(), d, memory);
    Buffer<float>& of_terms = &result == &p.out ? terms.out : &result == &p.d_in ? terms.d_in : terms.d_weight;
    Buffer<float> expected;
    Buffer<float> of_tiles;
    if (&result == &p.out) of_tiles = terms_of_tiles(of_terms, d);
    const auto check = [&](bool by_tiles = false) {
      if (expected.size() == 0) expected = result;
      worst = std::max(worst, largest_error(result, expected, by_tiles ? of_tiles : of_terms));
    };
    const int first = static_cast<int>(lines.size());
    int best = first;  // of one thread, without a condition
    for (const auto& step : steps) {
      const auto prepare = [&memory, &p, d, operands, f = step.prepare] {
        if (f != nullptr) f((p.*operands)(), d, memory);
      };
      const auto work = [&memory, &p, d, operands, f = step.run] { f((p.*operands)(), d, memory); };
      const int number = static_cast<int>(lines.size());
      const bool plain = !step.many_threads && !step.has_condition;
      lines.push_back({.name = step.name,
                       .change = step.change,
                       .flops = d.flops(),
                       .base = number == first ? -1 : best,
                       .wall = step.many_threads});
      if (plain) best = number;
      tasks.push_back({lines.size() - 1, prepare, work});
      poison(result), prepare(), work(), check(step.name == winograd_name);
    }
    lines.push_back({.name = "fkd, direct backend", .change = "one thread", .flops = d.flops(), .base = best});
    tasks.push_back({lines.size() - 1, [] {}, library_run});
    poison(result), library_run(), check();
  };
  add(forward_steps(), p.out, &Problem::forward, [&] { library.forward(p.forward()); });
  lines.push_back({.name = "fkd, Winograd backend",
                   .change = "the default of a model",
                   .flops = d.flops(),
                   .base = static_cast<int>(lines.size()) - 2});
  tasks.push_back({lines.size() - 1, [] {}, [&] { library_winograd.forward(p.forward()); }});
  const Problem expected = p;
  poison(p.out), library_winograd.forward(p.forward());
  Problem terms = magnitudes(p);
  seven_loops(terms.forward(), d, memory);
  worst = std::max(worst, largest_error(p.out, expected.out, terms_of_tiles(terms.out, d)));
  const std::size_t first_backward = lines.size();
  add(d_in_steps(), p.d_in, &Problem::backward, [&] { library.d_in(p.backward()); });
  const std::size_t first_d_weight = lines.size();
  add(d_weight_steps(), p.d_weight, &Problem::backward, [&] { library.d_weight(p.backward()); });
  std::printf(
      "Convolution %td x %td, %td -> %td channels, %td x %td, float: %.1f MFLOP; %s, %d threads, medians of %d "
      "rounds\n",
      d.H, d.W, d.IC, d.OC, d.K, d.K, d.flops() * 1e-6, std::string{fkd::name(isa_in_use())}.c_str(), options.threads,
      rounds);
  std::printf(
      "Largest difference from the first step: %.2f roundings of the sum of its terms' magnitudes (allowed: %.0f)\n",
      worst, error_allowed);

  // The sparse step, and the best dense one, with more and more zeros.
  const std::size_t first_share = lines.size();
  const double shares[] = {0, 0.5, 0.67, 0.8, 0.9};
  std::vector<Problem> with_zeros;
  with_zeros.reserve(std::size(shares));
  for (const double share : shares) {
    Problem& q = with_zeros.emplace_back(d);
    q.zero_inputs(share);
    lines.push_back({.name = std::to_string(static_cast<int>(100 * share + 0.5)) + " % zeros",
                     .change = is_worth_it(q.in.data(), q.in.size()) ? "sparse" : "dense",
                     .flops = d.flops()});
    tasks.push_back(
        {lines.size() - 1, [&] { pack_sparse(q.forward(), d, memory); }, [&] { sparse(q.forward(), d, memory); }});
  }

  // Rounds, each with the limit and every step: what slows one round down slows all of it.
  const Index limit_rounds = options.quick ? 10000 : 100000;
  std::vector<double> limits;
  volatile float kept = 0;
  for (int round = 0; round < rounds; ++round) {
    const double start = now(false);
    kept = kept + kernels().multiply_adds(limit_rounds, 0.5f, 1.0f);
    const double taken = std::max(now(false) - start, 1e-9);
    limits.push_back(2.0 * static_cast<double>(limit_rounds * limit_sums * kernels().lanes) / taken * 1e-9);
    for (const Task& task : tasks) lines[task.line].seconds.push_back(time_of(task, least, lines[task.line].wall));
  }
  std::sort(limits.begin(), limits.end());
  const double limit = limits[limits.size() / 2];
  std::printf("Limit of one core, multiply-adds in registers: %.1f GFLOP/s\n", limit);

  print("forward", lines, 0, first_backward, limit);
  print("backward, d_in", lines, first_backward, first_d_weight, limit);
  print("backward, d_weight", lines, first_d_weight, first_share, limit);
  const double dense = lines[7].time();
  std::printf("\n| input | time of step 10 / of step 8 | the condition says |\n|---|---:|---|\n");
  for (std::size_t i = first_share; i < lines.size(); ++i)
    std::printf("| %s | %.2f | %s |\n", lines[i].name.c_str(), lines[i].time() / dense, lines[i].change.c_str());
  std::printf("\nStep 8 takes %.2f of the time of fkd's direct backend, both on one thread.\n",
              dense / lines[first_backward - 2].time());
  if (!options.svg.empty())
    write_svg(options.svg, {lines.begin(), lines.begin() + static_cast<std::ptrdiff_t>(first_backward)}, limit);
  return worst <= error_allowed ? 0 : 1;
}

constexpr const char* usage =
    "conv_ladder [--quick] [--svg FILE] [--threads N] [--rounds N] [--size H W IC OC]: one convolution, eleven ways\n";

}  // namespace

int main(int argc, char** argv) {
  Options options;
  const auto wrong = [](const std::string& what) {
    std::fprintf(stderr, "conv_ladder: %s\n%s", what.c_str(), usage);
    return 2;
  };
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    const auto number = [&](long most) {  // the next argument; -1 where it is none
      if (i + 1 >= argc) return -1L;
      char* end = nullptr;
      const long value = std::strtol(argv[++i], &end, 10);
      return *end == '\0' && value >= 1 && value <= most ? value : -1L;
    };
    if (argument == "--help") return std::fputs(usage, stdout), 0;
    if (argument == "--quick") {
      options.quick = true;
    } else if (argument == "--svg" && i + 1 < argc) {
      options.svg = argv[++i];
    } else if (argument == "--threads") {
      if ((options.threads = static_cast<int>(number(256))) < 1) return wrong("--threads takes a number from 1 to 256");
    } else if (argument == "--rounds") {
      if ((options.rounds = static_cast<int>(number(1000))) < 1) return wrong("--rounds takes a number from 1 to 1000");
    } else if (argument == "--size") {
      for (Index* extent : {&options.d.H, &options.d.W, &options.d.IC, &options.d.OC})
        if ((*extent = number(1024)) < 1) return wrong("--size takes four numbers from 1 to 1024: H W IC OC");
    } else {
      return wrong("unknown argument " + argument);
    }
  }
  return run(options);
}
