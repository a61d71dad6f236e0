/// \file
/// The ladder as a list: each step's name, what it changes, its functions; and whether two results agree.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <fkd/backends/direct.hpp>
#include <fkd/backends/winograd.hpp>
#include <fkd/core/random.hpp>

#include "backward.hpp"
#include "conv.hpp"
#include "forward.hpp"
#include "winograd.hpp"

namespace ladder {

/// A convolution's tensors, filled with random numbers between -1 and 1.
struct Problem {
  Dims d;
  Buffer<float> in, weight, bias, out, d_out, d_in, d_weight;

  explicit Problem(const Dims& dims)
      : d{dims},
        in{d.N * d.in_size()},
        weight{d.taps() * d.OC},
        bias{d.OC},
        out{d.N * d.out_size()},
        d_out{out.size()},
        d_in{in.size()},
        d_weight{weight.size()} {
    fill(in, 1), fill(weight, 2), fill(bias, 3), fill(d_out, 4);
  }
  static void fill(Buffer<float>& values, std::uint64_t which) {
    const fkd::Random random{fkd::Seed{17}, fkd::Purpose::user, which};
    for (Index i = 0; i < values.size(); ++i)
      values[i] = static_cast<float>(2 * random.uniform(static_cast<std::uint64_t>(i)) - 1);
  }
  /// Makes that share of the input zero, in no order, as a ReLU does.
  void zero_inputs(double share) {
    const fkd::Random random{fkd::Seed{17}, fkd::Purpose::user, 5};
    for (Index i = 0; i < in.size(); ++i)
      if (random.uniform(static_cast<std::uint64_t>(i)) < share) in[i] = 0;
  }
  Forward forward() { return {out.data(), in.data(), weight.data(), bias.data()}; }
  Backward backward() { return {d_in.data(), d_weight.data(), d_out.data(), in.data(), weight.data()}; }
};

/// What a step is. `prepare` packs the weights: it runs once for many images, so it is not timed.
template <class Operands>
struct Step {
  std::string name, change;
  void (*run)(const Operands&, const Dims&, Memory&);
  void (*prepare)(const Operands&, const Dims&, Memory&) = nullptr;
  bool many_threads = false;
  bool has_condition = false;  // faster for some inputs only
};

inline fkd::Conv2DDims library_dims(const Dims& d) {
  return {.IH = d.H,
          .IW = d.W,
          .IC = d.IC,
          .OH = d.H,
          .OW = d.W,
          .OC = d.OC,
          .KH = d.K,
          .KW = d.K,
          .stride_h = 1,
          .stride_w = 1,
          .pad_top = d.pad(),
          .pad_left = d.pad()};
}

/// The library's direct backend, on the same tensors: what the ladder is measured by.
class Library {
 public:
  explicit Library(const Problem& p, const fkd::Backend<float>& backend = fkd::direct::backend<float>())
      : backend_{backend},
        d_{library_dims(p.d)},
        packed_{backend.conv2d_packed_size(d_, true)},
        scratch_{backend.conv2d_scratch_size(d_)},
        images_{p.d.N},
        in_{p.d.in_size()},
        out_{p.d.out_size()} {
    backend.conv2d_pack(packed_.data(), p.weight.data(), d_, true);
  }
  void forward(const Forward& o) {
    for (Index n = 0; n < images_; ++n)
      backend_.conv2d_forward({.out = o.out + n * out_, .in = o.in + n * in_, .weight = o.weight, .bias = o.bias}, d_,
                              memory());
  }
  void d_in(const Backward& o) {
    for (Index n = 0; n < images_; ++n)
      backend_.conv2d_d_in({.d_in = o.d_in + n * in_, .d_out = o.d_out + n * out_, .weight = o.weight}, d_, memory());
  }
  void d_weight(const Backward& o) {
    std::fill_n(o.d_weight, d_.KH * d_.KW * d_.IC * d_.OC, 0.0f);
    for (Index n = 0; n < images_; ++n)
      backend_.conv2d_d_weight(
          {.d_weight = o.d_weight, .d_bias = nullptr, .in = o.in + n * in_, .d_out = o.d_out + n * out_}, d_,
          scratch_.data());
  }

 private:
  fkd::KernelMemory<float> memory() { return {packed_.data(), scratch_.data()}; }

