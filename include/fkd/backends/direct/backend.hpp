/// \file
/// The two backends of the direct kernels, which differ in how they go backward:
///
///  - `direct`: every product is computed whole
///  - `sparse`: where at least two thirds of the gradients are zero, as they are behind a 2x2 pool, the non-zero ones
///    are listed and only those are multiplied (conv2d_sparse.hpp). Where the input has too few channels for that, as
///    that of a first layer, d_weight goes window by window (conv2d_d_weight_windows.hpp). Which way a sample takes is
///    a function of its gradients alone, so it is the same fused and unfused
#pragma once

#include <algorithm>
#include <cstdint>

#include <fkd/backends/backend.hpp>
#include <fkd/backends/direct/conv2d_d_in.hpp>
#include <fkd/backends/direct/conv2d_d_weight.hpp>
#include <fkd/backends/direct/conv2d_d_weight_windows.hpp>
#include <fkd/backends/direct/conv2d_forward.hpp>
#include <fkd/backends/direct/conv2d_relu_max_pool.hpp>
#include <fkd/backends/direct/conv2d_sparse.hpp>
#include <fkd/backends/direct/dense.hpp>
#include <fkd/backends/direct/loops.hpp>
#include <fkd/backends/direct/rows.hpp>
#include <fkd/core/shape.hpp>

namespace fkd::direct {

/// Whether lists pay: at most a third of the gradients is not zero.
template <class T>
bool is_sparse(const T* d_out, Index count) {
  Index zeros = 0;
  for (Index i = 0; i < count; ++i) zeros += d_out[i] == T{0} ? 1 : 0;
  return 3 * (count - zeros) <= count;
}

/// The backend: the kernels, with the inner loops of one instruction set. Its own parts are never inline: a compiler
/// that sees but one backend guesses which function a layer calls, and would copy the bodies there.
template <class T>
class Direct final : public Backend<T> {
 public:
  /// `sparse` is whether backward may leave out zeros.
  constexpr Direct(const Loops<T>& loops, bool sparse)
      : Backend<T>{sparse ? "sparse" : "direct"}, loops_{loops}, sparse_{sparse} {}

  Index conv2d_prepared_size(const Conv2DDims& d, bool training) const override { return prepared_at(d, training).end; }

  void conv2d_prepare(T* prepared, const T* weight, const Conv2DDims& d, bool training) const override {
    const Prepared at = prepared_at(d, training);
    conv2d_forward_prepare(loops_, prepared, weight, d);
    if (!training) return;
    conv2d_d_in_prepare(loops_, prepared + at.d_in, weight, d);
    if (at.end > at.d_in_sparse) conv2d_d_in_sparse_prepare(prepared + at.d_in_sparse, weight, d);
  }

  Index conv2d_scratch_size(const Conv2DDims& d) const override {
    return (std::max)(conv2d_forward_scratch_size<T>(d), backward_scratch_size(d));
  }

  void conv2d_forward(T* out, const T* in, const T*, const T* bias, const T* prepared, const Conv2DDims& d,
                      T* scratch) const override {
    conv2d_forward_rows(loops_, out, in, bias, prepared, d, 0, d.OH, scratch);
  }

  void conv2d_d_in(T* d_in, const T* d_out, const T*, const T* prepared, const Conv2DDims& d,
                   T* scratch) const override {
    const bool lists = by_lists(d) && is_sparse(d_out, d.OH * d.OW * d.OC);
    backward(d_in, nullptr, nullptr, nullptr, {d_out, d.OH, d.OW, d.OC}, prepared, d, lists, scratch);
  }

  void conv2d_d_weight(T* d_weight, T* d_bias, const T* in, const T* d_out, const Conv2DDims& d,
                       T* scratch) const override {
    const bool lists = by_lists(d) && is_sparse(d_out, d.OH * d.OW * d.OC);
    backward(nullptr, d_weight, d_bias, in, {d_out, d.OH, d.OW, d.OC}, nullptr, d, lists, scratch);
  }

  Index dense_scratch_size(const DenseDims& d) const override { return direct::dense_scratch_size<T>(d); }

