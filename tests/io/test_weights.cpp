// Weights from and to PyTorch and Keras: fixtures/ has files that these wrote, and what they computed.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <string>
#include <vector>

#include <fkd/io/keras.hpp>
#include <fkd/io/npz.hpp>
#include <fkd/io/pytorch.hpp>
#include <fkd/net.hpp>

#include <support/compare.hpp>
#include <support/networks.hpp>
#include <support/temporary_folder.hpp>

using namespace fkd;
using namespace tests;

namespace {

std::filesystem::path fixture(const std::string& name) {
  return std::filesystem::path{__FILE__}.parent_path() / "fixtures" / name;
}

/// The largest difference from y, in units of the largest |y|.
template <class T>
double error_of(const Model<T>& net, const std::string& name, bool channels_first) {
  const io::NpzArrays arrays = io::read_npz(fixture(name));
  const Batch<T> x = io::to_batch<T>(arrays.at("x"), channels_first);
  const io::NpyArray& expected = arrays.at("y");
  const Batch<T> y = io::to_batch<T>(expected, channels_first && expected.extents.size() == 4), got = net.predict(x);
  REQUIRE(got.size() == y.size());
  double error = 0, largest = 0;
  for (Index i = 0; i < y.size(); ++i) {
    const double difference = std::abs(static_cast<double>(got.data()[i]) - static_cast<double>(y.data()[i]));
    error = (std::max)(error, is_nan(difference) ? 1e9 : difference);
    largest = (std::max)(largest, std::abs(static_cast<double>(y.data()[i])));
  }
  REQUIRE(largest > 0.01);
  return error / largest;
}

/// What is not in a state_dict, in PyTorch's numbers.
constexpr BatchNorm norm{.momentum = 0.9, .epsilon = 1e-5, .unbiased_variance = true};

const Sequential plain{Input{.height = 8, .width = 13, .channels = 2},
                       Conv2D{.filters = 3, .kernel = {3, 2}, .padding = Padding::sides(1, 0)},
                       norm,
                       ReLU{},
                       MaxPool2D{.window = {2, 2}},
                       Dropout{.rate = 0.3},
                       Conv2D{.filters = 5, .kernel = {3, 3}},
                       ELU{},
                       AveragePool2D{.window = {1, 2}},
                       SpatialDropout2D{.rate = 0.2},
                       Flatten{},
                       norm,
                       Dropout{},
                       Dense{.units = 6},
                       PReLU{.num_parameters = 1},
                       Dense{.units = 3}};

/// The same without what has no tensors and does nothing in prediction: its layers have other numbers.
const Sequential renumbered{Input{.height = 8, .width = 13, .channels = 2},
                            Conv2D{.filters = 3, .kernel = {3, 2}, .padding = Padding::sides(1, 0)},
                            norm,
                            ReLU{},
                            MaxPool2D{.window = {2, 2}},
                            Conv2D{.filters = 5, .kernel = {3, 3}},
                            ELU{},
                            AveragePool2D{.window = {1, 2}},
                            Flatten{},
                            norm,
                            Dense{.units = 6},
                            PReLU{.num_parameters = 1},
                            Dense{.units = 3}};

const Sequential branches{
    Input{.height = 6, .width = 5, .channels = 2},
    Conv2D{.filters = 4, .kernel = {3, 3}, .padding = Padding::same},
    ReLU{},
    Residual{Sequential{Conv2D{.filters = 4, .kernel = {3, 3}, .padding = Padding::same, .use_bias = false}, norm,
                        ReLU{}, Conv2D{.filters = 4, .kernel = {1, 1}}}},
    Residual{Sequential{Conv2D{.filters = 6, .kernel = {3, 3}, .stride = {2, 2}, .padding = Padding::sides(1)}, ReLU{}},
             Conv2D{.filters = 6, .kernel = {1, 1}, .stride = {2, 2}}},
    GlobalAveragePool2D{},
    Flatten{},
    Dense{.units = 3}};

const Sequential kinds{
    Input{.height = 8, .width = 6, .channels = 3},
    Conv2D{.filters = 8, .kernel = {3, 2}, .stride = {2, 1}, .padding = Padding::sides(1, 0), .use_bias = false},
    GroupNorm{.groups = 2, .epsilon = 1e-5},
    Conv2D{.filters = 16, .kernel = {3, 3}, .padding = Padding::sides(1), .groups = 8},
    PReLU{},
    Conv2D{.filters = 6, .kernel = {3, 3}, .padding = Padding::sides(2), .dilation = {2, 2}, .groups = 2},
    LayerNorm{.epsilon = 1e-5, .axes = LayerNorm::Axes::sample},
    Conv2DTranspose{.filters = 4,
                    .kernel = {3, 3},
                    .stride = {2, 2},
                    .padding = Padding::sides(1),
                    .output_padding = {1, 1},
                    .groups = 2},
    Tanh{},
    Flatten{},
    Dense{.units = 12},
    ReLU{},
    Dense{.units = 24},
    ReLU{},
    Reshape{.height = 4, .width = 2, .channels = 3},
    Conv2DTranspose{.filters = 2, .kernel = {2, 3}}};

const std::vector<NameMapping> kinds_names{
    {"stem", "1.conv2d"},    {"norm", "2.group_norm"},      {"depthwise", "3.conv2d"},    {"act", "4.prelu"},
    {"grouped", "5.conv2d"}, {"layer", "6.layer_norm"},     {"up", "7.conv2d_transpose"}, {"head", "10.dense"},
    {"decode", "12.dense"},  {"out", "15.conv2d_transpose"}};

/// Whether `save_pytorch` writes the fixture's tensors: the same names, extents and bytes.
template <class T>
std::string difference_from_file(const Model<T>& net, const std::string& name, const io::PyTorchOptions& options = {}) {
  std::vector<std::byte> bytes;
  io::save_pytorch(bytes, net, options);
  const io::TensorFile saved = io::read_tensors(bytes), expected = io::read_tensors(fixture(name));
  if (saved.tensors.size() != expected.tensors.size()) return "other tensors";
  for (const io::FileTensor& tensor : expected.tensors) {
    const auto found = std::find_if(saved.tensors.begin(), saved.tensors.end(),
                                    [&](const io::FileTensor& its) { return its.name == tensor.name; });
    if (found == saved.tensors.end()) return "no " + tensor.name;
    if (found->type != tensor.type || found->extents != tensor.extents || found->bytes != tensor.bytes)
      return tensor.name + " differs";
  }
  return "";
}

template <class A>
std::string loading(const A& network, const io::TensorFile& file, const io::PyTorchOptions& options = {}) {
  Model net{network, Seed{1}};
  const Model before = net;
  std::vector<std::byte> bytes;
  io::write_tensors(bytes, file);
  const std::string said = thrown([&] { io::load_pytorch(bytes, net, options); });
  CHECK((support::bit_difference(net.parameters(), before.parameters()) == "") == (said != "no exception"));
  return said;
}

}  // namespace

