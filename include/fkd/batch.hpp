/// \file
/// Samples that go through a network together: `Batch` owns their memory, `BatchView` looks at somebody's.
///
/// Layout: sample after sample, each `(H, W, C)` with channels innermost. `matrix()` shows that as a column-major Eigen
/// matrix with one sample a column, `pixels()` with one pixel a column.
#pragma once

#include <span>
#include <type_traits>

#include <Eigen/Core>

#include <fkd/buffer.hpp>
#include <fkd/error.hpp>
#include <fkd/shape.hpp>

namespace fkd {

/// `N` samples of one shape, in memory that somebody else owns. `T` is const for a view that only reads.
template <class T>
struct BatchView {
  using Scalar = std::remove_const_t<T>;
  using Matrix = Eigen::Matrix<Scalar, Eigen::Dynamic, Eigen::Dynamic>;
  using Map = Eigen::Map<std::conditional_t<std::is_const_v<T>, const Matrix, Matrix>>;

  T* data = nullptr;
  Shape shape;
  Index samples = 0;

  Index size() const { return samples * shape.size(); }
  T* sample(Index n) const { return data + n * shape.size(); }
  /// `(H*W*C, N)`: one sample a column.
  Map matrix() const { return {data, shape.size(), samples}; }
  /// `(C, N*H*W)`: one pixel a column.
  Map pixels() const { return {data, shape.channels, samples * shape.height * shape.width}; }

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
  auto matrix() { return view().matrix(); }
  auto matrix() const { return view().matrix(); }
  auto pixels() { return view().pixels(); }
  auto pixels() const { return view().pixels(); }

  BatchView<T> view() { return {values_.data(), shape_, samples_}; }
  BatchView<const T> view() const { return {values_.data(), shape_, samples_}; }
  operator BatchView<T>() { return view(); }
  operator BatchView<const T>() const { return view(); }

 private:
  Buffer<T> values_;
  Shape shape_;
  Index samples_ = 0;
};

/// Looks at an Eigen matrix or map, one sample a column, as samples of `shape`.
/// Throws ShapeError unless it has `shape.size()` rows. Its columns must follow each other without gaps.
template <class Derived>
BatchView<const typename Derived::Scalar> as_batch(const Eigen::PlainObjectBase<Derived>& columns, Shape shape) {
  if (columns.rows() != shape.size()) throw value_counts_differ("as_batch", shape.size(), columns.rows());
  static_assert(!Derived::IsRowMajor, "one sample a column, and columns contiguous");
  return {columns.data(), shape, columns.cols()};
}
template <class Plain>
BatchView<const typename Plain::Scalar> as_batch(const Eigen::Map<Plain>& columns, Shape shape) {
  if (columns.rows() != shape.size()) throw value_counts_differ("as_batch", shape.size(), columns.rows());
  static_assert(!std::remove_const_t<Plain>::IsRowMajor, "one sample a column, and columns contiguous");
  return {columns.data(), shape, columns.cols()};
}

}  // namespace fkd
