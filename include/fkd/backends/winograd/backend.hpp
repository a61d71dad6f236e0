/// \file
/// The backend: same as direct::Direct, but where a convolution is computed by Winograd's method, forward and d_in are
/// correlate (correlation.hpp) and d_weight is add_weight_gradient (weight_gradient.hpp). Epilogues come band by band,
/// as in direct/conv2d_epilogue.hpp. For several threads a small image is cut by channels, not by rows.
#pragma once

#include <algorithm>
#include <string_view>

#include <fkd/backends/direct/backend.hpp>
#include <fkd/backends/epilogue.hpp>
#include <fkd/backends/operands.hpp>
#include <fkd/backends/winograd/choice.hpp>
#include <fkd/backends/winograd/correlation.hpp>
#include <fkd/backends/winograd/weight_gradient.hpp>
#include <fkd/core/shape.hpp>

namespace fkd::winograd {

/// Packed weights: forward's transformed ones; what Direct packs, unless a prediction needs none of it; d_in's
/// transformed ones, while training.
template <class T>
class Winograd final : public direct::DirectFunctions<T> {
  using Base = direct::DirectFunctions<T>;

 public:
  constexpr Winograd(std::string_view its_name, const Machine<T>& machine, Chooser choose,
                     const Winograd* for_prediction = nullptr)
      : Base{its_name, machine.loops, true}, machine_{machine}, choose_{choose}, for_prediction_{for_prediction} {}

  const Backend<T>& for_prediction() const override { return for_prediction_ != nullptr ? *for_prediction_ : *this; }

  [[gnu::cold]] Index conv2d_packed_size(const Conv2DDims& d, bool training) const override {
    const Choice m = choice(d);
    return forward_size(d, m) + base_size(d, m, training) + (training ? d_in_size(d, m) : 0);
  }

  [[gnu::cold]] void conv2d_pack(T* packed, const T* weight, const Conv2DDims& d, bool training) const override {
    const Choice m = choice(d);
    if (m.forward > 0) forward_pack(machine_, packed, weight, forward_of(d), m.forward);
    packed += forward_size(d, m);
    if (training || m.forward == 0) Base::conv2d_pack(packed, weight, d, training);
    packed += base_size(d, m, training);
    if (training && m.d_in > 0) d_in_pack(machine_, packed, weight, d_in_of(d), m.d_in);
  }

  [[gnu::cold]] Index conv2d_scratch_size(const Conv2DDims& d) const override {
    return (std::max)(Base::conv2d_scratch_size(d), own_scratch_size(d, choice(d)));
  }

  void conv2d_forward(const Conv2DForward<T>& o, const Conv2DDims& d, const KernelMemory<T>& memory) const override {
    const Choice m = choice(d);
    if (m.forward == 0) return Base::conv2d_forward(o, d, memory);
    correlate<T>(machine_, o.out, o.in, {.bias = o.bias}, forward_of(d), m.forward, 0, d.OH, memory);
  }

  void conv2d_d_in(const Conv2DInputGradient<T>& o, const Conv2DDims& d, const KernelMemory<T>& memory) const override {
    const Choice m = choice(d);
    const KernelMemory<T> of_base{memory.packed + forward_size(d, m), memory.scratch};
    if (m.d_in == 0) return Base::conv2d_d_in(o, d, of_base);
    if (this->uses_lists(d) && direct::is_sparse(o.d_out, d.OH * d.OW * d.OC, list_share))
      return this->backward({.d_in = o.d_in, .d_out = {o.d_out, d.OH, d.OW, d.OC}}, d, true, of_base);
    d_in_of_whole(o, d, m, of_base);
  }

