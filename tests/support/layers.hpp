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

/// Batch normalisation (Ioffe & Szegedy 2015, algorithm 1), channel by channel: batch-wise, three phases each way, two
/// tensors that are trained and two that are state.
struct BatchNormalisation {
  double momentum = 0.9;
  double epsilon = 1e-3;

  static constexpr std::string_view name = "batch_normalisation";
  static constexpr fkd::Kind kind() { return fkd::Kind::batch_wise; }
  constexpr Shape output_shape(Shape in) const { return in; }
  constexpr std::array<fkd::TensorSpec, 4> tensors(Shape in) const {
    using fkd::Initialiser, fkd::Role, fkd::TensorSpec;
    return {TensorSpec{.name = "mean", .extents = {in.channels, 1, 1, 1}, .role = Role::state},
            TensorSpec{.name = "scale", .extents = {in.channels, 1, 1, 1}, .initialiser = Initialiser::ones},
            TensorSpec{.name = "offset", .extents = {in.channels, 1, 1, 1}},
            TensorSpec{.name = "variance",
                       .extents = {in.channels, 1, 1, 1},
                       .role = Role::state,
                       .initialiser = Initialiser::ones}};
  }

  static constexpr Index block = 2;  // samples of a task
  static constexpr Index blocks(Index N) { return (N + block - 1) / block; }

  template <class T>
  fkd::Requirements requirements(const fkd::LayerContext<T>& context) const {
    const Index N = context.samples, C = context.in.channels;
    constexpr auto bytes = static_cast<Index>(sizeof(T));
    if (!context.training) return {.forward_phases = {blocks(N)}};
    return {.input = true,
            .saved_bytes = 2 * C * bytes,                        // mean, 1 / deviation
            .workspace_bytes = (blocks(N) + 1) * 2 * C * bytes,  // a pair of sums for each block, then their totals
            .forward_phases = {blocks(N), 1, blocks(N)},
            .backward_phases = {blocks(N), 1, blocks(N)}};
  }

  /// Calls f(value, channel) for every value of a block's samples.
  template <class F>
  static void each_value(Shape shape, Index N, Index task, F f) {
    const Index begin = task * block * shape.size(), end = std::min((task + 1) * block, N) * shape.size();
    for (Index i = begin; i < end; ++i) f(i, i % shape.channels);
  }

  template <class T>
  void forward(const fkd::Forward<T>& f, Index phase, Index task) const {
    const Index N = f.samples, C = f.in_shape.channels;
    const T *scale = f.parameters[1], *offset = f.parameters[2];
    if (!f.pass.training) {
      const T *mean = f.parameters[0], *variance = f.parameters[3];
      each_value(f.in_shape, N, task, [&](Index i, Index c) {
        f.out[i] = (f.in[i] - mean[c]) / std::sqrt(variance[c] + static_cast<T>(epsilon)) * scale[c] + offset[c];
      });
      return;
    }
    T *saved = as<T>(f.saved), *sums = as<T>(f.workspace);
    if (phase == 0) {
      T* own = sums + task * 2 * C;
      std::fill_n(own, 2 * C, T{0});
      each_value(f.in_shape, N, task, [&](Index i, Index c) { own[c] += f.in[i], own[C + c] += f.in[i] * f.in[i]; });
    } else if (phase == 1) {
      const T count = static_cast<T>(N * f.in_shape.height * f.in_shape.width), m = static_cast<T>(momentum);
      for (Index c = 0; c < C; ++c) {
        T sum = 0, squares = 0;
        for (Index b = 0; b < blocks(N); ++b) sum += sums[b * 2 * C + c], squares += sums[b * 2 * C + C + c];
        const T mean = sum / count, variance = squares / count - mean * mean;
        saved[c] = mean;
        saved[C + c] = 1 / std::sqrt(variance + static_cast<T>(epsilon));
        f.state[0][c] = m * f.state[0][c] + (1 - m) * mean;
        f.state[3][c] = m * f.state[3][c] + (1 - m) * variance;
      }
    } else {
      each_value(f.in_shape, N, task,
                 [&](Index i, Index c) { f.out[i] = (f.in[i] - saved[c]) * saved[C + c] * scale[c] + offset[c]; });
    }
  }

  template <class T>
  void backward(const fkd::Backward<T>& b, Index phase, Index task) const {
    const Index N = b.samples, C = b.in_shape.channels;
    const T* saved = as<T>(b.saved);
    T *sums = as<T>(b.workspace), *total = sums + blocks(N) * 2 * C;
    const auto normalised = [&](Index i, Index c) { return (b.in[i] - saved[c]) * saved[C + c]; };
    if (phase == 0) {
      T* own = sums + task * 2 * C;
      std::fill_n(own, 2 * C, T{0});
      each_value(b.in_shape, N, task,
                 [&](Index i, Index c) { own[c] += b.d_out[i] * normalised(i, c), own[C + c] += b.d_out[i]; });
    } else if (phase == 1) {
      for (Index c = 0; c < 2 * C; ++c) {
        total[c] = 0;
        for (Index other = 0; other < blocks(N); ++other) total[c] += sums[other * 2 * C + c];
      }
      for (Index c = 0; c < C; ++c) b.gradients[1][c] += total[c], b.gradients[2][c] += total[C + c];
    } else if (b.d_in) {
      const T count = static_cast<T>(N * b.in_shape.height * b.in_shape.width);
      each_value(b.in_shape, N, task, [&](Index i, Index c) {
        const T inner = b.d_out[i] - total[C + c] / count - normalised(i, c) * total[c] / count;
        b.d_in[i] = b.parameters[1][c] * saved[C + c] * inner;
      });
    }
  }
};

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
