/// \file
/// Samples that go through a network together: `Batch` owns their memory, `BatchView` looks at somebody's.
///
/// Layout: sample after sample, each `(H, W, C)` with channels innermost. (`<fkd/eigen.hpp>` shows that as a
/// column-major matrix with one sample or one pixel a column.)
#pragma once

#include <span>
#include <type_traits>

#include <fkd/buffer.hpp>
#include <fkd/shape.hpp>

namespace fkd {

/// `N` samples of one shape, in memory that somebody else owns. `T` is const for a view that only reads.
template <class T>
struct BatchView {
  T* data = nullptr;
  Shape shape;
  Index samples = 0;

  Index size() const { return samples * shape.size(); }
  T* sample(Index n) const { return data + n * shape.size(); }

  operator BatchView<const T>() const requires(!std::is_const_v<T>) { return {data, shape, samples}; }
};

/// `N` samples of one shape, zero at first.
template <class T>
class Batch {
 public:
  Batch() = default;
  Batch(Shape shape, Index samples) : values_{shape.size() * samples}, shape_{shape}, samples_{samples} {}

  Shape shape() const { return shape_; }
  Index samples() const { return samples_; }
  Index size() const { return values_.size(); }
  T* data() { return values_.data(); }
  const T* data() const { return values_.data(); }
  std::span<T> sample(Index n) { return {view().sample(n), static_cast<std::size_t>(shape_.size())}; }
  std::span<const T> sample(Index n) const { return {view().sample(n), static_cast<std::size_t>(shape_.size())}; }

  BatchView<T> view() { return {values_.data(), shape_, samples_}; }
  BatchView<const T> view() const { return {values_.data(), shape_, samples_}; }
  operator BatchView<T>() { return view(); }
  operator BatchView<const T>() const { return view(); }

 private:
  Buffer<T> values_;
  Shape shape_;
  Index samples_ = 0;
};

}  // namespace fkd
