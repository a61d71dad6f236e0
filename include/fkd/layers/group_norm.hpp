/// \file
/// Group normalisation: the channels are cut into groups, and each group of a sample is brought to mean 0 and variance
/// 1 over its channels and all pixels; then each channel is scaled and moved by parameters that are trained (Wu & He
/// 2018, "Group Normalization", equations 1 to 7).
///
///     out = (in - mean) / sqrt(variance + epsilon) · gamma + beta        (H, W, C) => (H, W, C)
///
/// Group g has the channels from g · C / groups on. With as many groups as channels it is instance normalisation
/// (Ulyanov, Vedaldi & Lempitsky 2016); with one group the statistics are a sample's, as in layer normalisation, but
/// gamma and beta have a value for each channel. The same in training and in prediction: nothing depends on the batch,
/// so it is for batches of one or two samples, where batch normalisation's statistics are noise.
///
/// Keras's GroupNormalization(groups = 32, epsilon = 1e-3): 32 and 1e-3 are the defaults here, too. PyTorch's
/// GroupNorm(num_groups, num_channels) has eps 1e-5, and its InstanceNorm2d no gamma and beta unless affine = True:
/// `.center = false, .scale = false`. The variance is divided by the number of values, as in both.
#pragma once

#include <algorithm>
#include <string_view>
#include <vector>

#include <fkd/backends/normalise.hpp>
#include <fkd/core/error.hpp>
#include <fkd/core/is_nan.hpp>
#include <fkd/core/parameters.hpp>
#include <fkd/layers/channel_blocks.hpp>
#include <fkd/layers/error.hpp>
#include <fkd/layers/layer.hpp>

namespace fkd {

struct GroupNorm {
  Index groups = 32;      ///< a divisor of the channels
  double epsilon = 1e-3;  ///< added to the variance
  bool center = true;     ///< whether there is a beta
  bool scale = true;      ///< whether there is a gamma

  static constexpr std::string_view name = "group_norm";

  /// Throws ShapeError: groups below 1, or that do not divide the channels; an epsilon that is no positive number; an
  /// input below 1 or over 64 bits.
  constexpr Shape output_shape(Shape in) const {
    if (groups < 1) throw group_norm_groups_must_be_positive(groups);
    if (!is_finite(epsilon) || epsilon <= 0) throw epsilon_must_be_positive("GroupNorm", epsilon);
    check_input("GroupNorm", in);
    if (in.channels % groups != 0) throw group_norm_groups_must_divide_channels(groups, in);
    return in;
  }

  constexpr TensorSpecs<2> tensors(Shape in) const {
    TensorSpecs<2> all{.count = 0};
    if (scale)
      all.specs[all.count++] = {.name = "gamma", .extents = {in.channels, 1, 1, 1}, .initialiser = Initialiser::ones};
    if (center) all.specs[all.count++] = {.name = "beta", .extents = {in.channels, 1, 1, 1}};
    return all;
  }

  /// Two passes for the statistics, one for the values.
  constexpr Index flops(Shape in) const { return saturated(checked_product(8, in.size())); }

  std::vector<HyperParameter> hyper_parameters() const {
    return {{"groups", groups},
            {"epsilon", epsilon},
            {"center", center ? "true" : "false"},
            {"scale", scale ? "true" : "false"}};
  }

  /// Mean and 1 / deviation are saved, for each channel.
  template <class T>
  Requirements requirements(const LayerContext<T>& context) const {
    const detail::ChannelBlocks cut = cut_of(context.in);
    const Index row = cut.width * static_cast<Index>(sizeof(T));
    return {.input = true,
            .saved_bytes = context.training ? 2 * row : 0,
            .scratch_bytes = (std::max)(2 + 2 * cut.count, Index{5}) * row};
  }

  template <class T>
  void forward(const Forward<T>& f) const {
    const detail::ChannelBlocks cut = cut_of(f.in_shape);
    T *scratch = as<T>(f.scratch), *moments = scratch + 2 * cut.width;
    T *mean = f.pass.training ? as<T>(f.saved) : scratch, *inverse = mean + cut.width;
    statistics(mean, inverse, moments, f.in, cut);
    T *scale_of = moments, *offset = moments + cut.width;  // in their place
    const T *its_gamma = gamma(f.parameters), *its_beta = beta(f.parameters);
    for (Index c = 0; c < cut.C; ++c) {
      scale_of[c] = its_gamma ? inverse[c] * its_gamma[c] : inverse[c];
      offset[c] = its_beta ? its_beta[c] : T{0};
    }
    for (T* values : {scale_of, offset}) detail::repeat_channels(values, cut);
    each_part(cut, [&](Index at, Index rows, Index width) {
      detail::fastest::normalise<T>(
          {.out = f.out + at, .in = f.in + at, .mean = mean, .scale = scale_of, .offset = offset}, rows, width);
    });
  }

