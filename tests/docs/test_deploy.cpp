/// \file
/// The C++ of docs/howto/deploy.md and determinism.md, word for word (tests/readme/blocks.cmake holds that), and that
/// it does what the pages say.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <fkd/io/load_network.hpp>
#include <fkd/io/onnx.hpp>
#include <fkd/io/safetensors.hpp>
#include <fkd/net.hpp>

#include "docs/lines.hpp"

namespace {

constexpr fkd::Sequential network{fkd::Input{.height = 12, .width = 12, .channels = 1},
                                  fkd::Conv2D{.filters = 8, .kernel = {3, 3}, .use_bias = false},
                                  fkd::BatchNorm{},
                                  fkd::ReLU{},
                                  fkd::MaxPool2D{.window = {2, 2}},
                                  fkd::Flatten{},
                                  fkd::Dropout{.rate = 0.2},
                                  fkd::Dense{.units = 3}};

/// A folder for the files of a test.
struct Folder {
  std::filesystem::path path;
  explicit Folder(const char* name) : path{std::filesystem::temp_directory_path() / name} {
    std::filesystem::create_directories(path);
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
};

bool equal(const fkd::Batch<float>& a, const fkd::Batch<float>& b) {
  return std::equal(a.data(), a.data() + a.size(), b.data(), b.data() + b.size());
}

/// Takes what the blocks print; doctest's messages go there, too, and are passed on.
struct Silent {
  std::ostringstream text;
  std::streambuf* before = std::cout.rdbuf(text.rdbuf());
  Silent() = default;
  ~Silent() {
    std::cout.rdbuf(before);
    if (text.str().find("ERROR") != std::string::npos) std::cout << text.str();
  }
  Silent(const Silent&) = delete;
  Silent& operator=(const Silent&) = delete;
};

TEST_CASE("deploy") {
  const Folder folder{"fkd_howto_deploy"};
  const std::filesystem::path path = folder.path / "model.safetensors", half = folder.path / "half.safetensors",
                              onnx = folder.path / "model.onnx";
  const Lines lines;
  const fkd::Batch<float>& images = lines.images;
  const Silent silent;
  fkd::Model net{network, fkd::Seed{7}};
  fkd::fit(net, fkd::LabelledDataset{images, lines.labels}, {.epochs = 5, .loss = fkd::SoftmaxCrossEntropy{}});

  fkd::io::save(path, net);

  {
    const fkd::Model loaded = fkd::io::load_network(path);  // no architecture in this program
    std::cout << fkd::summary(loaded);
    CHECK(equal(loaded.predict(images), net.predict(images)));
  }

  const fkd::Predictor predictor{net};  // the weights packed, batch normalisations folded: once
  fkd::Batch<float> image{predictor.input_shape(), 1}, y{predictor.output_shape(), 1};
  predictor.predict(image, y);  // from the second call on it allocates nothing

  std::copy_n(images.data(), image.size(), image.data());
  predictor.predict(image, y);
  CHECK(std::equal(y.data(), y.data() + 3, net.predict(images).data()));

  const auto more = [&] {
    fkd::set_threads(1);  // the threads below keep the processors busy
    std::vector<fkd::Batch<float>> outputs(4);
    std::vector<std::thread> pool;
    for (std::size_t k = 0; k < outputs.size(); ++k)
      pool.emplace_back([&, k] { outputs[k] = predictor.predict(images); });  // one predictor for all
    for (std::thread& thread : pool) thread.join();
    return outputs;
  }();
  fkd::set_threads(0);
  for (const fkd::Batch<float>& one : more) CHECK(equal(one, net.predict(images)));

  std::cout << predictor.size_bytes() << " bytes of weights, "
            << net.plan(1, /*training=*/false).size_bytes(fkd::threads()) << " to compute one image in\n";

  fkd::io::save(half, net, {.stored = fkd::io::Stored::bf16});  // half the size; loads as float
  CHECK(std::filesystem::file_size(half) < std::filesystem::file_size(path));

  std::vector<std::byte> bytes;
  fkd::io::save(bytes, net);
  const fkd::Model from_memory = fkd::io::load_network(bytes);
  CHECK(equal(from_memory.predict(images), net.predict(images)));

  fkd::io::save_onnx(onnx, net);                          // images (N, C, H, W), as usual in ONNX
  const fkd::Model from_onnx = fkd::io::load_onnx(onnx);  // and back: (H, W, C) here, whatever the file has

  const fkd::Batch<float> expected = net.predict(images), got = from_onnx.predict(images);
  float largest = 0;
  for (fkd::Index i = 0; i < expected.size(); ++i)
    largest = (std::max)(largest, std::abs(got.data()[i] - expected.data()[i]));
  std::cout << "largest difference " << largest << '\n';
  CHECK(largest < 1e-4f);
}

TEST_CASE("determinism") {
  const Folder folder{"fkd_howto_determinism"};
  const std::filesystem::path file = folder.path / "training.safetensors";
  const Lines lines;
  const Silent silent;

  const fkd::LabelledDataset data{lines.images, lines.labels};
  fkd::FitOptions options{.epochs = 3, .loss = fkd::SoftmaxCrossEntropy{}, .seed = fkd::Seed{11}};
  const auto trained_with = [&](int threads) {
    fkd::set_threads(threads);
    fkd::Model net{network, fkd::Seed{7}};
    fkd::fit(net, data, options);
    return std::vector<float>(net.parameters().begin(), net.parameters().end());
  };
  std::cout << (trained_with(1) == trained_with(8) ? "the same bits\n" : "other bits\n");
  fkd::set_threads(0);  // the default again

  CHECK(trained_with(1) == trained_with(8));
  CHECK(trained_with(2) == trained_with(3));
  fkd::set_threads(0);
  const std::vector<float> whole = trained_with(1);
  options.seed = fkd::Seed{12};
  CHECK(trained_with(1) != whole);
  options.seed = fkd::Seed{11};
  fkd::set_threads(0);

  {
    fkd::Model net{network, fkd::Seed{7}};
    fkd::TrainingState<float> state;
    options.on_step = [](const fkd::StepReport& step) {
      return step.step == 7 ? fkd::Continue::stop : fkd::Continue::yes;  // in the middle of an epoch
    };
    fkd::fit(net, data, options, state);
    fkd::io::save(file, net, state);
  }
  {
    // Another process, another day.
    fkd::TrainingState<float> state;
    fkd::Model net = fkd::io::load_network(file, state);
    options.on_step = nullptr;
    fkd::fit(net, data, options, state);  // the same options: it goes on with step 8
    CHECK(state.epoch == 3);
    CHECK(std::equal(net.parameters().begin(), net.parameters().end(), whole.begin(), whole.end()));
  }
}

}  // namespace
