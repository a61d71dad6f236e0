/// \file
/// The one table of shapes, strides, paddings and odd sizes that the tests of kernels and of gradients go through.
#pragma once

#include <string>
#include <vector>

#include <fkd/error.hpp>
#include <fkd/layers/conv2d.hpp>
#include <fkd/layers/max_pool2d.hpp>

namespace support {

struct Conv2DCase {
  fkd::Shape in;
  fkd::Conv2D layer;
  std::string text() const {
    return fkd::text(in) + " * " + fkd::text(layer.kernel) + " -> " + fkd::text(layer.filters) + ", stride " +
           fkd::text(layer.stride) + (layer.padding == fkd::Padding::same ? ", same" : ", valid");
  }
};

inline std::vector<Conv2DCase> conv2d_cases() {
  constexpr auto valid = fkd::Padding::valid, same = fkd::Padding::same;
  const auto make = [](fkd::Shape in, fkd::Index filters, fkd::Extent2D kernel, fkd::Extent2D stride,
                       fkd::Padding padding) {
    return Conv2DCase{in, {.filters = filters, .kernel = kernel, .stride = stride, .padding = padding}};
  };
  return {
      make({1, 1, 1}, 1, {1, 1}, {1, 1}, valid),  // nothing smaller
      make({1, 1, 3}, 2, {3, 3}, {1, 1}, same),   // nearly all padding
      make({5, 4, 1}, 1, {1, 1}, {1, 1}, valid),
      make({5, 4, 3}, 7, {1, 1}, {1, 1}, valid),  // a product of matrices
      make({5, 7, 2}, 3, {3, 3}, {1, 1}, valid),
      make({5, 7, 2}, 3, {3, 3}, {1, 1}, same),
      make({6, 5, 3}, 4, {2, 2}, {1, 1}, same),  // even kernel: more padding behind than before
      make({7, 6, 2}, 5, {4, 3}, {1, 1}, same),
      make({7, 5, 2}, 3, {7, 5}, {1, 1}, valid),  // kernel as large as the input
      make({7, 5, 2}, 3, {7, 1}, {1, 1}, valid),
      make({4, 3, 2}, 3, {5, 7}, {1, 1}, same),   // kernel larger than the padded input's middle
      make({9, 8, 2}, 3, {3, 2}, {2, 3}, valid),  // rows and columns differ in everything
      make({9, 8, 2}, 3, {3, 2}, {2, 3}, same),
      make({8, 9, 3}, 2, {2, 3}, {3, 2}, same),
      make({10, 7, 1}, 2, {5, 3}, {4, 3}, same),
      make({7, 7, 2}, 3, {2, 2}, {3, 3}, valid),  // stride larger than the kernel: pixels that nobody reads
      make({7, 7, 2}, 3, {2, 2}, {3, 3}, same),
      make({6, 6, 1}, 3, {1, 1}, {2, 2}, same),
      make({1, 13, 2}, 3, {1, 4}, {1, 2}, same),   // one row
      make({13, 1, 2}, 3, {4, 1}, {2, 1}, valid),  // one column
      make({6, 11, 1}, 17, {3, 3}, {1, 1}, same),  // filters around the width of vectors
      make({6, 11, 4}, 33, {3, 3}, {1, 1}, valid),
      make({5, 6, 16}, 16, {3, 3}, {1, 1}, same),
      make({5, 6, 35}, 64, {2, 3}, {1, 1}, valid),  // longer than a tile of 32
      make({12, 13, 8}, 65, {4, 4}, {1, 1}, same),
      make({40, 43, 40}, 3, {3, 3}, {1, 1}, same),  // several bands of im2col, the last one shorter
      make({23, 29, 32}, 31, {5, 5}, {2, 1}, valid),
  };
}

struct DenseCase {
  fkd::DenseDims d;
  std::string text() const { return fkd::text(d.N) + " x " + fkd::text(d.I) + " -> " + fkd::text(d.O); }
};

inline std::vector<DenseCase> dense_cases() {
  return {{{1, 1, 1}},     {{1, 7, 3}},      {{3, 1, 2}},    {{2, 5, 1}},    {{5, 8, 4}},
          {{3, 31, 33}},   {{7, 64, 32}},    {{33, 17, 65}}, {{4, 100, 30}}, {{1, 600, 30}},
          {{17, 515, 10}}, {{100, 300, 30}}, {{9, 40, 129}}};
}

/// Ranges [k0, k1) that together make 0 .. I: one, halves, unequal ones, one input each at the ends.
inline std::vector<std::vector<fkd::Index>> range_bounds(fkd::Index I) {
  std::vector<std::vector<fkd::Index>> all{{0, I}};
  if (I >= 2) all.push_back({0, I / 2, I});
  if (I >= 5) all.push_back({0, 1, I / 3, I - 1, I});
  return all;
}

struct MaxPool2DCase {
  fkd::Shape in;
  fkd::MaxPool2D layer;
  std::string text() const {
    return fkd::text(in) + ", window " + fkd::text(layer.window) + ", stride " + fkd::text(layer.steps());
  }
};

inline std::vector<MaxPool2DCase> max_pool2d_cases() {
  return {
      {{1, 1, 1}, {.window = {1, 1}}},
      {{4, 6, 2}, {.window = {2, 2}}},
      {{5, 7, 3}, {.window = {2, 2}}},                    // a row and a column are left out
      {{5, 7, 3}, {.window = {2, 3}, .stride = {1, 2}}},  // windows overlap
      {{7, 5, 2}, {.window = {3, 3}, .stride = {1, 1}}},
      {{7, 8, 2}, {.window = {2, 1}, .stride = {3, 2}}},  // pixels between windows
      {{6, 5, 1}, {.window = {6, 5}}},                    // the whole image
      {{1, 9, 2}, {.window = {1, 4}, .stride = {1, 3}}},
      {{16, 17, 1}, {.window = {15, 16}, .stride = {1, 1}}},  // 240 places
      {{6, 6, 17}, {.window = {3, 2}}},
  };
}

}  // namespace support
