/// \file
/// How pixels of few or of many channels are cut for kernels that keep channels in registers (backends/reference/
/// normalise.hpp): into rows of whole registers, and these into blocks, one a task. Depends on sizes only.
#pragma once

#include <algorithm>
#include <numeric>

#include <fkd/core/shape.hpp>

namespace fkd::detail {

/// Pixels of 3 channels fill no register, but 16 of them side by side do: a *row* is `repeat` pixels, `width` values,
/// and what belongs to a channel (a mean, say) stands in it `repeat` times.
struct ChannelBlocks {
  Index pixels = 0, C = 1;
  Index repeat = 1;  ///< pixels in a row
  Index width = 1;   ///< values in a row
  Index rows = 0;
  Index rest = 0;   ///< pixels that fill no row
  Index block = 1;  ///< rows of a block, the last one apart
  Index count = 1;  ///< blocks

  /// Of `pixels` >= 0, or -1 where they overflow 64 bits: then `count` is -1.
  constexpr ChannelBlocks(Index its_pixels, Index channels) : pixels{its_pixels}, C{channels} {
    const Index copies = line / std::gcd(C, line);
    repeat = C * copies <= widest && pixels >= copies ? copies : 1;
    width = C * repeat;
    rows = pixels / repeat;
    rest = pixels % repeat;
    block = (std::max)((std::max)(Index{1}, values / width), div_ceil(rows, most));
    count = pixels < 0 ? -1 : (std::max)(Index{1}, div_ceil(rows, block));
  }

  constexpr Index begin(Index task) const { return task * block; }
  constexpr Index end(Index task) const { return (std::min)(rows, (task + 1) * block); }
  constexpr Index rows_of(Index task) const { return end(task) - begin(task); }
  /// Whether the pixels that fill no row are this task's.
  constexpr bool has_rest(Index task) const { return rest > 0 && task == count - 1; }

  static constexpr Index line = 16;       ///< values of the widest register
  static constexpr Index widest = 1024;   ///< no repeating beyond: the parameters of a row stay in the level-1 cache
  static constexpr Index values = 16384;  ///< of a block: two passes over it, the second from the level-2 cache
  static constexpr Index most = 1024;     ///< blocks: their sums are added up one after another
};

/// How a batch normalisation cuts a batch into tasks, and these into blocks: a task is a sample, or a block of pixels,
/// whatever samples these belong to. Rows are counted from the start of what a task is handed: its sample, or the
/// batch.
struct BatchBlocks {
  bool by_sample;
  Index samples;      ///< 1 where a task is no sample
  ChannelBlocks cut;  ///< of one sample, or of the batch

  BatchBlocks(Shape in, Index its_samples)
      : by_sample{goes_by_sample(in, its_samples)},
        samples{by_sample ? its_samples : 1},
        cut{cut_of(in, by_sample ? 1 : its_samples)} {}

  Index count() const { return by_sample ? samples : cut.count; }
  Index blocks() const { return checked_product(samples, cut.count); }
  Index pixels() const { return samples * cut.pixels; }

  Index begin(Index task) const { return by_sample ? 0 : cut.begin(task); }
  Index end(Index task) const { return by_sample ? cut.rows : cut.end(task); }
  bool has_rest(Index task) const { return !by_sample && cut.has_rest(task); }

  Index first_block(Index task) const { return by_sample ? task * cut.count : task; }
  Index row_of(Index block) const { return cut.begin(block % cut.count); }
  Index rows_of(Index block) const { return cut.rows_of(block % cut.count); }

  /// Samples of at least 16 KB, whose pixels fill whole rows; and some of them, or threads would have nothing to do.
  static constexpr bool goes_by_sample(Shape in, Index samples) {
    const Index values = checked_product(checked_product(in.height, in.width), in.channels);
    return samples >= 4 && values >= 4096 && fits(checked_product(samples, values)) && cut_of(in, 1).rest == 0;
  }
  static constexpr ChannelBlocks cut_of(Shape in, Index samples) {
    return {checked_product(samples, checked_product(in.height, in.width)), in.channels};
  }
};

/// The parameters of one channel, `repeat` times.
template <class T>
void repeat_channels(T* to, const ChannelBlocks& cut) {
  for (Index k = 1; k < cut.repeat; ++k) std::copy_n(to, cut.C, to + k * cut.C);
}

}  // namespace fkd::detail
