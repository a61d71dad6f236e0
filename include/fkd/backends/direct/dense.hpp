/// \file
/// Same as reference::dense_forward, for a range [k0, k1) of the inputs, but it is one of the convolution's products:
/// samples are the pixels, the range is the kernel's only row.
///
///  - of few outputs or few samples weights are read where they lie: rows of 30 are no whole registers, so a load reads
///    into the next row and those lanes are dropped; only the tensor's last rows come from a copy
///  - of many outputs weights go by panels, those of a tile of outputs: packed beforehand, or copied together some rows
///    at a time, because rows that lie 2048 bytes apart share a few sets of the level-1 cache (1.2 to 1.4 times as
///    fast; packed 1.1 times that)
///  - of a few samples a block is 32 rows: the weights stream past once, in long runs that a processor foresees; a
///    packed panel is one long run
#pragma once

#include <algorithm>

#include <fkd/backends/direct/conv2d_forward.hpp>
#include <fkd/backends/direct/loops.hpp>
#include <fkd/backends/operands.hpp>
#include <fkd/core/shape.hpp>

namespace fkd::direct {

/// Inputs whose weights stay in the level-1 cache while all samples pass over them; and of a panel.
inline constexpr Index dense_block = 192;
inline constexpr Index dense_panel_block = 112;

/// The same where the samples are so few that weights are not used again: rows that are read side by side.
inline constexpr Index few_samples = 8;
inline constexpr Index dense_streamed_block = 32;

/// From so many on, outputs are many.
inline constexpr Index many_outputs = 64;

/// Rows of weights, before the tensor's last one, from which a load of whole registers would leave the tensor.
template <class T>
Index dense_last_rows(const DenseDims& d) {
  return (std::min)(d.IU, (whole_lines<T>(d.OU) - 1) / d.OU);
}

/// Of the weights: panels, of many outputs.
template <class T>
Index dense_packed_size(const DenseDims& d) {
  return d.OU > many_outputs ? packed_size<T>(d.IU, d.OU) : 0;
}

template <class T>
[[gnu::noinline]] void dense_pack(const Loops<T>& loops, T* packed, const T* weight, const DenseDims& d) {
  if (d.OU > many_outputs) pack_tiles(loops, packed, d.IU, d.OU, [&](Index k) { return weight + k * d.OU; });
}

/// Scratch: sums (N, step), twice, and a copy of the last rows or of a block of a panel.
template <class T>
Index dense_forward_scratch_size(const DenseDims& d) {
  const Index step = whole_lines<T>(d.OU);
  return 2 * d.N *
         (std::max)(step, tile_width<T>)+(std::max)(dense_last_rows<T>(d) * step, dense_panel_block * tile_width<T>);
}

/// `n` values of each of some rows, and zeros up to the step.
template <class T>
void copy_rows(const Loops<T>& loops, Strided<T> to, Strided<const T> from, Index rows, Index n) {
  loops.copy(to, from, rows, n);
  for (Index i = 0; n < to.step && i < rows; ++i)
    std::fill(to.data + i * to.step + n, to.data + (i + 1) * to.step, T{0});
}

/// Weights (K, outputs) of one tile.
template <class T>
struct DensePanel {
  const T* packed;  // rows one behind the other; null: copied together from ...
  const T* weight;  // ... rows that lie apart, or, turned, columns
  Index step;       // from one to the next
  bool turned = false;
  Index outputs;

