/// \file
/// Activations that fkd does not know, as a user's own file has them.
#pragma once

#include <string_view>

#include <fkd/backends/epilogue.hpp>
#include <fkd/layers/layer.hpp>

namespace support {

/// A leaky ReLU of -x. It falls, so it matters that it comes before a pool.
struct Falling {
  static constexpr std::string_view name = "falling";
  static constexpr fkd::Shape output_shape(fkd::Shape in) { return in; }

  template <class T>
  static constexpr fkd::Activation<T> activation() {
    return {.saved = fkd::Activation<T>::Saved::output,
            .forward =
                [](T* out, const T* in, fkd::Index count, T slope) {
                  for (fkd::Index i = 0; i < count; ++i) out[i] = in[i] < 0 ? -in[i] : -slope * in[i];
                },
            .backward =
                [](T* d_in, const T* d_out, const T* out, fkd::Index count, T slope) {
                  for (fkd::Index i = 0; i < count; ++i) d_in[i] = out[i] > 0 ? -d_out[i] : -slope * d_out[i];
                },
            .parameter = T(0.25)};
  }
};

/// a x²: falls and rises, so only its input tells the derivative.
struct Square {
  static constexpr std::string_view name = "square";
  static constexpr fkd::Shape output_shape(fkd::Shape in) { return in; }

  template <class T>
  static constexpr fkd::Activation<T> activation() {
    return {.saved = fkd::Activation<T>::Saved::input,
            .forward =
                [](T* out, const T* in, fkd::Index count, T a) {
                  for (fkd::Index i = 0; i < count; ++i) out[i] = a * in[i] * in[i];
                },
            .backward =
                [](T* d_in, const T* d_out, const T* in, fkd::Index count, T a) {
                  for (fkd::Index i = 0; i < count; ++i) d_in[i] = d_out[i] * (2 * a * in[i]);
                },
            .parameter = T(0.75)};
  }
};

}  // namespace support
