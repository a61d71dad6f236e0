// A model out of its file alone: every layer with every hyper-parameter, branches, networks built at run time; own
// layers; what is refused.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "../../examples/architectures.hpp"
#include <fkd/io/load_network.hpp>
#include <fkd/io/safetensors.hpp>
#include <fkd/net.hpp>

#include <support/architectures.hpp>
#include <support/compare.hpp>
#include <support/networks.hpp>
#include <support/temporary_folder.hpp>

using namespace fkd;
using namespace tests;

namespace {

template <class T>
std::vector<std::byte> bytes_of(const Model<T>& net) {
  std::vector<std::byte> bytes;
  io::save(bytes, net);
  return bytes;
}

/// The same file, the same layers, the same outputs, the same bits after a training step.
template <class T = float, class A>
void check_round_trip(const A& network, bool trains = true) {
  Model net{network, Seed{3}, scalar<T>};
  const std::vector<std::byte> bytes = bytes_of(net);
  Model<T> loaded = io::load_network<T>(bytes);
  CHECK(support::bit_difference(loaded.parameters(), net.parameters()) == "");
  const bool same_file = bytes_of(loaded) == bytes;
  CHECK(same_file);
  CHECK(summary(loaded) == summary(net));
  for (std::size_t i = 0; i < net.network().op_names.size(); ++i)
    CHECK(loaded.network().op_names[i] == net.network().op_names[i]);
  const Batch<T> x = support::random_batch<T>(net.input_shape(), 3, 7);
  const Batch<T> y = net.predict(x), got = loaded.predict(x);
  CHECK(support::bit_difference(std::span{got.data(), static_cast<std::size_t>(got.size())},
                                std::span{y.data(), static_cast<std::size_t>(y.size())}) == "");
  if (!trains) return;
  const Batch<T> target = support::random_batch<T>(net.output_shape(), 3, 8);
  TrainingState<T> a, b;
  train_step(net, x, target, a);
  train_step(loaded, x, target, b);
  CHECK(support::bit_difference(loaded.parameters(), net.parameters()) == "");
  io::load(bytes, loaded);  // its layer table is the same
}

std::string refused(const std::string& text) {
  return thrown([&] { io::RestoredNetwork{"f", text}; });
}

struct Scaled {
  double factor = 1;
  static constexpr std::string_view name = "scaled";
  static constexpr Shape output_shape(Shape in) { return in; }
  std::vector<HyperParameter> hyper_parameters() const { return {{"factor", factor}}; }
  template <class T>
  void forward(const Forward<T>& f) const {
    for (Index i = 0; i < f.in_shape.size(); ++i) f.out[i] = static_cast<T>(factor) * f.in[i];
  }
  template <class T>
  void backward(const Backward<T>& b) const {
    if (b.d_in)
      for (Index i = 0; i < b.in_shape.size(); ++i) b.d_in[i] = static_cast<T>(factor) * b.d_out[i];
  }
};

/// Two layers without labels, of which one has tensors.
struct Pair {
  static constexpr std::string_view name = "pair";
  template <class B>
  constexpr typename B::Value lower(B& builder, typename B::Value in) const {
    const typename B::Value in_each[] = {in};
    const typename B::Value first[] = {builder.add(Dense{.units = 3}, std::span<const typename B::Value>{in_each})};
    return builder.add(Tanh{}, std::span<const typename B::Value>{first});
  }
};

}  // namespace

TEST_CASE("networks of one chain, with branches, nested, as graphs and built at run time") {
  check_round_trip(support::model_4, false);
  check_round_trip(architectures::lenet5_mnist, false);
  check_round_trip(support::resnet);
  check_round_trip(support::inception);
  check_round_trip(architectures::densenet({.height = 8, .width = 8, .channels = 3}, 5, 4), false);
  check_round_trip(architectures::mobilenet_v2({.height = 16, .width = 16, .channels = 3}, 5, 0.25), false);
  constexpr auto unet = architectures::unet({.height = 16, .width = 16, .channels = 1}, 2, 4);
  check_round_trip<double>(unet);
  check_round_trip(support::as_graph(unet));
  check_round_trip(RuntimeSequential{support::resnet});
  const Input input{.features = 4};
  check_round_trip(Sequential{input, Residual{Residual{Dense{.units = 4}}}, Add{Sequential{}, Dense{.units = 4}},
                              Sequential{Dense{.units = 4}, Sequential{Tanh{}}}, Pair{}, Dense{.units = 2}});
  check_round_trip(Graph{input,
                         {{"4", Dense{.units = 4}, {"input"}},
                          {"a.b", Add{Dense{.units = 4}, Sequential{}}, {"4"}},
                          {"sum", Add{}, {"a.b", "4"}},
                          {"block", Sequential{Dense{.units = 2}, ReLU{}}, {"sum"}}},
                         "block"});
}

