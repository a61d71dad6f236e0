/// \file
/// `Gradients`: the gradient of θ over one batch or several, and the memory in which training steps compute it.
#pragma once

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>
#include <vector>

#include <fkd/core/batch.hpp>
#include <fkd/core/buffer.hpp>
#include <fkd/network/model.hpp>
#include <fkd/train/error.hpp>
#include <fkd/train/freezing.hpp>
#include <fkd/train/norm.hpp>
#include <fkd/train/optimizer_step.hpp>

namespace fkd {

namespace detail {

/// A copy of a model's state tensors, the part of θ that a forward pass changes in training.
template <class T>
class StateTensors {
 public:
  static std::span<T> of(Model<T>& net) {
    return net.parameters().subspan(static_cast<std::size_t>(net.layout().trained()));
  }
  [[gnu::cold]] void save(Model<T>& net) {
    const std::span<T> values = of(net);
    if (copy_.size() != static_cast<Index>(values.size())) copy_ = Buffer<T>(static_cast<Index>(values.size()));
    std::copy(values.begin(), values.end(), copy_.begin());
  }
  /// Into the model that they were saved of, or one with as many.
  [[gnu::cold]] void restore(Model<T>& net) const {
    const std::span<T> values = of(net);
    if (copy_.size() == static_cast<Index>(values.size())) std::copy(copy_.begin(), copy_.end(), values.begin());
  }

 private:
  Buffer<T> copy_;
};

/// What `Gradients` holds. The first batch makes room in it, the next ones use that again.
template <class T>
struct StepMemory {
  // The gradient.
  Buffer<T> values;
  Index batches = 0, samples = 0;  // that it is of
  T largest = 0;                   // its largest magnitude, as long as none but fkd's functions could write to it
  bool writable = false;           // whether a span that can be written to was handed out

  // Where it is computed.
  Workspace<T> workspace;
  Batch<T> y, d_y;
  StateTensors<T> before;  // the forward pass
  std::vector<Range> ranges;
  std::vector<Index> frozen;  // what `ranges` leaves out
  FiniteStep<T> step;

  [[gnu::cold]] void clear() {
    std::fill(values.begin(), values.end(), T{0});
    batches = samples = 0;
    largest = 0;
  }
  /// Makes room for a batch.
  [[gnu::cold]] void fit(Shape output, Index count) {
    if (y.shape() == output && y.samples() >= count) return;
    y = Batch<T>{};
    d_y = Batch<T>{output, count};
    y = Batch<T>{output, count};
  }
  /// The parts of θ that may change. Throws ArgumentError for layers that cannot be frozen.
  [[gnu::cold]] void freeze(const char* who, const Model<T>& net, const std::vector<Index>& layers) {
    if (!ranges.empty() && frozen == layers) return;
    ranges.clear();
    frozen = layers;
    ranges = trained_ranges(net, frozen, who);
  }
  /// Zero outside the parts that may change.
  [[gnu::cold]] void clear_frozen() {
    if (frozen.empty()) return;
    Index end = 0;
    for (const Range& range : ranges) {
      if (range.count == 0) continue;
      std::fill(values.begin() + end, values.begin() + range.first, T{0});
      end = range.first + range.count;
    }
    std::fill(values.begin() + end, values.end(), T{0});
  }
};

struct StepAccess;

}  // namespace detail

/// The gradient of θ's trained prefix: `compute_gradients` adds to it, `apply_gradients` takes a step with it and
/// leaves it zero. It also holds the memory of a step, so a loop makes it once. For one thread at a time.
template <class T>
class Gradients {
 public:
  /// Zero. For `net`, and every model whose tensors have the same names, sizes and places, such as a copy of it.
  explicit Gradients(const Model<T>& net) : Gradients{net.layout()} {}

  /// How many batches, and how many samples, it is of.
  Index batches() const { return memory_.batches; }
  Index samples() const { return memory_.samples; }
  /// All of it, laid out like `net.trained()`. The gaps between tensors are zero and have to stay so.
  std::span<const T> values() const& { return memory_.values; }
  std::span<T> values() & {
    memory_.writable = true;
    return memory_.values;
  }
  void values() && = delete;
  /// The gradient of the i-th tensor of `layout()`; nothing for a state tensor. Throws ArgumentError for a number that
  /// no tensor has.
  std::span<const T> tensor(Index i) const& {
    check_number("Gradients: tensor", static_cast<Index>(layout_.tensors().size()), i);
    const TensorSlot& place = layout_.tensors()[static_cast<std::size_t>(i)];
    if (place.spec.role != Role::trained) return {};
    return values().subspan(static_cast<std::size_t>(place.offset), static_cast<std::size_t>(place.size));
  }
  std::span<T> tensor(Index i) & {
    const std::span<const T> part = std::as_const(*this).tensor(i);
    return part.empty() ? std::span<T>{}
                        : values().subspan(static_cast<std::size_t>(part.data() - memory_.values.data()), part.size());
  }
  void tensor(Index) && = delete;
  const ParameterLayout& layout() const { return layout_; }

  /// The Euclidean norm, of all of it or of one tensor: the same bits for every number of threads. Not finite where a
  /// value is not.
  double norm() const { return detail::euclidean_norm(values()); }
  double norm(Index i) const { return detail::euclidean_norm(tensor(i)); }
  /// Multiplies every value, for a mean over k batches with 1 / k. Throws ArgumentError for a factor that is no number.
  [[gnu::cold]] void scale(double factor) {
    if (!is_finite(factor)) throw option_is_out_of_range("Gradients: scale: factor", "a finite number", factor);
    const auto scaled = [factor](T value) { return static_cast<T>(static_cast<double>(value) * factor); };
    constexpr Index piece = 32768;
    Buffer<T>& all = memory_.values;
    run_tasks(div_ceil(all.size(), piece), [&](Index task, int) {
      const Index begin = task * piece, end = (std::min)(begin + piece, all.size());
      std::transform(all.begin() + begin, all.begin() + end, all.begin() + begin, scaled);
    });
    memory_.largest = (std::abs)(scaled(memory_.largest));  // rounding is monotone, so it is the largest still
  }
  /// Drops what was added.
  void clear() { memory_.clear(); }

 private:
  friend struct detail::StepAccess;
  [[gnu::cold]] explicit Gradients(const ParameterLayout& layout) : layout_{layout} {
    memory_.values = Buffer<T>(layout.trained());
  }
  ParameterLayout layout_;
  detail::StepMemory<T> memory_;
};

template <class T>
Gradients(const Model<T>&) -> Gradients<T>;

namespace detail {

struct StepAccess {
  /// What `gradients` holds. Throws ArgumentError unless the model's tensors have the names, sizes and places of
  /// theirs.
  template <class T>
  [[gnu::cold]] static StepMemory<T>& memory(const char* who, Gradients<T>& gradients, const Model<T>& net) {
    const auto same = [](const TensorSlot& a, const TensorSlot& b) {
      return a.offset == b.offset && a.size == b.size && a.name == b.name;
    };
    const std::vector<TensorSlot>& own = gradients.layout_.tensors();
    const std::vector<TensorSlot>& other = net.layout().tensors();
    if (gradients.memory_.values.size() != net.layout().trained() || gradients.layout_.size() != net.layout().size() ||
        !std::equal(own.begin(), own.end(), other.begin(), other.end(), same))
      throw gradients_belong_to_another_model(who);
    return gradients.memory_;
  }
};

}  // namespace detail
}  // namespace fkd