  void conv2d_d_weight(const Conv2DWeightGradient<T>& o, const Conv2DDims& d, T* scratch) const override {
    const Choice m = choice(d);
    if (m.d_weight == 0) return Base::conv2d_d_weight(o, d, scratch);
    if (!direct::is_sparse(o.d_out, d.OH * d.OW * d.OC, list_share))
      return add_weight_gradient(machine_, o, d, scratch);
    this->backward({.d_weight = o.d_weight, .d_bias = o.d_bias, .in = o.in, .d_out = {o.d_out, d.OH, d.OW, d.OC}}, d,
                   this->uses_lists(d), {.scratch = scratch});
  }

  [[gnu::cold]] Index conv2d_epilogue_scratch_size(const Conv2DDims& d, const Epilogue<T>& epilogue) const override {
    const Choice m = choice(d);
    const Index base = Base::conv2d_epilogue_scratch_size(d, epilogue);
    Index before = 0;
    if (epilogue.pool && m.forward > 0) before = pool_band(d, m, *epilogue.pool).size;
    if (epilogue.pool && (unpools_d_in(d, m, *epilogue.pool) || unpools_d_weight(m, *epilogue.pool)))
      before = (std::max)(before, unpooled_size(d));
    return (std::max)(base, before + (before > 0 ? conv2d_scratch_size(d) : own_scratch_size(d, m)));
  }

  void conv2d_epilogue_forward(const Conv2DEpilogueForward<T>& o, const Conv2DDims& d, const Epilogue<T>& epilogue,
                               const KernelMemory<T>& memory) const override {
    const Choice m = choice(d);
    if (m.forward == 0) return Base::conv2d_epilogue_forward(o, d, epilogue, memory);
    if (o.channel_end >= 0) return channels_forward(o, d, m, epilogue, memory);
    rows_forward(o, d, m, epilogue, memory);
  }

  /// Whole tiles, and of a pool whole windows of them.
  Index row_step(const Conv2DDims& d, const Epilogue<T>& epilogue) const override {
    const Choice m = choice(d);
    if (m.forward == 0) return Base::row_step(d, epilogue);
    return epilogue.pool ? pool_step(m, *epilogue.pool) / epilogue.pool->KH : m.forward;
  }

  /// Whole register tiles, where each has more weights than the image has pixels.
  Index channel_step(const Conv2DDims& d, const Epilogue<T>&) const override { return channel_step(d, choice(d)); }

  /// Where nonzero lists are not sure to be taken, the gradient is un-pooled first: bits are those of the layers one by
  /// one.
  void conv2d_pool_backward(const Conv2DPoolBackward<T>& o, const Conv2DDims& d, const MaxPool2DDims& p,
                            const KernelMemory<T>& memory) const override {
    const Choice m = choice(d);
    const bool own_d_in = o.d_in != nullptr && unpools_d_in(d, m, p), own_d_weight = unpools_d_weight(m, p);
    Conv2DPoolBackward<T> of_others = o;
    if (own_d_in) of_others.d_in = nullptr;
    if (own_d_weight) of_others.d_weight = nullptr;
    Base::conv2d_pool_backward(of_others, d, p, {memory.packed + forward_size(d, m), memory.scratch});
    if (!own_d_in && !own_d_weight) return;
    const direct::Rows<T> gradients{o.d_pooled, d.OH, d.OW, d.OC, o.index, p, machine_.loops.unpool_row};
    T* d_out = memory.scratch;
    for (Index h = 0; h < d.OH; ++h)
      gradients.read({.to = d_out + h * d.OW * d.OC,
                      .step = d.OC,
                      .row = h,
                      .pixels = d.OW,
                      .channel = 0,
                      .channels = d.OC,
                      .width = d.OC});
    T* scratch = d_out + unpooled_size(d);
    if (own_d_weight) conv2d_d_weight({o.d_weight, o.d_bias, o.in, d_out}, d, scratch);
    if (own_d_in) conv2d_d_in({o.d_in, d_out, o.weight}, d, {memory.packed, scratch});
  }

