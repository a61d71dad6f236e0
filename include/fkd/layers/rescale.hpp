/// \file
/// Scaling of inputs inside the network: `out = (x - mean) / standard_deviation`, channel by channel. `(H, W, C) => (H,
/// W, C)`.
///
///     fkd::Rescale{.mean = 127.5, .standard_deviation = 127.5}                      0 ... 255 to -1 ... 1
///     fkd::Rescale{.mean = {0.485, 0.456, 0.406}, .standard_deviation = {0.229, 0.224, 0.225}}
///
/// The two are state tensors with a value for each channel, which start from these numbers: they are saved in the model
/// file and loaded from it, whatever the program that loads it says, and no optimiser changes them. Those of a table
/// with many features, known only at run time, are written into `model.tensor(i)`.
///
/// Keras: `Normalization(mean, variance)`, which takes the variance, and `Rescaling(scale, offset)`: x · scale + offset
/// is mean = -offset / scale, standard_deviation = 1 / scale. Keras bounds the deviation from below by its epsilon; fkd
/// refuses one that is not above 0. PyTorch: torchvision's `Normalize(mean, std)`, which is not a part of the model.
#pragma once

#include <array>
#include <initializer_list>
#include <span>
#include <string_view>
#include <vector>

#include <fkd/backends/reference/rescale.hpp>
#include <fkd/core/error.hpp>
#include <fkd/core/is_nan.hpp>
#include <fkd/layers/error.hpp>
#include <fkd/layers/layer.hpp>

namespace fkd {

/// One number for all channels, or one for each of up to 16.
struct ChannelValues {
  static constexpr Index most = 16;

  constexpr ChannelValues(double all) : values{all}, count{1} {}  // NOLINT: implicit, so that it reads as a number
  /// Throws ShapeError where there are too many.
  constexpr ChannelValues(std::initializer_list<double> each) : count{static_cast<Index>(each.size())} {  // NOLINT
    if (count > most) throw channel_values_are_too_many(most, count);
    Index i = 0;
    for (const double x : each) values[static_cast<std::size_t>(i++)] = x;
  }

  std::array<double, std::size_t{most}> values = {};
  Index count = 0;

  constexpr std::span<const double> span() const { return {values.data(), static_cast<std::size_t>(count)}; }
};

struct Rescale {
  ChannelValues mean = 0;
  ChannelValues standard_deviation = 1;

  static constexpr std::string_view name = "rescale";

  /// Throws ShapeError: an input below 1 or over 64 bits; numbers that are not finite, a deviation that is not above 0;
  /// neither one of them nor as many as channels.
  constexpr Shape output_shape(Shape in) const {
    check_input("Rescale", in);
    check_values("mean", mean, in, false);
    check_values("standard_deviation", standard_deviation, in, true);
    return in;
  }

  constexpr std::array<TensorSpec, 2> tensors(Shape in) const {
    return {TensorSpec{.name = "mean", .extents = {in.channels, 1, 1, 1}, .role = Role::state, .values = mean.span()},
            TensorSpec{.name = "standard_deviation",
                       .extents = {in.channels, 1, 1, 1},
                       .role = Role::state,
                       .initialiser = Initialiser::ones,
                       .values = standard_deviation.span()}};
  }

  /// They are not compared with a file's: its tensors have the numbers that hold.
  std::vector<HyperParameter> hyper_parameters() const {
    std::vector<HyperParameter> all;
    for (const double x : mean.span()) all.push_back({"mean", x, true});
    for (const double x : standard_deviation.span()) all.push_back({"standard_deviation", x, true});
    return all;
  }

  template <class T>
  void forward(const Forward<T>& f) const {
    reference::rescale_forward(f.out, f.in, f.parameters[0], f.parameters[1], f.in_shape);
  }

  template <class T>
  void backward(const Backward<T>& b) const {
    if (b.d_in) reference::rescale_d_in(b.d_in, b.d_out, b.parameters[1], b.in_shape);
  }

 private:
  static constexpr void check_values(std::string_view which, const ChannelValues& of, Shape in, bool positive) {
    if (of.count != 1 && of.count != in.channels) throw rescale_has_other_channels(which, of.count, in);
    for (const double x : of.span())
      if (!is_finite(x) || (positive && x <= 0)) throw rescale_value_is_out_of_range(which, x);
  }
};

}  // namespace fkd
