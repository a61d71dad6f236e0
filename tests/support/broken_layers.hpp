/// \file
/// A layer with one planted mistake at a time. Every one of them must be caught.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

#include <fkd/layers/layer.hpp>

namespace support {

enum class Mistake {
  none,
  d_in_has_the_wrong_sign,
  d_in_is_off_by_one,
  d_in_lacks_a_factor,
  d_in_is_added_to,
  d_in_is_not_assigned_everywhere,
  gradient_has_the_wrong_sign,
  gradient_is_off_by_one,
  gradient_is_transposed,
  gradient_is_assigned,
  gradient_lacks_the_last_pixel,
  gradient_depends_on_d_in,
  out_is_added_to,
  out_is_not_assigned_everywhere,
  out_depends_on_scratch,
  out_depends_on_worker,
  out_depends_on_thread,
  out_depends_on_address,
  backward_depends_on_kept_that_nobody_wrote,
  writes_behind_out,
  writes_before_d_in,
  writes_behind_scratch,
  changes_its_input,
  changes_d_out,
  changes_a_trained_tensor,
  keeps_in_prediction,
  last  // not a mistake: their number
};

inline int mistakes_made_on_this_thread() {
  thread_local int count = 0;
  return ++count;
}

/// out(c) = Σ_k in(k) · weight(k, c) for each pixel, 2 channels to 2 channels.
struct Mixed {
  Mistake mistake = Mistake::none;

  static constexpr std::string_view name = "mixed";
  bool is(Mistake m) const { return mistake == m; }

  constexpr fkd::Shape output_shape(fkd::Shape in) const { return {in.height, in.width, 2}; }
  constexpr std::array<fkd::TensorSpec, 1> tensors(fkd::Shape) const {
    return {fkd::TensorSpec{.name = "weight",
                            .extents = {2, 2, 1, 1},
                            .rank = 2,
                            .initialiser = fkd::Initialiser::glorot_uniform,
                            .fan_in = 2,
                            .fan_out = 2}};
  }
  template <class T>
  fkd::Requirements requirements(const fkd::LayerContext<T>& context) const {
    const bool keeps = context.training || is(Mistake::keeps_in_prediction);
    return {.input = true, .saved_bytes = keeps ? 8 : 0, .scratch_bytes = 16};
  }

  template <class T>
  void forward(const fkd::Forward<T>& f) const {
    const T* w = f.parameters[0];
    T* scratch = fkd::as<T>(f.scratch);
    const fkd::Index pixels = f.in_shape.height * f.in_shape.width;
    if (is(Mistake::changes_its_input)) const_cast<T*>(f.in)[1] = 0;
    if (is(Mistake::changes_a_trained_tensor)) const_cast<T*>(w)[0] = T(0.5);
    for (fkd::Index p = 0; p < pixels - is(Mistake::out_is_not_assigned_everywhere); ++p)
      for (fkd::Index c = 0; c < 2; ++c) {
        const T sum = f.in[2 * p] * w[c] + f.in[2 * p + 1] * w[2 + c];
        f.out[2 * p + c] = is(Mistake::out_is_added_to) ? f.out[2 * p + c] + sum : sum;
      }
    if (is(Mistake::out_depends_on_scratch)) f.out[0] += scratch[1];
    if (is(Mistake::out_depends_on_worker)) {  // counts the samples that its worker had
      if (!(scratch[0] >= 1 && scratch[0] < 100)) scratch[0] = 1;
      f.out[0] += scratch[0];
      scratch[0] += 1;
    }
    if (is(Mistake::out_depends_on_thread)) f.out[0] += static_cast<T>(mistakes_made_on_this_thread());
    if (is(Mistake::out_depends_on_address))
      f.out[0] += static_cast<T>(reinterpret_cast<std::uintptr_t>(f.in) % 64) / 64;
    if (is(Mistake::writes_behind_out)) f.out[2 * pixels] = 0;
    if (is(Mistake::writes_behind_scratch)) f.scratch[16] = std::byte{0};
  }

  template <class T>
  void backward(const fkd::Backward<T>& b) const {
    const T* w = b.parameters[0];
    T* g = b.gradients[0];
    const fkd::Index pixels = b.in_shape.height * b.in_shape.width;
    if (is(Mistake::gradient_is_assigned)) std::fill_n(g, 4, T{0});
    for (fkd::Index p = 0; p < pixels - is(Mistake::gradient_lacks_the_last_pixel); ++p)
      for (fkd::Index k = 0; k < 2; ++k)
        for (fkd::Index c = 0; c < 2; ++c) {
          fkd::Index at = is(Mistake::gradient_is_transposed) ? 2 * c + k : 2 * k + c;
          if (is(Mistake::gradient_is_off_by_one)) at = (at + 1) % 4;
          if (is(Mistake::gradient_depends_on_d_in) && !b.d_in) continue;
          const T term = b.in[2 * p + k] * b.d_out[2 * p + c];
          g[at] += is(Mistake::gradient_has_the_wrong_sign) ? -term : term;
        }
    if (is(Mistake::backward_depends_on_kept_that_nobody_wrote)) g[0] += b.saved[0] == std::byte{0xFF} ? T{1} : T{0};
    if (is(Mistake::changes_d_out)) const_cast<T*>(b.d_out)[0] = 0;
    if (!b.d_in) return;
    if (is(Mistake::writes_before_d_in)) b.d_in[-1] = 0;
    for (fkd::Index p = 0; p < pixels - is(Mistake::d_in_is_not_assigned_everywhere); ++p)
      for (fkd::Index k = 0; k < 2; ++k) {
        T d = b.d_out[2 * p] * w[2 * k] + b.d_out[2 * p + 1] * w[2 * k + 1];
        if (is(Mistake::d_in_has_the_wrong_sign)) d = -d;
        if (is(Mistake::d_in_lacks_a_factor)) d *= T(0.999);
        const fkd::Index at = is(Mistake::d_in_is_off_by_one) ? (2 * p + k + 1) % (2 * pixels) : 2 * p + k;
        b.d_in[at] = is(Mistake::d_in_is_added_to) ? b.d_in[at] + d : d;
      }
  }
};

}  // namespace support
