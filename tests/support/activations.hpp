/// \file
/// Activations that fkd does not know, as a user's own file has them.
#pragma once

#include <string_view>

#include <fkd/backends/epilogue.hpp>
#include <fkd/layers/layer.hpp>

namespace support {

/// What the two have in common: a layer that is its activation.
template <class Derived>
struct ActivationLayer {
  static constexpr fkd::Shape output_shape(fkd::Shape in) { return in; }

  template <class T>
  fkd::Epilogue<T> epilogue(fkd::Shape) const {
    return {.activation = Derived::template activation<T>()};
  }
  template <class T>
  fkd::Requirements requirements(const fkd::LayerContext<T>&) const {
    return {.input = reads_input<T>(), .output = !reads_input<T>()};
  }
  template <class T>
  void forward(const fkd::Forward<T>& f) const {
    Derived::template activation<T>().run(f.out, f.in, f.in_shape.size());
  }
  template <class T>
  void backward(const fkd::Backward<T>& b) const {
    const T* saved = reads_input<T>() ? b.in : b.out;
    if (b.d_in) Derived::template activation<T>().run_backward(b.d_in, b.d_out, saved, b.in_shape.size());
  }

 private:
  template <class T>
  static constexpr bool reads_input() {
    return Derived::template activation<T>().saved == fkd::Activation<T>::Saved::input;
  }
};

/// A leaky ReLU of -x. It falls, so it matters that it comes before a pool.
struct Falling : ActivationLayer<Falling> {
  static constexpr std::string_view name = "falling";

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
struct Square : ActivationLayer<Square> {
  static constexpr std::string_view name = "square";

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
