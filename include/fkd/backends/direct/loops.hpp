/// \file
/// The inner loops of the direct kernels, as their callers see them: a table for each instruction set.
///
/// Only what spends the time is compiled for several instruction sets (the files *.inc, see instances.hpp). Whatever
/// walks over rows, bands and channels, and all layouts of memory, exist once and call through this table. The first
/// version compiled everything three times: 4.5 s of compile time where this takes 1.9 s, and it ran no faster.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>

#include <fkd/core/shape.hpp>

namespace fkd::direct {

/// `length` neighbouring outputs (pixels, samples, or weights in d_weight), each of some registers of channels:
///
///     out[p] = start[p] + sum over k of in[offset[p] + at(k)] * weight[k]        at(k): see in_step
template <class T>
struct Tile {
  T* out;
  Index out_step;  // from one p to the next
  const T* start;
  Index start_step;
  const T* in;
  const Index* offset;
  Index in_step;  // from one k to the next
  Index run;      // after so many k, ...
  Index jump;     // ... this far further
  const T* weight;
  Index weight_step;
  Index count;        // of k; a multiple of run, at least 1
  Index second = 0;   // of twelve outputs, offset[p + 6] is offset[p] + second, and not read
  bool relu = false;  // whether what is below zero becomes 0
};

/// Outputs of the longest tile: 4 registers of channels x 6 = 24 sums, or 1 x 12, where six sums would wait for each
/// other: see tile.inc.
inline constexpr Index longest_tile = 12;

/// The next tile's length where `left` outputs are still to be done: 1, 4, 5 or 6, because each length costs all
/// consumers compile time. From 8 on every number is a sum of fours, fives and sixes. `evenly`: the outputs lie at
/// equal distances, so that twelve of them may go together where there is one register.
inline constexpr std::int8_t tile_lengths[14] = {0, 1, 1, 1, 4, 5, 6, 6, 4, 5, 5, 6, 6, 5};
inline Index tile_length(Index left, Index registers, bool evenly) {
  if (evenly && registers == 1 && left >= 12) return 12;
  return left < 14 ? tile_lengths[left] : 6;
}
inline constexpr std::int8_t tile_places[longest_tile + 1] = {0, 0, 0, 0, 1, 2, 3,
                                                              0, 0, 0, 0, 0, 4};  // in `Loops::tile`

/// One gradient that is not zero, and where its factors start.
template <class T>
struct Entry {
  T value;
  std::int32_t at;  // in values
};

/// Whether a value is +0 or -0, on its bits: a consumer's -ffast-math may not take NaN for zero.
template <class T>
bool is_zero(const T& value) {
  std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t> bits;
  __builtin_memcpy(&bits, &value, sizeof bits);
  return (bits << 1) == 0;
}

/// In the byte of a pooling window: ReLU stops its gradient.
inline constexpr std::uint8_t dead = 255;

/// A row of 2 x 2 windows, each with at most one gradient in a channel (conv2d_d_weight_windows.hpp).
template <class T>
struct WindowRow {
  const T* quads;  // four values each
  const T* value;  // (windows, width): the gradients ...
  const std::int32_t*
      selector;  // ... and what each is multiplied with, as a byte shuffle has it: one of the four or zero
  Index windows;
  Index step;   // quads from one window to the next
  Index width;  // channels, whole lines
};

inline constexpr auto selects_zero = static_cast<std::int32_t>(0x80808080);
constexpr std::int32_t selects(int place) { return 0x03020100 + place * 0x04040404; }  // its bytes 0 to 3, on x86

/// Rows of values, `step` from one to the next.
template <class T>
struct Strided {
  T* data;
  Index step;
};

/// A value under the kernel that some outputs meet, and its weights: both counted from where these begin.
struct LaneTap {
  Index in, weight;
};

/// Pixels at equal distances that meet the same values under the kernel, each channel with weights of its own
/// (conv2d_lanes.hpp):
///
///     out[p] = start + sum over k of in[p * in_step + tap[k].in] * weight[tap[k].weight]      `channels` of them
///
/// Of fewer channels than a register has lanes, whole registers are read all the same.
template <class T>
struct LaneRow {
  T* out;
  Index out_step;
  const T* start;
  const T* in;
  Index in_step;
  const LaneTap* tap;
  Index K;    // at least 1
  Index run;  // so many taps, of which K is a multiple, are a pixel apart each; 1: not known
  const T* weight;
  Index pixels;
  Index channels;
  bool relu;  // whether what is below zero becomes 0
};

/// The products of the same pixels, added up for each weight:
///
///     sums[tap[k].weight] += sum over p of in[p * in_step + tap[k].in] * gradient[p * gradient_step]
///
/// The last register begins where it ends with the channels; its sums stand where the next whole register would.
template <class T>
struct LaneSums {
  T* sums;
  const T* in;
  Index in_step;
  const LaneTap* tap;
  Index K;
  const T* gradient;
  Index gradient_step;
  Index pixels;
  Index channels;  // at least a register
};

/// Channels laid out so that each output channel finds the inputs of its group in its own lane: to (pixels, GI, width)
/// from (pixels, groups, GI), each value GO times. The rest of the width may be overwritten, and so may a cache line
/// behind each pixel.
struct Spread {
  Index groups, GI, GO;
  Index width;      // channels, whole lines
  Index to_step;    // from one pixel to the next
  Index from_step;  // the same
};

template <class T>
struct Loops {
  Index lanes;      // values in a register
  Index registers;  // the most of them that a tile takes: 1, 2 or 4