TEST_CASE("PyTorch: a chain by its numbers, which a file does not have in their order; there and back") {
  Model net{plain, Seed{1}};
  const TransferReport report = io::load_pytorch(fixture("pytorch_plain.safetensors"), net);
  CHECK(report.taken.size() == net.layout().tensors().size());
  CHECK(report.left_over == std::vector<std::string>{"1.num_batches_tracked", "10.num_batches_tracked"});
  CHECK(error_of(net, "pytorch_plain.npz", true) < 1e-6);
  CHECK(difference_from_file(net, "pytorch_plain.safetensors") == "");

  Model other{renumbered, Seed{2}};
  io::load_pytorch(fixture("pytorch_plain.safetensors"), other);
  CHECK(error_of(other, "pytorch_plain.npz", true) < 1e-6);

  Model<double> wide{plain, Seed{3}};
  io::load_pytorch(fixture("pytorch_plain.safetensors"), wide);
  CHECK(error_of(wide, "pytorch_plain.npz", true) < 1e-6);

  Model half{plain, Seed{4}};  // BF16
  io::load_pytorch(fixture("pytorch_half.safetensors"), half);
  CHECK(error_of(half, "pytorch_half.npz", true) < 1e-6);
  CHECK(difference_from_file(half, "pytorch_half.safetensors", {.stored = io::Stored::bf16}) == "");
}

TEST_CASE("PyTorch: branches by names, in and out") {
  Model net{branches, Seed{1}};
  io::load_pytorch(fixture("pytorch_branches.safetensors"), net);
  CHECK(error_of(net, "pytorch_branches.npz", true) < 1e-6);
  CHECK(difference_from_file(net, "pytorch_branches.safetensors") == "");
}