 private:
  /// Some rows, in all channels.
  void rows_forward(const Conv2DEpilogueForward<T>& o, const Conv2DDims& d, const Choice& m,
                    const Epilogue<T>& epilogue, const KernelMemory<T>& memory) const {
    if (epilogue.pool) return pool_forward(o, d, m, epilogue, memory);
    const bool relu = epilogue.activation && epilogue.activation->is_relu && o.pre_activation == nullptr;
    const Index band = Blocks<T>{forward_of(d), m.forward, machine_.loops}.rows * m.forward, row = d.OW * d.OC;
    T* product = o.pre_activation != nullptr ? o.pre_activation : o.out;
    const Index last = o.end(d.OH);
    for (Index oh = o.row_begin; oh < last; oh += band) {
      const Index end = (std::min)(oh + band, last), at = oh * row;
      correlate<T>(machine_, product + at, o.in, {o.bias, o.shortcut ? o.shortcut + at : nullptr, relu}, forward_of(d),
                   m.forward, oh, end, memory);
      if (epilogue.activation && !relu) epilogue.activation->run(o.out + at, product + at, (end - oh) * row);
    }
  }

  Index channel_step(const Conv2DDims& d, const Choice& m) const {
    const Index width = machine_.loops.lanes * machine_.loops.registers;
    if (m.forward == 0 || d.OC < 2 * width) return 0;
    return d.OC >= 2 * div_ceil(d.OH, m.forward) * div_ceil(d.OW, m.forward) ? width : 0;
  }
  Index parts_size(const Conv2DDims& d, const Choice& m) const {
    return channel_step(d, m) > 0 ? direct::whole_lines<T>(d.OH * d.OW * d.OC) : 0;
  }

  /// Some channels of all rows: a convolution of fewer filters, whose output is then put where it belongs.
  [[gnu::noinline]] void channels_forward(const Conv2DEpilogueForward<T>& o, const Conv2DDims& d, const Choice& m,
                                          const Epilogue<T>& epilogue, const KernelMemory<T>& memory) const {
    const Index first = o.channel_begin, channels = o.channel_end - first;
    Conv2DDims part = d;
    part.OC = channels;
    Epilogue<T> its = epilogue;
    if (its.pool) its.pool->C = channels;
    if (o.shortcut != nullptr) its.activation.reset();  // it follows the sum
    T* out = memory.scratch;
    rows_forward({.out = out, .in = o.in, .weight = o.weight, .bias = o.bias != nullptr ? o.bias + first : nullptr},
                 part, m, its,
                 {.packed = memory.packed + (m.forward + 2) * (m.forward + 2) * d.IC * first,
                  .scratch = memory.scratch + parts_size(d, m)});
    const Index pixels = epilogue.pool ? epilogue.pool->OH * epilogue.pool->OW : d.OH * d.OW;
    if (o.shortcut != nullptr) {
      machine_.loops.add({out, channels}, {o.shortcut + first, d.OC}, pixels, channels);
      if (epilogue.activation) epilogue.activation->run(out, out, pixels * channels);
    }
    for (Index i = 0; i < pixels; ++i) std::copy_n(out + i * channels, channels, o.out + i * d.OC + first);
  }

  [[gnu::noinline]] Choice choice(const Conv2DDims& d) const {
    return can_compute(d) ? choose_(d, machine_.loops.lanes * static_cast<Index>(sizeof(T))) : Choice{};
  }

  Index forward_size(const Conv2DDims& d, const Choice& m) const {
    return m.forward > 0 ? packed_size<T>(forward_of(d), m.forward) : 0;
  }
  Index base_size(const Conv2DDims& d, const Choice& m, bool training) const {
    return training || m.forward == 0 ? direct::whole_lines<T>(Base::conv2d_packed_size(d, training)) : 0;
  }
  Index d_in_size(const Conv2DDims& d, const Choice& m) const {
    return m.d_in > 0 ? packed_size<T>(d_in_of(d), m.d_in) : 0;
  }

