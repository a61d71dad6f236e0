// Networks from and to ONNX: files of others, files of fkd there and back, damaged files, what is refused.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "../../examples/architectures.hpp"
#include <fkd/io/load_network.hpp>
#include <fkd/io/npz.hpp>
#include <fkd/io/onnx.hpp>
#include <fkd/io/onnx_parse.hpp>
#include <fkd/io/onnx_proto.hpp>
#include <fkd/io/safetensors.hpp>
#include <fkd/net.hpp>

#include <support/architectures.hpp>
#include <support/compare.hpp>
#include <support/networks.hpp>
#include <support/temporary_folder.hpp>

using namespace fkd;
using namespace tests;

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

/// Images with channels first; of three extents, one row high.
Batch<float> channels_first(io::NpyArray array) {
  if (array.extents.size() == 3) array.extents.insert(array.extents.begin() + 2, 1);
  return io::to_batch<float>(array, array.extents.size() == 4);
}

/// Values that are no initialiser's zeros and ones.
template <class A>
Model<float> filled(const A& network) {
  Model<float> net{network, Seed{3}};
  for (std::size_t i = 0; i < net.layout().tensors().size(); ++i) {
    const TensorSpec& spec = net.layout().tensors()[i].spec;
    if (spec.name == "kernel") continue;
    const bool ones = spec.name == "gamma" || spec.name == "moving_variance" || spec.name == "standard_deviation";
    Index k = 0;
    for (float& value : net.tensor(static_cast<Index>(i)))
      value =
          (ones ? 1.0f : 0.0f) + 0.3f * static_cast<float>((k++ * 7919 + static_cast<Index>(i) * 31) % 101 - 50) / 50;
  }
  return net;
}

/// fkd's file is read again: it computes the same, trains, and is saved.
template <class A>
void check_there_and_back(const A& network) {
  const Model<float> net = filled(network);
  const Batch<float> x = support::random_batch<float>(net.input_shape(), 2, 5), y = net.predict(x);
  for (const bool last : {false, true}) {
    std::vector<std::byte> file;
    io::save_onnx(file, net, {.channels_last = last});
    Model<float> back = io::load_onnx(file);
    CHECK(back.input_shape() == net.input_shape());
    CHECK(back.output_shape() == net.output_shape());
    CHECK(error_of(back.predict(x), y) < 2e-6);
    std::vector<std::byte> saved;
    io::save(saved, back);
    const Model<float> again = io::load_network(saved);
    CHECK(error_of(again.predict(x), back.predict(x)) == 0);
    TrainingState<float> state;
    const double before = train_step(back, x, y, state).mean();
    CHECK(is_finite(before));
  }
}

void check_layer(const AnyLayer& layer, const Input& in = {.height = 9, .width = 8, .channels = 4}) {
  INFO(layer.name);
  check_there_and_back(
      RuntimeSequential{in, {Conv2D{.filters = 4, .kernel = {1, 1}}, layer, Flatten{}, Dense{.units = 3}}});
}
void check_flat(const AnyLayer& layer) {
  INFO(layer.name);
  check_there_and_back(RuntimeSequential{Input{.features = 6}, {Dense{.units = 6}, layer, Dense{.units = 3}}});
}

io::detail::OnnxTensor floats(const std::string& name, std::vector<Index> dims, const std::vector<float>& values) {
  io::detail::OnnxTensor its{.name = name, .type = io::detail::OnnxType::float32, .dims = std::move(dims)};
  const char* const bytes = reinterpret_cast<const char*>(values.data());
  its.raw.assign(bytes, bytes + values.size() * 4);
  return its;
}

/// A graph of one node over an image (N, 2, 4, 4), with constants as further inputs.
std::string with_node(const std::string& op, std::vector<io::detail::OnnxAttribute> attributes = {},
                      std::vector<io::detail::OnnxTensor> constants = {}, std::vector<Index> dims = {-1, 2, 4, 4}) {
  io::detail::OnnxModel model;
  model.inputs.push_back({"x", io::detail::OnnxType::float32, true, std::move(dims)});
  model.outputs.push_back({"y", io::detail::OnnxType::float32, false, {}});
  io::detail::OnnxNode node{
      .name = "its", .op = op, .inputs = {"x"}, .outputs = {"y"}, .attributes = std::move(attributes)};
  for (const io::detail::OnnxTensor& constant : constants) node.inputs.push_back(constant.name);
  model.initializers = std::move(constants);
  model.nodes.push_back(std::move(node));
  const std::string bytes = io::detail::write_onnx(model);
  return thrown([&] { io::load_onnx(std::as_bytes(std::span{bytes})); });
}
io::detail::OnnxAttribute wholes(const std::string& name, std::vector<Index> values) {
  return {.name = name, .type = io::detail::OnnxAttribute::Type::wholes, .wholes = std::move(values)};
}
io::detail::OnnxAttribute whole(const std::string& name, Index value) {
  return {.name = name, .type = io::detail::OnnxAttribute::Type::whole, .whole = value};
}
io::detail::OnnxAttribute text(const std::string& name, const std::string& value) {
  return {.name = name, .type = io::detail::OnnxAttribute::Type::text, .text = value};
}

