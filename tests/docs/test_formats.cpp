/// \file
/// The C++ of docs/formats.md, word for word (tests/readme/blocks.cmake holds that): compiled, and run where it reads
/// what it wrote itself. That files of other programs are read is tested in tests/io.
#include <doctest/doctest.h>

#include <filesystem>
#include <iostream>
#include <utility>

#include <fkd/io/keras.hpp>
#include <fkd/io/load_network.hpp>
#include <fkd/io/onnx.hpp>
#include <fkd/io/pytorch.hpp>
#include <fkd/io/safetensors.hpp>
#include <fkd/net.hpp>

#include "docs/lines.hpp"

namespace {

constexpr fkd::Sequential network{fkd::Input{.height = 12, .width = 12, .channels = 1},
                                  fkd::Conv2D{.filters = 4, .kernel = {3, 3}},
                                  fkd::ReLU{},
                                  fkd::MaxPool2D{.window = {2, 2}},
                                  fkd::Flatten{},
                                  fkd::Dense{.units = 3}};

// The page has its comments in a column.
// clang-format off
void model_file(const fkd::Model<float>& net) {
  fkd::io::save("model.safetensors", net);                        // {.stored = fkd::io::Stored::bf16}: half the size
  fkd::Model same = fkd::io::load_network("model.safetensors");   // no architecture in the program
  std::cout << fkd::summary(same);                                // it predicts, trains, is saved to the same bytes
}

void pytorch() {
  fkd::Model net{network, fkd::Seed{1}};                          // the same network, built here
  fkd::io::load_pytorch("torch.safetensors", net);                // modules are numbers, as in nn.Sequential
  fkd::io::load_pytorch("torch.safetensors", net, {.names = {{"conv1", "1.conv2d"}, {"fc", "5.dense"}}});
  fkd::io::save_pytorch("fkd.safetensors", net);                  // .names the other way round
}

void keras() {
  fkd::Model net{network, fkd::Seed{1}};                          // the same network, built here
  fkd::io::load_keras("keras.npz", net);                          // {.layers = {...}}: Keras's order, where it has branches
  fkd::io::save_keras("fkd.npz", net);
}

void from_onnx(fkd::BatchView<const float> x, const fkd::LabelledDataset<float>& data, const fkd::FitOptions& options) {
  fkd::Model net = fkd::io::load_onnx("model.onnx");
  const auto y = net.predict(x);                                  // images (H, W, C), whatever the file has
  fkd::fit(net, data, options);                                   // and it trains
  fkd::io::save("model.safetensors", net);
  CHECK(y.samples() == x.samples);
}

void to_onnx(const fkd::Model<float>& net) {
  fkd::io::save_onnx("model.onnx", net);                          // {.channels_last = true}: (batch, H, W, C)
}

// clang-format on

TEST_CASE("formats") {
  const std::filesystem::path before = std::filesystem::current_path(),
                              folder = std::filesystem::temp_directory_path() / "fkd_docs_formats";
  std::filesystem::create_directories(folder);
  std::filesystem::current_path(folder);
  fkd::Model net{network, fkd::Seed{7}};
  const Lines lines;
  std::streambuf* const out = std::cout.rdbuf(nullptr);  // doctest's messages go there, too
  model_file(net);
  std::cout.rdbuf(out);
  CHECK_NOTHROW(to_onnx(net));
  CHECK_NOTHROW(
      from_onnx(lines.images, fkd::LabelledDataset{lines.images, lines.labels}, {.loss = fkd::SoftmaxCrossEntropy{}}));
  fkd::io::save_keras("keras.npz", net);
  CHECK_NOTHROW(keras());
  fkd::io::save_pytorch("torch.safetensors", net);
  CHECK_NOTHROW(pytorch());  // names that no tensor has are mapped in vain

  std::filesystem::current_path(before);
  std::filesystem::remove_all(folder);
}

}  // namespace
