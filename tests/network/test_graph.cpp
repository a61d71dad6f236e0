/// Networks in which several ops read one value: gradients by central differences, the bits of every arrangement and
/// number of threads, and what a graph refuses.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include <fkd/net.hpp>
#include <fkd/testing.hpp>

#include <support/compare.hpp>
#include <support/layers.hpp>
#include <support/networks.hpp>
#include <support/row.hpp>

namespace {

using fkd::Add, fkd::Concat, fkd::Residual;
using fkd::Graph, fkd::Index, fkd::Input, fkd::Node, fkd::Sequential, fkd::Shape;
using support::row;

constexpr Input image{.height = 5, .width = 4, .channels = 3};
constexpr fkd::Conv2D conv{.filters = 3, .kernel = {3, 3}, .padding = fkd::Padding::same};
constexpr fkd::Conv2D wide{.filters = 5, .kernel = {2, 3}, .padding = fkd::Padding::same};

/// A training pass forward and back, a prediction, and a prediction in which every value has memory of its own.
struct Passed {
  std::vector<float> y, d_x, gradient, theta, predicted, recorded;
  bool folded = false;  ///< in prediction a normalisation is a part of a product, and rounded in another order
};
template <class A>
Passed pass(const A& network, Index samples, int threads, bool fuse = true) {
  fkd::set_threads(threads);
  fkd::Model net{network, fkd::Seed{3}};
  const fkd::Batch<float> x = support::random_batch<float>(net.input_shape(), samples, 1),
                          d_y = support::random_batch<float>(net.output_shape(), samples, 2);
  fkd::Batch<float> y{net.output_shape(), samples}, d_x{net.input_shape(), samples}, recorded = y, predicted = y;
  fkd::Workspace<float> workspace;
  std::vector<float> gradient(net.trained().size());
  net.forward(x, y, workspace, {.training = true, .seed = fkd::Seed{5}}, {.d_in = true, .fuse = fuse});
  net.backward(x, y, d_y, gradient, d_x, workspace);
  net.forward(x, recorded, workspace, {}, {.record = true});
  net.forward(x, predicted, workspace, {}, {.fuse = fuse});
  fkd::set_threads(0);
  const auto all = [](const fkd::Batch<float>& b) { return std::vector<float>(b.data(), b.data() + b.size()); };
  return {all(y),
          all(d_x),
          gradient,
          {net.parameters().begin(), net.parameters().end()},
          all(predicted),
          all(recorded),
          fuse && &net.fused(false) != &net.fused(true)};
}

void check_predicted(const std::vector<float>& a, const std::vector<float>& b, bool folded) {
  if (!folded) {
    CHECK(support::bit_difference(a, b) == "");
    return;
  }
  const std::vector<double> expected(b.begin(), b.end());
  std::vector<double> magnitudes;
  for (const double value : expected) magnitudes.push_back(4 + std::abs(value));
  CHECK(support::difference<float>(a, expected, magnitudes) == "");
}

void check_same(const Passed& a, const Passed& b) {
  CHECK(support::bit_difference(a.y, b.y) == "");
  CHECK(support::bit_difference(a.d_x, b.d_x) == "");
  CHECK(support::bit_difference(a.gradient, b.gradient) == "");
  CHECK(support::bit_difference(a.theta, b.theta) == "");
  check_predicted(a.predicted, b.predicted, a.folded != b.folded);
}

/// Bits for every number of threads, fused and not; and gradients by central differences.
template <class A>
void check_network(const A& network) {
  for (const Index samples : {1, 3, 67}) {
    CAPTURE(samples);
    const Passed one = pass(network, samples, 1);
    for (const int threads : {2, 3, 8}) check_same(one, pass(network, samples, threads));
    check_same(one, pass(network, samples, 2, false));
    check_predicted(one.predicted, one.recorded, one.folded);
    float largest = 0;
    for (const float g : one.d_x) largest = std::max(largest, std::abs(g));
    CHECK(largest > 1e-3f);
  }
  const fkd::Model<double> net{network, fkd::Seed{4}, fkd::scalar<double>};
  const fkd::CheckResult result = fkd::check_gradients(net, support::random_batch<double>(net.input_shape(), 3, 3),
                                                       support::random_batch<double>(net.output_shape(), 3, 4),
                                                       fkd::MeanSquaredError{}, {.values = 25});
  CHECK_MESSAGE(result, result.text());
}

TEST_CASE("a residual: two readers of a value, in the same stage") {
  check_network(
      row(image, conv, Residual{row(conv, fkd::ReLU{}, conv)}, fkd::ReLU{}, fkd::Flatten{}, fkd::Dense{.units = 3}));
}

TEST_CASE("the network's input has two readers, and its output two sources") {
  check_network(row(image, Residual{conv}));
  check_network(row(image, Residual{row(conv, fkd::ReLU{}), row(conv, fkd::ReLU{}, conv)}));
}

TEST_CASE("an op that reads a value twice, and one that many ops read") {
  const fkd::AnyLayer a = conv;
  check_network(Graph{image, {{"a", a, {"input"}}, {"twice", Add{}, {"a", "a"}}, {"b", a, {"twice"}}}, "b"});
  check_network(Graph{image,
                      {{"a", a, {"input"}},
                       {"b", a, {"a"}},
                       {"c", a, {"a"}},
                       {"d", Add{}, {"a", "b", "c", "a"}},
                       {"e", Concat{}, {"d", "input", "b"}},
                       {"f", wide, {"e"}}},
                      "f"});
}

TEST_CASE("branches of different shapes, concatenated; pools in branches") {
  check_network(Graph{image,
                      {{"stem", conv, {"input"}},
                       {"relu", fkd::ReLU{}, {"stem"}},
                       {"left", wide, {"relu"}},
                       {"left_pool", fkd::MaxPool2D{.window = {2, 2}}, {"left"}},
                       {"right_pool", fkd::MaxPool2D{.window = {2, 2}}, {"relu"}},
                       {"both", Concat{}, {"left_pool", "right_pool"}},
                       {"flat", fkd::Flatten{}, {"both"}},
                       {"out", fkd::Dense{.units = 4}, {"flat"}}},
                      "out"});
}

TEST_CASE("a batch-wise op inside a branch: values and gradients cross stages, and another reader waits") {
  check_network(
      row(image, conv, Residual{row(conv, fkd::BatchNorm{}, fkd::ReLU{})}, fkd::Flatten{}, fkd::Dense{.units = 3}));
  check_network(row(image, conv, Residual{fkd::BatchNorm{}}, conv));
  // The batch-wise op is not the last reader: its gradient is added in a phase of its own.
  check_network(Graph{image,
                      {{"a", conv, {"input"}},
                       {"norm", fkd::BatchNorm{}, {"a"}},
                       {"double", support::Doubled{}, {"a"}},
                       {"sum", Add{}, {"norm", "double", "a"}},
                       {"out", conv, {"sum"}}},
                      "out"});
  check_network(row(Input{1, 1, 12}, Residual{row(fkd::Dense{.units = 12}, fkd::ReLU{}, fkd::Dense{.units = 12})},
                    Residual{fkd::Dense{.units = 12}}, fkd::Dense{.units = 2}));
}

TEST_CASE("views of a value that others read, too") {
  check_network(Graph{image,
                      {{"a", conv, {"input"}},
                       {"flat", fkd::Flatten{}, {"a"}},
                       {"again", fkd::Flatten{}, {"a"}},
                       {"dense", fkd::Dense{.units = 60}, {"flat"}},
                       {"sum", Add{}, {"dense", "again", "flat"}},
                       {"out", fkd::Dense{.units = 2}, {"sum"}}},
                      "out"});
  check_network(Graph{image,
                      {{"flat", fkd::Flatten{}, {"input"}},
                       {"sum", Add{}, {"flat", "flat"}},
                       {"dense", fkd::Dense{.units = 2}, {"sum"}},
                       {"out", fkd::Flatten{}, {"dense"}}},
                      "out"});
}

TEST_CASE("nested residuals, static and at run time, have the same bits") {
  const Sequential typed{image, conv, Residual{Residual{Sequential{conv, fkd::ReLU{}}}, Sequential{conv}},
                         fkd::Flatten{}, fkd::Dense{.units = 3}};
  const auto at_run_time = row(image, conv, Residual{fkd::AnyLayer{Residual{row(conv, fkd::ReLU{})}}, row(conv)},
                               fkd::Flatten{}, fkd::Dense{.units = 3});
  for (const Index samples : {1, 9}) check_same(pass(typed, samples, 2), pass(at_run_time, samples, 2));
  const fkd::Model net{typed};
  std::vector<std::string> names;
  for (const fkd::ParameterTensor& slot : net.layout().tensors()) names.push_back(slot.name);
  CHECK(names == std::vector<std::string>{"1.conv2d.kernel", "1.conv2d.bias", "2.residual.main.main.1.conv2d.kernel",
                                          "2.residual.main.main.1.conv2d.bias", "2.residual.shortcut.1.conv2d.kernel",
                                          "2.residual.shortcut.1.conv2d.bias", "4.dense.kernel", "4.dense.bias"});
  static_assert(std::is_same_v<decltype(Residual{Residual{conv}}), Residual<Residual<fkd::Conv2D>>>);
}

TEST_CASE("a graph computes what the chain of its nodes computes, in any order of the list") {
  const std::vector<Node> nodes{{"out", fkd::Dense{.units = 3}, {"flat"}},
                                {"relu", fkd::ReLU{}, {"first"}},
                                {"flat", fkd::Flatten{}, {"relu"}},
                                {"first", conv, {"input"}}};
  const Graph graph{image, nodes, "out"};
  CHECK(graph.output_shape(graph.input) == Shape{1, 1, 3});
  const Graph copy = graph;
  for (const Index samples : {1, 9}) {
    const Passed expected = pass(row(image, conv, fkd::ReLU{}, fkd::Flatten{}, fkd::Dense{.units = 3}), samples, 2);
    check_same(expected, pass(graph, samples, 2));
    check_same(expected, pass(copy, samples, 3));
  }
  const fkd::Model net{graph};
  CHECK(net.layout().tensors()[0].name == "first.conv2d.kernel");
  CHECK(net.layout().tensors()[3].name == "out.dense.bias");
  CHECK(fkd::layer_table(net)[2].name == "relu.relu");
}

TEST_CASE("thousands of nodes in the worst order of the list, and of those that could be run the first of it is") {
  std::vector<Node> nodes;
  for (int i = 0; i < 3000; ++i)
    nodes.push_back({std::to_string(i), fkd::ReLU{}, {i == 0 ? "input" : std::to_string(i - 1)}});
  std::reverse(nodes.begin(), nodes.end());
  const fkd::Model chain{Graph{image, nodes, "2999"}};  // 60 s where each step looks through the list
  CHECK(chain.layers()[1234].name == "1234.relu");
  const fkd::Model net{Graph{image,
                             {{"c", Add{}, {"b", "a", "d"}},
                              {"d", fkd::ReLU{}, {"input"}},
                              {"b", fkd::ReLU{}, {"a"}},
                              {"a", fkd::ReLU{}, {"input"}}},
                             "c"}};
  std::string order;
  for (const fkd::LayerInfo& layer : net.layers()) order += layer.name[0];
  CHECK(order == "dabc");
}

TEST_CASE("layers with several inputs, and layers made of layers, under the contract") {
  const auto check = [](const fkd::CheckResult& result) { CHECK_MESSAGE(result, result.text()); };
  check(fkd::check_layer(Add{}, std::vector<Shape>{{3, 2, 2}, {3, 2, 2}, {3, 2, 2}}));
  check(fkd::check_layer(Concat{}, std::vector<Shape>{{3, 2, 2}, {3, 2, 4}, {3, 2, 1}}));
  check(fkd::check_layer(Residual{row(conv, fkd::ReLU{})}, {4, 3, 3}));
  check(fkd::check_layer(Residual{Sequential{fkd::Dense{.units = 4}, fkd::BatchNorm{}}}, {1, 1, 4}));
}

/// Forgets the gradient of its second input, or gives it to the wrong one.
struct WrongSum {
  bool twice = false;
  static constexpr std::string_view name = "wrong_sum";
  constexpr Shape output_shape(std::span<const Shape> in) const { return in[0]; }
  template <class T>
  void forward(const fkd::Forward<T>& f) const {
    Add{}.forward(f);
  }
  template <class T>
  void backward(const fkd::Backward<T>& b) const {
    for (Index i = 0; i < b.out_shape.size(); ++i) {
      if (b.d_inputs[0]) b.d_inputs[0][i] = b.d_out[i];
      if (twice && b.d_inputs[1]) b.d_inputs[1][i] = 2 * b.d_out[i];
    }
  }
};

TEST_CASE("check_layer looks at every input") {
  const std::vector<Shape> in{{2, 2, 1}, {2, 2, 1}};
  CHECK(fkd::check_layer(WrongSum{}, in).text().find("d_inputs[1] depends on") != std::string::npos);
  CHECK(fkd::check_layer(WrongSum{.twice = true}, in).text().find("d_inputs[1][0]: gradient is wrong") !=
        std::string::npos);
}

template <class F>
std::string said(F f) {
  try {
    f();
  } catch (const fkd::Error& error) {
    return error.what();
  }
  return "";
}

TEST_CASE("what a graph refuses, word for word") {
  const auto graph = [](std::vector<Node> nodes, std::string_view output = "b") {
    return said([&] { (void)fkd::Model{Graph{image, nodes, output}}; });
  };
  CHECK(graph({{"a", conv, {"b"}}, {"b", conv, {"a"}}}) ==
        "Graph: has a cycle: expected nodes that read no node that reads them, got a, which waits for itself");
  CHECK(graph({{"b", conv, {"b"}}}) ==
        "Graph: has a cycle: expected nodes that read no node that reads them, got b, which waits for itself");
  CHECK(graph({{"b", conv, {"x"}}}) ==
        "Graph: node does not exist: expected the name of a node for b, got x; the nearest: b, input");
  CHECK(graph({{"b", conv, {"input"}}}, "c") ==
        "Graph: node does not exist: expected the name of a node for output, got c; the nearest: b, input");
  CHECK(graph({{"b", conv, {}}}) ==
        "Graph: node reads nothing: expected the names of other nodes or input among the inputs of b, got none");
  for (const char* name : {"", "input"})
    CHECK(graph({{name, conv, {"input"}}}) ==
          "Graph: node needs a name: expected one of its own that is not input, got '" + std::string{name} + "'");
  CHECK(graph({{"b", conv, {"input"}}, {"b", conv, {"input"}}}) ==
        "Graph: node needs a name: expected one of its own that is not input, got 'b'");
  CHECK(graph({{"a", conv, {"input"}}, {"b", conv, {"input"}}}) ==
        "Graph: node is not read: expected that the output b depends on every node, got a, which no node reads");
  CHECK(graph({{"b", conv, {"input"}}, {"c", conv, {"b"}}}) ==
        "Graph: node is not read: expected that the output b depends on every node, got c, which no node reads");
  CHECK(graph({{"b", conv, {"input"}}, {"c", conv, {"b"}}, {"d", Add{}, {"b", "c"}}}, "c") ==
        "Graph: node is not read: expected that the output c depends on every node, got d, which no node reads");
  CHECK(graph({{"b", conv, {"input"}}}, "input") ==
        "Graph: node does not exist: expected the name of a node for output, got input; the nearest: input, b");
  CHECK(graph({{"c", conv, {"a"}}, {"a", conv, {"d"}}, {"b", conv, {"a"}}, {"d", conv, {"b"}}}) ==
        "Graph: has a cycle: expected nodes that read no node that reads them, got a, which waits for itself");
  CHECK(graph({{"b", conv, {"input", "input"}}}) == "b.conv2d: conv2d: has a single input: expected one value, got 2");
  CHECK(graph({{"a", wide, {"input"}}, {"b", Add{}, {"a", "input"}}}).starts_with("b.add: Add: shapes differ"));
  CHECK(graph({{"b", fkd::Dense{.units = 2}, {"input"}}}) ==
        "b.dense: Dense: expects a flat input (1, 1, n), got (5, 4, 3); put Flatten before it");
}

/// A layer made of layers in which two have the same name.
struct Twins {
  static constexpr std::string_view name = "twins";
  template <class B>
  constexpr typename B::Value lower(B& builder, typename B::Value in) const {
    return builder.add("a", conv, builder.add("a", conv, in));
  }
};

TEST_CASE("two tensors of one name") {
  CHECK(
      said([] {
        (void)fkd::Model{Sequential{image, Twins{}}};
      }) ==
      "Model: tensor is named twice: expected a name of its own for each, got 1.twins.a.conv2d.kernel more than once");
}

TEST_CASE("models without a type of network: members, elements, default-constructed") {
  struct Holder {
    fkd::Model<> net;
  } holder;
  CHECK(said([&] { (void)holder.net.predict(fkd::Batch<float>{{1, 1, 1}, 1}); }).starts_with("Model: has no network"));
  const fkd::Batch<float> x = support::random_batch<float>({5, 4, 3}, 2);
  std::vector<fkd::Model<>> all;
  all.emplace_back(row(image, conv));
  all.emplace_back(Sequential{image, Residual{conv}});
  all.push_back(fkd::Model{Graph{image, {{"a", conv, {"input"}}}, "a"}, fkd::Seed{2}});
  for (fkd::Model<>& net : all) {
    holder.net = net;  // a copy: θ of its own
    net.parameters()[0] += 1;
    CHECK(support::bit_difference<float>({holder.net.predict(x).data(), 120}, {net.predict(x).data(), 120}) != "");
  }
  const fkd::Model<double> precise{Sequential{image, conv}, fkd::Seed{1}, fkd::scalar<double>};
  static_assert(std::is_same_v<decltype(fkd::Model{precise}), fkd::Model<double>>);
}

TEST_CASE("by number a residual is frozen as a whole, and frozen layers stay as they are") {
  const Sequential network{image, conv, Residual{conv}, fkd::Flatten{}, fkd::Dense{.units = 2}};
  for (const std::vector<Index>& frozen : {std::vector<Index>{1}, {2}, {1, 2}, {4}}) {
    fkd::Model net{network, fkd::Seed{1}};
    const fkd::Model before = net;
    fkd::fit(net, support::random_data<float>(network, 5), {.epochs = 2, .batch_size = 2, .frozen = frozen});
    for (std::size_t i = 0; i < net.layers().size(); ++i) {
      const fkd::Range range = net.layers()[i].trained;
      const bool stays = std::find(frozen.begin(), frozen.end(), static_cast<Index>(i) + 1) != frozen.end();
      const auto part = [&](const fkd::Model<>& of) {
        return of.trained().subspan(static_cast<std::size_t>(range.first), static_cast<std::size_t>(range.count));
      };
      if (range.count > 0) CHECK((support::bit_difference<float>(part(net), part(before)) == "") == stays);
    }
  }
}

}  // namespace