TEST_CASE("PyTorch: every kind of kernel, a flattened and an unflattened image, by a map") {
  Model net{kinds, Seed{1}};
  io::load_pytorch(fixture("pytorch_kinds.safetensors"), net, {.names = kinds_names});
  CHECK(error_of(net, "pytorch_kinds.npz", true) < 2e-6);
  std::vector<NameMapping> out;
  for (const NameMapping& its : kinds_names) out.push_back({its.to, its.from});
  CHECK(difference_from_file(net, "pytorch_kinds.safetensors", {.names = out}) == "");

  const std::string said = thrown([&] { io::load_pytorch(fixture("pytorch_kinds.safetensors"), net); });
  CHECK(said.find("expected a tensor weight for 1.conv2d.kernel under 0 or 1.conv2d, got act.weight, ") !=
        std::string::npos);
  CHECK(said.find("the order of numbers, which needs the same words in all names, got act and decode") !=
        std::string::npos);
}

TEST_CASE("PyTorch: what does not fit is refused, and nothing is changed") {
  const io::TensorFile good = io::read_tensors(fixture("pytorch_plain.safetensors"));
  const auto with = [&](const std::string& name, const auto& change) {
    io::TensorFile file = good;
    change(*std::find_if(file.tensors.begin(), file.tensors.end(),
                         [&](const io::FileTensor& t) { return t.name == name; }));
    return loading(plain, file);
  };
  CHECK(with("0.weight", [](io::FileTensor&) {}) == "no exception");
  CHECK(with("0.weight",
             [](io::FileTensor& t) {
               t.extents = {3, 2, 2, 3};
             }) ==
        "memory: tensor 0.weight: expected shape (3, 2, 3, 2) for 1.conv2d.kernel (3, 2, 2, 3), got (3, 2, 2, 3) "
        "(matched by name)");
  CHECK(with("12.weight",
             [](io::FileTensor& t) {
               t.extents = {20, 6};
             }) ==
        "memory: tensor 12.weight: expected shape (6, 20) for 13.dense.kernel (20, 6), got (20, 6) (matched by name)");
  CHECK(with("14.bias", [](io::FileTensor& t) { t.type = "I32"; }) ==
        "memory: tensor 14.bias: expected type F32, F64, F16 or BF16 for 15.dense.bias (3), got I32");
  CHECK(with("14.bias", [](io::FileTensor& t) { t.name = "14.more"; })
            .find("expected a tensor bias for 15.dense.bias under "
                  "14 or 15.dense, got ") != std::string::npos);
  io::TensorFile more = good;
  more.tensors.push_back({"16.weight", "F32", {1}, std::vector<char>(4)});
  CHECK(loading(plain, more) ==
        "memory: tensor 16.weight: expected only tensors of the model, which has none for it (matched by name)");
  CHECK(loading(renumbered, more).find("which needs as many modules as layers with tensors, 7, got 8") !=
        std::string::npos);
  CHECK(loading(plain, {}).find("got no tensors") != std::string::npos);

  // The order of flat values cannot be told.
  const auto refused = [](const auto& network) {
    const Model net{network, Seed{1}};
    std::vector<std::byte> bytes;
    return thrown([&] { io::save_pytorch(bytes, net); });
  };
  const Input image{.height = 2, .width = 3, .channels = 4};
  CHECK(refused(Sequential{image, Reshape{.height = 2, .width = 2, .channels = 6}, Flatten{}, Dense{.units = 2}}) ==
        "save_pytorch: 1.reshape: expected a Reshape that keeps the channels, or from or to flat values: PyTorch has "
        "channels first, and the order "
        "of these values cannot be told");
  CHECK(refused(Sequential{image, Flatten{}, GroupNorm{.groups = 2}, Dense{.units = 2}})
            .starts_with("save_pytorch: 2.group_norm: expected a GroupNorm of one group behind a Flatten"));
  CHECK(refused(Sequential{image, Flatten{}, Conv2D{.filters = 2, .kernel = {1, 1}}})
            .starts_with("save_pytorch: 2.conv2d: expected a dense layer behind a Flatten"));
  CHECK(refused(Sequential{image, Flatten{}, Reshape{.height = 2, .width = 2, .channels = 6}, Flatten{}})
            .starts_with("save_pytorch: 2.reshape: "));
  CHECK(refused(Sequential{image, PReLU{.num_parameters = 24}})
            .starts_with("save_pytorch: 1.prelu: expected a PReLU with one parameter or one for each channel"));
  CHECK(refused(Sequential{image, Flatten{}, Reshape{.height = 3, .width = 2, .channels = 4}, Flatten{},
                           GroupNorm{.groups = 1}, Dense{.units = 2}}) == "no exception");
}

