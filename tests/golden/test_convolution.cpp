/// \file
/// Convolutions against PyTorch: padding by sides, dilation, groups, no bias; transposed ones.
#include <golden/golden.hpp>

namespace {

using fkd::Conv2D, fkd::Conv2DTranspose, fkd::Padding;
using golden::check_layer;

TEST_CASE("convolutions") {
  const golden::Fixture f{"convolution"};
  check_layer(f, "valid", Conv2D{.filters = 5, .kernel = {3, 2}}, {7, 8, 3});
  check_layer(f, "same", Conv2D{.filters = 5, .kernel = {3, 3}, .padding = Padding::same}, {7, 8, 3});
  check_layer(f, "same_even", Conv2D{.filters = 5, .kernel = {4, 2}, .padding = Padding::same}, {7, 8, 3});
  check_layer(f, "no_bias", Conv2D{.filters = 5, .kernel = {3, 3}, .use_bias = false}, {7, 8, 3});
  check_layer(f, "stride_2_padding_1",
              Conv2D{.filters = 5, .kernel = {3, 3}, .stride = {2, 2}, .padding = Padding::sides(1)}, {8, 9, 3});
  check_layer(f, "padding_of_axes",
              Conv2D{.filters = 4, .kernel = {3, 3}, .stride = {1, 2}, .padding = Padding::sides(1, 2)}, {6, 7, 2});
  check_layer(f, "padding_beyond_kernel", Conv2D{.filters = 3, .kernel = {2, 2}, .padding = Padding::sides(3)},
              {4, 5, 16});
}

TEST_CASE("dilation") {
  const golden::Fixture f{"convolution"};
  check_layer(f, "dilated", Conv2D{.filters = 4, .kernel = {3, 3}, .dilation = {2, 2}}, {9, 10, 3});
  check_layer(f, "dilated_same", Conv2D{.filters = 5, .kernel = {3, 3}, .padding = Padding::same, .dilation = {2, 3}},
              {8, 7, 4});
  check_layer(
      f, "dilated_strided",
      Conv2D{.filters = 3, .kernel = {3, 2}, .stride = {4, 3}, .padding = Padding::sides(3, 2), .dilation = {2, 6}},
      {13, 12, 2});
}

TEST_CASE("groups") {
  const golden::Fixture f{"convolution"};
  constexpr Padding one = Padding::sides(1);
  check_layer(f, "grouped", Conv2D{.filters = 4, .kernel = {3, 3}, .padding = one, .groups = 2}, {7, 6, 6});
  check_layer(f, "grouped_wide",
              Conv2D{.filters = 36, .kernel = {3, 2}, .stride = {1, 2}, .padding = one, .groups = 2, .use_bias = false},
              {6, 7, 24});
  check_layer(f, "cardinality", Conv2D{.filters = 32, .kernel = {3, 3}, .padding = one, .groups = 8}, {6, 5, 32});
  check_layer(f, "depthwise", Conv2D{.filters = 16, .kernel = {3, 3}, .padding = one, .groups = 16}, {8, 7, 16});
  check_layer(f, "depthwise_strided",
              Conv2D{.filters = 5, .kernel = {3, 3}, .stride = {2, 2}, .padding = one, .groups = 5, .use_bias = false},
              {9, 8, 5});
  check_layer(f, "depthwise_multiplier", Conv2D{.filters = 6, .kernel = {3, 3}, .groups = 3}, {7, 6, 3});
  check_layer(f, "depthwise_dilated",
              Conv2D{.filters = 8, .kernel = {3, 3}, .padding = Padding::sides(2), .dilation = {2, 3}, .groups = 4},
              {9, 9, 4});
  check_layer(f, "grouped_dilated",
              Conv2D{.filters = 30,
                     .kernel = {3, 3},
                     .stride = {1, 2},
                     .padding = Padding::sides(2),
                     .dilation = {2, 3},
                     .groups = 3},
              {9, 10, 12});
}

TEST_CASE("transposed convolutions") {
  const golden::Fixture f{"convolution"};
  constexpr Padding one = Padding::sides(1);
  check_layer(f, "transpose", Conv2DTranspose{.filters = 2, .kernel = {3, 3}}, {4, 5, 3});
  check_layer(f, "transpose_strided", Conv2DTranspose{.filters = 2, .kernel = {3, 2}, .stride = {2, 3}}, {4, 5, 3});
  check_layer(f, "transpose_doubling",
              Conv2DTranspose{.filters = 3, .kernel = {4, 4}, .stride = {2, 2}, .padding = one}, {4, 5, 4});
  check_layer(
      f, "transpose_output_padding",
      Conv2DTranspose{.filters = 2, .kernel = {3, 3}, .stride = {2, 2}, .padding = one, .output_padding = {1, 1}},
      {4, 5, 3});
  check_layer(
      f, "transpose_small_kernel",
      Conv2DTranspose{.filters = 2, .kernel = {2, 1}, .stride = {3, 3}, .output_padding = {1, 2}, .use_bias = false},
      {4, 3, 3});
  check_layer(f, "transpose_dilated",
              Conv2DTranspose{.filters = 2,
                              .kernel = {3, 3},
                              .stride = {2, 1},
                              .padding = Padding::sides(1, 2),
                              .output_padding = {1, 2},
                              .dilation = {3, 3}},
              {4, 5, 3});
  check_layer(f, "transpose_grouped",
              Conv2DTranspose{.filters = 4, .kernel = {3, 3}, .stride = {2, 2}, .padding = one, .groups = 2},
              {4, 5, 6});
  check_layer(
      f, "transpose_depthwise",
      Conv2DTranspose{
          .filters = 16, .kernel = {3, 3}, .stride = {2, 2}, .padding = one, .output_padding = {1, 1}, .groups = 16},
      {4, 5, 16});
}

}  // namespace
