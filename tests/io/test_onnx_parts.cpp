// Files of PyTorch and Keras, whose exporters write layers in parts; constants of a file, which do not train.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <string>
#include <vector>

#include <fkd/io/load_network.hpp>
#include <fkd/io/npz.hpp>
#include <fkd/io/onnx.hpp>
#include <fkd/io/onnx_proto.hpp>
#include <fkd/io/safetensors.hpp>
#include <fkd/net.hpp>

#include <support/compare.hpp>
#include <support/networks.hpp>
#include <support/temporary_folder.hpp>

using namespace fkd;
using namespace tests;
using io::detail::OnnxAttribute;

namespace {

std::filesystem::path fixture(const std::string& name) {
  return std::filesystem::path{__FILE__}.parent_path() / "fixtures" / name;
}

/// The largest difference, in units of the largest expected value.
double error_of(const Batch<float>& got, const Batch<float>& expected) {
  if (got.size() != expected.size() || got.samples() != expected.samples()) return 1e9;
  double error = 0, largest = 0;
  for (Index i = 0; i < got.size(); ++i) {
    const double difference = std::abs(double{got.data()[i]} - double{expected.data()[i]});
    error = (std::max)(error, is_nan(difference) ? 1e9 : difference);
    largest = (std::max)(largest, std::abs(double{expected.data()[i]}));
  }
  return largest > 0 ? error / largest : error;
}

/// Every file of an archive is read, computes what its author computed, trains, and is saved and loaded.
void check_cases(const std::string& archive, bool channels_first, int expected) {
  const io::NpzArrays arrays = io::read_npz(fixture(archive));
  int cases = 0;
  for (const auto& [name, array] : arrays) {
    if (!name.ends_with(".onnx")) continue;
    const std::string base = name.substr(0, name.size() - 5);
    INFO(base);
    Model<float> net = io::load_onnx(std::as_bytes(std::span{array.bytes}));
    const auto batch = [&](const char* which) {
      const io::NpyArray& its = arrays.at(base + which);
      return io::to_batch<float>(its, channels_first && its.extents.size() == 4);
    };
    const Batch<float> x = batch(".x"), y = batch(".y");
    CHECK(error_of(net.predict(x), y) < 1e-5);
    std::vector<std::byte> bytes;
    io::save(bytes, net);
    const Model<float> saved = io::load_network(bytes);
    CHECK(error_of(saved.predict(x), net.predict(x)) == 0);
    TrainingState<float> state;
    CHECK(is_finite(train_step(net, x, y, state).mean()));
    ++cases;
  }
  CHECK(cases == expected);
}

/// A graph over an image (N, 2, 4, 4), node by node: the last one's output is y.
struct Graphs {
  io::detail::OnnxModel model;

  explicit Graphs(std::vector<Index> dims = {-1, 2, 4, 4}) {
    model.inputs.push_back({"x", io::detail::OnnxType::float32, true, std::move(dims)});
    model.outputs.push_back({"y", io::detail::OnnxType::float32, false, {}});
  }
  Graphs& constant(const std::string& name, std::vector<Index> dims, const std::vector<float>& values) {
    io::detail::OnnxTensor its{.name = name, .type = io::detail::OnnxType::float32, .dims = std::move(dims)};
    const char* const bytes = reinterpret_cast<const char*>(values.data());
    its.raw.assign(bytes, bytes + values.size() * 4);
    model.initializers.push_back(std::move(its));
    return *this;
  }
  Graphs& node(const std::string& op, std::vector<std::string> inputs, const std::string& output,
               std::vector<OnnxAttribute> attributes = {}) {
    model.nodes.push_back({.name = output,
                           .op = op,
                           .inputs = std::move(inputs),
                           .outputs = {output},
                           .attributes = std::move(attributes)});
    return *this;
  }
  Model<float> load() const {
    const std::string bytes = io::detail::write_onnx(model);
    return io::load_onnx(std::as_bytes(std::span{bytes}));
  }
  std::string refused() const {
    return thrown([&] { load(); });
  }
};

std::string layers_of(const Model<float>& net) {
  std::string all;
  for (const auto& op : net.network().op_layers) all += (all.empty() ? "" : " ") + std::string{op.type};
  return all;
}

/// The first pixel's two channels.
std::vector<float> at(const Model<float>& net, float a, float b) {
  Batch<float> x{net.input_shape(), 1};
  for (Index i = 0; i < x.size(); ++i) x.data()[i] = i % 2 == 0 ? a : b;
  const Batch<float> y = net.predict(x);
  return {y.data()[0], y.data()[1]};
}

}  // namespace

