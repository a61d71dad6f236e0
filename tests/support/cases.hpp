/// \file
/// The one table of shapes, strides, paddings and odd sizes that the tests of kernels and of gradients go through.
#pragma once

#include <string>
#include <vector>

#include <fkd/core/error.hpp>
#include <fkd/layers/conv2d.hpp>
#include <fkd/layers/max_pool2d.hpp>

namespace support {

struct Conv2DCase {
  fkd::Shape in;
  fkd::Conv2D layer;
  std::string text() const {
    return fkd::text(in) + " * " + fkd::text(layer.kernel) + " -> " + fkd::text(layer.filters) + ", stride " +
           fkd::text(layer.stride) + ", padding " + fkd::text(layer.padding) + ", dilation " +
           fkd::text(layer.dilation) + ", groups " + fkd::text(layer.groups);
  }
};

/// Dilated, in groups, and both: each kernel of the direct backend, with every number of registers and tails.
inline std::vector<Conv2DCase> general_conv2d_cases() {
  using fkd::Padding;
  std::vector<Conv2DCase> all{
      // Dilation: fewer outputs than phases, strides with and without a common divisor, padding beyond the kernel.
      {{7, 8, 2}, {.filters = 3, .kernel = {3, 3}, .dilation = {2, 2}}},
      {{7, 8, 2}, {.filters = 3, .kernel = {3, 3}, .padding = Padding::same, .dilation = {2, 3}}},
      {{9, 8, 3}, {.filters = 17, .kernel = {3, 2}, .padding = Padding::sides(2), .dilation = {1, 4}}},
      {{9, 8, 3}, {.filters = 5, .kernel = {2, 3}, .padding = Padding::sides(1, 3), .dilation = {5, 1}}},
      {{5, 6, 2}, {.filters = 3, .kernel = {2, 2}, .padding = Padding::same, .dilation = {7, 9}}},
      {{6, 7, 16}, {.filters = 33, .kernel = {3, 3}, .padding = Padding::same, .dilation = {2, 2}}},
      {{5, 5, 1}, {.filters = 1, .kernel = {3, 3}, .dilation = {2, 2}}},  // one output
      {{9, 9, 2}, {.filters = 2, .kernel = {3, 3}, .dilation = {3, 3}}},  // as many as phases
      {{11, 12, 2},
       {.filters = 3, .kernel = {3, 3}, .stride = {2, 3}, .padding = Padding::sides(2), .dilation = {2, 2}}},
      {{13, 12, 2},
       {.filters = 3, .kernel = {2, 3}, .stride = {4, 2}, .padding = Padding::sides(3), .dilation = {6, 3}}},
      {{13, 12, 2}, {.filters = 3, .kernel = {3, 2}, .stride = {3, 4}, .padding = Padding::same, .dilation = {2, 6}}},
      {{4, 5, 2}, {.filters = 3, .kernel = {2, 2}, .stride = {2, 1}, .padding = {9, 8, 7, 9}, .dilation = {3, 4}}},
      {{40, 43, 24}, {.filters = 6, .kernel = {3, 3}, .padding = Padding::same, .dilation = {1, 2}}},  // several bands
      {{70, 33, 40}, {.filters = 6, .kernel = {3, 3}, .stride = {2, 1}, .padding = Padding::same, .dilation = {2, 1}}},
      {{1, 1, 3}, {.filters = 2, .kernel = {3, 3}, .padding = Padding::same, .dilation = {4, 4}}},
      {{6, 6, 2}, {.filters = 2, .kernel = {1, 1}, .dilation = {50, 1}}},  // which is none
      // Depthwise: in place, padded, channels around registers, multipliers.
      {{7, 8, 16}, {.filters = 16, .kernel = {3, 3}, .groups = 16}},
      {{7, 8, 16}, {.filters = 16, .kernel = {3, 3}, .padding = Padding::same, .groups = 16}},
      {{9, 13, 64}, {.filters = 64, .kernel = {3, 3}, .stride = {2, 2}, .padding = Padding::sides(1), .groups = 64}},
      {{9, 13, 19}, {.filters = 19, .kernel = {5, 2}, .stride = {1, 3}, .padding = Padding::same, .groups = 19}},
      {{8, 7, 3}, {.filters = 3, .kernel = {3, 3}, .padding = Padding::same, .groups = 3}},
      {{8, 7, 35}, {.filters = 70, .kernel = {3, 3}, .padding = Padding::same, .groups = 35}},
      {{8, 7, 5}, {.filters = 15, .kernel = {2, 3}, .stride = {2, 1}, .groups = 5}},
      {{8, 7, 3}, {.filters = 60, .kernel = {3, 3}, .padding = Padding::same, .groups = 3}},
      {{6, 7, 32}, {.filters = 32, .kernel = {1, 1}, .groups = 32}},
      {{9, 9, 16}, {.filters = 16, .kernel = {3, 3}, .padding = Padding::same, .dilation = {2, 3}, .groups = 16}},
      {{4, 5, 16}, {.filters = 16, .kernel = {3, 3}, .padding = Padding::sides(4, 5), .groups = 16}},
      {{60, 61, 32}, {.filters = 32, .kernel = {3, 3}, .padding = Padding::same, .groups = 32}},
      {{7, 17, 18}, {.filters = 18, .kernel = {5, 5}, .padding = Padding::same, .groups = 18}},
      {{60, 61, 12},  // several bands
       {.filters = 12, .kernel = {3, 3}, .stride = {2, 2}, .padding = Padding::same, .groups = 12}},
      // Groups of a few channels, and of many.
      {{7, 6, 6}, {.filters = 4, .kernel = {3, 3}, .padding = Padding::same, .groups = 2}},
      {{7, 6, 32}, {.filters = 32, .kernel = {3, 3}, .padding = Padding::same, .groups = 8}},
      {{7, 6, 34}, {.filters = 51, .kernel = {3, 2}, .stride = {2, 1}, .padding = Padding::sides(1), .groups = 17}},
      {{7, 6, 10}, {.filters = 35, .kernel = {2, 2}, .groups = 5}},
      {{7, 6, 24}, {.filters = 42, .kernel = {3, 3}, .stride = {1, 2}, .padding = Padding::same, .groups = 2}},
      {{7, 6, 24}, {.filters = 4, .kernel = {3, 3}, .padding = Padding::same, .groups = 2}},  // d_in in parts alone
      {{7, 6, 4}, {.filters = 24, .kernel = {3, 3}, .padding = Padding::same, .groups = 2}},  // forward in parts alone
      {{7, 6, 6}, {.filters = 33, .kernel = {2, 3}, .stride = {1, 2}, .padding = Padding::same, .groups = 3}},
      {{10, 9, 12}, {.filters = 66, .kernel = {3, 3}, .padding = Padding::same, .dilation = {2, 3}, .groups = 3}},
      {{9, 10, 8},
       {.filters = 8, .kernel = {3, 3}, .stride = {2, 2}, .padding = Padding::same, .dilation = {2, 3}, .groups = 4}},
      {{40, 43, 48}, {.filters = 36, .kernel = {3, 3}, .padding = Padding::same, .groups = 2}},  // several bands
  };
  return all;
}

inline std::vector<Conv2DCase> conv2d_cases() {
  constexpr auto valid = fkd::Padding::valid, same = fkd::Padding::same;
  const auto make = [](fkd::Shape in, fkd::Index filters, fkd::Extent2D kernel, fkd::Extent2D stride,
                       fkd::Padding padding) {
    return Conv2DCase{in, {.filters = filters, .kernel = kernel, .stride = stride, .padding = padding}};
  };
  std::vector<Conv2DCase> all{
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
      make({7, 7, 2}, 3, {2, 2}, {3, 3}, valid),  // stride larger than the kernel: unread pixels
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
      make({5, 7, 2}, 3, {3, 3}, {1, 1}, fkd::Padding::sides(1)),
      make({8, 9, 3}, 4, {3, 3}, {2, 2}, fkd::Padding::sides(1)),  // a ResNet's, which same pads on one side only
      make({9, 8, 3}, 4, {3, 2}, {2, 3}, fkd::Padding::sides(1, 2)),
      make({6, 7, 16}, 5, {3, 2}, {1, 1}, {.top = 2, .right = 1}),
      make({6, 7, 16}, 18, {2, 3}, {1, 2}, {.bottom = 3, .left = 2}),
      make({7, 7, 3}, 5, {7, 7}, {2, 2}, fkd::Padding::sides(3)),
      make({5, 6, 16}, 5, {3, 3}, {1, 1}, fkd::Padding::sides(4, 5)),  // outputs that see nothing but padding
      make({5, 6, 2}, 5, {1, 2}, {2, 3}, {.top = 3, .bottom = 1, .left = 4, .right = 5}),
      make({5, 6, 16}, 17, {1, 1}, {2, 3}, {.top = 1, .bottom = 4, .left = 5, .right = 2}),
      make({2, 3, 16}, 4, {1, 1}, {20, 20}, fkd::Padding::sides(3)),                        // one output, of padding
      make({2, 3, 16}, 4, {1, 1}, {7, 7}, {.top = 7, .bottom = 8, .left = 7, .right = 9}),  // all of them
      make({1, 1, 1}, 1, {4, 4}, {1, 1}, {.top = 3, .left = 3}),
      make({5, 31, 16}, 16, {3, 3}, {1, 1}, same),  // twelve outputs at a time, of one register
      make({4, 26, 3}, 9, {3, 3}, {1, 1}, same),
      make({4, 5, 410}, 67, {3, 3}, {1, 1}, same),  // weights block by block, tiles over the ends of rows
      // Outputs at the edges, which read copies, and the others, which read the image; several registers of them.
      make({21, 26, 16}, 40, {3, 3}, {2, 2}, fkd::Padding::sides(1)),
      make({12, 11, 5}, 33, {5, 5}, {2, 2}, fkd::Padding::sides(2)),
      make({9, 30, 4}, 48, {4, 3}, {1, 1}, {.top = 3, .bottom = 1, .left = 2, .right = 4}),
      make({30, 9, 16}, 36, {3, 7}, {2, 3}, same),  // nearly every output of a row
      make({7, 12, 3}, 128, {5, 1}, {1, 2}, fkd::Padding::sides(3, 0)),
      // The algorithms that leave out zeros: KW * IC is whole cache lines. Every number of registers that a run is cut
      // into.
      make({6, 7, 16}, 5, {3, 1}, {1, 1}, same),
      make({6, 7, 16}, 20, {2, 3}, {1, 1}, valid),
      make({7, 6, 32}, 4, {3, 3}, {1, 1}, same),
      make({5, 7, 64}, 3, {2, 2}, {1, 1}, valid),
      make({7, 5, 64}, 3, {3, 3}, {1, 1}, same),
      make({8, 9, 8}, 6, {3, 2}, {1, 1}, same),
      make({40, 43, 48}, 3, {3, 3}, {1, 1}, same),  // several bands of them, the last one shorter
      make({43, 41, 48}, 3, {2, 3}, {3, 2}, valid),
  };
  const std::vector<Conv2DCase> general = general_conv2d_cases();
  all.insert(all.end(), general.begin(), general.end());
  // Strides that leave rows and columns unread, in every remainder; also kernels smaller than the stride.
  for (const fkd::Extent2D stride : {fkd::Extent2D{2, 2}, {3, 3}, {2, 3}, {3, 2}})
    for (const fkd::Extent2D kernel : {fkd::Extent2D{3, 3}, {2, 2}, {1, 1}, {5, 4}})
      for (fkd::Index height = 20; height < 24; ++height)
        for (const fkd::Padding padding : {valid, same}) {
          const fkd::Index width = 20 + (height + kernel.height % 5) % 4;  // each meets every height in some kernel
          const fkd::Index channels = (height + stride.width) % 3 == 0 ? 1 : 16;
          all.push_back(make({height, width, channels}, 3 + height % 3, kernel, stride, padding));
        }
  return all;
}

/// Whether a convolution leaves rows or columns unread, behind the last window or between two of them.
inline bool leaves_rows_unread(const fkd::Conv2DDims& d) {
  return (d.OH - 1) * d.stride_h + d.reach_h() - d.pad_top < d.IH || d.KH < d.stride_h;
}
inline bool leaves_columns_unread(const fkd::Conv2DDims& d) {
  return (d.OW - 1) * d.stride_w + d.reach_w() - d.pad_left < d.IW || d.KW < d.stride_w;
}

/// What gradients look like. A backend may take another algorithm for each.
enum class Gradients {
  dense,
  pooled,     ///< at most one in each 2 x 2 window, as behind such a pool
  scattered,  ///< a fifth of them, anywhere
  none        ///< zeros of both signs
};
inline constexpr Gradients every_gradients[] = {Gradients::dense, Gradients::pooled, Gradients::scattered,
                                                Gradients::none};
constexpr const char* text(Gradients kind) {
  constexpr const char* names[] = {"dense", "pooled", "scattered", "none"};
  return names[static_cast<int>(kind)];
}

/// Whether the gradient of output (oh, ow, oc) stays.
constexpr bool stays(Gradients kind, fkd::Index oh, fkd::Index ow, fkd::Index oc) {
  if (kind == Gradients::dense) return true;
  if (kind == Gradients::none) return false;
  if (kind == Gradients::scattered) return (oh * 3 + ow * 2 + oc) % 5 == 0;
  const fkd::Index h = oh / 2, w = ow / 2;  // 0 to 3: that place of the window; 4 and 5: none, as behind ReLU
  return (h * 7 + w * 5 + oc * 3 + h * w) % 6 == oh % 2 * 2 + ow % 2;
}

/// Zeros in d_out where no gradient stays.
template <class Memory>
void thin_out(Memory& d_out, Gradients kind, const fkd::Conv2DDims& d) {
  for (fkd::Index i = 0; i < d_out.size(); ++i)
    if (!stays(kind, i / d.OC / d.OW, i / d.OC % d.OW, i % d.OC)) d_out[i] = i % 3 == 0 ? -0.F : 0.F;
}

struct DenseCase {
  fkd::DenseDims d;
  std::string text() const { return fkd::text(d.N) + " x " + fkd::text(d.IU) + " -> " + fkd::text(d.OU); }
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
      {{20, 23, 16}, {.window = {3, 3}}},  // two rows and two columns are left out
      {{23, 20, 16}, {.window = {2, 2}, .stride = {3, 3}}},
      {{21, 22, 3}, {.window = {3, 1}, .stride = {2, 4}}},
      {{7, 6, 3}, {.window = {3, 3}, .stride = {2, 2}, .padding = fkd::Padding::sides(1)}},
      {{5, 6, 17}, {.window = {3, 2}, .stride = {1, 1}, .padding = fkd::Padding::same}},
      {{4, 5, 2}, {.window = {2, 2}, .padding = {.bottom = 1, .left = 1}}},
      {{1, 1, 2}, {.window = {3, 4}, .padding = fkd::Padding::same}},
      {{17, 16, 1}, {.window = {17, 16}}},  // 272 places: two bytes
      {{3, 2, 1}, {.window = {260, 260}, .stride = {1, 1}, .padding = fkd::Padding::sides(129, 129)}},  // four
  };
}

}  // namespace support