  /// One of so many gradients is not zero where nonzero lists are as fast as Winograd's method. (One of four: half as
  /// fast.)
  static constexpr Index list_share = 10;
  static bool leaves_few(const MaxPool2DDims& p) { return p.KH * p.KW >= list_share; }
  bool unpools_d_in(const Conv2DDims& d, const Choice& m, const MaxPool2DDims& p) const {
    return m.d_in > 0 && !(leaves_few(p) && this->uses_lists(d));
  }
  static bool unpools_d_weight(const Choice& m, const MaxPool2DDims& p) { return m.d_weight > 0 && !leaves_few(p); }
  static Index unpooled_size(const Conv2DDims& d) { return direct::whole_lines<T>(d.OH * d.OW * d.OC); }

  /// `memory.packed` is where Direct's begins.
  void d_in_of_whole(const Conv2DInputGradient<T>& o, const Conv2DDims& d, const Choice& m,
                     const KernelMemory<T>& memory) const {
    correlate<T>(machine_, o.d_in, o.d_out, {}, d_in_of(d), m.d_in, 0, d.IH,
                 {memory.packed + base_size(d, m, true), memory.scratch});
  }

  [[gnu::cold, gnu::noinline]] Index own_scratch_size(const Conv2DDims& d, const Choice& m) const {
    const auto size = [&](const Correlation& c, Index its_m) {
      return its_m > 0 ? Blocks<T>{c, its_m, machine_.loops}.scratch_size(c) : 0;
    };
    const Index of_weights = m.d_weight > 0 ? weight_gradient_scratch_size(d, machine_.loops) : 0;
    return parts_size(d, m) +
           (std::max)(of_weights, (std::max)(size(forward_of(d), m.forward), size(d_in_of(d), m.d_in)));
  }

  /// Rows of output that are pooled at a time: whole windows and whole tiles, of at least a block; and their values,
  /// with a register of slack.
  struct Band {
    Index rows, size;
  };
  static Index pool_step(const Choice& m, const MaxPool2DDims& p) {
    Index step = p.KH;
    while (step % m.forward != 0) step += p.KH;
    return step;
  }
  [[gnu::cold, gnu::noinline]] Band pool_band(const Conv2DDims& d, const Choice& m, const MaxPool2DDims& p) const {
    const Index step = pool_step(m, p);
    const Index block = Blocks<T>{forward_of(d), m.forward, machine_.loops}.rows * m.forward;
    const Index rows = (std::min)(div_ceil(block, step) * step, p.OH * p.KH);
    return {rows, direct::whole_lines<T>(rows * d.OW * d.OC + line<T>)};
  }

  [[gnu::noinline]] void pool_forward(const Conv2DEpilogueForward<T>& o, const Conv2DDims& d, const Choice& m,
                                      const Epilogue<T>& epilogue, const KernelMemory<T>& memory) const {
    const MaxPool2DDims& p = *epilogue.pool;
    const bool relu = epilogue.activation && epilogue.activation->is_relu;
    const Band band = pool_band(d, m, p);
    const Index row = d.OW * d.OC, end = o.end(p.OH) * p.KH;
    T* unpooled = memory.scratch;
    std::fill(unpooled + band.rows * row, unpooled + band.size, T{0});
    for (Index oh = o.row_begin * p.KH; oh < end; oh += band.rows) {
      const Index rows = (std::min)(band.rows, end - oh);
      correlate<T>(machine_, unpooled, o.in, {.bias = o.bias}, forward_of(d), m.forward, oh, oh + rows,
                   {memory.packed, memory.scratch + band.size});
      if (epilogue.activation && !relu) epilogue.activation->run(unpooled, unpooled, rows * row);
      for (Index h = 0; h < rows; h += p.KH) {
        const Index to = (oh + h) / p.KH * p.OW * p.C;
        machine_.loops.max_pool_row(o.out + to, o.index != nullptr ? o.index + to : nullptr, unpooled + h * row, row, p,
                                    relu);
      }
    }
  }

  Machine<T> machine_;
  Chooser choose_;
  const Winograd* for_prediction_;
};

}  // namespace fkd::winograd