TEST_CASE("exports of PyTorch, by dynamo and by TorchScript") { check_cases("onnx_torch.npz", true, 43); }

TEST_CASE("Keras models by tf2onnx, the batch open and 1, and by Keras's export") {
  check_cases("onnx_keras.npz", false, 30);
}

TEST_CASE("torch.onnx.export's file with its data beside it") {
  const io::NpzArrays arrays = io::read_npz(fixture("torch_external.npz"));
  const Model<float> net = io::load_onnx(fixture("torch_external.onnx"));
  CHECK(error_of(net.predict(io::to_batch<float>(arrays.at("x"), true)), io::to_batch<float>(arrays.at("y"))) < 1e-5);
}

TEST_CASE("constants are no weights: they are one Rescale, which no optimiser changes") {
  Model<float> net = Graphs{}
                         .constant("c", {2, 1, 1}, {2, 4})
                         .constant("d", {}, {3})
                         .node("Mul", {"x", "c"}, "a")
                         .node("Sub", {"a", "d"}, "b")
                         .node("Div", {"b", "d"}, "e")
                         .node("Neg", {"e"}, "f")
                         .node("Sub", {"d", "f"}, "y")
                         .load();
  CHECK(layers_of(net) == "rescale");
  CHECK(net.layout().trained_parameters() == 0);
  const std::vector<float> got = at(net, 5, 7);  // 3 + (2 · 5 - 3) / 3, 3 + (4 · 7 - 3) / 3
  CHECK(got[0] == doctest::Approx(3 + 7.0 / 3));
  CHECK(got[1] == doctest::Approx(3 + 25.0 / 3));

  // What reads the value in between sees the value.
  net = Graphs{}
            .constant("c", {}, {2})
            .node("Mul", {"x", "c"}, "a")
            .node("Add", {"a", "c"}, "b")
            .node("Add", {"a", "b"}, "y")
            .load();
  CHECK(layers_of(net) == "rescale rescale add");
  CHECK(at(net, 5, 7) == std::vector<float>{22, 30});

  // Nothing that float cannot divide by.
  net = Graphs{}.constant("c", {2, 1, 1}, {0, 3}).node("Mul", {"x", "c"}, "y").load();
  CHECK(layers_of(net) == "conv2d");
  CHECK(at(net, 5, 7) == std::vector<float>{0, 21});
}

TEST_CASE("a constant behind a layer without a bias is its bias, and trains") {
  const auto with = [](const std::string& reader) {
    Graphs its;
    its.constant("w", {2, 2, 1, 1}, {1, 0, 0, 1}).constant("b", {2, 1, 1}, {10, 20});
    its.node("Conv", {"x", "w"}, "a").node("Add", {"b", "a"}, reader.empty() ? "y" : "s");
    if (!reader.empty()) its.node("Add", {"a", "s"}, "y");
    return its.load();
  };
  Model<float> net = with("");
  CHECK(layers_of(net) == "conv2d");
  CHECK(net.layout().trained_parameters() == 6);
  CHECK(at(net, 1, 2) == std::vector<float>{11, 22});
  net = with("another");
  CHECK(layers_of(net) == "conv2d rescale add");
  CHECK(at(net, 1, 2) == std::vector<float>{12, 24});
}

