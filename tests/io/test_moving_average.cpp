/// A moving average of weights, accumulated steps and every optimiser's state in files: resumed bit-identical.
#include <doctest/doctest.h>

#include <string>

#include <fkd/io/safetensors.hpp>
#include <fkd/io/state_tensors.hpp>
#include <fkd/net.hpp>

#include <support/compare.hpp>
#include <support/losses.hpp>
#include <support/networks.hpp>
#include <support/temporary_folder.hpp>

namespace {

using fkd::Continue, fkd::FitOptions, fkd::Index, fkd::Model, fkd::TrainingState;

constexpr fkd::Sequential network{fkd::Input{.height = 6, .width = 5, .channels = 1},
                                  fkd::Conv2D{.filters = 3, .kernel = {3, 2}}, fkd::ReLU{}, fkd::Flatten{},
                                  fkd::Dense{.units = 3}};

FitOptions options(const fkd::Optimizer& optimizer, Index stop = 0) {
  FitOptions o{.epochs = 3,
               .batch_size = 4,
               .optimizer = optimizer,
               .ema = {.decay = 0.9, .warm_up = true},
               .clip_norm = 0.5,
               .accumulate = 2};
  o.on_step = [stop](const fkd::StepReport& report) { return report.step == stop ? Continue::stop : Continue::yes; };
  return o;
}

TEST_CASE("a training with an average, saved and loaded after any step, ends as one that was not") {
  const tests::TemporaryFolder folder;
  const std::filesystem::path path = folder.path() / "state.safetensors";
  const fkd::Dataset<float> data = support::random_data<float>(network, 23);
  for (const fkd::Optimizer& optimizer :
       {fkd::Optimizer{fkd::AdamW{}}, fkd::Optimizer{fkd::Nadam{}},
        fkd::Optimizer{fkd::SGD{.momentum = 0.9, .nesterov = true}}, fkd::Optimizer{fkd::RMSprop{}},
        fkd::Optimizer{fkd::RMSprop{.momentum = 0.9, .centered = true}}}) {
    Model<float> whole{network, fkd::Seed{3}};
    TrainingState<float> state;
    fkd::fit(whole, data, &data, options(optimizer), state);
    for (Index stop = 1; stop <= 9; ++stop) {
      CAPTURE(stop);
      Model<float> first{network, fkd::Seed{3}}, second{network, fkd::Seed{77}};
      TrainingState<float> before, after;
      fkd::fit(first, data, &data, options(optimizer, stop), before);
      fkd::io::save(path, first, before);
      fkd::io::load(path, second, after);
      CHECK(after.ema_steps == stop);
      CHECK(support::bit_difference(before.ema, after.ema) == "");
      fkd::fit(second, data, &data, options(optimizer), after);
      CHECK(support::bit_difference(whole.parameters(), second.parameters()) == "");
      CHECK(after.costs == state.costs);
    }
  }
}

TEST_CASE("a file without an average loads as before, and one that says what it has not is refused") {
  const tests::TemporaryFolder folder;
  const std::filesystem::path path = folder.path() / "state.safetensors";
  const fkd::Dataset<float> data = support::random_data<float>(network, 6);
  Model<float> net{network, fkd::Seed{3}};
  TrainingState<float> state, loaded;
  fkd::fit(net, data, {}, state);
  fkd::io::save(path, net, state);
  loaded.ema = fkd::Buffer<float>(3), loaded.ema_steps = 9;
  fkd::io::load(path, net, loaded);
  CHECK(loaded.ema.size() == 0);
  CHECK(loaded.ema_steps == 0);

  fkd::TrainingState<float> averaged;
  fkd::fit(net, data, {.ema = {.decay = 0.5}}, averaged);
  fkd::io::TensorFile file = fkd::io::detail::describe(net);
  fkd::io::detail::add_state(file, net.layout(), averaged);
  for (const char* steps : {"0", "-1", "many"}) {
    file.metadata["ema_steps"] = steps;
    fkd::io::write_tensors(path, file);
    CHECK_THROWS_AS(fkd::io::load(path, net, loaded), fkd::FileError);
  }
  file.metadata["ema_steps"] = "7";
  fkd::io::write_tensors(path, file);
  fkd::io::load(path, net, loaded);
  CHECK(loaded.ema_steps == 7);
  std::erase_if(file.tensors, [](const fkd::io::FileTensor& tensor) { return tensor.name == "ema.4.dense.bias"; });
  fkd::io::write_tensors(path, file);
  CHECK(support::error_of([&] { fkd::io::load(path, net, loaded); }).find("ema.4.dense.bias") != std::string::npos);
  averaged.ema = fkd::Buffer<float>(3);
  CHECK(support::error_of([&] { fkd::io::save(path, net, averaged); }).find("another model") != std::string::npos);
}

}  // namespace
