/// \file
/// The tables of the direct kernels. For each instruction set there are two, which differ in how they go backward:
///
///  - `direct`: every product is computed whole
///  - `sparse`: where at least two thirds of the gradients are zero, as they are behind a 2x2 pool, the non-zero ones
///    are listed and only those are multiplied (conv2d_sparse.hpp). Where the input has too few channels for that, as
///    that of a first layer, d_weight goes window by window (conv2d_d_weight_windows.hpp). Which way a sample takes is
///    a function of its gradients alone, so it is the same fused and unfused
#pragma once

#include <algorithm>
#include <cstdint>

#include <fkd/kernels/direct/conv2d_d_in.hpp>
#include <fkd/kernels/direct/conv2d_d_weight.hpp>
#include <fkd/kernels/direct/conv2d_d_weight_windows.hpp>
#include <fkd/kernels/direct/conv2d_forward.hpp>
#include <fkd/kernels/direct/conv2d_relu_max_pool.hpp>
#include <fkd/kernels/direct/conv2d_sparse.hpp>
#include <fkd/kernels/direct/dense.hpp>
#include <fkd/kernels/direct/loops.hpp>
#include <fkd/kernels/direct/rows.hpp>
#include <fkd/kernels/rung.hpp>
#include <fkd/shape.hpp>

namespace fkd::direct {

/// Whether lists pay: at most a third of the gradients is not zero.
template <class T>
bool is_sparse(const T* d_out, Index count) {
  Index zeros = 0;
  for (Index i = 0; i < count; ++i) zeros += d_out[i] == T{0} ? 1 : 0;
  return 3 * (count - zeros) <= count;
}

/// What every instruction set shares: sizes.
template <class T, bool sparse>
struct Layout {
  /// Where the derived weights begin: forward's at 0; while training, d_in's, and d_in's by lists.
  struct Prepared {
    Index d_in, d_in_sparse, size;

    explicit Prepared(const Conv2DDims& d, bool training)
        : d_in{whole_lines<T>(conv2d_forward_prepared_size<T>(d))},
          d_in_sparse{d_in + (training ? whole_lines<T>(conv2d_d_in_prepared_size<T>(d)) : 0)},
          size{d_in_sparse + (training && by_lists(d) ? conv2d_d_in_sparse_prepared_size<T>(d) : 0)} {}
  };

  static bool by_lists(const Conv2DDims& d) { return sparse && can_be_sparse<T>(d); }

  static Index prepared_size(const Conv2DDims& d, bool training) { return Prepared{d, training}.size; }

  static Index backward_scratch_size(const Conv2DDims& d) {
    const Index size = (std::max)(conv2d_d_in_scratch_size<T>(d), conv2d_d_weight_scratch_size<T>(d));
    if (sparse && !by_lists(d)) return (std::max)(size, conv2d_d_weight_windows_scratch_size<T>(d));
    if (!sparse) return size;
    return (std::max)({size, conv2d_d_in_sparse_scratch_size<T>(d), conv2d_d_weight_sparse_scratch_size<T>(d)});
  }

  static Index scratch_size(const Conv2DDims& d) {
    return (std::max)(conv2d_forward_scratch_size<T>(d), backward_scratch_size(d));
  }

  static Index fused_scratch_size(const Conv2DDims& d, const MaxPool2DDims& p) {
    return (std::max)(conv2d_relu_max_pool_forward_scratch_size<T>(d, p), backward_scratch_size(d));
  }

  /// A window of one or two places leaves too many gradients to be sure of lists.
  static bool can_be_fused(const Conv2DDims& d, const MaxPool2DDims& p) {
    return can_fuse(p) && (!by_lists(d) || p.KH * p.KW >= 3);
  }
};

/// The functions of a table: the kernels, each with the inner loops of one instruction set.
template <class T, bool sparse, const Loops<T>& loops>
struct Table {
  using Layout = direct::Layout<T, sparse>;

  static void prepare(T* prepared, const T* weight, const Conv2DDims& d, bool training) {
    const typename Layout::Prepared at{d, training};
    conv2d_forward_prepare(loops, prepared, weight, d);
    if (!training) return;
    conv2d_d_in_prepare(loops, prepared + at.d_in, weight, d);
    if (at.size > at.d_in_sparse) conv2d_d_in_sparse_prepare(prepared + at.d_in_sparse, weight, d);
  }

  static void forward(T* out, const T* in, const T*, const T* bias, const T* prepared, const Conv2DDims& d,
                      T* scratch) {
    conv2d_forward_rows(loops, out, in, bias, prepared, d, 0, d.OH, scratch);
  }