TEST_CASE("Clip between any bounds, Min and Max; HardSigmoid with any slope; differences") {
  const auto clip = [](std::vector<float> low, std::vector<float> high) {
    Graphs its;
    its.constant("low", {}, low.empty() ? std::vector<float>{-HUGE_VALF} : low);
    its.constant("high", {}, high.empty() ? std::vector<float>{HUGE_VALF} : high);
    return its.node("Clip", {"x", "low", "high"}, "y");
  };
  for (const float x : {-9.0F, -0.7F, 0.1F, 0.9F, 5.0F, 70.0F}) {
    INFO(x);
    CHECK(at(clip({-1}, {1}).load(), x, 0)[0] == doctest::Approx((std::clamp)(x, -1.0F, 1.0F)).epsilon(1e-6));
    CHECK(at(clip({-0.5F}, {60}).load(), x, 0)[0] == doctest::Approx((std::clamp)(x, -0.5F, 60.0F)).epsilon(1e-6));
    CHECK(at(clip({2}, {}).load(), x, 0)[0] == doctest::Approx((std::max)(x, 2.0F)).epsilon(1e-6));
    CHECK(at(clip({}, {-2}).load(), x, 0)[0] == doctest::Approx((std::min)(x, -2.0F)).epsilon(1e-6));
    const Model<float> least = Graphs{}.constant("c", {}, {0.3F}).node("Min", {"c", "x"}, "y").load();
    CHECK(at(least, x, 0)[0] == doctest::Approx((std::min)(x, 0.3F)).epsilon(1e-6));
    const Model<float> most = Graphs{}.constant("c", {}, {0.3F}).node("Max", {"x", "c"}, "y").load();
    CHECK(at(most, x, 0)[0] == doctest::Approx((std::max)(x, 0.3F)).epsilon(1e-6));
    const OnnxAttribute alpha{.name = "alpha", .type = OnnxAttribute::Type::real, .real = 0.25F};
    const OnnxAttribute beta{.name = "beta", .type = OnnxAttribute::Type::real, .real = 0.4F};
    CHECK(at(Graphs{}.node("HardSigmoid", {"x"}, "y", {alpha, beta}).load(), x, 0)[0] ==
          doctest::Approx((std::clamp)(0.25F * x + 0.4F, 0.0F, 1.0F)).epsilon(1e-6));
    CHECK(at(Graphs{}.node("Relu", {"x"}, "a").node("Sub", {"x", "a"}, "y").load(), x, 0)[0] == (std::min)(x, 0.0F));
  }
  CHECK(layers_of(clip({0}, {6}).load()) == "relu6");
  CHECK(clip({1}, {1}).refused() == "memory: node y: Clip: expected a lower bound below the upper one, got 1 and 1");
  CHECK(Graphs{}.constant("c", {2}, {1, 2}).node("Max", {"x", "c"}, "y").refused() ==
        "memory: node y: Max: expected one number as a bound, got 2");
}

TEST_CASE("parts of a layer that are something else are refused") {
  const std::vector<Index> last{-1, 4, 4, 2};
  const OnnxAttribute channels{.name = "axes", .type = OnnxAttribute::Type::wholes, .wholes = {1}};
  Graphs mean;
  mean.node("ReduceMean", {"x"}, "m", {channels});
  CHECK(Graphs{mean}.node("Relu", {"m"}, "y").refused().find("a part of a function: mean") != std::string::npos);
  CHECK(Graphs{mean}.node("Identity", {"m"}, "y").refused().find("a part of a function: mean") != std::string::npos);
  mean.node("Sub", {"x", "m"}, "c").node("Mul", {"c", "c"}, "s").node("ReduceMean", {"s"}, "v", {channels});
  mean.constant("e", {}, {1e-3F}).node("Add", {"v", "e"}, "w").node("Sqrt", {"w"}, "d");
  Graphs normal{mean};
  CHECK(layers_of(normal.node("Div", {"c", "d"}, "y").load()) == "layer_norm");
  CHECK(Graphs{mean}.node("Div", {"s", "d"}, "y").refused().find("expected") != std::string::npos);
  CHECK(Graphs{mean}.node("Mul", {"c", "d"}, "y").refused().find("expected") != std::string::npos);

  const OnnxAttribute axis{.name = "axes", .type = OnnxAttribute::Type::wholes, .wholes = {3}};
  Graphs repeat;
  repeat.node("Unsqueeze", {"x"}, "u", {axis});
  repeat.constant("three", {5}, {1, 1, 1, 3, 1}).constant("shape", {4}, {0, 2, 12, 4}).constant("flat", {2}, {0, 96});
  repeat.constant("all", {5}, {1, 2, 1, 3, 1});
  CHECK(layers_of(Graphs{repeat}.node("Tile", {"u", "three"}, "t").node("Reshape", {"t", "shape"}, "y").load()) ==
        "up_sampling2d");
  CHECK(Graphs{repeat}.node("Tile", {"u", "three"}, "t").node("Reshape", {"t", "flat"}, "y").refused() ==
        "memory: node y: Reshape: expected the repeated axis as one with the one before it, got [0, 96]");
  CHECK(Graphs{repeat}.node("Tile", {"u", "all"}, "t").node("Reshape", {"t", "shape"}, "y").refused() ==
        "memory: node t: Tile: expected repetitions of the inserted axis alone, got [1, 2, 1, 3, 1]");
  CHECK(Graphs{}.node("Relu", {"x"}, "a").node("Mul", {"x", "a"}, "y").refused() ==
        "memory: node y: Mul: expected a product with a constant, or one that is SiLU, HardSwish, Mish or GELU, got "
        "another of two computed values, for which fkd has no layer");
}