TEST_CASE("every hyper-parameter of every layer") {
  const Input image{.height = 9, .width = 8, .channels = 4};
  const auto check_layer = [&](const AnyLayer& layer) {
    INFO(layer.name);
    check_round_trip(RuntimeSequential{image, {layer, Flatten{}, Dense{.units = 2}}});
  };
  check_layer(Conv2D{.filters = 6,
                     .kernel = {3, 2},
                     .stride = {2, 1},
                     .padding = {.top = 1, .right = 2},
                     .dilation = {2, 3},
                     .groups = 2,
                     .initialiser = Initialiser::constant(0.1),
                     .use_bias = false});
  check_layer(Conv2D{.filters = 3,
                     .kernel = {2, 2},
                     .padding = Padding::same,
                     .initialiser = Initialiser::orthogonal(0.3),
                     .bias_initialiser = Initialiser::uniform(0.25)});
  check_layer(Conv2DTranspose{.filters = 2,
                              .kernel = {3, 2},
                              .stride = {2, 3},
                              .padding = Padding::sides(1, 0),
                              .output_padding = {1, 2},
                              .dilation = {1, 2},
                              .groups = 2,
                              .initialiser = Initialiser::truncated_normal(0.2),
                              .use_bias = false,
                              .bias_initialiser = Initialiser::ones});
  check_layer(BatchNorm{.momentum = 0.123456789012345, .epsilon = 1e-7, .center = false, .unbiased_variance = true});
  check_layer(BatchNorm{.scale = false});
  check_layer(LayerNorm{.epsilon = 3e-6, .center = false, .axes = LayerNorm::Axes::sample});
  check_layer(LayerNorm{.scale = false});
  check_layer(GroupNorm{.groups = 2, .epsilon = 1e-5, .center = false});
  check_layer(GroupNorm{.groups = 4, .scale = false});
  check_layer(PReLU{.num_parameters = 1, .initialiser = Initialiser::constant(-0.3)});
  check_layer(PReLU{.num_parameters = 288});
  check_layer(LeakyReLU{.negative_slope = 0.07});
  check_layer(ELU{.alpha = 0.7});
  check_layer(Softplus{.beta = 2.5});
  check_layer(GELU{.approximate = true});
  check_layer(GELU{});
  check_layer(Dropout{.rate = 0.3});
  check_layer(SpatialDropout2D{.rate = 0.4});
  check_layer(MaxPool2D{.window = {3, 2}, .stride = {1, 2}, .padding = {.bottom = 1}});
  check_layer(MaxPool2D{.window = {3, 3}, .padding = Padding::same});
  check_layer(
      AveragePool2D{.window = {2, 3}, .stride = {2, 1}, .padding = Padding::sides(1), .count_include_pad = true});
  check_layer(GlobalAveragePool2D{});
  check_layer(GlobalMaxPool2D{});
  check_layer(UpSampling2D{.size = {3, 1}, .interpolation = Interpolation::bilinear});
  check_layer(UpSampling2D{});
  check_layer(ZeroPadding2D{.padding = {1, 2, 3, 0}});
  check_layer(Reshape{.height = -1, .width = 6, .channels = 6});
  check_layer(Rescale{.mean = {0.1, 0.2, 0.3, 0.4}, .standard_deviation = 0.7});
  check_layer(ReLU{});
  check_layer(ReLU6{});
  check_layer(SELU{});
  check_layer(Sigmoid{});
  check_layer(Tanh{});
  check_layer(HardSigmoid{});
  check_layer(SiLU{});
  check_layer(HardSwish{});
  check_layer(Mish{});
  check_layer(Softmax{});
  check_layer(Add{Sequential{}, Conv2D{.filters = 4, .kernel = {1, 1}}});
  check_layer(Concat{ReLU{}, Conv2D{.filters = 4, .kernel = {1, 1}}});
}