  static void d_in(T* d_in, const T* d_out, const T*, const T* prepared, const Conv2DDims& d, T* scratch) {
    const bool lists = Layout::by_lists(d) && is_sparse(d_out, d.OH * d.OW * d.OC);
    backward(d_in, nullptr, nullptr, nullptr, {d_out, d.OH, d.OW, d.OC}, prepared, d, lists, scratch);
  }

  static void d_weight(T* d_weight, T* d_bias, const T* in, const T* d_out, const Conv2DDims& d, T* scratch) {
    const bool lists = Layout::by_lists(d) && is_sparse(d_out, d.OH * d.OW * d.OC);
    backward(nullptr, d_weight, d_bias, in, {d_out, d.OH, d.OW, d.OC}, nullptr, d, lists, scratch);
  }

  static void fused_forward(T* pooled, std::uint8_t* index, const T* in, const T*, const T* bias, const T* prepared,
                            const Conv2DDims& d, const MaxPool2DDims& p, bool relu, T* scratch) {
    conv2d_relu_max_pool_forward(loops, pooled, index, in, bias, prepared, d, p, relu, scratch);
  }

  static void fused_backward(T* d_in, T* d_weight, T* d_bias, const T* d_pooled, const std::uint8_t* index, const T* in,
                             const T*, const T* prepared, const Conv2DDims& d, const MaxPool2DDims& p, T* scratch) {
    const Rows<T> d_out{d_pooled, d.OH, d.OW, d.OC, index, p, loops.unpool_row};
    backward(d_in, d_weight, d_bias, in, d_out, prepared, d, Layout::by_lists(d), scratch);
  }

  /// Adds to d_weight and d_bias and assigns d_in, unless null.
  static void backward(T* d_in, T* d_weight, T* d_bias, const T* in, const Rows<T>& d_out, const T* prepared,
                       const Conv2DDims& d, bool lists, T* scratch) {
    const typename Layout::Prepared at{d, true};
    if (d_weight != nullptr && lists) {
      conv2d_d_weight_sparse(loops, d_weight, d_bias, in, d_out, d, scratch);
    } else if (d_weight != nullptr) {
      const bool windows = sparse && !Layout::by_lists(d) && loops.window_sums != nullptr;
      if (!windows || !conv2d_d_weight_windows(loops, d_weight, d_bias, in, d_out, d, scratch)) {
        conv2d_d_weight(loops, d_weight, d_bias, in, d_out, d, scratch);
      }
    }
    if (d_in != nullptr && lists) conv2d_d_in_sparse(loops, d_in, d_out, prepared + at.d_in_sparse, d, scratch);
    if (d_in != nullptr && !lists) conv2d_d_in(loops, d_in, d_out, prepared + at.d_in, d, scratch);
  }

  static void dense_forward(T* partial, const T* in, const T* weight, const DenseDims& d, Index k0, Index k1,
                            T* scratch) {
    direct::dense_forward(loops, partial, in, weight, d, k0, k1, scratch);
  }
  static void dense_d_weight(T* d_weight, const T* in, const T* d_out, const DenseDims& d, Index k0, Index k1,
                             T* scratch) {
    direct::dense_d_weight(loops, d_weight, in, d_out, d, k0, k1, scratch);
  }
  static void dense_d_in(T* d_in, const T* d_out, const T* weight, const DenseDims& d, Index k0, Index k1, T* scratch) {
    direct::dense_d_in(loops, d_in, d_out, weight, d, k0, k1, scratch);
  }
};

template <class T, bool sparse, const Loops<T>& loops>
inline constexpr Rung<T> table{.name = sparse ? "sparse" : "direct",
                               .conv2d_prepared_size = Layout<T, sparse>::prepared_size,
                               .conv2d_prepare = Table<T, sparse, loops>::prepare,
                               .conv2d_scratch_size = Layout<T, sparse>::scratch_size,
                               .conv2d_forward = Table<T, sparse, loops>::forward,
                               .conv2d_d_in = Table<T, sparse, loops>::d_in,
                               .conv2d_d_weight = Table<T, sparse, loops>::d_weight,
                               .dense_scratch_size = dense_scratch_size<T>,
                               .dense_forward = Table<T, sparse, loops>::dense_forward,
                               .dense_d_weight = Table<T, sparse, loops>::dense_d_weight,
                               .dense_d_in = Table<T, sparse, loops>::dense_d_in,
                               .can_fuse = Layout<T, sparse>::can_be_fused,
                               .fused_scratch_size = Layout<T, sparse>::fused_scratch_size,
                               .fused_forward = Table<T, sparse, loops>::fused_forward,
                               .fused_backward = Table<T, sparse, loops>::fused_backward};

}  // namespace fkd::direct
