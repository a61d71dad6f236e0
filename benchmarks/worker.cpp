// The fkd side of the benchmarks, as a program of its own: the same source is compiled with plain -O2 and,
// for comparison, with -O3 -march=native -fopenmp. The peers are programs that answer the same lines:
//
//     train | predict MODEL BATCH THREADS VARIANT REPEATS   ok SECONDS          of all repeats
//     train-memory | predict-memory MODEL BATCH THREADS     ok GROWTH PEAK      bytes; once in a fresh process
//     load FILE                                             ok SECONDS ROWS     a training.csv
//     version                                               ok TEXT
//
// or `left_out REASON`. MODEL is a network of networks.txt; a variant is a backend's name, or `default`. A new job runs
// once untimed, and so does a single image each time, because other programs may have evicted its data from the caches.
#include <exception>
#include <iostream>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <tuple>

#include <facial_keypoints/data/training_csv.hpp>
#include <fkd/runtime/isa.hpp>

#include "backends.hpp"
#include "measure.hpp"
#include "memory.hpp"
#include "steps.hpp"

namespace {

using namespace benchmarks;  // NOLINT: this file is their program

struct Job {
  std::string model;
  Index batch = 0;
  std::string variant;
  auto operator<=>(const Job&) const = default;
};

const fkd::Backend<float>& backend(const std::string& name) {
  if (const fkd::Backend<float>* found = find_backend(name)) return *found;
  throw LeftOut{"there is no backend " + name};
}

/// Caches its jobs, so that memory is warm for the next request; of two models only the last, to save memory.
template <class Step>
Step& step(const Job& job) {
  static std::map<Job, std::unique_ptr<Step>> made;
  if (!made.empty() && made.begin()->first.model != job.model) made.clear();
  std::unique_ptr<Step>& place = made[job];
  const bool cold = !place || job.batch == 1;
  if (!place)
    place = std::make_unique<Step>(network_of(find_entry(FKD_NETWORKS, job.model)), job.batch, backend(job.variant));
  if (cold) (*place)();
  return *place;
}

template <class Step>
std::string time(std::istream& line) {
  Job job;
  int threads = 0, repeats = 0;
  line >> job.model >> job.batch >> threads >> job.variant >> repeats;
  if (!line || job.batch < 1 || job.batch > 100'000) throw LeftOut{"it expects MODEL BATCH THREADS VARIANT REPEATS"};
  fkd::set_threads(threads);
  Step& run = step<Step>(job);
  const double seconds = seconds_of([&] {
    for (int i = 0; i < repeats; ++i) run();
  });
  return "ok " + std::to_string(seconds);
}

/// Memory of a run without the data: model, optimiser state, activations, gradients.
template <class Run>
std::string growth(std::istream& line, Run run) {
  std::string model;
  int threads = 0;
  Index batch = 0;
  line >> model >> batch >> threads;
  fkd::set_threads(threads);
  const fkd::Graph network = network_of(find_entry(FKD_NETWORKS, model));
  const fkd::Shape in = network.input, out = network.output_shape(in);
  const fkd::Dataset<float> data{some_images(in, batch), some_targets(out, batch)};
  forget_peak();
  const double before = memory_bytes("VmRSS");
  run(network, data);
  const double peak = memory_bytes("VmHWM");
  return "ok " + std::to_string(peak - before) + " " + std::to_string(peak);
}

void train(const fkd::Graph& network, const fkd::Dataset<float>& data) {
  fkd::Model net{network, fkd::Seed{7}};
  fkd::fit(net, data, {.epochs = 3, .batch_size = data.size(), .optimizer = fkd::Adam{.learning_rate = learning_rate}});
}

void predict(const fkd::Graph& network, const fkd::Dataset<float>& data) {
  const fkd::Model net{network, fkd::Seed{7}};
  for (int i = 0; i < 3; ++i) (void)net.predict(data.x());
}

std::string load(std::istream& line) {
  std::string path;
  line >> path;
  Index rows = 0;
  const double seconds = seconds_of([&] { rows = facial_keypoints::read_training(path).size(); });
  return "ok " + std::to_string(seconds) + " " + std::to_string(rows);
}

std::string answer(const std::string& text) {
  std::istringstream line{text};
  std::string command;
  line >> command;
  if (command == "train") return time<TrainingStep>(line);
  if (command == "predict") return time<Prediction>(line);
  if (command == "train-memory") return growth(line, train);
  if (command == "predict-memory") return growth(line, predict);
  if (command == "load") return load(line);
  if (command == "version")
    return "ok fkd " FKD_VERSION_STRING ", " + std::string{fkd::name(fkd::isa())} + ", backend " +
           std::string{default_backend().name};
  return "left_out it does not know the command " + command;
}

}  // namespace

int main() {
  for (std::string line; std::getline(std::cin, line);) {
    try {
      std::cout << answer(line) << std::endl;
    } catch (const std::exception& error) {
      std::cout << "left_out " << error.what() << std::endl;
    }
  }
}