TEST_CASE("Keras: get_weights() of every layer with weights, and set_weights") {
  const Sequential network{Input{.height = 8, .width = 7, .channels = 2},
                           Conv2D{.filters = 4, .kernel = {3, 2}, .stride = {2, 1}, .padding = Padding::same},
                           BatchNorm{},
                           ReLU{},
                           Conv2D{.filters = 8, .kernel = {3, 3}, .groups = 4},
                           PReLU{},
                           Conv2D{.filters = 6, .kernel = {1, 1}, .groups = 2, .use_bias = false},
                           LayerNorm{},
                           MaxPool2D{.window = {2, 2}},
                           Conv2DTranspose{.filters = 3, .kernel = {2, 3}, .stride = {2, 2}},
                           GroupNorm{.groups = 3},
                           Flatten{},
                           Dropout{.rate = 0.2},
                           Dense{.units = 5},
                           PReLU{},
                           Dense{.units = 3}};
  Model net{network, Seed{1}};
  CHECK(io::load_keras(fixture("keras_layers.npz"), net).taken.size() == 21);
  CHECK(error_of(net, "keras_layers_xy.npz", false) < 2e-6);
  std::vector<std::byte> bytes;
  io::save_keras(bytes, net);
  const io::NpzArrays saved = io::read_npz(bytes), expected = io::read_npz(fixture("keras_layers.npz"));
  REQUIRE(saved.size() == expected.size());
  for (const auto& [name, array] : expected) {
    CHECK(saved.at(name).extents == array.extents);
    CHECK(saved.at(name).bytes == array.bytes);
  }
}

TEST_CASE("Keras: numbers of arrays and of layers are numbers, from get_weights and from .weights.h5") {
  std::vector<AnyLayer> layers;
  for (int i = 0; i < 11; ++i) layers.push_back(Conv2D{.filters = 2, .kernel = {1, 1}});
  layers.push_back(Flatten{});
  layers.push_back(Dense{.units = 2});
  const RuntimeSequential network{Input{.height = 5, .width = 4, .channels = 1}, layers};
  for (const char* file : {"keras_many.npz", "keras_many_h5.npz"}) {
    Model net{network, Seed{1}};
    io::load_keras(fixture(file), net);
    CHECK(error_of(net, "keras_many_xy.npz", false) < 1e-6);
  }
  // Other names, and another order.
  io::NpzArrays arrays = io::read_npz(fixture("keras_many_h5.npz"));
  for (const char* number : {"0", "1"}) {
    arrays["head/" + std::string{number}] = arrays.at("dense/" + std::string{number});
    arrays.erase("dense/" + std::string{number});
  }
  std::vector<std::byte> bytes;
  io::write_npz(bytes, arrays, {.deflate = true});
  Model net{network, Seed{1}};
  CHECK(thrown([&] { io::load_keras(bytes, net); }) ==
        "memory: array dense/0: expected shape (40, 2) for 13.dense.kernel, got no array of that name; there are "
        "conv2d/0, conv2d/1, conv2d_1/0, conv2d_1/1, conv2d_10/0, conv2d_10/1, ...");
  io::load_keras(bytes, net, {.names = {{"head", "13.dense"}}});
  CHECK(error_of(net, "keras_many_xy.npz", false) < 1e-6);

  const Sequential two{Input{.features = 2}, Dense{.units = 3}, Dense{.units = 2}};
  Model a{two, Seed{1}}, b{two, Seed{2}};
  const io::KerasOptions reversed{.layers = {"2.dense", "1.dense"}};
  io::save_keras(bytes, a, reversed);
  CHECK(thrown([&] { io::load_keras(bytes, b); }) ==
        "memory: array arr_0: expected shape (2, 3) for 1.dense.kernel, got (3, 2)");
  io::load_keras(bytes, b, reversed);
  CHECK(support::bit_difference(a.parameters(), b.parameters()) == "");
  CHECK(thrown([&] {
          io::load_keras(bytes, b, {.layers = {"2.dense", "3.dense"}});
        }) == "KerasOptions: layers: expected names of layers with tensors, got 3.dense");
  CHECK(thrown([&] {
          io::load_keras(bytes, b, {.layers = {"2.dense"}});
        }).starts_with("KerasOptions: layers: expected each layer with tensors once, 4 tensors in all, got 2"));
  const Model grouped{Sequential{Input{.height = 2, .width = 2, .channels = 2},
                                 Conv2DTranspose{.filters = 2, .kernel = {1, 1}, .groups = 2}},
                      Seed{1}};
  CHECK(thrown([&] { io::save_keras(bytes, grouped); }) ==
        "save_keras: 1.conv2d_transpose: expected a transposed convolution without groups, as Keras has them, got 2 "
        "groups");
}
