/// \file
/// The two backends of the direct kernels, which differ in backward of plain convolutions (neither dilated nor in
/// groups; the others: conv2d_general.hpp):
///
///  - `direct`: every product is computed whole
///  - `sparse`: where at least two thirds of the gradients are zero, as they are behind a 2x2 pool, the non-zero ones
///    are listed and only those are multiplied (conv2d_sparse.hpp). Where the input has too few channels for that, as
///    that of a first layer, d_weight goes window by window (conv2d_d_weight_windows.hpp). Which of these a sample
///    takes is a function of its gradients alone, so it is the same fused and unfused
#pragma once

#include <algorithm>
#include <string_view>

#include <fkd/backends/backend.hpp>
#include <fkd/backends/direct/conv2d_d_in.hpp>
#include <fkd/backends/direct/conv2d_d_in_parts.hpp>
#include <fkd/backends/direct/conv2d_d_weight.hpp>
#include <fkd/backends/direct/conv2d_d_weight_windows.hpp>
#include <fkd/backends/direct/conv2d_epilogue.hpp>
#include <fkd/backends/direct/conv2d_forward.hpp>
#include <fkd/backends/direct/conv2d_general.hpp>
#include <fkd/backends/direct/conv2d_sparse.hpp>
#include <fkd/backends/direct/dense.hpp>
#include <fkd/backends/direct/dense_gradients.hpp>
#include <fkd/backends/direct/loops.hpp>
#include <fkd/backends/direct/rows.hpp>
#include <fkd/backends/epilogue.hpp>
#include <fkd/backends/operands.hpp>
#include <fkd/core/shape.hpp>

namespace fkd::direct {

/// Whether nonzero lists pay: at most one of `share` gradients, a third, is not zero. It looks no further once more
/// are: of gradients that are not sparse it reads a third.
template <class T>
bool is_sparse(const T* d_out, Index count, Index share = 3) {
  typedef std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t> Register __attribute__((vector_size(16)));
  typedef std::conditional_t<sizeof(T) == 4, std::int32_t, std::int64_t> Counts __attribute__((vector_size(16)));
  constexpr Index lanes = 16 / static_cast<Index>(sizeof(T));
  Index others = 0;
  for (Index i = 0; i < count && share * others <= count;) {
    const Index end = (std::min)(i + 256, count);
    others += end - i;
    Counts found[2] = {};  // -1 for each zero
    for (; i + 2 * lanes <= end; i += 2 * lanes) {
      Register bits[2];
      __builtin_memcpy(bits, d_out + i, sizeof bits);
      found[0] += bits[0] + bits[0] == Register{};  // the sign is shifted out
      found[1] += bits[1] + bits[1] == Register{};
    }
    for (Index lane = 0; lane < lanes; ++lane) others += found[0][lane] + found[1][lane];
    for (; i < end; ++i) others -= is_zero(d_out[i]) ? 1 : 0;
  }
  return share * others <= count;
}

/// The backend: the kernels, with the inner loops of one instruction set. Its own parts are never inline: a compiler
/// that sees but one backend guesses which function a layer calls, and would copy the bodies there. Those that are
/// protected are for a backend which does some of it in another way.
template <class T>
class DirectFunctions : public Backend<T> {
 public:
  Index conv2d_packed_size(const Conv2DDims& d, bool training) const override { return packed_at(d, training).end; }

  void conv2d_pack(T* packed, const T* weight, const Conv2DDims& d, bool training) const override {
    const Packed at = packed_at(d, training);
    if (!d.is_plain()) {
      conv2d_forward_general_pack(loops_, packed, weight, d);
      if (training) conv2d_d_in_general_pack(loops_, packed + at.d_in, weight, d);
      return;
    }
    conv2d_forward_pack(loops_, packed, weight, d);
    if (!training) return;
    if (is_strided(d)) {
      conv2d_d_in_parts_pack(loops_, packed + at.d_in, weight, d);
    } else {
      conv2d_d_in_pack(loops_, packed + at.d_in, weight, d);
    }
    if (at.end > at.d_in_sparse) conv2d_d_in_sparse_pack(packed + at.d_in_sparse, weight, d);
  }

  Index conv2d_scratch_size(const Conv2DDims& d) const override {
    if (!d.is_plain()) return conv2d_general_scratch_size<T>(d);
    return (std::max)(conv2d_forward_scratch_size<T>(d), backward_scratch_size(d));
  }

  void conv2d_forward(const Conv2DForward<T>& o, const Conv2DDims& d, const KernelMemory<T>& memory) const override {
    if (!d.is_plain()) return conv2d_forward_general(loops_, o, d, memory);
    conv2d_forward_rows(loops_, o, d, 0, d.OH, memory);
  }

