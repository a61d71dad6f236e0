/// \file
/// Normalisations against PyTorch: forward, gradients, running statistics over 20 steps, prediction.
#include <golden/golden.hpp>

namespace {

using fkd::BatchNorm, fkd::Conv2D, fkd::Dense, fkd::GroupNorm, fkd::Input, fkd::LayerNorm, fkd::ReLU;

constexpr BatchNorm as_in_pytorch{.momentum = 0.9, .epsilon = 1e-5, .unbiased_variance = true};

TEST_CASE("BatchNorm") {
  const golden::Fixture f{"norm"};
  golden::check_layer(f, "batch_norm", as_in_pytorch, {4, 3, 5});
  golden::check_layer(f, "batch_norm_momentum", BatchNorm{.momentum = 0.6, .epsilon = 0.1, .unbiased_variance = true},
                      {4, 3, 5});
  golden::check_layer(
      f, "batch_norm_plain",
      BatchNorm{.momentum = 0.9, .epsilon = 1e-5, .center = false, .scale = false, .unbiased_variance = true},
      {4, 3, 5});
  golden::check_layer(f, "batch_norm_flat", as_in_pytorch, {1, 1, 6}, {.samples = 7});
}

TEST_CASE("BatchNorm behind a convolution and a dense layer") {
  const golden::Fixture f{"norm"};
  golden::check_network(
      f, "conv_batch_norm",
      fkd::Sequential{Input{5, 4, 3},
                      Conv2D{.filters = 6, .kernel = {3, 3}, .padding = fkd::Padding::same, .use_bias = false},
                      as_in_pytorch, ReLU{}});
  golden::check_network(f, "dense_batch_norm",
                        fkd::Sequential{Input{1, 1, 7}, Dense{.units = 5, .use_bias = false}, as_in_pytorch, ReLU{}},
                        {.samples = 6});
}

TEST_CASE("LayerNorm") {
  const golden::Fixture f{"norm"};
  golden::check_layer(f, "layer_norm", LayerNorm{}, {4, 3, 5});
  golden::check_layer(f, "layer_norm_sample", LayerNorm{.epsilon = 1e-5, .axes = LayerNorm::Axes::sample}, {4, 3, 5});
  golden::check_layer(f, "layer_norm_plain", LayerNorm{.epsilon = 1e-5, .center = false, .scale = false}, {1, 1, 9});
}

TEST_CASE("GroupNorm") {
  const golden::Fixture f{"norm"};
  golden::check_layer(f, "group_norm", GroupNorm{.groups = 3}, {4, 3, 6});
  golden::check_layer(f, "group_norm_1", GroupNorm{.groups = 1, .epsilon = 1e-5}, {4, 3, 6});
  golden::check_layer(f, "instance_norm", GroupNorm{.groups = 5, .epsilon = 1e-5}, {4, 3, 5});
  golden::check_network(
      f, "conv_group_norm",
      fkd::Sequential{Input{5, 4, 3},
                      Conv2D{.filters = 8, .kernel = {3, 3}, .padding = fkd::Padding::same, .use_bias = false},
                      GroupNorm{.groups = 4, .epsilon = 1e-5}, ReLU{}});
}

TEST_CASE("residual blocks: one op for normalisation, sum and activation, and folded in prediction") {
  const golden::Fixture f{"norm"};
  constexpr Conv2D conv{.filters = 4, .kernel = {3, 3}, .padding = fkd::Padding::same, .use_bias = false};
  constexpr Conv2D project{.filters = 4, .kernel = {1, 1}, .use_bias = false};
  constexpr fkd::Sequential main{conv, as_in_pytorch, ReLU{}, conv, as_in_pytorch};
  golden::check_network(f, "residual", fkd::Sequential{Input{5, 4, 4}, fkd::Residual{main}, ReLU{}});
  golden::check_network(
      f, "residual_projection",
      fkd::Sequential{Input{5, 4, 3}, fkd::Residual{main, fkd::Sequential{project, as_in_pytorch}}, ReLU{}});
  constexpr fkd::Sequential smooth{conv, as_in_pytorch, fkd::SiLU{}, conv, as_in_pytorch};
  golden::check_network(f, "residual_silu", fkd::Sequential{Input{5, 4, 4}, fkd::Residual{smooth}, fkd::SiLU{}});
}

}  // namespace