  void dense_forward(T* partial, const T* in, const T* weight, const DenseDims& d, Index k0, Index k1,
                     T* scratch) const override {
    direct::dense_forward(loops_, partial, in, weight, d, k0, k1, scratch);
  }
  void dense_d_weight(T* d_weight, const T* in, const T* d_out, const DenseDims& d, Index k0, Index k1,
                      T* scratch) const override {
    direct::dense_d_weight(loops_, d_weight, in, d_out, d, k0, k1, scratch);
  }
  void dense_d_in(T* d_in, const T* d_out, const T* weight, const DenseDims& d, Index k0, Index k1,
                  T* scratch) const override {
    direct::dense_d_in(loops_, d_in, d_out, weight, d, k0, k1, scratch);
  }

  /// A window of one or two places leaves too many gradients to be sure of lists.
  bool can_fuse(const Conv2DDims& d, const MaxPool2DDims& p) const override {
    return direct::can_fuse(p) && (!by_lists(d) || p.KH * p.KW >= 3);
  }

  Index fused_scratch_size(const Conv2DDims& d, const MaxPool2DDims& p) const override {
    return (std::max)(conv2d_relu_max_pool_forward_scratch_size<T>(d, p), backward_scratch_size(d));
  }

  void fused_forward(T* pooled, std::uint8_t* index, const T* in, const T*, const T* bias, const T* prepared,
                     const Conv2DDims& d, const MaxPool2DDims& p, bool relu, T* scratch) const override {
    conv2d_relu_max_pool_forward(loops_, pooled, index, in, bias, prepared, d, p, relu, scratch);
  }

  void fused_backward(T* d_in, T* d_weight, T* d_bias, const T* d_pooled, const std::uint8_t* index, const T* in,
                      const T*, const T* prepared, const Conv2DDims& d, const MaxPool2DDims& p,
                      T* scratch) const override {
    const Rows<T> d_out{d_pooled, d.OH, d.OW, d.OC, index, p, loops_.unpool_row};
    backward(d_in, d_weight, d_bias, in, d_out, prepared, d, by_lists(d), scratch);
  }

 private:
  /// Where the derived weights begin: forward's at 0; while training, d_in's, and d_in's by lists.
  struct Prepared {
    Index d_in, d_in_sparse, end;
  };
  [[gnu::noinline]] Prepared prepared_at(const Conv2DDims& d, bool training) const {
    const Index d_in = whole_lines<T>(conv2d_forward_prepared_size<T>(d));
    const Index d_in_sparse = d_in + (training ? whole_lines<T>(conv2d_d_in_prepared_size<T>(d)) : 0);
    return {d_in, d_in_sparse, d_in_sparse + (training && by_lists(d) ? conv2d_d_in_sparse_prepared_size<T>(d) : 0)};
  }

  [[gnu::noinline]] bool by_lists(const Conv2DDims& d) const { return sparse_ && can_be_sparse<T>(d); }

  [[gnu::noinline]] Index backward_scratch_size(const Conv2DDims& d) const {
    const Index size = (std::max)(conv2d_d_in_scratch_size<T>(d), conv2d_d_weight_scratch_size<T>(d));
    if (!sparse_) return size;
    if (!by_lists(d)) return (std::max)(size, conv2d_d_weight_windows_scratch_size<T>(d));
    return (std::max)(size,
                      (std::max)(conv2d_d_in_sparse_scratch_size<T>(d), conv2d_d_weight_sparse_scratch_size<T>(d)));
  }

  /// Adds to d_weight and d_bias and assigns d_in, unless null.
  [[gnu::noinline]] void backward(T* d_in, T* d_weight, T* d_bias, const T* in, const Rows<T>& d_out, const T* prepared,
                                  const Conv2DDims& d, bool lists, T* scratch) const {
    if (d_weight != nullptr && lists) {
      conv2d_d_weight_sparse(loops_, d_weight, d_bias, in, d_out, d, scratch);
    } else if (d_weight != nullptr) {
      const bool windows = sparse_ && !by_lists(d) && loops_.window_sums != nullptr;
      if (!windows || !conv2d_d_weight_windows(loops_, d_weight, d_bias, in, d_out, d, scratch))
        direct::conv2d_d_weight(loops_, d_weight, d_bias, in, d_out, d, scratch);
    }
    if (d_in == nullptr) return;
    const Prepared at = prepared_at(d, true);
    if (lists) {
      conv2d_d_in_sparse(loops_, d_in, d_out, prepared + at.d_in_sparse, d, scratch);
    } else {
      direct::conv2d_d_in(loops_, d_in, d_out, prepared + at.d_in, d, scratch);
    }
  }

  const Loops<T>& loops_;
  bool sparse_;
};

}  // namespace fkd::direct