  void conv2d_d_in(const Conv2DInputGradient<T>& o, const Conv2DDims& d, const KernelMemory<T>& memory) const override {
    if (!d.is_plain())
      return conv2d_d_in_general(loops_, o, d, {memory.packed + packed_at(d, true).d_in, memory.scratch});
    const bool lists = uses_lists(d) && is_sparse(o.d_out, d.OH * d.OW * d.OC);
    backward({.d_in = o.d_in, .d_out = {o.d_out, d.OH, d.OW, d.OC}}, d, lists, memory);
  }

  void conv2d_d_weight(const Conv2DWeightGradient<T>& o, const Conv2DDims& d, T* scratch) const override {
    if (!d.is_plain()) return conv2d_d_weight_general(loops_, o, d, scratch);
    const bool lists = uses_lists(d) && is_sparse(o.d_out, d.OH * d.OW * d.OC);
    backward({.d_weight = o.d_weight, .d_bias = o.d_bias, .in = o.in, .d_out = {o.d_out, d.OH, d.OW, d.OC}}, d, lists,
             {.scratch = scratch});
  }

  Index dense_packed_size(const DenseDims& d) const override { return direct::dense_packed_size<T>(d); }
  void dense_pack(T* packed, const T* weight, const DenseDims& d) const override {
    direct::dense_pack(loops_, packed, weight, d);
  }
  Index dense_d_out_packed_size(const DenseDims& d) const override { return direct::dense_d_out_packed_size<T>(d); }
  void dense_pack_d_out(T* packed, const T* d_out, const DenseDims& d, Index n0, Index n1) const override {
    direct::dense_pack_d_out(loops_, packed, d_out, d, n0, n1);
  }
  Index dense_scratch_size(const DenseDims& d) const override {
    return (std::max)(dense_forward_scratch_size<T>(d), dense_gradients_scratch_size<T>(d));
  }

  void dense_forward(const DenseForward<T>& o, const DenseDims& d, Index k0, Index k1,
                     const KernelMemory<T>& memory) const override {
    direct::dense_forward(loops_, o, d, k0, k1, memory);
  }
  void dense_d_in(const DenseInputGradient<T>& o, const DenseDims& d, Index k0, Index k1, T* scratch) const override {
    direct::dense_d_in(loops_, o, d, k0, k1, scratch);
  }
  void dense_d_weight(const DenseWeightGradient<T>& o, const DenseDims& d, Index k0, Index k1,
                      const KernelMemory<T>& memory) const override {
    direct::dense_d_weight(loops_, o, d, k0, k1, memory);
  }

  /// A window of one or two places leaves too many gradients to be sure of nonzero lists. Columns of output that an
  /// input never meets, at the left or at the right, would have to be left out of a pooled row. Only a plain
  /// convolution goes by a few rows.
  bool can_fuse_pool(const Conv2DDims& d, const MaxPool2DDims& p) const override {
    const Index last = (d.OW - 1) * d.stride_w - d.pad_left;  // where the last column of output begins
    const bool sees_input =
        (d.pad_left == 0 || d.pad_left + d.stride_w <= d.KW) && last + (std::min)(d.stride_w, d.KW) <= d.IW;
    return direct::can_fuse(p) && d.is_plain() && sees_input && (!uses_lists(d) || p.KH * p.KW >= 3);
  }

  Index conv2d_epilogue_scratch_size(const Conv2DDims& d, const Epilogue<T>& epilogue) const override {
    if (!d.is_plain()) return conv2d_general_scratch_size<T>(d);
    return (std::max)(
        epilogue.pool ? conv2d_pool_scratch_size<T>(d, *epilogue.pool) : conv2d_forward_scratch_size<T>(d),
        backward_scratch_size(d));
  }

  void conv2d_epilogue_forward(const Conv2DEpilogueForward<T>& o, const Conv2DDims& d, const Epilogue<T>& epilogue,
                               const KernelMemory<T>& memory) const override {
    if (!d.is_plain() && !forward_by_lanes<T>(d)) {
      Backend<T>::conv2d_epilogue_forward(o, d, epilogue, memory);
    } else if (epilogue.pool) {
      conv2d_pool_forward(loops_, o, d, epilogue, memory);
    } else {
      Epilogue<T> behind = epilogue;
      const bool relu =
          o.shortcut == nullptr && o.pre_activation == nullptr && epilogue.activation && epilogue.activation->is_relu;
      if (relu) behind.activation.reset();
      conv2d_activation_forward(loops_, o, d, behind, [&](T* product, Index begin, Index end) {
        if (!d.is_plain()) {
          lanes_forward(loops_, product, o.in, o.bias, forward_lanes<T>(d), begin, end, memory, relu);
        } else {
          conv2d_forward_rows<T>(loops_, {.out = product, .in = o.in, .weight = o.weight, .bias = o.bias}, d, begin,
                                 end, memory, relu);
        }
      });
    }
  }