struct Own {
  static constexpr std::string_view name = "own";
  static constexpr Shape output_shape(Shape in) { return in; }
  void forward(const Forward<float>&) const {}
  void backward(const Backward<float>&) const {}
};

}  // namespace

TEST_CASE("files that fkd did not write: node tests and converted models of onnx, exports of PyTorch") {
  const io::NpzArrays arrays = io::read_npz(fixture("onnx_cases.npz"));
  int cases = 0;
  for (const auto& [name, array] : arrays) {
    if (!name.ends_with(".onnx")) continue;
    const std::string base = name.substr(0, name.size() - 5);
    INFO(base);
    const Model<float> net = io::load_onnx(std::as_bytes(std::span{array.bytes}));
    const Batch<float> x = channels_first(arrays.at(base + ".x")), y = channels_first(arrays.at(base + ".y"));
    const bool four_digits = base == "node_test_averagepool_2d_ceil_last_window_starts_on_pad";  // of what is expected
    CHECK(error_of(net.predict(x), y) < (four_digits ? 2e-4 : 1e-5));
    ++cases;
  }
  CHECK(cases == 149);
}

TEST_CASE("values in another file, inside the model's folder alone") {
  const io::NpzArrays arrays = io::read_npz(fixture("onnx_external.npz"));
  const Model<float> net = io::load_onnx(fixture("onnx_external.onnx"));
  CHECK(error_of(net.predict(channels_first(arrays.at("x"))), channels_first(arrays.at("y"))) < 1e-5);

  const TemporaryFolder folder;
  const std::string file = get(fixture("onnx_external.onnx")), location = "onnx_external.onnx.data";
  const auto with_location = [&](const std::string& other) {
    std::string changed = file;
    REQUIRE(other.size() == location.size());
    for (std::size_t at = changed.find(location); at != changed.npos; at = changed.find(location, at + 1))
      changed.replace(at, location.size(), other);
    put(folder / "m.onnx", changed);
    return thrown([&] { io::load_onnx(folder / "m.onnx"); });
  };
  CHECK(with_location(location).find("cannot be read: expected external data of ") != std::string::npos);
  for (const char* other : {"/tmp/_external.onnx.data", "../x_external.onnx.data", "aaaaaaaaaa/../../b.data"})
    CHECK(with_location(std::string{other}.substr(0, location.size()))
              .find("expected external data in the model's folder, got ") != std::string::npos);
  std::filesystem::create_symlink("/etc/hostname", folder / location);
  CHECK(with_location(location).find("expected external data in the model's folder, got ") != std::string::npos);
  std::filesystem::remove(folder / location);
  put(folder / location, "too short");
  CHECK(with_location(location).find(" bytes from ") != std::string::npos);
  CHECK(thrown([&] {
          io::load_onnx(std::as_bytes(std::span{file}));
        }).find("expected values in the model, which is no file, got external data") != std::string::npos);
}

TEST_CASE("the architectures of the examples and of the report, there and back") {
  check_there_and_back(support::model_4);
  check_there_and_back(architectures::lenet5_mnist);
  check_there_and_back(architectures::resnet20({.height = 16, .width = 16, .channels = 3}, 5));
  check_there_and_back(architectures::unet({.height = 16, .width = 16, .channels = 1}, 2, 4));
  check_there_and_back(support::inception);
}

