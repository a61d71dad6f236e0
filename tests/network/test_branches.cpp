/// Residual, Add and Concat as layers made of layers: constexpr values, shapes and names, what they refuse, and that
/// they are what a graph of the same layers is.
#include <doctest/doctest.h>

#include <string>
#include <type_traits>
#include <vector>

#include <fkd/net.hpp>
#include <fkd/testing.hpp>

#include <support/compare.hpp>
#include <support/networks.hpp>
#include <support/row.hpp>

namespace {

using fkd::Add, fkd::Concat, fkd::Conv2D, fkd::Graph, fkd::Index, fkd::Input, fkd::Model, fkd::ReLU, fkd::Residual,
    fkd::Sequential, fkd::Shape;

constexpr Input image{.height = 5, .width = 4, .channels = 3};
constexpr Conv2D conv{.filters = 3, .kernel = {3, 3}, .padding = fkd::Padding::same};
constexpr Conv2D wide{.filters = 5, .kernel = {1, 1}};

// Types are deduced, and a layer of one branch of its own kind is not a copy of it.
static_assert(std::is_same_v<decltype(Add{}), Add<>>);
static_assert(std::is_same_v<decltype(Add{conv, ReLU{}}), Add<Conv2D, ReLU>>);
static_assert(std::is_same_v<decltype(Add{Add{conv, conv}}), Add<Add<Conv2D, Conv2D>>>);
static_assert(std::is_same_v<decltype(Concat{Concat{conv}}), Concat<Concat<Conv2D>>>);
static_assert(std::is_same_v<decltype(Concat{Concat{conv}, conv}), Concat<Concat<Conv2D>, Conv2D>>);
static_assert(std::is_same_v<decltype(Concat{Sequential{}, conv}), Concat<Sequential<>, Conv2D>>);
static_assert(std::is_same_v<decltype(Residual{Residual{conv}}), Residual<Residual<Conv2D>>>);
static_assert(std::is_same_v<decltype(Residual{conv, wide}), Residual<Conv2D, Conv2D>>);

// Shapes are inferred and checked by the compiler.
constexpr Sequential network{image,
                             Residual{Sequential{conv, ReLU{}, conv}},
                             ReLU{},
                             Concat{Sequential{}, wide, Sequential{conv, ReLU{}}},
                             Residual{wide, Conv2D{.filters = 5, .kernel = {1, 1}}},
                             Add{conv, Sequential{wide, conv}, conv},
                             fkd::Flatten{},
                             fkd::Dense{.units = 2}};
static_assert(network.output_shape(network.input) == Shape{1, 1, 2});
static_assert(fkd::output_shape_of(Concat{Sequential{}, wide}, {5, 4, 3}) == Shape{5, 4, 8});
static_assert(fkd::output_shape_of(Add{conv}, {5, 4, 3}) == Shape{5, 4, 3});

TEST_CASE("names: branches are counted, main and shortcut are called so") {
  const Model net{network};
  std::vector<std::string> names;
  for (const fkd::ParameterTensor& tensor : net.layout().tensors())
    if (tensor.name.ends_with("bias")) names.push_back(tensor.name);
  CHECK(names == std::vector<std::string>{"1.residual.main.1.conv2d.bias", "1.residual.main.3.conv2d.bias",
                                          "3.concat.2.conv2d.bias", "3.concat.3.sequential.1.conv2d.bias",
                                          "4.residual.main.conv2d.bias", "4.residual.shortcut.conv2d.bias",
                                          "5.add.1.conv2d.bias", "5.add.2.sequential.1.conv2d.bias",
                                          "5.add.2.sequential.2.conv2d.bias", "5.add.3.conv2d.bias", "7.dense.bias"});
  CHECK(net.network().op_names[3] == "1.residual.sum.add");
  CHECK(net.network().op_names[8] == "3.concat");
  CHECK(net.network().op_names[16] == "5.add");
  CHECK(net.layers()[4].flops == 5 * 4 * 2 * (9 * 5 * 3 + 5 * 5 + 9 * 5 * 3 + 9 * 5 * 3));
}

/// The same as a graph, node by node.
const Graph graph{image,
                  {{"a", conv, {"input"}},
                   {"b", ReLU{}, {"a"}},
                   {"c", conv, {"b"}},
                   {"d", Add{}, {"c", "input"}},
                   {"e", ReLU{}, {"d"}},
                   {"f", wide, {"e"}},
                   {"g", conv, {"e"}},
                   {"h", ReLU{}, {"g"}},
                   {"i", Concat{}, {"e", "f", "h"}},
                   {"j", wide, {"i"}},
                   {"k", wide, {"i"}},
                   {"l", Add{}, {"j", "k"}},
                   {"m", conv, {"l"}},
                   {"n", wide, {"l"}},
                   {"o", conv, {"n"}},
                   {"p", conv, {"l"}},
                   {"q", Add{}, {"m", "o", "p"}},
                   {"r", fkd::Flatten{}, {"q"}},
                   {"s", fkd::Dense{.units = 2}, {"r"}}},
                  "s"};

TEST_CASE("branches have the bits of the graph that is written out, trained with any number of threads") {
  std::vector<float> theta;
  for (const int threads : {1, 2, 3, 8}) {
    fkd::set_threads(threads);
    Model a{network, fkd::Seed{1}}, b{graph, fkd::Seed{1}};
    const fkd::FitOptions options{.epochs = 2, .batch_size = 5, .optimizer = fkd::Adam{.learning_rate = 0.01}};
    fkd::fit(a, support::random_data<float>(network, 12), options);
    fkd::fit(b, support::random_data<float>(network, 12), options);
    CHECK(support::bit_difference(a.parameters(), b.parameters()) == "");
    if (theta.empty()) theta.assign(a.parameters().begin(), a.parameters().end());
    CHECK(support::bit_difference<float>(theta, a.parameters()) == "");
  }
  fkd::set_threads(0);
}

TEST_CASE("gradients in double, of a static network and of the same at run time") {
  const auto check = [](const Model<double>& net) {
    const fkd::CheckResult result = fkd::check_gradients(net, support::random_batch<double>(net.input_shape(), 3, 3),
                                                         support::random_batch<double>(net.output_shape(), 3, 4),
                                                         fkd::MeanSquaredError{}, {.values = 25});
    CHECK_MESSAGE(result, result.text());
  };
  check(Model<double>{network, fkd::Seed{4}, fkd::scalar<double>});
  check(Model<double>{fkd::RuntimeSequential{network}, fkd::Seed{4}, fkd::scalar<double>});
  check(Model<double>{Sequential{image, Add{Sequential{}, Sequential{}, ReLU{}}}, fkd::Seed{4}, fkd::scalar<double>});
}

TEST_CASE("branches under the contract") {
  const auto check = [](const fkd::CheckResult& result) { CHECK_MESSAGE(result, result.text()); };
  check(fkd::check_layer(Add{fkd::AnyLayer{conv}, fkd::AnyLayer{Sequential{}}}, {4, 3, 3}));
  check(fkd::check_layer(Concat{fkd::AnyLayer{conv}, fkd::AnyLayer{Sequential{}}}, {4, 3, 3}));
}

std::string said(const fkd::AnyLayer& layer) {
  try {
    (void)layer.output_shape(image.shape());
  } catch (const fkd::ShapeError& error) {
    return error.what();
  }
  return "";
}

TEST_CASE("what branches refuse") {
  CHECK(
      said(Add{conv, conv, wide})
          .ends_with(
              "Add: shapes differ: expected (5, 4, 3) of every branch, as branch 1 has it, got (5, 4, 5) of branch 3"));
  CHECK(said(Concat{Sequential{}, fkd::MaxPool2D{.window = {2, 2}}})
            .ends_with("Concat: extents differ: expected a height and width of (5, 4) of every branch, as branch 1 has "
                       "them, got (2, 2, 3) of branch 2"));
  CHECK(said(Residual{wide})
            .ends_with("Residual: shapes differ: expected main to end in (5, 4, 3), as the shortcut does, got (5, 4, "
                       "5); without a "
                       "shortcut that is the input's own shape"));
  CHECK(said(Residual{conv, wide})
            .ends_with(
                "Residual: shapes differ: expected main to end in (5, 4, 5), as the shortcut does, got (5, 4, 3)"));
}

}  // namespace
