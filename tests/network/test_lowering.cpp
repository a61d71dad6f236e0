/// From layers to a program, and what a layer is then handed: layers of one's own that ask for the unusual.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <fkd/net.hpp>
#include <fkd/testing.hpp>

#include <support/compare.hpp>
#include <support/layers.hpp>
#include <support/row.hpp>

namespace {

using fkd::AnyLayer, fkd::Index, fkd::Input, fkd::Shape;
using support::row;

/// What is common to the layers below: out = in.
struct Copy {
  static constexpr std::string_view name = "copy";
  constexpr Shape output_shape(Shape in) const { return in; }
  template <class T>
  void forward(const fkd::Forward<T>& f) const {
    std::copy_n(f.in, f.in_shape.size(), f.out);
  }
  template <class T>
  void backward(const fkd::Backward<T>& b) const {
    if (b.d_in) std::copy_n(b.d_out, b.in_shape.size(), b.d_in);
  }
};

struct Titled : Copy {
  std::string title;
  std::vector<fkd::HyperParameter> hyper_parameters() const { return {{"title", title}}; }
};

TEST_CASE("texts of hyper-parameters live as long as the model, not as the network") {
  const std::string title(40, 'x');  // no text that a string holds in itself
  fkd::Model<> net;
  {
    Titled layer;
    layer.title = title;
    net = fkd::Model{fkd::Sequential{Input{1, 1, 2}, layer}};
  }
  const fkd::MessageArg& value = net.layers()[0].hyper_parameters[0].value;
  const Titled& kept = static_cast<const fkd::detail::LayerOf<Titled, float>&>(*net.program().computes[0]).layer();
  CHECK(value.text.data() == kept.title.data());
  CHECK(value.text == title);
}

TEST_CASE("layers that draw random numbers have a key each, however deep they stand and however many they are") {
  const auto deep = [](AnyLayer layer, int levels) {
    for (int i = 0; i < levels; ++i) layer = fkd::RuntimeSequential{std::vector<AnyLayer>{layer}};
    return layer;
  };
  std::vector<AnyLayer> layers(1100, AnyLayer{Copy{}});
  layers[0] = deep(Copy{}, 1);
  layers[1] = deep(Copy{}, 8);
  layers[2] = deep(Copy{}, 8);
  const fkd::Model net{fkd::RuntimeSequential{Input{1, 1, 1}, layers}};
  std::vector<std::uint64_t> keys;
  for (const fkd::OpInfo& op : net.program().ops) keys.push_back(op.key);
  std::sort(keys.begin(), keys.end());
  CHECK(std::adjacent_find(keys.begin(), keys.end()) == keys.end());
}

/// Counts where backward is handed what it did not ask for.
struct Incurious : Copy {
  int* surprises = nullptr;
  template <class T>
  void backward(const fkd::Backward<T>& b) const {
    *surprises += b.in || b.out || !b.inputs.empty();
    Copy::backward(b);
  }
};

template <class A>
void train_once(const A& network, fkd::Workspace<float>& workspace) {
  fkd::Model net{network};
  const fkd::Batch<float> x{net.input_shape(), 2};
  fkd::Batch<float> y{net.output_shape(), 2}, d_x{net.input_shape(), 2};
  net.forward(x, y, workspace, {.training = true}, {.d_in = true});
  net.backward(x, y, y, {}, d_x, workspace);
}

TEST_CASE("backward is handed an output only if it asks for it, also in a workspace in which another one was run") {
  int surprises = 0;
  Incurious incurious;
  incurious.surprises = &surprises;
  fkd::Workspace<float> workspace;
  train_once(row(Input{2, 2, 3}, fkd::ReLU{}, fkd::ReLU{}), workspace);
  train_once(row(Input{2, 2, 3}, incurious, incurious), workspace);
  CHECK(surprises == 0);
}

TEST_CASE("backward refuses the pass of a model that was assigned to") {
  fkd::Model net{row(Input{2, 2, 3}, fkd::ReLU{})};
  const fkd::Batch<float> x{net.input_shape(), 2};
  fkd::Batch<float> y{net.output_shape(), 2}, d_x{net.input_shape(), 2};
  fkd::Workspace<float> workspace;
  net.forward(x, y, workspace, {.training = true}, {.d_in = true});
  net = fkd::Model{row(Input{2, 2, 3}, Copy{}, Copy{})};  // neither has θ, by which models are told apart
  CHECK_THROWS_AS(net.backward(x, y, y, {}, d_x, workspace), fkd::ArgumentError);
}

/// first + relu(second), made of layers.
struct Joined {
  static constexpr std::string_view name = "joined";
  template <class B>
  constexpr typename B::Value lower(B& builder, std::span<const typename B::Value> in) const {
    return builder.add("sum", fkd::Add{}, in[0], builder.add("relu", fkd::ReLU{}, in[1]));
  }
};

TEST_CASE("a layer made of layers that has several inputs is a node, and check_layer says what it cannot do") {
  const fkd::Model net{
      fkd::Graph{Input{1, 1, 3}, {{"a", fkd::ReLU{}, {"input"}}, {"b", Joined{}, {"a", "input"}}}, "b"}};
  CHECK(net.network().op_names == std::vector<std::string>{"a.relu", "b.relu.relu", "b.sum.add"});
  CHECK(fkd::check_layer(Joined{}, {{2, 2, 3}, {2, 2, 3}}).text().find("joined: is made of layers and has several") !=
        std::string::npos);
}

/// An activation as an epilogue is, but of the sum of its inputs.
struct SumOfAll : fkd::Add<> {
  template <class T>
  fkd::Epilogue<T> epilogue(Shape) const {
    return {.activation = fkd::ReLU::activation<T>()};
  }
};

/// An activation whose slope is trained: data of an epilogue is not.
struct TrainedSlope : Copy {
  constexpr std::array<fkd::TensorSpec, 1> tensors(Shape) const {
    return {fkd::TensorSpec{.name = "slope", .extents = {1, 1, 1, 1}}};
  }
  template <class T>
  fkd::Epilogue<T> epilogue(Shape) const {
    return {.activation = fkd::ReLU::activation<T>()};
  }
};

TEST_CASE("what has several inputs or tensors is no epilogue") {
  const fkd::Conv2D conv{.filters = 2, .kernel = {1, 1}};
  const fkd::Model sum{fkd::Graph{Input{2, 2, 2}, {{"a", conv, {"input"}}, {"b", SumOfAll{}, {"a", "input"}}}, "b"}};
  CHECK(sum.fused().ops.size() == 2);
  CHECK(fkd::Model{row(Input{2, 2, 2}, conv, TrainedSlope{})}.fused().ops.size() == 2);
  CHECK(fkd::Model{row(Input{2, 2, 2}, conv, fkd::ReLU{})}.fused().ops.size() == 1);
}

}  // namespace
