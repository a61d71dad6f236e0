/// \file
/// Same as reference::conv2d_d_weight and conv2d_d_in, but gradients that are zero cost nothing:
///
///  - behind a 2 x 2 pool at most a quarter of d_out is not zero, and ReLU takes more. The dense kernels multiply by
///    all those zeros. Here d_out becomes nonzero lists of (value, place), and each entry is multiplied with a run of
///    KW * IC neighbours (sparse_sum.inc): of the image for d_weight, of the weights for d_in
///  - so vectors lie over the input channels, and KW * IC has to be a multiple of a cache line
///  - the result is exact (a sum without its zeros), with one difference: zero times infinity is zero here
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include <fkd/backends/direct/loops.hpp>
#include <fkd/backends/direct/rows.hpp>
#include <fkd/backends/operands.hpp>
#include <fkd/core/shape.hpp>

namespace fkd::direct {

inline bool fits_entry(Index values) { return values <= (std::numeric_limits<std::int32_t>::max)(); }

/// Appends and returns the new end; branch-free, because whether a gradient is zero cannot be predicted. NaN is kept.
template <class T>
Index append(Entry<T>* list, Index n, const T& value, std::int32_t at) {
  list[n].value = value;
  list[n].at = at;
  return n + (is_zero(value) ? 0 : 1);
}

template <class T>
bool can_be_sparse(const Conv2DDims& d) {
  return d.is_plain() && d.KW * d.IC % line<T> == 0 &&
         fits_entry(((d.OH - 1) * d.stride_h + d.KH) * input_layout(d).width * d.IC) &&
         fits_entry(d.KH * d.KW * d.IC * d.OC);
}

template <class T>
Index list_size(Index n) {  // in values of T, whole lines
  return whole_lines<T>((n + 1) * static_cast<Index>(sizeof(Entry<T>) / sizeof(T)));
}

/// Rows of d_out in a band of d_weight: an image band of some 100 KB.
template <class T>
Index sparse_band(const Conv2DDims& d) {
  return rows_per_copy<T>(2 * input_layout(d).width * d.IC, d);
}

/// Output channels whose sums d_weight keeps at a time: some 4 MB of them, because each worker has its own. (All at
/// once, eight workers had eight copies of the weights more.)
template <class T>
Index sparse_channels(const Conv2DDims& d) {
  const Index cache_lines = (Index{4} << 20) / (d.KH * d.KW * d.IC * line<T> * static_cast<Index>(sizeof(T)));
  return (std::min)(d.OC, (std::max)(cache_lines, Index{1}) * line<T>);
}

template <class T>
Index conv2d_d_weight_sparse_scratch_size(const Conv2DDims& d) {
  const Index band = sparse_band<T>(d);
  const Index padded = ((band - 1) * d.stride_h + d.KH) * input_layout(d).width * d.IC;
  return whole_lines<T>(padded) + band * d.OW * line<T> + list_size<T>(band * d.OW) +
         sparse_channels<T>(d) * d.KH * d.KW * d.IC;
}

/// Adds to d_weight and d_bias of the output channels [begin, end).
template <class T>
[[gnu::noinline]] void conv2d_d_weight_sparse(const Loops<T>& loops, const WeightGradient<T>& o, const Conv2DDims& d,
                                              Index begin, Index end, T* scratch) {
  const PaddedLayout layout = input_layout(d);
  const bool padded = needs_padding(d);
  const Index in_row = (padded ? layout.width : d.IW) * d.IC, in_step = d.stride_w * d.IC, run = d.KW * d.IC;
  const Index K = d.KH * run, band = sparse_band<T>(d);
  T* packed = scratch + whole_lines<T>(((band - 1) * d.stride_h + d.KH) * layout.width * d.IC);
  T* sums = packed + band * d.OW * line<T>;  // (end - begin, KH, KW * IC): d_weight with its channels exchanged
  Entry<T>* list = reinterpret_cast<Entry<T>*>(sums + sparse_channels<T>(d) * K);
  std::fill(sums, sums + (end - begin) * K, T{0});
  const Rows<T> source{o.in, d.IH, d.IW, d.IC};
  for (Index oh = 0; oh < d.OH; oh += band) {
    const Index rows = (std::min)(band, d.OH - oh);
    const T* from = o.in + oh * d.stride_h * in_row;
    if (padded) {
      read_padded(scratch, source, layout, oh * d.stride_h, (rows - 1) * d.stride_h + d.KH);
      from = scratch;
    }
    for (Index oc = begin; oc < end; oc += line<T>) {
      const Index channels = (std::min)(line<T>, end - oc);
      for (Index r = 0; r < rows; ++r) {
        o.d_out.read({.to = packed + r * d.OW * line<T>,
                      .step = line<T>,
                      .row = oh + r,
                      .pixels = d.OW,
                      .channel = oc,
                      .channels = channels,
                      .width = line<T>});
      }
      for (Index c = 0; c < channels; ++c) {
        Index n = 0;
        for (Index r = 0; r < rows; ++r) {
          const T* value = packed + r * d.OW * line<T> + c;
          std::int32_t at = static_cast<std::int32_t>(r * d.stride_h * in_row);
          for (Index ow = 0; ow < d.OW; ++ow, value += line<T>, at += static_cast<std::int32_t>(in_step)) {
            n = append(list, n, *value, at);
          }
        }
        T total{0};
        for (Index i = 0; i < n; ++i) total += list[i].value;
        if (o.d_bias != nullptr) o.d_bias[oc + c] += total;
        T* to = sums + (oc - begin + c) * K;
        for (Index kh = 0; kh < d.KH; ++kh) loops.sparse_sum(to + kh * run, from + kh * in_row, run, list, n);
      }
    }
  }
  for (Index k = 0; k < K; ++k) {
    for (Index oc = begin; oc < end; ++oc) o.d_weight[k * d.OC + oc] += sums[(oc - begin) * K + k];
  }
}

/// Adds to d_weight and d_bias.
template <class T>
void conv2d_d_weight_sparse(const Loops<T>& loops, const WeightGradient<T>& o, const Conv2DDims& d, T* scratch) {
  for (Index begin = 0, end = 0; begin < d.OC; begin = end) {
    end = (std::min)(d.OC, begin + sparse_channels<T>(d));
    conv2d_d_weight_sparse(loops, o, d, begin, end, scratch);
  }
}

template <class T>
Index conv2d_d_in_sparse_packed_size(const Conv2DDims& d) {
  return d.KH * d.KW * d.IC * d.OC;
}

/// (KH, KW, IC, OC) => (KH, OC, KW * IC): what one gradient is multiplied with is one run.
template <class T>
[[gnu::noinline]] void conv2d_d_in_sparse_pack(T* packed, const T* weight, const Conv2DDims& d) {
  const Index run = d.KW * d.IC;
  for (Index kh = 0; kh < d.KH; ++kh, weight += run * d.OC, packed += run * d.OC) {
    for (Index oc = 0; oc < d.OC; ++oc) {
      for (Index i = 0; i < run; ++i) packed[oc * run + i] = weight[i * d.OC + oc];
    }
  }
}

template <class T>
Index conv2d_d_in_sparse_scratch_size(const Conv2DDims& d) {
  const Index ring = (std::max)(d.KH, d.stride_h) * input_layout(d).width * d.IC;
  return whole_lines<T>(ring) + whole_lines<T>(d.OW * d.OC) + list_size<T>(d.OC);
}

/// Assigns d_in. Padded rows grow in a ring: a row leaves it when no later gradient reaches it.
template <class T>
[[gnu::noinline]] void conv2d_d_in_sparse(const Loops<T>& loops, T* d_in, const Rows<T>& d_out, const Conv2DDims& d,
                                          const KernelMemory<T>& memory) {
  const PaddedLayout layout = input_layout(d);
  const Index row = layout.width * d.IC, run = d.KW * d.IC, ring_rows = (std::max)(d.KH, d.stride_h);
  const Index in_row = d.IW * d.IC;
  const Index wanted = (std::max)(Index{0}, (std::min)(d.IW, layout.width - layout.left)) * d.IC;
  T* ring = memory.scratch;
  T* gradient = memory.scratch + whole_lines<T>(ring_rows * row);
  Entry<T>* list = reinterpret_cast<Entry<T>*>(gradient + whole_lines<T>(d.OW * d.OC));
  std::fill(ring, ring + ring_rows * row, T{0});
  for (Index oh = 0; oh < d.OH; ++oh) {
    d_out.read(
        {.to = gradient, .step = d.OC, .row = oh, .pixels = d.OW, .channel = 0, .channels = d.OC, .width = d.OC});
    const Index first = oh * d.stride_h;
    for (Index ow = 0; ow < d.OW; ++ow) {
      Index n = 0;
      for (Index oc = 0; oc < d.OC; ++oc) {
        n = append(list, n, gradient[ow * d.OC + oc], static_cast<std::int32_t>(oc * run));
      }
      for (Index kh = 0; kh < d.KH; ++kh) {
        T* to = ring + (first + kh) % ring_rows * row + ow * d.stride_w * d.IC;
        loops.sparse_sum(to, memory.packed + kh * d.OC * run, run, list, n);
      }
    }
    const Index end = oh + 1 < d.OH ? first + d.stride_h : first + d.KH;
    for (Index f = first; f < end; ++f) {
      T* from = ring + f % ring_rows * row;
      const Index ih = f - layout.top;
      if (ih >= 0 && ih < d.IH) {
        if (wanted > 0) std::copy_n(from + layout.left * d.IC, wanted, d_in + ih * in_row);
        std::fill(d_in + ih * in_row + wanted, d_in + (ih + 1) * in_row, T{0});
      }
      std::fill(from, from + row, T{0});
    }
  }
  // The rows below meet no output.
  const Index reached = (std::max)(Index{0}, (d.OH - 1) * d.stride_h + d.KH - layout.top);
  if (reached < d.IH) std::fill(d_in + reached * in_row, d_in + d.IH * in_row, T{0});
}

}  // namespace fkd::direct
