/// \file
/// What BatchNorm computes, alone or with an epilogue (a sum with a shortcut, an activation) as one op.
///
/// Same as reference::batch_norm_forward and _backward, but:
///
///  - a block's mean and deviation come from two passes over it, the second in cache, and the blocks' are put together
///    in double, in their order (Chan, Golub & LeVeque 1983, equation 2.1): bits depend on sizes only
///  - a task is a sample, of one block or some. So statistics are taken of a sample that the convolution has just
///    written, a sample is normalised right before what reads it, and backward alike (`ends_by_sample`): of eleven
///    passes over memory that reads and writes of the batch would be, six are left. Where samples are few or small, a
///    task is a block of pixels, whatever samples these belong to
///  - what follows is computed some thousand values at a time, which are still in cache
///  - backward derives the activation from its output where it can, else from its input, which is computed again; four
///    numbers for each channel are saved, nothing else. ReLU and its derivative are a part of the loops; what it read
///    is computed again rather than read once more, where no sum is between
#pragma once

#include <algorithm>
#include <cmath>
#include <optional>
#include <string_view>

#include <fkd/backends/epilogue.hpp>
#include <fkd/backends/normalise.hpp>
#include <fkd/core/is_nan.hpp>
#include <fkd/layers/batch_norm.hpp>
#include <fkd/layers/channel_blocks.hpp>
#include <fkd/layers/layer.hpp>

namespace fkd {
namespace detail {

/// A batch normalisation and its epilogue, which may be empty.
template <class T>
class BatchNormOp {
 public:
  explicit BatchNormOp(const BatchNorm& norm, const Epilogue<T>& epilogue = {}) : norm_{norm}, epilogue_{epilogue} {}

  Requirements requirements(const LayerContext<T>& context) const {
    const bool batch = context.training && !context.frozen;
    const BatchBlocks tasks{context.in, batch ? context.samples : 1};
    const ChannelBlocks& cut = tasks.cut;
    Requirements asked{.input = batch || recomputes(),
                       .first_input_alone = !recomputes(),
                       .output = derives() && !recomputes() && !(batch && rectifies() && !reads_rectified())};
    asked.scratch_bytes = derives() && context.training ? 2 * piece_values(cut) * bytes : 0;
    if (!batch) {
      asked.workspace_bytes = checked_product(4 * bytes, cut.width);
      return asked;
    }
    asked.saved_bytes = checked_product(4 * bytes, cut.width);
    asked.workspace_bytes = checked_product(checked_product(checked_sum(tasks.blocks(), 1), 2 * bytes), cut.width);
    asked.forward_phases = {tasks.count(), channel_tasks(cut), tasks.count()};
    asked.backward_phases = asked.forward_phases;
    asked.ends_by_sample = tasks.by_sample;
    return asked;
  }

  /// Without the batch's statistics: with the moving ones.
  void prepare(const Forward<T>& f) const {
    if (f.pass.training && !f.frozen) return;
    const ChannelBlocks cut = BatchBlocks::cut_of(f.in_shape, 1);
    const Channels channels{as<T>(f.workspace), cut.width};
    const T* variance = norm_.moving_variance(f.parameters);
    std::copy_n(norm_.moving_mean(f.parameters), cut.C, channels.mean());
    for (Index c = 0; c < cut.C; ++c)
      channels.inverse()[c] = static_cast<T>(1 / (std::sqrt)(static_cast<double>(variance[c]) + norm_.epsilon));
    fill(channels, cut, f.parameters, 0, cut.C);
  }

  /// One sample.
  void forward(const Forward<T>& f) const {
    const ChannelBlocks cut = BatchBlocks::cut_of(f.in_shape, 1);
    run(f, {as<T>(f.workspace), cut.width}, cut, 0, cut.rows, true);
  }
  void backward(const Backward<T>& b) const {
    const ChannelBlocks cut = BatchBlocks::cut_of(b.in_shape, 1);
    const Channels channels{as<T>(b.workspace), cut.width};
    each_piece(cut, 0, cut.rows, true, [&](Index at, Index rows, Index width) {
      const T* d_sum = b.d_out + at;
      if (derives()) {
        derive(as<T>(b.scratch), b, channels, at, rows, width);
        d_sum = as<T>(b.scratch);
      }
      if (T* d_shortcut = shortcut_of(b)) std::copy_n(d_sum, rows * width, d_shortcut + at);
      if (!b.d_in) return;
      for (Index r = 0; r < rows; ++r)
        for (Index i = 0; i < width; ++i) b.d_in[at + r * width + i] = d_sum[r * width + i] * channels.scale()[i];
    });
  }