TEST_CASE("Dropout in training draws random numbers: refused") {
  const auto dropout = [](float ratio, float training) {
    return Graphs{}
        .constant("r", {}, {ratio})
        .constant("t", {}, {training})
        .node("Relu", {"x"}, "a")
        .node("Dropout", {"a", "r", "t"}, "y");
  };
  CHECK(layers_of(dropout(0.5F, 0).load()) == "relu dropout");
  CHECK(layers_of(dropout(0, 1).load()) == "relu");
  CHECK(dropout(0.5F, 1).refused() == "memory: node y: Dropout: expected training_mode false, got true");
  CHECK(
      Graphs{}.node("Relu", {"x"}, "a").node("Dropout", {"a", "", "x"}, "y").refused().find("training_mode that is") !=
      std::string::npos);
}

TEST_CASE("extents without values: nothing is allocated beyond the file's size") {
  const Index huge = Index{1} << 50, side = Index{1} << 20;
  const std::vector<Index> row{1, huge}, image{1, 2, side, side};
  const auto with = [&](const std::vector<Index>& dims, const std::string& op) {
    Graphs its{dims};
    its.constant("c", {}, {2}).constant("flat", {2}, {0, -1});
    return op == "Reshape" ? its.node(op, {"x", "flat"}, "y") : its.node(op, {"x", "c"}, "y");
  };
  for (const char* op : {"Mul", "Add", "Max"}) {
    CAPTURE(op);
    CHECK(with(row, op).refused().find("expected values in proportion to the size of the file, got ") !=
          std::string::npos);
  }
  CHECK(Graphs{row}.node("Neg", {"x"}, "y").refused().find("in proportion") != std::string::npos);
  CHECK(Graphs{row}.node("HardSigmoid", {"x"}, "y").refused().find("in proportion") != std::string::npos);
  CHECK(Graphs{row}.node("Relu", {"x"}, "a").node("Sub", {"x", "a"}, "y").refused().find("in proportion") !=
        std::string::npos);
  CHECK(with(image, "Reshape").refused() ==
        "memory: node y: Reshape: expected values in proportion to the size of the file, got 2199023255552 more");
  CHECK(Graphs{}.node("Ein\nsum\x1b[31m", {"x"}, "y\t").refused() ==
        "memory: node y?: Ein?sum?[31m: expected an operator that fkd has a layer for, got Ein?sum?[31m");
  CHECK(Graphs{}.node(std::string(5000, 'a'), {"x"}, "y").refused().size() < 8100);
  CHECK(Graphs{}.constant("c", {}, {2}).node("Add", {"c"}, "y").refused() ==
        "memory: node y: Add: expected two inputs, got one");
  // Many constants, each of which may be made by itself.
  Graphs many;
  many.constant("s", {1}, {4000});
  for (int i = 0; i < 3000; ++i) many.node("ConstantOfShape", {"s"}, "c" + std::to_string(i));
  many.node("Relu", {"x"}, "y");
  CHECK(many.refused().find("in proportion to the size of the file") != std::string::npos);
}