  Index row_step(const Conv2DDims& d, const Epilogue<T>&) const override {
    return d.is_plain() || forward_by_lanes<T>(d) ? 1 : 0;
  }

  void conv2d_pool_backward(const Conv2DPoolBackward<T>& o, const Conv2DDims& d, const MaxPool2DDims& p,
                            const KernelMemory<T>& memory) const override {
    backward({.d_in = o.d_in,
              .d_weight = o.d_weight,
              .d_bias = o.d_bias,
              .in = o.in,
              .d_out = {o.d_pooled, d.OH, d.OW, d.OC, o.index, p, loops_.unpool_row}},
             d, uses_lists(d), memory);
  }

 protected:
  /// `sparse` is whether backward may leave out zeros.
  constexpr DirectFunctions(std::string_view its_name, const Loops<T>& loops, bool sparse)
      : Backend<T>{its_name}, loops_{loops}, sparse_{sparse} {}
  ~DirectFunctions() = default;

  /// Where the packed weights begin: forward's at 0; while training, d_in's, and d_in's for nonzero lists.
  struct Packed {
    Index d_in, d_in_sparse, end;
  };
  [[gnu::noinline]] Packed packed_at(const Conv2DDims& d, bool training) const {
    if (!d.is_plain()) {
      const Index after = whole_lines<T>(conv2d_forward_general_packed_size<T>(d));
      const Index end = after + (training ? conv2d_d_in_general_packed_size<T>(d) : 0);
      return {after, end, end};
    }
    const Index d_in = whole_lines<T>(conv2d_forward_packed_size<T>(d));
    const Index d_in_sparse = d_in + (training ? whole_lines<T>(conv2d_d_in_packed_size<T>(d)) : 0);
    return {d_in, d_in_sparse, d_in_sparse + (training && uses_lists(d) ? conv2d_d_in_sparse_packed_size<T>(d) : 0)};
  }

  static bool is_strided(const Conv2DDims& d) { return d.stride_h > 1 || d.stride_w > 1; }

  [[gnu::noinline]] bool uses_lists(const Conv2DDims& d) const { return sparse_ && can_be_sparse<T>(d); }

  [[gnu::noinline]] Index backward_scratch_size(const Conv2DDims& d) const {
    const Index d_in = is_strided(d) ? conv2d_d_in_parts_scratch_size<T>(d) : conv2d_d_in_scratch_size<T>(d);
    const Index size = (std::max)(d_in, conv2d_d_weight_scratch_size<T>(d));
    if (!sparse_) return size;
    if (!uses_lists(d)) return (std::max)(size, conv2d_d_weight_windows_scratch_size<T>(d));
    return (std::max)(size,
                      (std::max)(conv2d_d_in_sparse_scratch_size<T>(d), conv2d_d_weight_sparse_scratch_size<T>(d)));
  }

  /// What backward computes: what is null is not wanted.
  struct Gradients {
    T* d_in = nullptr;      // assigned (IH, IW, IC)
    T* d_weight = nullptr;  // added to (KH, KW, IC, OC)
    T* d_bias = nullptr;    // added to (OC); null without a bias
    const T* in = nullptr;  // read (IH, IW, IC); null where d_weight is
    Rows<T> d_out;          // read (OH, OW, OC)
  };
  [[gnu::noinline]] void backward(const Gradients& o, const Conv2DDims& d, bool lists,
                                  const KernelMemory<T>& memory) const {
    if (o.d_weight != nullptr) {
      const WeightGradient<T> of_weight{o.d_weight, o.d_bias, o.in, o.d_out};
      const bool windows = sparse_ && !uses_lists(d) && loops_.window_sums != nullptr;
      if (lists) {
        conv2d_d_weight_sparse(loops_, of_weight, d, memory.scratch);
      } else if (!windows || !conv2d_d_weight_windows(loops_, of_weight, d, memory.scratch)) {
        direct::conv2d_d_weight(loops_, of_weight, d, memory.scratch);
      }
    }
    if (o.d_in == nullptr) return;
    const Packed at = packed_at(d, true);
    if (lists) {
      conv2d_d_in_sparse(loops_, o.d_in, o.d_out, d, {memory.packed + at.d_in_sparse, memory.scratch});
    } else if (is_strided(d)) {
      conv2d_d_in_strided(loops_, o.d_in, o.d_out, d, {memory.packed + at.d_in, memory.scratch});
    } else {
      direct::conv2d_d_in(loops_, o.d_in, o.d_out, d, {memory.packed + at.d_in, memory.scratch});
    }
  }

  const Loops<T>& loops_;
  bool sparse_;
};

template <class T>
class Direct final : public DirectFunctions<T> {
 public:
  constexpr Direct(const Loops<T>& loops, bool sparse)
      : DirectFunctions<T>{sparse ? "sparse" : "direct", loops, sparse} {}
};

}  // namespace fkd::direct