  /// A task of a batch.
  void forward(const Forward<T>& f, Index phase, Index task) const {
    const BatchBlocks tasks{f.in_shape, f.samples};
    const ChannelBlocks& cut = tasks.cut;
    const Channels channels{as<T>(f.saved), cut.width};
    const BlockSums blocks{as<T>(f.workspace), cut.width};
    if (phase == 0) {
      for (Index i = tasks.first_block(task); i < tasks.first_block(task + 1); ++i)
        if (tasks.rows_of(i) > 0)
          fastest::channel_moments<T>({blocks.first(i), blocks.second(i), f.in + tasks.row_of(i) * cut.width},
                                      tasks.rows_of(i), cut.width);
    } else if (phase == 1) {
      const auto [begin, end] = channels_of(cut, task);
      for (Index c = begin; c < end; ++c) statistics(f, channels, blocks, tasks, c);
      fill(channels, cut, f.parameters, begin, end);
    } else {
      run(f, channels, cut, tasks.begin(task), tasks.end(task), tasks.has_rest(task));
    }
  }

  void backward(const Backward<T>& b, Index phase, Index task) const {
    const BatchBlocks tasks{b.in_shape, b.samples};
    const ChannelBlocks& cut = tasks.cut;
    const Channels channels{as<T>(b.saved), cut.width};
    const BlockSums blocks{as<T>(b.workspace), cut.width}, totals = blocks.from(tasks.count());
    if (phase == 0) {
      T *d_offset = blocks.first(task), *d_scale = blocks.second(task);
      std::fill_n(d_offset, cut.width, T{0});
      std::fill_n(d_scale, cut.width, T{0});
      each_piece(cut, tasks.begin(task), tasks.end(task), tasks.has_rest(task), [&](Index at, Index rows, Index width) {
        fastest::normalise_sums<T>({.d_offset = d_offset,
                                    .d_scale = d_scale,
                                    .d_out = derived(b, channels, at, rows, width),
                                    .in = b.in + at,
                                    .mean = channels.mean(),
                                    .inverse = channels.inverse(),
                                    .relu = relu(b, channels, at)},
                                   rows, width);
      });
    } else if (phase == 1) {
      const auto [begin, end] = channels_of(cut, task);
      for (Index c = begin; c < end; ++c) add_up(b, channels, blocks, totals, tasks, c);
    } else if (wants(b)) {
      T* d_shortcut = shortcut_of(b);
      each_piece(cut, tasks.begin(task), tasks.end(task), tasks.has_rest(task), [&](Index at, Index rows, Index width) {
        if (!b.d_in) return derive(d_shortcut + at, b, channels, at, rows, width);
        fastest::normalise_d_in<T>({.d_in = b.d_in + at,
                                    .d_out = derived(b, channels, at, rows, width),
                                    .in = b.in + at,
                                    .mean = channels.mean(),
                                    .scale = channels.scale(),
                                    .shift = totals.first(0),
                                    .slope = totals.second(0),
                                    .relu = relu(b, channels, at),
                                    .d_sum = d_shortcut ? d_shortcut + at : nullptr},
                                   rows, width);
      });
    }
  }

 private:
  static constexpr auto bytes = static_cast<Index>(sizeof(T));

  /// Four numbers for each value of a row of pixels.
  struct Channels {
    T* values;
    Index width;
    T* mean() const { return values; }
    T* inverse() const { return values + width; }
    T* scale() const { return values + 2 * width; }   ///< gamma · inverse
    T* offset() const { return values + 3 * width; }  ///< beta
  };

  /// A pair of sums for each value of a row of pixels, and that for each block.
  struct BlockSums {
    T* values;
    Index width;
    T* first(Index block) const { return values + block * 2 * width; }
    T* second(Index block) const { return first(block) + width; }
    BlockSums from(Index block) const { return {first(block), width}; }
  };