  /// Rows [k, k + rows), `width` values each.
  const T* rows_of(const Loops<T>& loops, T* block, Index k, Index rows, Index width) const {
    if (packed != nullptr) return packed + k * width;
    if (turned) {
      if (outputs < width) std::fill_n(block, rows * width, T{0});
      loops.transpose({block, width}, {weight + k, step}, outputs, rows);
    } else {
      copy_rows<T>(loops, {block, width}, {weight + k * step, step}, rows, outputs);
    }
    return block;
  }
};

/// sums (N, width) = in (N, K) * panel, a block of rows after the other for all samples, so that it stays in the
/// level-1 cache; `block` is where rows are copied to. (Asking for the next rows in time gained nothing, and of packed
/// ones it lost 3 %.)
template <class T>
[[gnu::noinline]] void dense_panel(const Loops<T>& loops, T* sums, Strided<const T> in, Index N, Index K,
                                   Index registers, const DensePanel<T>& panel, T* block) {
  const Index width = registers * loops.lanes;
  const Index longest = panel.packed != nullptr && N < few_samples ? K : dense_panel_block;
  Product<T> product{};
  product.in_step = in.step;
  product.out_step = width;
  Tile<T> t{};
  t.out = sums;
  t.out_step = t.weight_step = width;
  t.start = zeros<T>;
  t.in_step = 1;
  for (Index k = 0, rows = 0; k < K; k += rows) {
    rows = (std::min)(longest, K - k);
    t.weight = panel.rows_of(loops, block, k, rows, width);
    t.in = in.data + k;
    t.run = t.count = rows;
    product_row(loops, t, N, product, registers, width);
    t.start = sums;
    t.start_step = width;
  }
}

/// What a block of rows adds to the sums of a few samples: tile after tile of outputs, and for each the same outputs of
/// the rows behind the block are asked for.
template <class T>
[[gnu::noinline]] void dense_stream(const Loops<T>& loops, const Product<T>& p, const T* in, T* sums, Index N,
                                    const T* behind, Index rows_behind) {
  const Index offset[longest_tile / 2] = {0, p.in_step, 2 * p.in_step, 3 * p.in_step, 4 * p.in_step, 5 * p.in_step};
  Tile<T> t{};
  t.out_step = t.start_step = p.out_step;
  t.offset = offset;
  t.in_step = 1;
  t.run = t.count = p.run;
  t.weight_step = p.step;
  for (Index o = 0; o < p.OU;) {
    const Index registers = loops.tile_registers(p.OU - o), width = registers * loops.lanes;
    Prefetch<T>{behind + o, p.step, width, rows_behind}(rows_behind);
    t.weight = p.weight + o;
    for (Index n = 0, samples = 0; n < N; n += samples) {
      samples = tile_length(N - n, registers, false);
      t.in = in + n * p.in_step;
      t.out = sums + n * p.out_step + o;
      t.start = t.out;
      loops.run(t, registers, samples);
    }
    o += width;
  }
}

/// sums (N, step) over [k0, k1), weights read where they lie but for the tensor's last rows.
template <class T>
[[gnu::noinline]] void dense_in_place(const Loops<T>& loops, const DenseForward<T>& o, const DenseDims& d, Index k0,
                                      Index k1, T* sums, T* last) {
  const Index outputs = o.end(d.OU) - o.o0, step = whole_lines<T>(outputs);
  const Index in_place = (std::max)(k0, (std::min)(k1, d.IU - dense_last_rows<T>(d)));
  const Index longest = d.OU > many_outputs ? dense_streamed_block : dense_block;
  std::fill(sums, sums + d.N * step, T{0});
  copy_rows<T>(loops, {last, step}, {o.weight + in_place * d.OU + o.o0, d.OU}, k1 - in_place, outputs);
  for (Index k = k0, rows = 0; k < k1; k += rows) {
    const bool copied = k >= in_place;
    rows = (std::min)(longest, (copied ? k1 : in_place) - k);
    Product<T> product{.weight = copied ? last + (k - in_place) * step : o.weight + k * d.OU + o.o0,
                       .step = copied ? step : d.OU,
                       .start = sums,
                       .start_step = step,
                       .OU = step,
                       .KH = 1,
                       .run = rows,
                       .in_row = 0,
                       .in_step = d.IU,
                       .out_step = step};
    const Index next = k + rows;
    if (longest == dense_streamed_block) {
      dense_stream(loops, product, o.in + k, sums, d.N, product.weight + rows * product.step,
                   copied ? 0 : (std::min)(longest, in_place - next));
      continue;
    }
    Prefetch<T> ahead{o.in + next, d.IU, (std::min)(longest, k1 - next), next < k1 ? d.N : 0};
    for (Index n = 0, samples = 0; n < d.N; n += samples) {  // a few samples, and as many of the next block's asked for
      samples = tile_length(d.N - n, 4, true);
      ahead(samples);
      product.start = sums + n * step;
      product_rows<T>(loops, {.out = sums + n * step, .in = o.in + n * d.IU + k, .count = samples}, product);
    }
  }
}

/// A panel of outputs after the other, or all at once where weights are read in place: the sums of each range of
/// inputs, added up, then the bias.
template <class T>
[[gnu::noinline]] void dense_forward(const Loops<T>& loops, const DenseForward<T>& o, const DenseDims& d, Index k0,
                                     Index k1, const KernelMemory<T>& memory) {
  const bool panels = d.OU > many_outputs && (memory.packed != nullptr || d.N >= few_samples);
  for (Index first = o.o0, width = 0; first < o.end(d.OU); first += width) {
    const Index registers = loops.tile_registers(o.end(d.OU) - first);
    width = panels ? registers * loops.lanes : whole_lines<T>(o.end(d.OU) - first);
    const Index outputs = (std::min)(width, o.end(d.OU) - first);
    T *total = memory.scratch, *sums = total + d.N * width, *rest = sums + d.N * width;
    if (k0 == k1) std::fill(total, sums, T{0});
    for (Index k = k0, end = 0; k < k1; k = end) {
      end = o.part > 0 ? (std::min)(k + o.part, k1) : k1;
      T* to = k == k0 ? total : sums;
      if (panels) {
        const T* packed = memory.packed != nullptr ? memory.packed + first * d.IU + k * width : nullptr;
        dense_panel<T>(loops, to, {o.in + k, d.IU}, d.N, end - k, registers,
                       {.packed = packed, .weight = o.weight + k * d.OU + first, .step = d.OU, .outputs = outputs},
                       rest);
      } else {
        dense_in_place(loops, o, d, k, end, to, rest);
      }
      if (k > k0) loops.add({total, width}, {sums, width}, d.N, width);
    }
    if (o.bias != nullptr) loops.add({total, width}, {o.bias + first, 0}, d.N, outputs);
    loops.copy({o.out + first, d.OU}, {total, width}, d.N, outputs);
  }
}

}  // namespace fkd::direct