  const fkd::Backend<float>& backend_;
  fkd::Conv2DDims d_;
  Buffer<float> packed_, scratch_;
  Index images_, in_, out_;
};

constexpr const char* winograd_name = "11 Winograd";
inline std::vector<Step<Forward>> forward_steps() {
  return {{"1 seven loops", "the definition", seven_loops},
          {"2 loop order", "output channels innermost", loop_order},
          {"3 im2col", "a matrix product without a condition", im2col_product},
          {"4 blocked product", "weights stay in cache; four pixels share a load", blocked_product},
          {"5 SIMD", "a register of channels at a time", simd_product},
          {"6 register tile", "24 independent sums in registers", register_tile},
          {"7 padded image", "no column matrix", padded_image},
          {"8 packed weights", "a tile's weights are one run of memory", packed_weights, pack_weights},
          {"9 threads", "rows divided among threads", threads, pack_weights, true},
          {"10 sparse", "zeros are not multiplied; here none is zero, see below", sparse, pack_sparse, false, true},
          {winograd_name, "16 products instead of 36", winograd, pack_winograd, false, true}};
}
inline std::vector<Step<Backward>> d_in_steps() {
  return {{"d_in 1 loops", "the definition", d_in_loops},
          {"d_in 2 loop order", "a sum over neighbours", d_in_order},
          {"d_in 3 turned weights", "step 8, of d_out", d_in_turned, pack_turned}};
}
inline std::vector<Step<Backward>> d_weight_steps() {
  return {{"d_weight 1 loops", "the definition", d_weight_loops},
          {"d_weight 2 loop order", "outer products of neighbours", d_weight_order},
          {"d_weight 3 register tile", "step 6, over pixels", d_weight_tile}};
}

/// The largest |got - expected| / (eps * terms), where `terms` is the sum of the magnitudes of what each value is the
/// sum of. Infinite where it is no number. Two orders of a sum of n terms differ by less than n.
inline double largest_error(const Buffer<float>& got, const Buffer<float>& expected, const Buffer<float>& terms) {
  double largest = got.size() == expected.size() && got.size() > 0 ? 0 : std::numeric_limits<double>::infinity();
  for (Index i = 0; i < got.size() && i < expected.size(); ++i) {
    const double error = std::abs(static_cast<double>(got[i]) - static_cast<double>(expected[i])) /
                         (static_cast<double>(std::numeric_limits<float>::epsilon()) * static_cast<double>(terms[i]));
    if (got[i] == expected[i]) continue;  // also where all terms are zero
    largest = error <= largest ? largest : error >= 0 ? error : std::numeric_limits<double>::infinity();
  }
  return largest;
}
constexpr double error_allowed = 8;

/// The largest of `terms` in each block of 4 x 4 pixels, channel by channel: what Winograd's errors are measured by,
/// because a tile's outputs are computed together and have each other's rounding.
inline Buffer<float> terms_of_tiles(const Buffer<float>& terms, const Dims& d) {
  Buffer<float> largest = terms;
  const auto at = [&](Index n, Index h, Index w, Index c) { return ((n * d.H + h) * d.W + w) * d.OC + c; };
  for (Index n = 0; n < d.N; ++n)
    for (Index h = 0; h < d.H; ++h)
      for (Index w = 0; w < d.W; ++w)
        for (Index i = h / 4 * 4; i < (std::min)(d.H, h / 4 * 4 + 4); ++i)
          for (Index j = w / 4 * 4; j < (std::min)(d.W, w / 4 * 4 + 4); ++j)
            for (Index c = 0; c < d.OC; ++c) {
              float& value = largest[at(n, h, w, c)];
              value = (std::max)(value, terms[at(n, i, j, c)]);
            }
  return largest;
}

/// The problem with the magnitudes of its values: what a step makes of it is the sum of the terms' magnitudes.
inline Problem magnitudes(const Problem& p) {
  Problem all = p;
  for (Buffer<float>* values : {&all.in, &all.weight, &all.bias, &all.d_out})
    for (float& value : *values) value = std::abs(value);
  return all;
}

inline void poison(Buffer<float>& values) {
  std::fill(values.begin(), values.end(), std::numeric_limits<float>::quiet_NaN());
}

}  // namespace ladder
