/// The ops that fusion makes keep the layer contract and have the right gradients, as every layer does.
#include <doctest/doctest.h>

#include <optional>
#include <string_view>

#include <fkd/backends/default_backend.hpp>
#include <fkd/layers/fused_conv2d.hpp>
#include <fkd/layers/fused_dense.hpp>
#include <fkd/layers/max_pool2d.hpp>
#include <fkd/layers/relu.hpp>
#include <fkd/testing.hpp>

#include <support/activations.hpp>

namespace {

using fkd::Index, fkd::Shape;

/// A product with its epilogue as a layer of any scalar; the ops themselves are of one.
template <class Product, class Activation>
struct Joined {
  Product product;
  Activation activation = {};
  std::optional<fkd::MaxPool2D> pool = {};

  static constexpr std::string_view name = "joined";
  static constexpr fkd::Kind kind() { return fkd::kind_of(Product{}); }
  Shape output_shape(Shape in) const {
    const Shape out = product.output_shape(in);
    return pool ? pool->output_shape(out) : out;
  }
  auto tensors(Shape in) const { return product.tensors(in); }

  template <class T>
  auto fused(Shape in, const fkd::Backend<T>& backend) const {
    const Shape out = product.output_shape(in);
    fkd::Epilogue<T> epilogue = fkd::epilogue_of<T>(activation, out);
    if (pool) epilogue = *epilogue.then(pool->epilogue<T>(out));
    return product.with(epilogue, in, backend).value();
  }
  template <class T>
  fkd::Requirements requirements(const fkd::LayerContext<T>& context) const {
    return fused(context.in, *context.backend).requirements(context);
  }
  template <class T>
  void prepare(const fkd::Forward<T>& f) const {
    const auto op = fused(f.in_shape, *f.backend);
    if constexpr (requires { op.prepare(f); }) op.prepare(f);
  }
  template <class T, class... Task>
  void forward(const fkd::Forward<T>& f, Task... task) const {
    const auto op = fused(f.in_shape, *f.backend);
    if constexpr (requires { op.forward(f, task...); }) op.forward(f, task...);
  }
  template <class T, class... Task>
  void backward(const fkd::Backward<T>& b, Task... task) const {
    const auto op = fused(b.in_shape, *b.backend);
    if constexpr (requires { op.backward(b, task...); }) op.backward(b, task...);
  }
};
template <class Product, class Activation, class... Pool>
Joined(Product, Activation, Pool...) -> Joined<Product, Activation>;

template <class Product, class Activation>
void check(const Joined<Product, Activation>& layer, Shape in) {
  const fkd::CheckResult result = fkd::check_layer(layer, in);
  CAPTURE(result.text());
  CHECK(static_cast<bool>(result));
}

constexpr fkd::Conv2D same{.filters = 5, .kernel = {3, 2}, .padding = fkd::Padding::same};
constexpr fkd::Conv2D strided{.filters = 4, .kernel = {2, 3}, .stride = {2, 3}};
constexpr fkd::Conv2D no_bias{.filters = 16, .kernel = {3, 2}, .padding = fkd::Padding::same, .use_bias = false};
constexpr fkd::Dense dense{.units = 7};
constexpr fkd::Dense no_bias_dense{.units = 7, .use_bias = false};

TEST_CASE("a convolution with an activation keeps the contract") {
  for (const fkd::Conv2D& conv : {same, strided, no_bias}) {
    check(Joined{conv, fkd::ReLU{}}, {7, 6, 3});
    check(Joined{conv, support::Falling{}}, {7, 6, 3});
    check(Joined{conv, support::Square{}}, {7, 6, 3});
  }
}

TEST_CASE("a dense layer with an activation keeps the contract") {
  check(Joined{dense, fkd::ReLU{}}, {1, 1, 11});
  check(Joined{dense, support::Falling{}}, {1, 1, 11});
  check(Joined{dense, support::Square{}}, {1, 1, 1100});  // two ranges of inputs
  check(Joined{no_bias_dense, fkd::ReLU{}}, {1, 1, 1100});
}

#if FKD_HAS_DIRECT
TEST_CASE("a convolution with an activation and a pool keeps the contract") {
  for (const fkd::Conv2D& conv : {same, strided, no_bias}) {
    check(Joined{conv, fkd::ReLU{}, fkd::MaxPool2D{.window = {2, 1}}}, {7, 6, 3});
    check(Joined{conv, support::Falling{}, fkd::MaxPool2D{.window = {2, 2}}}, {7, 6, 3});
  }
}
#endif

}  // namespace