  void (*tile[3][5])(const Tile<T>&);  // for 1, 2, 4 registers and lengths 1, 4, 5, 6; of 1 register also 12
  void (*add)(Strided<T> to, Strided<const T> from, Index rows, Index n);
  void (*copy)(Strided<T> to, Strided<const T> from, Index rows, Index n);
  void (*add_columns)(T* to, const T* in, Index rows, Index width, Index n);
  void (*sparse_sum)(T* sums, const T* in, Index run, const Entry<T>* list, Index n);
  void (*max_pool_row)(T* pooled, std::uint8_t* index, const T* in, Index in_row, const MaxPool2DDims&, bool relu);
  void (*unpool_row)(T* to, Index step, const T* value, const std::uint8_t* index, const MaxPool2DDims&, int first,
                     Index n, Index width);
  void (*transpose)(Strided<T> to, Strided<const T> from, Index rows, Index cols);
  void (*lane_row)(const LaneRow<T>&);
  void (*lane_sums)(const LaneSums<T>&);
  void (*spread)(T* to, const T* from, Index pixels, const Spread&);

  // Null where a set has no shuffle of bytes, and for double.
  void (*window_sums)(T* sums, const WindowRow<T>&, const Index* offset, Index taps) = nullptr;
  void (*make_quads)(T* to, const T* from, Index right, Index below, Index n) = nullptr;
  void (*pack_windows)(T* value, std::int32_t* selector, const T* d_pooled, const std::uint8_t* index, Index windows,
                       Index C, Index width) = nullptr;

  void run(const Tile<T>& t, Index tile_registers, Index length) const {
    tile[tile_registers / 2][tile_places[length]](t);
  }

  /// The registers of a tile, where `channels` are still to be done: 4, 2 or 1.
  Index tile_registers(Index channels) const {
    const Index wanted = (channels + lanes - 1) / lanes;
    return wanted >= 4 && registers >= 4 ? 4 : wanted >= 2 && registers >= 2 ? 2 : 1;
  }
};

/// An entry of a table that has it for float only.
template <class T, class F>
constexpr auto only_float(F* function) {
  if constexpr (sizeof(T) == sizeof(float)) {
    return function;
  } else {
    return nullptr;
  }
}

/// The largest tile in values, for any instruction set: what a buffer has to hold.
template <class T>
inline constexpr Index tile_width = 4 * 64 / static_cast<Index>(sizeof(T));
template <class T>
inline constexpr Index tile_size = 6 * tile_width<T>;

template <class T>
alignas(64) inline constexpr T zeros[tile_width<T>]{};

/// Whole cache lines, which are whole registers on every instruction set: so layouts are the same on all of them.
template <class T>
inline constexpr Index line = 64 / static_cast<Index>(sizeof(T));
template <class T>
constexpr Index whole_lines(Index n) {
  return (n + line<T> - 1) / line<T> * line<T>;
}

}  // namespace fkd::direct
