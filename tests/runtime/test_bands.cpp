// Ops whose bands of rows follow on each other in one task: which, and that bits do not depend on it.
#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

#include <fkd/net.hpp>

#include <support/backends.hpp>
#include <support/compare.hpp>
#include <support/networks.hpp>

namespace {

using fkd::Index;

fkd::Conv2D conv(Index filters, Index kernel, Index stride = 1, Index groups = 1) {
  return {.filters = filters,
          .kernel = {kernel, kernel},
          .stride = {stride, stride},
          .padding = fkd::Padding::sides((kernel - 1) / 2),
          .groups = groups,
          .bias_initialiser = fkd::Initialiser::glorot_uniform};
}

/// Inverted residual blocks, one with a sum and one with a stride; 24 channels fill one and a half registers.
fkd::Graph blocks() {
  using namespace fkd;
  return {Input{.height = 38, .width = 33, .channels = 24},
          {{"wide", conv(72, 1), {"input"}},
           {"wide_relu", ReLU{}, {"wide"}},
           {"deep", conv(72, 3, 1, 72), {"wide_relu"}},
           {"deep_norm", BatchNorm{}, {"deep"}},
           {"deep_relu", ReLU{}, {"deep_norm"}},
           {"narrow", conv(24, 1), {"deep_relu"}},
           {"sum", Add{}, {"narrow", "input"}},
           {"wide2", conv(96, 1), {"sum"}},
           {"wide2_tanh", Tanh{}, {"wide2"}},
           {"deep2", conv(96, 5, 2, 96), {"wide2_tanh"}},
           {"deep2_relu", ReLU{}, {"deep2"}},
           {"narrow2", conv(40, 1), {"deep2_relu"}},
           {"twice", conv(80, 3, 1, 40), {"narrow2"}},
           {"beside", conv(80, 1), {"narrow2"}},
           {"both", Add{}, {"twice", "beside"}},
           {"mean", GlobalAveragePool2D{}, {"both"}}},
          "mean"};
}

/// Small images and many weights: a band is some of the channels there; 150 of them are no whole register tiles.
fkd::Graph small_images() {
  using namespace fkd;
  return {Input{.height = 10, .width = 9, .channels = 64},
          {{"first", conv(150, 3), {"input"}},
           {"first_relu", ReLU{}, {"first"}},
           {"second", conv(150, 3), {"first_relu"}},
           {"norm", BatchNorm{}, {"second"}},
           {"sum", Add{}, {"norm", "first_relu"}},
           {"sum_tanh", Tanh{}, {"sum"}},
           {"third", conv(256, 3), {"sum_tanh"}},
           {"third_relu", ReLU{}, {"third"}},
           {"pool", MaxPool2D{.window = {2, 2}}, {"third_relu"}},
           {"fourth", conv(130, 3), {"pool"}},
           {"flat", Flatten{}, {"fourth"}}},
          "flat"};
}

/// The ops of each stage of more than one band, by name.
template <class Network>
std::string banded(const Network& network) {
  std::string all;
  const fkd::Model<float> net{network};
  const fkd::Plan plan = net.plan(1, false, {.split = true});
  const auto& program = net.fused(false);
  for (const fkd::Stage& stage : plan.stages) {
    if (stage.bands == 1) continue;
    for (Index i = stage.begin; i < stage.end; ++i)
      all += std::string{program.network->name(program.ops[static_cast<std::size_t>(i)])} +
             (i + 1 < stage.end ? "+" : " ");
  }
  return all;
}

template <class T>
void same_bits(const fkd::Graph& network) {
  fkd::Model<T> net{network, fkd::Seed{3}, fkd::scalar<T>};
  for (const fkd::Backend<T>* backend : support::backends<T>()) {
    CAPTURE(std::string{backend->name});
    net.use(*backend);
    const fkd::Predictor predictor{net};
    for (const Index samples : {1, 3}) {
      const fkd::Batch<T> x = support::random_batch<T>(net.input_shape(), samples);
      fkd::set_threads(1);
      const fkd::Batch<T> expected = net.predict(x);
      for (const int threads : {1, 2, 3, 8}) {
        CAPTURE(threads);
        fkd::set_threads(threads);
        CHECK(support::bit_difference(net.predict(x), expected) == "");
        CHECK(support::bit_difference(predictor.predict(x), expected) == "");
      }
    }
  }
  fkd::set_threads(0);
}

#if FKD_HAS_DIRECT
TEST_CASE("bands: rows that read the same rows follow on them in one task") {
  CHECK(banded(blocks()) ==
        "wide.conv2d deep.conv2d+narrow.conv2d+wide2.conv2d deep2.conv2d+narrow2.conv2d "
        "twice.conv2d+beside.conv2d ");
}

TEST_CASE("bands: a stage ends where an op reads other rows than it writes, or by another cut") {
  using namespace fkd;
  constexpr Input image{40, 40, 32};
  const Conv2D deep = conv(32, 5, 1, 32), narrow = conv(32, 1);
  const auto stages = [&](const auto&... layers) { return banded(Sequential{image, layers...}); };
  CHECK(stages(deep, narrow) == "1.conv2d+2.conv2d ");
  CHECK(stages(deep, ReLU{}, narrow, ReLU{}, narrow) == "1.conv2d+3.conv2d+5.conv2d ");
  CHECK(stages(narrow, deep) == "1.conv2d 2.conv2d ");
  CHECK(stages(deep, conv(64, 1, 2)) == "1.conv2d 2.conv2d ");
  CHECK(stages(deep, narrow, MaxPool2D{.window = {2, 2}}) == "1.conv2d 2.conv2d ");
  CHECK(stages(deep, MaxPool2D{.window = {2, 2}}, conv(96, 1)) == "1.conv2d 3.conv2d ");
  Conv2D padded = narrow;
  padded.padding = Padding::sides(1);
  CHECK(stages(deep, padded) == "1.conv2d 2.conv2d ");
  CHECK(stages(deep, Dropout{.rate = 0.5}, narrow) == "1.conv2d+2.dropout+3.conv2d ");  // a view
  CHECK(banded(Sequential{Input{4, 4, 32}, deep, narrow}) == "");                       // too small
}
#endif

TEST_CASE("bands: bits do not depend on threads, float") { same_bits<float>(blocks()); }
TEST_CASE("bands: bits do not depend on threads, double") { same_bits<double>(blocks()); }

TEST_CASE("bands: of channels, the same") { same_bits<float>(small_images()); }

#if FKD_HAS_DIRECT
TEST_CASE("bands: of channels where an image is smaller than its weights") {
  const fkd::Backend<float>& winograd = fkd::winograd::forced_backend(4, fkd::isa());
  const auto step = [&](Index side, Index filters) {
    return winograd.channel_step(conv(filters, 3).dims({side, side, 64}), {});
  };
  CHECK(step(8, 256) > 0);
  CHECK(256 % step(8, 256) == 0);
  CHECK(step(64, 256) == 0);
  CHECK(winograd.channel_step(conv(256, 1).dims({8, 8, 64}), {}) == 0);
  CHECK(banded(small_images()).find("third") != std::string::npos);
}
#endif

}  // namespace