TEST_CASE("every layer, there and back, of images and of rows") {
  check_layer(Conv2D{.filters = 6,
                     .kernel = {3, 2},
                     .stride = {2, 1},
                     .padding = {.top = 1, .right = 2},
                     .dilation = {2, 3},
                     .groups = 2,
                     .use_bias = false});
  check_layer(Conv2D{.filters = 8, .kernel = {2, 3}, .stride = {2, 3}, .padding = Padding::same, .groups = 4});
  check_layer(Conv2DTranspose{.filters = 2,
                              .kernel = {3, 2},
                              .stride = {2, 3},
                              .padding = Padding::sides(1, 0),
                              .output_padding = {1, 2},
                              .dilation = {1, 2},
                              .groups = 2,
                              .use_bias = false});
  check_layer(Conv2DTranspose{.filters = 3, .kernel = {1, 4}, .stride = {2, 3}, .padding = Padding::same});
  for (const AnyLayer& layer : std::initializer_list<AnyLayer>{
           BatchNorm{.epsilon = 1e-4, .center = false},
           BatchNorm{.scale = false},
           LayerNorm{.epsilon = 3e-6},
           LayerNorm{.center = false, .axes = LayerNorm::Axes::sample},
           GroupNorm{.groups = 2},
           PReLU{},
           PReLU{.num_parameters = 1},
           PReLU{.num_parameters = 288},
           LeakyReLU{.negative_slope = 0.07},
           ELU{.alpha = 0.7},
           Softplus{},
           Softplus{.beta = 2.5},
           GELU{},
           GELU{.approximate = true},
           Dropout{},
           SpatialDropout2D{},
           MaxPool2D{.window = {3, 2}, .stride = {1, 2}, .padding = {.bottom = 1}},
           MaxPool2D{.window = {3, 3}, .padding = Padding::same},
           AveragePool2D{.window = {2, 3}, .stride = {2, 1}, .padding = Padding::sides(1), .count_include_pad = true},
           AveragePool2D{.window = {2, 2}, .padding = {.bottom = 1, .right = 1}},
           GlobalAveragePool2D{},
           GlobalMaxPool2D{},
           UpSampling2D{.size = {3, 2}},
           UpSampling2D{.size = {3, 2}, .interpolation = Interpolation::bilinear},
           ZeroPadding2D{.padding = {1, 2, 3, 0}},
           Reshape{.height = -1, .width = 6, .channels = 6},
           Reshape{.height = 4, .width = 72, .channels = 1},
           Rescale{.mean = {0.1, 0.2, 0.3, 0.4}, .standard_deviation = 0.7},
           ReLU{},
           ReLU6{},
           SELU{},
           Sigmoid{},
           Tanh{},
           HardSigmoid{},
           SiLU{},
           HardSwish{},
           Mish{},
           Softmax{},
           Add{Sequential{}, Conv2D{.filters = 4, .kernel = {1, 1}}, ReLU{}},
           Concat{ReLU{}, Conv2D{.filters = 3, .kernel = {1, 1}}}})
    check_layer(layer);
  for (const AnyLayer& layer : std::initializer_list<AnyLayer>{
           BatchNorm{}, LayerNorm{}, LayerNorm{.axes = LayerNorm::Axes::sample}, GroupNorm{.groups = 2}, PReLU{},
           Softmax{}, Rescale{.mean = 1}, Flatten{}, Conv2D{.filters = 5, .kernel = {1, 1}},
           Concat{ReLU{}, Conv2D{.filters = 3, .kernel = {1, 1}}}, Dense{.units = 4, .use_bias = false}})
    check_flat(layer);
}

TEST_CASE("what is written: opset, names, the batch of any size") {
  const Model<float> net =
      filled(Sequential{Input{.height = 6, .width = 5, .channels = 2}, Conv2D{.filters = 3, .kernel = {3, 2}}, ReLU{},
                        Flatten{}, Dense{.units = 4}});
  std::vector<std::byte> file;
  io::save_onnx(file, net);
  const io::detail::OnnxModel model =
      io::detail::parse_onnx("f", {reinterpret_cast<const char*>(file.data()), file.size()});
  CHECK(model.opset == 21);
  CHECK(model.ir_version == 10);
  CHECK(model.inputs.at(0).dims == std::vector<Index>{-1, 2, 6, 5});
  CHECK(model.outputs.at(0).dims == std::vector<Index>{-1, 4});
  std::string ops;
  for (const io::detail::OnnxNode& node : model.nodes) ops += node.op + " " + node.outputs.at(0) + ", ";
  CHECK(ops == "Conv 1.conv2d, Relu 2.relu, Transpose 3.flatten.channels_last, Flatten 3.flatten, Gemm output, ");
  CHECK(model.initializers.at(0).name == "1.conv2d.kernel");
  CHECK(model.initializers.at(0).dims == std::vector<Index>{3, 2, 3, 2});
  const Model<float> own{RuntimeSequential{Input{.features = 2}, {Own{}}}};
  CHECK(thrown([&] { io::save_onnx(file, own); }) ==
        "save_onnx: 1.own: expected a layer of fkd, which has operators in ONNX, got own");
}