  /// Adds to d_gamma and d_beta, assigns d_in.
  template <class T>
  void backward(const Backward<T>& b) const {
    const detail::ChannelBlocks cut = cut_of(b.in_shape);
    const T *mean = as<const T>(b.saved), *inverse = mean + cut.width;
    T *d_offset = as<T>(b.scratch), *d_scale = d_offset + cut.width;
    std::fill_n(d_offset, 2 * cut.width, T{0});
    each_part(cut, [&](Index at, Index rows, Index width) {
      detail::fastest::normalise_sums<T>({.d_offset = d_offset,
                                          .d_scale = d_scale,
                                          .d_out = b.d_out + at,
                                          .in = b.in + at,
                                          .mean = mean,
                                          .inverse = inverse},
                                         rows, width);
    });
    for (Index c = 0; c < cut.C; ++c)
      for (Index at = c + cut.C; at < cut.width; at += cut.C) {
        d_offset[c] += d_offset[at];
        d_scale[c] += d_scale[at];
      }
    T *d_gamma = gamma(b.gradients), *d_beta = beta(b.gradients);
    for (Index c = 0; c < cut.C; ++c) {
      if (d_gamma) d_gamma[c] += d_scale[c];
      if (d_beta) d_beta[c] += d_offset[c];
    }
    if (!b.d_in) return;
    T *scale_of = d_scale + cut.width, *shift = scale_of + cut.width, *slope = shift + cut.width;
    input_gradient(scale_of, shift, slope, d_offset, d_scale, inverse, gamma(b.parameters), cut);
    each_part(cut, [&](Index at, Index rows, Index width) {
      detail::fastest::normalise_d_in<T>({.d_in = b.d_in + at,
                                          .d_out = b.d_out + at,
                                          .in = b.in + at,
                                          .mean = mean,
                                          .scale = scale_of,
                                          .shift = shift,
                                          .slope = slope},
                                         rows, width);
    });
  }

 private:
  static constexpr detail::ChannelBlocks cut_of(Shape in) { return {in.height * in.width, in.channels}; }

  /// Calls f(offset, rows, width) for each block of a sample, and for the pixels that fill no row.
  template <class F>
  static void each_part(const detail::ChannelBlocks& cut, const F& f) {
    for (Index i = 0; i < cut.count && cut.rows > 0; ++i) f(cut.begin(i) * cut.width, cut.rows_of(i), cut.width);
    if (cut.rest > 0) f(cut.rows * cut.width, Index{1}, cut.rest * cut.C);
  }

  /// Assigns mean and 1 / deviation of each channel's group. `moments` (blocks, 2, width) is overwritten. Blocks are
  /// put together in double, in their order.
  template <class T>
  void statistics(T* mean, T* inverse, T* moments, const T* in, const detail::ChannelBlocks& cut) const {
    const Index width = cut.width, channels = cut.C / groups;
    for (Index i = 0; i < cut.count && cut.rows > 0; ++i) {
      T* its = moments + i * 2 * width;
      detail::fastest::channel_moments<T>({its, its + width, in + cut.begin(i) * width}, cut.rows_of(i), width);
    }
    const T* rest = in + cut.rows * width;
    const auto count = static_cast<double>(cut.pixels * channels);
    for (Index first = 0; first < cut.C; first += channels) {
      // Calls f(n, mean, squares) for n values: a channel of a block, or one value of the rest.
      const auto each = [&](const auto& f) {
        for (Index i = 0; i < cut.count && cut.rows > 0; ++i)
          for (Index k = 0; k < cut.repeat; ++k)
            for (Index c = k * cut.C + first; c < k * cut.C + first + channels; ++c) {
              const T* its = moments + i * 2 * width + c;
              f(static_cast<double>(cut.rows_of(i)), static_cast<double>(its[0]), static_cast<double>(its[width]));
            }
        for (Index k = 0; k < cut.rest; ++k)
          for (Index c = k * cut.C + first; c < k * cut.C + first + channels; ++c)
            f(1.0, static_cast<double>(rest[c]), 0.0);
      };
      double sum = 0, squares = 0;
      each([&](double n, double its_mean, double) { sum += n * its_mean; });
      const double of_group = sum / count;
      each([&](double n, double its_mean, double its_squares) {
        squares += its_squares + n * (its_mean - of_group) * (its_mean - of_group);
      });
      const auto its_inverse = static_cast<T>(detail::inverse_deviation(squares, count, epsilon));
      for (Index c = first; c < first + channels; ++c) {
        mean[c] = static_cast<T>(of_group);
        inverse[c] = its_inverse;
      }
    }
    for (T* values : {mean, inverse}) detail::repeat_channels(values, cut);
  }

  /// With g = d_out · gamma and x̂ = (in - mean) · inverse, and means over the group: d_in = inverse · (g - mean of g -
  /// x̂ · mean of g · x̂).
  template <class T>
  void input_gradient(T* scale_of, T* shift, T* slope, const T* d_offset, const T* d_scale, const T* inverse,
                      const T* its_gamma, const detail::ChannelBlocks& cut) const {
    const Index channels = cut.C / groups;
    const auto count = static_cast<double>(cut.pixels * channels);
    for (Index first = 0; first < cut.C; first += channels) {
      double sum = 0, product = 0;
      for (Index c = first; c < first + channels; ++c) {
        const double g = its_gamma ? static_cast<double>(its_gamma[c]) : 1;
        sum += g * static_cast<double>(d_offset[c]);
        product += g * static_cast<double>(d_scale[c]);
      }
      for (Index c = first; c < first + channels; ++c) {
        const auto its_inverse = static_cast<double>(inverse[c]);
        scale_of[c] = its_gamma ? inverse[c] * its_gamma[c] : inverse[c];
        shift[c] = static_cast<T>(its_inverse * sum / count);
        slope[c] = static_cast<T>(its_inverse * its_inverse * product / count);
      }
    }
    for (T* values : {scale_of, shift, slope}) detail::repeat_channels(values, cut);
  }

  template <class T>
  T* gamma(const Tensors<T>& tensors) const {
    return scale ? tensors[0] : nullptr;
  }
  template <class T>
  T* beta(const Tensors<T>& tensors) const {
    return center ? tensors[scale ? 1 : 0] : nullptr;
  }
};

}  // namespace fkd
