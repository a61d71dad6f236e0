/// \file
/// θ: named tensors, and the offset of each in the one vector that holds all of a network's parameters.
///
/// A layer lists its tensors (`TensorSpec`); `ParameterLayout` gives each an offset: first all trained tensors, then
/// all state tensors, each at a multiple of 64 bytes. The gaps hold zeros and are not parameters.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fkd/core/buffer.hpp>
#include <fkd/core/error.hpp>
#include <fkd/core/initialiser.hpp>
#include <fkd/core/shape.hpp>

namespace fkd {

/// What a tensor is for: changed by an optimiser, or by the layer itself while it trains (a running mean, say).
enum class Role { trained, state };

/// One tensor of a layer, as the layer declares it. Extents are outermost first; unused ones are 1.
struct TensorSpec {
  std::string_view name;
  std::array<Index, 4> extents = {1, 1, 1, 1};
  int rank = 1;
  Role role = Role::trained;
  Initialiser initialiser = Initialiser::zeros;
  Index fan_in = 1;
  Index fan_out = 1;
  std::span<const double> values = {};  ///< what it starts from instead, where not empty; looked at, not copied

  /// Whether weight decay is for it: not for biases, nor for the scale and offset of a normalisation (Goodfellow,
  /// Bengio, Courville 2016, section 7.1).
  constexpr bool decays() const { return rank > 1; }
  /// Number of values; -1 where an extent is negative or the product does not fit in 64 bits.
  constexpr Index size() const {
    Index n = 1;
    for (Index extent : extents) n = checked_product(n, extent);
    return n;
  }
};

/// The tensors of a layer that has some of them only as an option (`use_bias`): the first `count` of `specs`. A range.
template <std::size_t most>
struct TensorSpecs {
  std::array<TensorSpec, most> specs = {};
  std::size_t count = most;

  constexpr const TensorSpec* begin() const { return specs.data(); }
  constexpr const TensorSpec* end() const { return specs.data() + count; }
  constexpr std::size_t size() const { return count; }
  constexpr const TensorSpec& operator[](std::size_t i) const { return specs[i]; }
};

/// One tensor in θ: `size` values from `offset` on.
struct ParameterTensor {
  std::string name;  ///< like `4.conv2d.kernel`
  TensorSpec spec;
  Index offset = 0;
  Index size = 0;
};

/// The tensors of one layer, viewed in a vector with the layout of θ: θ itself, dθ, or a part of dθ from `origin` on.
template <class T>
struct Tensors {
  T* values = nullptr;
  const ParameterTensor* places = nullptr;
  Index count = 0;   ///< how many tensors
  Index origin = 0;  ///< where in θ `values` begin

  /// The layer's i-th tensor, in the order in which it declared them. Throws ArgumentError for any other i.
  [[gnu::noinline]] T* operator[](Index i) const { return values + (slot(i).offset - origin); }
  Index size(Index i) const { return slot(i).size; }
  /// A subset: `how_many` tensors from `first` on.
  Tensors part(Index first, Index how_many) const { return {values, places + first, how_many, origin}; }
  operator Tensors<const T>() const { return {values, places, count, origin}; }

  const ParameterTensor& slot(Index i) const {
    check_number("Tensors", count, i);
    return places[i];
  }
};

/// The layout of θ: the offset of every tensor of a network.
class ParameterLayout {
 public:
  ParameterLayout() = default;

  /// Assigns the offsets of `tensors`; `value_size` is sizeof(float) or sizeof(double). Throws ShapeError for invalid
  /// extents, and where the bytes do not fit in 64 bits.
  [[gnu::cold]] ParameterLayout(std::vector<ParameterTensor> tensors, Index value_size);

  const std::vector<ParameterTensor>& tensors() const { return slots_; }  ///< in the order of the layers
  /// All tensors, viewed in a vector that begins at `values` and has the layout of θ.
  template <class T>
  Tensors<T> of(T* values) const {
    return {values, slots_.data(), static_cast<Index>(slots_.size())};
  }
  Index size() const { return size_; }                              ///< values of θ, gaps included
  Index trained() const { return trained_; }                        ///< values of its trained prefix, gaps included
  Index trained_parameters() const { return trained_parameters_; }  ///< the same without gaps
  Index state_values() const { return state_values_; }

 private:
  [[gnu::cold]] static Index checked_size(const ParameterTensor& slot);

  std::vector<ParameterTensor> slots_;
  Index size_ = 0, trained_ = 0, trained_parameters_ = 0, state_values_ = 0;
};

}  // namespace fkd

#ifndef FKD_COMPILED
#include <fkd/core/parameters_inl.hpp>
#endif
