// dlib as a peer: the same architectures, Adam, mean squared error, input resident in memory. It answers the lines that
// worker.cpp describes. dlib's convolutions are im2col and one product of the system's BLAS for each image; how many
// threads that takes is the BLAS's affair (OPENBLAS_NUM_THREADS), so the lines' number of threads is not obeyed, and a
// question for one thread is declined.
#include <dlib/dnn.h>
#include <dlib/revision.h>

#include <iostream>
#include <memory>
#include <sstream>
#include <string>
#include <type_traits>
#include <vector>

#include "../measure.hpp"
#include "../memory.hpp"

namespace {

template <long filters, long kernel, long padding, class Below>
using conv =
    dlib::max_pool<2, 2, 2, 2,
                   dlib::relu<dlib::add_layer<dlib::con_<filters, kernel, kernel, 1, 1, padding, padding>, Below>>>;
template <class Below>
using head = dlib::loss_mean_squared_multioutput<dlib::fc<30, Below>>;
using image = dlib::input<dlib::matrix<float>>;

using model_1 = head<conv<64, 3, 1, conv<32, 3, 1, image>>>;
using model_2 = head<conv<128, 3, 1, conv<64, 3, 1, image>>>;
using model_3 = head<conv<64, 4, 0, image>>;
using model_4 = head<conv<32, 4, 0, conv<64, 5, 0, image>>>;

struct Step {
  virtual ~Step() = default;
  virtual void train() = 0;
  virtual void predict() = 0;
};

template <class Net>
struct StepOf final : Step {
  explicit StepOf(long batch) : labels(static_cast<std::size_t>(batch)), solvers(Net::num_computational_layers) {
    std::vector<dlib::matrix<float>> images(static_cast<std::size_t>(batch));
    dlib::rand random;
    for (auto& each : images) {
      each.set_size(96, 96);
      for (float& value : each) value = random.get_random_float();
    }
    for (auto& label : labels) {
      label.set_size(30);
      for (float& value : label) value = random.get_random_float() - 0.5F;
    }
    net.to_tensor(images.begin(), images.end(), x);
  }
  void train() override {
    net.compute_parameter_gradients(x, labels.begin());
    net.update_parameters(solvers, 1e-6);
  }
  void predict() override { net.subnet().forward(x); }

  Net net;
  dlib::resizable_tensor x;
  std::vector<dlib::matrix<float, 0, 1>> labels;
  std::vector<dlib::adam> solvers;
};

std::unique_ptr<Step> make(int model, long batch) {
  switch (model) {
    case 1:
      return std::make_unique<StepOf<model_1>>(batch);
    case 2:
      return std::make_unique<StepOf<model_2>>(batch);
    case 3:
      return std::make_unique<StepOf<model_3>>(batch);
    default:
      return std::make_unique<StepOf<model_4>>(batch);
  }
}

std::string answer(const std::string& text) {
  std::istringstream line{text};
  std::string command, name, variant;
  int threads = 0, repeats = 0;
  long batch = 0;
  line >> command >> name >> batch >> threads >> variant >> repeats;
  const int model = name.rfind("model_", 0) == 0 ? std::atoi(name.c_str() + 6) : 0;
  if (command == "version")
    return "ok dlib " + std::to_string(DLIB_MAJOR_VERSION) + "." + std::to_string(DLIB_MINOR_VERSION);
  if (model < 1 || model > 4) return "left_out it has models 1 to 4";
  if (command == "train-memory" || command == "predict-memory") {
    benchmarks::forget_peak();
    const double before = benchmarks::memory_bytes("VmRSS");
    const auto step = make(model, batch);
    for (int i = 0; i < 3; ++i) command == "train-memory" ? step->train() : step->predict();
    const double peak = benchmarks::memory_bytes("VmHWM");
    return "ok " + std::to_string(peak - before) + " " + std::to_string(peak);
  }
  if (command != "train" && command != "predict") return "left_out no command " + command;
  if (threads == 1) return "left_out its threads are the BLAS's affair";

  static std::unique_ptr<Step> step;
  static std::string made;
  const std::string wanted = command + std::to_string(model) + " " + std::to_string(batch);
  const auto run = [&] { command == "train" ? step->train() : step->predict(); };
  if (wanted != made) {
    step = make(model, batch), made = wanted;
    run();
  }
  if (batch == 1) run();
  return "ok " + std::to_string(benchmarks::seconds_of([&] {
           for (int i = 0; i < repeats; ++i) run();
         }));
}

}  // namespace

int main() {
  for (std::string line; std::getline(std::cin, line);) try {
      std::cout << answer(line) << std::endl;
    } catch (const std::exception& error) {
      std::cout << "left_out " << error.what() << std::endl;
    }
}