TEST_CASE("what trained with a hyper-parameter of the file trains with it again: initialisers") {
  const Sequential network{
      Input{.features = 3},
      Dense{.units = 2, .initialiser = Initialiser::constant(0.125), .bias_initialiser = Initialiser::constant(-2)}};
  const Model net{network, Seed{1}};
  const io::TensorFile file = io::read_tensors(bytes_of(net));
  const Model fresh{io::RestoredNetwork{"f", file.metadata.at("architecture")}, Seed{9}};
  CHECK(support::bit_difference(fresh.parameters(), net.parameters()) == "");
}

TEST_CASE("a training state continues with the bits of an uninterrupted run") {
  const auto data = support::random_data<float>(support::resnet, 6);
  Model net{support::resnet, Seed{1}};
  TrainingState<float> state, loaded_state;
  fit(net, data, {.epochs = 2, .batch_size = 2}, state);
  std::vector<std::byte> bytes;
  io::save(bytes, net, state);
  Model<float> loaded = io::load_network(bytes, loaded_state);
  fit(net, data, {.epochs = 4, .batch_size = 2}, state);
  fit(loaded, data, {.epochs = 4, .batch_size = 2}, loaded_state);
  CHECK(support::bit_difference(loaded.parameters(), net.parameters()) == "");
  loaded = io::load_network(bytes);
  CHECK(support::bit_difference(loaded.parameters(), net.parameters()) != "");
}

TEST_CASE("layers of one's own: made known, or refused") {
  const Sequential network{Input{.features = 4}, Scaled{0.3}, Dense{.units = 2}};
  const Model net{network, Seed{1}};
  const std::vector<std::byte> bytes = bytes_of(net);
  CHECK(thrown([&] { io::load_network(bytes); }) ==
        "memory: architecture: layer 1: expected a layer of fkd or one that LayerRegistry::add made known, got scaled");
  io::LayerRegistry layers;
  layers.add("scaled", [](io::LayerOptions& o) -> AnyLayer { return Scaled{o.real("factor", 1)}; });
  const Model<float> loaded = io::load_network(bytes, layers);
  const Batch<float> x = support::random_batch<float>({1, 1, 4}, 1);
  CHECK(loaded.predict(x).data()[1] == net.predict(x).data()[1]);
  CHECK(bytes_of(loaded) == bytes);
  layers.add("scaled", [](io::LayerOptions&) -> AnyLayer { return ReLU{}; });
  CHECK(thrown([&] { io::load_network(bytes, layers); }) ==
        "memory: architecture: layer 1.scaled: expected only options that this version of the layer has, got factor");
}