  static constexpr Index channels_in_task = 16;
  static constexpr Index channel_tasks(const ChannelBlocks& cut) { return div_ceil(cut.C, channels_in_task); }
  struct Part {
    Index begin, end;
  };
  static constexpr Part channels_of(const ChannelBlocks& cut, Index task) {
    return {task * channels_in_task, (std::min)(cut.C, (task + 1) * channels_in_task)};
  }

  /// Values that are taken through all steps together: 16 KB of floats.
  static constexpr Index piece_rows(const ChannelBlocks& cut) { return (std::max)(Index{1}, 4096 / cut.width); }
  static constexpr Index piece_values(const ChannelBlocks& cut) { return piece_rows(cut) * cut.width; }

  /// Calls f(offset, rows, width) for rows [begin, end), some at a time, and for the pixels that fill no row.
  template <class F>
  static void each_piece(const ChannelBlocks& cut, Index begin, Index end, bool rest, const F& f) {
    const Index step = piece_rows(cut);
    for (Index row = begin; row < end; row += step) f(row * cut.width, (std::min)(step, end - row), cut.width);
    if (rest && cut.rest > 0) f(cut.rows * cut.width, Index{1}, cut.rest * cut.C);
  }

  bool derives() const { return epilogue_.activation.has_value(); }
  /// Whether backward needs what the activation read, and computes it again.
  bool recomputes() const { return derives() && epilogue_.activation->saved == Activation<T>::Saved::input; }

  /// Whether the loops of a batch take ReLU and its derivative themselves; and whether they need its output for that.
  bool rectifies() const { return derives() && epilogue_.activation->is_relu; }
  bool reads_rectified() const { return rectifies() && epilogue_.sum; }
  ReluBehind<T> relu(const Backward<T>& b, const Channels& channels, Index at) const {
    if (reads_rectified()) return {.out = b.out + at};
    if (rectifies()) return {.scale = channels.scale(), .offset = channels.offset()};
    return {};
  }

  /// The gradient of what is added, null where it is not wanted.
  T* shortcut_of(const Backward<T>& b) const { return epilogue_.sum ? b.d_inputs[1] : nullptr; }
  bool wants(const Backward<T>& b) const { return b.d_in != nullptr || shortcut_of(b) != nullptr; }

  /// Scale and offset of channels [begin, end), whose mean and inverse are there, and all of them for a whole row.
  void fill(const Channels& channels, const ChannelBlocks& cut, const Tensors<const T>& parameters, Index begin,
            Index end) const {
    const T *gamma = norm_.gamma(parameters), *beta = norm_.beta(parameters);
    for (Index c = begin; c < end; ++c) {
      channels.scale()[c] = gamma ? gamma[c] * channels.inverse()[c] : channels.inverse()[c];
      channels.offset()[c] = beta ? beta[c] : T{0};
      for (Index k = 1; k < cut.repeat; ++k)
        for (T* values : {channels.mean(), channels.inverse(), channels.scale(), channels.offset()})
          values[k * cut.C + c] = values[c];
    }
  }

  /// Rows [begin, end): normalised, and what follows.
  void run(const Forward<T>& f, const Channels& channels, const ChannelBlocks& cut, Index begin, Index end,
           bool rest) const {
    each_piece(cut, begin, end, rest, [&](Index at, Index rows, Index width) {
      normalise(f.out + at, f, channels, at, rows, width, rectifies());
      if (derives() && !rectifies()) epilogue_.activation->run(f.out + at, f.out + at, rows * width);
    });
  }

  /// What the activation reads: normalised, with the sum; or what it computes, if that is `relu`.
  template <class Operands>
  void normalise(T* to, const Operands& o, const Channels& channels, Index at, Index rows, Index width,
                 bool relu = false) const {
    fastest::normalise<T>({.out = to,
                           .in = o.in + at,
                           .mean = channels.mean(),
                           .scale = channels.scale(),
                           .offset = channels.offset(),
                           .shortcut = epilogue_.sum ? o.inputs[1] + at : nullptr,
                           .relu = relu},
                          rows, width);
  }

