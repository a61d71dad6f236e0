/// \file
/// Experiments that teach training: each trains or measures small networks on drawn digits, prints a table and a
/// sentence that is made of what it measured, and draws a picture. docs/learn/12_experiments.md shows them.
///
///     g++ -std=c++20 -O2 -I include examples/learn/experiments.cpp -o results/learn/experiments -pthread
///     results/learn/experiments --list
///     results/learn/experiments gradients --svg results/learn
#include <cstdio>
#include <fstream>
#include <string>
#include <string_view>

#include "experiments/batch_norm.hpp"
#include "experiments/dead_relu.hpp"
#include "experiments/filters.hpp"
#include "experiments/gradients.hpp"
#include "experiments/initialisation.hpp"
#include "experiments/numeric_gradient.hpp"
#include "experiments/rate_range.hpp"
#include "experiments/receptive_fields.hpp"

namespace experiments {

struct Experiment {
  std::string_view name, title;
  Outcome (*run)(bool quick);
};
constexpr Experiment all[] = {
    {"gradients", "exploding and vanishing gradients, layer by layer", gradients},
    {"initialisation", "the variance of activations, by the rule for the first weights", initialisation},
    {"dead_relu", "ReLUs that are 0 for every sample", dead_relu},
    {"receptive_fields", "what an output can see, and what it does see", receptive_fields},
    {"rate_range", "a learning rate from one short training", rate_range},
    {"batch_norm", "batch normalisation over a range of learning rates", batch_norm},
    {"numeric_gradient", "numeric against analytic gradients, in float and double", numeric_gradient},
    {"filters", "what the first layer's filters learned", filters}};

constexpr const char* usage =
    "experiments NAME... [--quick] [--svg FOLDER]   runs these; \"all\" is each of them\n"
    "experiments --list                             their names\n"
    "  --quick        fewer samples and steps: whether it runs, not what it shows\n"
    "  --svg FOLDER   writes each picture there, as experiment_NAME.svg\n";

}  // namespace experiments

int main(int argc, char** argv) {
  using experiments::Experiment;
  bool quick = false;
  std::string folder;
  std::vector<const Experiment*> chosen;
  const auto wrong = [](const std::string& what) {
    std::fprintf(stderr, "experiments: %s\n%s", what.c_str(), experiments::usage);
    return 2;
  };
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument == "--help") return std::fputs(experiments::usage, stdout), 0;
    if (argument == "--list") {
      for (const Experiment& e : experiments::all)
        std::printf("%-18s%s\n", std::string{e.name}.c_str(), std::string{e.title}.c_str());
      return 0;
    }
    if (argument == "--quick") {
      quick = true;
    } else if (argument == "--svg") {
      if (++i == argc) return wrong("--svg takes a folder");
      folder = argv[i];
    } else {
      const std::size_t before = chosen.size();
      for (const Experiment& e : experiments::all)
        if (argument == e.name || argument == "all") chosen.push_back(&e);
      if (chosen.size() == before) return wrong("there is no experiment " + std::string{argument});
    }
  }
  if (chosen.empty()) return wrong("which experiment?");
  fkd::set_threads(1);  // networks so small that threads would mostly wait; the bits are the same
  for (const Experiment* e : chosen) {
    if (chosen.size() > 1) std::printf("%s%s\n", e == chosen[0] ? "" : "\n", std::string{e->name}.c_str());
    const experiments::Outcome outcome = e->run(quick);
    std::fputs(outcome.text.c_str(), stdout);
    std::fflush(stdout);
    if (folder.empty()) continue;
    const std::string file = folder + "/experiment_" + std::string{e->name} + ".svg";
    if (!(std::ofstream{file, std::ios::binary} << outcome.picture.file() << std::flush)) {
      std::fprintf(stderr, "experiments: %s cannot be written\n", file.c_str());
      return 1;
    }
  }
  return 0;
}