TEST_CASE("architectures that are refused") {
  const auto with = [](const std::string& layers, const std::string& output = "1",
                       const std::string& input = "[1,1,4]") {
    return refused("{\"version\":1,\"input\":" + input + ",\"output\":" + output + ",\"layers\":" + layers + "}");
  };
  const std::string dense = R"({"label":1,"layer":"dense","reads":[0],"hyper_parameters":{"units":2}})";
  REQUIRE(with("[" + dense + "]") == "no exception");
  for (const char* text : {"", "[]", "7", "{", "{\"version\":1,\"version\":1}"})
    CHECK(refused(text) == "f: expected a JSON object, got something else");
  CHECK(refused("{\"version\":2}") == "f: expected version 1, got 2");
  CHECK(refused("{\"version\":-1}") == "f: expected a whole number under version, got -1");
  CHECK(refused("{\"version\":1}").starts_with("f: expected an entry input in each layer, got {"));
  CHECK(with("[" + dense + "]", "2") == "f: expected a value below 2 under output, got 2");
  CHECK(with("[" + dense + "]", "1", "[1,4]") == "f: expected three extents under input, got [1,4]");
  CHECK(with("[" + dense + "]", "1", "[0,1,4]").starts_with("f: Input: "));
  CHECK(with("[" + dense + "]", "1", "[2,1,4]").starts_with("f: 1.dense: Dense: expects a flat input"));
  CHECK(with("[" + dense + "]", "1", "[9223372036854775807,2,4]").starts_with("f: "));
  CHECK(with("7") == "f: expected a list under layers, got 7");
  CHECK(with("[7]") == "f: expected an object for each layer, got 7");
  CHECK(with("[{}]").starts_with("f: expected an entry of in each layer, got {}"));
  CHECK(with(R"([{"layer":"relu"}])") == R"(f: expected an entry reads in each layer, got {"layer":"relu"})");
  CHECK(with(R"([{"layer":"relu","reads":[]}])") == "f: expected a list of values under reads, got []");
  CHECK(with(R"([{"layer":"relu","reads":[1]}])") == "f: expected a value below 1 under reads, got 1");
  CHECK(with(R"([{"label":[],"layer":"relu","reads":[0]}])") == "f: expected a whole number under label, got []");
  CHECK(with(R"([{"label":3,"layer":"magic","reads":[0]}])") ==
        "f: layer 3: expected a layer of fkd or one that LayerRegistry::add made known, got magic");
  const auto options = [&](const std::string& text, const std::string& layer = "conv2d") {
    return with(R"([{"label":1,"layer":")" + layer + R"(","reads":[0],"hyper_parameters":)" + text + "}]");
  };
  const std::string conv = "f: layer 1.conv2d: expected ";
  CHECK(options(R"({"filters":"3"})") == conv + "a whole number under filters, got 3");
  CHECK(options(R"({"filters":2.5})") == conv + "a whole number under filters, got 2.5");
  CHECK(options(R"({"kernel":3})") == conv + "two whole numbers under kernel, got 3");
  CHECK(options(R"({"padding":"full"})") == conv + "valid, same or four whole numbers under padding, got full");
  CHECK(options(R"({"padding":[1,1]})") == conv + "valid, same or four whole numbers under padding, got 1, 1");
  CHECK(options(R"({"initialiser":"best"})") == conv + "an initialiser's name under initialiser, got best");
  CHECK(options(R"({"use_bias":"maybe"})") == conv + "true or false under use_bias, got maybe");
  CHECK(options(R"({"fringe":3})") == conv + "only options that this version of the layer has, got fringe");
  CHECK(options(R"({"filters":-3,"kernel":[1,1]})").starts_with("f: 1.conv2d: Conv2D: "));
  CHECK(options(R"({"filters":{}})") == "f: expected a text, a number or numbers under filters, got {}");
  CHECK(options(R"({"mean":[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17]})", "rescale").starts_with("f: layer 1"));
  CHECK(options(R"({"alpha":1e999})", "elu").starts_with("f: 1.elu: ELU: "));
  std::string nest;
  for (int i = 0; i < 1000; ++i) nest += "[{\"layers\":";
  CHECK(with(nest) == "f: expected a JSON object, got something else");
}

TEST_CASE("files that are refused before a model is made") {
  const Model net{support::resnet, Seed{1}};
  const io::TensorFile good = io::read_tensors(bytes_of(net));
  const auto with = [&](const auto& change) {
    io::TensorFile file = good;
    change(file);
    std::vector<std::byte> bytes;
    io::write_tensors(bytes, file);
    return thrown([&] { io::load_network(bytes); });
  };
  CHECK(with([](io::TensorFile&) {}) == "no exception");
  CHECK(with([](io::TensorFile& f) {
          f.metadata.erase("architecture");
        }).starts_with("memory: expected an architecture in the file, got none"));
  CHECK(with([](io::TensorFile& f) { f.tensors.pop_back(); }).find("got no tensor of that name") != std::string::npos);
  CHECK(with([](io::TensorFile& f) {
          f.tensors.push_back({"more", "F32", {}, std::vector<char>(4)});
        }).starts_with("memory: tensor more: expected only tensors of the model"));
  CHECK(with([](io::TensorFile& f) { f.metadata["format_version"] = "2"; }) ==
        "memory: expected format version 1, got 2");
  // A huge network in a small file: no memory is asked for.
  CHECK(with([](io::TensorFile& f) {
          f.metadata["architecture"] =
              R"({"version":1,"input":[1,1,1000000],"output":1,"layers":[{"label":1,"layer":"dense","reads":[0],)"
              R"("hyper_parameters":{"units":1000000000}}]})";
          f.tensors.clear();
        }) == "memory: tensor 1.dense.kernel: expected shape (1000000, 1000000000), got no tensor of that name");
  CHECK(thrown([&] {
          Model<double> wide{support::resnet, Seed{1}};
          io::load_network(bytes_of(wide));
        }).ends_with("expected type F32, got F64"));
  const Model<double> wide = io::load_network<double>(bytes_of(net));
  CHECK(wide.parameters()[3] == static_cast<double>(net.parameters()[3]));
}
