/// \file
/// Layers that the library does not have (yet), each of which needs another part of the layer contract.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>
#include <vector>

#include <fkd/layers/layer.hpp>

namespace support {

using fkd::as, fkd::Index, fkd::Shape;

/// Dropout (Srivastava et al. 2014), scaled while training: sample-wise, random, keeps nothing.
struct Dropout {
  double rate = 0.5;

  static constexpr std::string_view name = "dropout";
  constexpr Shape output_shape(Shape in) const { return in; }

  template <class T>
  T factor(const auto& o, Shape shape, Index i) const {
    const fkd::PassConfig& pass = o.pass;
    const fkd::Random random{pass.seed, fkd::Purpose::layer, o.layer, static_cast<std::uint64_t>(pass.step)};
    const double u = random.uniform(static_cast<std::uint64_t>(pass.first_sample * shape.size() + i));
    return u < rate ? T{0} : static_cast<T>(1 / (1 - rate));
  }
  template <class T>
  void forward(const fkd::Forward<T>& f) const {
    for (Index i = 0; i < f.in_shape.size(); ++i)
      f.out[i] = f.pass.training ? f.in[i] * factor<T>(f, f.in_shape, i) : f.in[i];
  }
  template <class T>
  void backward(const fkd::Backward<T>& b) const {
    if (!b.d_in) return;
    for (Index i = 0; i < b.in_shape.size(); ++i) b.d_in[i] = b.d_out[i] * factor<T>(b, b.in_shape, i);
  }
};

/// out = in · w², channel by channel. The squares are prepared once a pass; an odd number of bytes is kept for each
/// sample, and scratch memory is used both ways.
struct SquaredScale {
  static constexpr std::string_view name = "squared_scale";
  constexpr Shape output_shape(Shape in) const { return in; }
  constexpr std::array<fkd::TensorSpec, 1> tensors(Shape in) const {
    return {fkd::TensorSpec{.name = "w", .extents = {in.channels, 1, 1, 1}, .initialiser = fkd::Initialiser::ones}};
  }
  template <class T>
  fkd::Requirements requirements(const fkd::LayerContext<T>& context) const {
    const Index bytes = context.in.channels * static_cast<Index>(sizeof(T));
    return {.input = true,
            .saved_bytes = context.training ? 3 : 0,
            .workspace_bytes = bytes,
            .scratch_bytes = context.in.size() * static_cast<Index>(sizeof(T)) + 1};
  }
  template <class T>
  void prepare(const fkd::Forward<T>& f) const {
    for (Index c = 0; c < f.in_shape.channels; ++c) as<T>(f.workspace)[c] = f.parameters[0][c] * f.parameters[0][c];
  }
  template <class T>
  void forward(const fkd::Forward<T>& f) const {
    if (f.pass.training) f.saved[0] = f.saved[2] = std::byte{7};
    T* product = as<T>(f.scratch);
    for (Index i = 0; i < f.in_shape.size(); ++i) product[i] = f.in[i] * as<T>(f.workspace)[i % f.in_shape.channels];
    std::copy_n(product, f.in_shape.size(), f.out);
  }
  template <class T>
  void backward(const fkd::Backward<T>& b) const {
    const T wrong = b.saved[0] == std::byte{7} && b.saved[2] == std::byte{7} ? T{0} : T{1};
    T* sums = as<T>(b.scratch);
    const Index C = b.in_shape.channels;
    std::fill_n(sums, C, wrong);
    for (Index i = 0; i < b.in_shape.size(); ++i) sums[i % C] += b.in[i] * b.d_out[i];
    for (Index c = 0; c < C; ++c) b.gradients[0][c] += 2 * b.parameters[0][c] * sums[c];
    if (b.d_in)
      for (Index i = 0; i < b.in_shape.size(); ++i) b.d_in[i] = b.d_out[i] * as<T>(b.workspace)[i % C];
  }
};

/// A layer of one task a batch, to put where something batch-wise is wanted: out = 2 · in.
struct Doubled {
  static constexpr std::string_view name = "doubled";
  static constexpr fkd::Kind kind() { return fkd::Kind::batch_wise; }
  constexpr Shape output_shape(Shape in) const { return in; }
  template <class T>
  fkd::Requirements requirements(const fkd::LayerContext<T>&) const {
    return {.forward_phases = {1}, .backward_phases = {1}};
  }
  template <class T>
  void forward(const fkd::Forward<T>& f, Index, Index) const {
    for (Index i = 0; i < f.samples * f.in_shape.size(); ++i) f.out[i] = 2 * f.in[i];
  }
  template <class T>
  void backward(const fkd::Backward<T>& b, Index, Index) const {
    if (b.d_in)
      for (Index i = 0; i < b.samples * b.in_shape.size(); ++i) b.d_in[i] = 2 * b.d_out[i];
  }
};

}  // namespace support
