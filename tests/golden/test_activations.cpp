/// \file
/// Activations against PyTorch, on inputs within ±8.
#include <golden/golden.hpp>

namespace {

/// Eight times its input: the formula's numbers lie within ±1.
struct Times8 {
  static constexpr std::string_view name = "times_8";
  static constexpr fkd::Shape output_shape(fkd::Shape in) { return in; }
  template <class T>
  void forward(const fkd::Forward<T>& f) const {
    for (fkd::Index i = 0; i < f.in_shape.size(); ++i) f.out[i] = 8 * f.in[i];
  }
  template <class T>
  void backward(const fkd::Backward<T>& b) const {
    for (fkd::Index i = 0; b.d_in != nullptr && i < b.in_shape.size(); ++i) b.d_in[i] = 8 * b.d_out[i];
  }
};

TEST_CASE("activations") {
  const golden::Fixture f{"activations"};
  const auto check = [&](const std::string& name, const fkd::AnyLayer& layer) {
    const fkd::Input input{.height = 3, .width = 4, .channels = 2};
    golden::check_network(f, name, fkd::RuntimeSequential{input, {Times8{}, layer}});
  };
  check("relu6", fkd::ReLU6{});
  check("leaky_relu", fkd::LeakyReLU{});
  check("leaky_relu_0.3", fkd::LeakyReLU{.negative_slope = 0.3});
  check("elu", fkd::ELU{});
  check("elu_0.7", fkd::ELU{.alpha = 0.7});
  check("selu", fkd::SELU{});
  check("sigmoid", fkd::Sigmoid{});
  check("tanh", fkd::Tanh{});
  check("softplus", fkd::Softplus{});
  check("softplus_2.5", fkd::Softplus{.beta = 2.5});
  check("hard_sigmoid", fkd::HardSigmoid{});
  check("silu", fkd::SiLU{});
  check("gelu", fkd::GELU{});
  check("gelu_tanh", fkd::GELU{.approximate = true});
  check("hard_swish", fkd::HardSwish{});
  check("mish", fkd::Mish{});
}

TEST_CASE("PReLU and Softmax") {
  const golden::Fixture f{"activations"};
  const auto check = [&](const std::string& name, fkd::Index channels, const fkd::AnyLayer& layer) {
    const fkd::Input input{.height = 3, .width = 4, .channels = channels};
    golden::check_network(f, name, fkd::RuntimeSequential{input, {Times8{}, layer}});
  };
  check("prelu", 3, fkd::PReLU{});
  check("prelu_one", 3, fkd::PReLU{.num_parameters = 1});
  check("softmax", 5, fkd::Softmax{});
}

TEST_CASE("activations behind products, fused") {
  constexpr fkd::Sequential network{fkd::Input{.height = 5, .width = 6, .channels = 2},
                                    fkd::Conv2D{.filters = 5, .kernel = {3, 3}},
                                    fkd::SiLU{},
                                    fkd::Flatten{},
                                    fkd::Dense{.units = 6},
                                    fkd::GELU{},
                                    fkd::Softmax{}};
  golden::check_network(golden::Fixture{"activations"}, "activations_behind_products", network);
}

}  // namespace