TEST_CASE("what is not supported is named") {
  CHECK(with_node("Relu") == "no exception");
  CHECK(with_node("Einsum") == "memory: node its: Einsum: expected an operator that fkd has a layer for, got Einsum");
  CHECK(with_node("Relu", {}, {}, {-1, 2, 4, 4, 4}).starts_with("memory: input x: expected (N, C, H, W), "));
  CHECK(with_node("Relu", {}, {}, {-1, 2, -1, 4}).starts_with("memory: input x: expected (N, C, H, W), "));
  const io::detail::OnnxTensor weight = floats("w", {3, 2, 1, 1}, std::vector<float>(6));
  CHECK(with_node("Conv", {}, {weight}) == "no exception");
  CHECK(with_node("Conv", {wholes("pads", {-1, 0, 0, 0})}, {weight}) ==
        "memory: node its: Conv: expected four numbers of at least 0 under pads, got [-1, 0, 0, 0]");
  CHECK(with_node("Conv", {wholes("strides", {1})}, {weight}) ==
        "memory: node its: Conv: expected two numbers under strides, of an image's height and width, got [1]");
  CHECK(with_node("Conv", {wholes("strides", {0, 1})}, {weight}).starts_with("memory: node its: Conv: Conv2D: "));
  CHECK(with_node("Conv", {text("auto_pad", "HALF")}, {weight}).find("under auto_pad, got HALF") != std::string::npos);
  CHECK(with_node("Conv", {whole("group", 3)}, {weight}).find("a weight for 2 channels in 3 groups") !=
        std::string::npos);
  CHECK(with_node("Conv", {}, {floats("w", {3, 2, 1}, std::vector<float>(6))}) ==
        "memory: node its: Conv: expected a weight of four extents, got [3, 2, 1]");
  CHECK(with_node("Conv").find("expected a weight that is a constant, got none") != std::string::npos);
  CHECK(with_node("Conv", {}, {floats("w", {3, 2, 1, 1}, std::vector<float>(5))})
            .starts_with(
                "memory: initializer w: expected numbers of 8 to 64 bits, as many as its extents say, got 20 bytes"));
  CHECK(with_node("MaxPool", {wholes("kernel_shape", {2, 2}), wholes("dilations", {2, 2})}) ==
        "memory: node its: MaxPool: expected dilations of 1, got (2, 2)");
  CHECK(with_node("BatchNormalization", {whole("training_mode", 1)}).ends_with("expected training_mode 0, got 1"));
  CHECK(with_node("Softmax", {whole("axis", 3)}) ==
        "memory: node its: Softmax: expected the channels' axis, got axis 3");
  CHECK(with_node("Pad", {text("mode", "reflect")}).ends_with("expected mode constant, got reflect"));
  CHECK(with_node("Add", {}, {floats("c", {4}, {1, 2, 3, 4})})
            .ends_with("expected a constant of one value, or of one for each channel, got one of 4"));
  CHECK(with_node("Gemm", {}, {floats("w", {32, 2}, std::vector<float>(64))})
            .ends_with("expected a row, (N, n), got an image (4, 4, 2)"));
  CHECK(with_node("Flatten") ==
        "memory: output y: expected values in fkd's order, (H, W, C), got a flattened image in ONNX's, (C, H, W)");
  CHECK(with_node("Identity") == "memory: expected a graph that computes something, got one that hands on its input");
}

TEST_CASE("damaged files: a sentence, or another network") {
  std::vector<std::byte> saved;
  io::save_onnx(saved,
                filled(Sequential{Input{.height = 6, .width = 5, .channels = 2}, Conv2D{.filters = 3, .kernel = {3, 2}},
                                  BatchNorm{}, ReLU{}, Flatten{}, Dense{.units = 4}}));
  const std::string whole_file{reinterpret_cast<const char*>(saved.data()), saved.size()};
  for (const std::string& text : {std::string{}, std::string{"x"}, std::string(100, '\0'), std::string{"\x08\x0a", 2}})
    CHECK(thrown([&] { io::load_onnx(std::as_bytes(std::span{text})); }).starts_with("memory: is no ONNX file: "));
  const Random random{Seed{7}, Purpose::user, 0};
  int refused = 0, read = 0;
  for (std::uint64_t round = 0; round < 6000; ++round) {
    std::string bytes = whole_file;
    for (std::uint64_t k = 0; k <= round % 3; ++k)
      bytes[random.bits(round * 16 + k) % bytes.size()] = static_cast<char>(random.bits(round * 16 + k + 4) & 255);
    if (round % 4 == 0) bytes.resize(random.bits(round * 16 + 9) % bytes.size());
    if (round % 4 == 1)
      bytes.insert(random.bits(round * 16 + 9) % bytes.size(), std::string(1 + round % 9, static_cast<char>(round)));
    try {
      const Model<float> net = io::load_onnx(std::as_bytes(std::span{bytes}));
      ++read;
    } catch (const FileError& error) {
      REQUIRE(std::string_view{error.what()}.starts_with("memory: "));
      ++refused;
    }
  }
  CHECK(refused > 3000);
  CHECK(read > 300);
}