  /// The gradient of what the activation reads: d_out itself, where the loops take the rest, or in scratch memory.
  const T* derived(const Backward<T>& b, const Channels& channels, Index at, Index rows, Index width) const {
    if (!derives() || rectifies()) return b.d_out + at;
    derive(as<T>(b.scratch), b, channels, at, rows, width);
    return as<T>(b.scratch);
  }
  void derive(T* d_sum, const Backward<T>& b, const Channels& channels, Index at, Index rows, Index width) const {
    if (!derives()) return (void)std::copy_n(b.d_out + at, rows * width, d_sum);
    T* again = as<T>(b.scratch) + rows * width;
    if (recomputes()) normalise(again, b, channels, at, rows, width);
    epilogue_.activation->run_backward(d_sum, b.d_out + at, recomputes() ? again : b.out + at, rows * width);
  }

  /// Channel c of the batch, put together from its blocks; then the moving statistics.
  void statistics(const Forward<T>& f, const Channels& channels, const BlockSums& blocks, const BatchBlocks& tasks,
                  Index c) const {
    const ChannelBlocks& cut = tasks.cut;
    const auto count = static_cast<double>(tasks.pixels());
    double sum = 0, squares = 0;
    each_sum(blocks, tasks, c, [&](double rows, T mean, T) { sum += rows * static_cast<double>(mean); });
    const T* rest = f.in + cut.rows * cut.width + c;
    for (Index k = 0; k < cut.rest; ++k) sum += static_cast<double>(rest[k * cut.C]);
    const double mean = sum / count;
    each_sum(blocks, tasks, c, [&](double rows, T its_mean, T its_squares) {
      const double d = static_cast<double>(its_mean) - mean;
      squares += static_cast<double>(its_squares) + rows * d * d;
    });
    for (Index k = 0; k < cut.rest; ++k) {
      const double d = static_cast<double>(rest[k * cut.C]) - mean;
      squares += d * d;
    }
    if (!is_nan(squares) && squares < 0) squares = 0;  // rounding, where all values are the same
    channels.mean()[c] = static_cast<T>(mean);
    channels.inverse()[c] = static_cast<T>(inverse_deviation(squares, count, norm_.epsilon));
    if (tasks.pixels() < 2) return;
    const auto move = [&](T& old, double now) {
      old = static_cast<T>(norm_.momentum * static_cast<double>(old) + (1 - norm_.momentum) * now);
    };
    move(norm_.moving_mean(f.state)[c], mean);
    move(norm_.moving_variance(f.state)[c], squares / (norm_.unbiased_variance ? count - 1 : count));
  }

  /// Calls f(rows, first, second) for the sums of channel c in every block, in a fixed order.
  template <class F>
  static void each_sum(const BlockSums& blocks, const BatchBlocks& tasks, Index c, const F& f) {
    for (Index i = 0; i < tasks.blocks() && tasks.cut.rows > 0; ++i) {
      const auto rows = static_cast<double>(tasks.rows_of(i));
      for (Index at = c; at < tasks.cut.width; at += tasks.cut.C) f(rows, blocks.first(i)[at], blocks.second(i)[at]);
    }
  }

  /// The gradients of channel c's parameters, and what d_in needs of them.
  void add_up(const Backward<T>& b, const Channels& channels, const BlockSums& blocks, const BlockSums& totals,
              const BatchBlocks& tasks, Index c) const {
    const ChannelBlocks& cut = tasks.cut;
    double d_beta = 0, d_gamma = 0;
    for (Index i = 0; i < tasks.count(); ++i)
      for (Index at = c; at < cut.width; at += cut.C) {
        d_beta += static_cast<double>(blocks.first(i)[at]);
        d_gamma += static_cast<double>(blocks.second(i)[at]);
      }
    if (norm_.center) norm_.beta(b.gradients)[c] += static_cast<T>(d_beta);
    if (norm_.scale) norm_.gamma(b.gradients)[c] += static_cast<T>(d_gamma);
    const double scale = static_cast<double>(channels.scale()[c]) / static_cast<double>(tasks.pixels());
    for (Index at = c; at < cut.width; at += cut.C) {
      totals.first(0)[at] = static_cast<T>(scale * d_beta);
      totals.second(0)[at] = static_cast<T>(scale * static_cast<double>(channels.inverse()[c]) * d_gamma);
    }
  }

  const BatchNorm& norm_;
  const Epilogue<T> epilogue_;
};

}  // namespace detail
}  // namespace fkd
