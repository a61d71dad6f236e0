/// \file
/// Batches seen through Eigen, and Eigen's matrices handed in as batches. Nothing is copied.
///
/// A header of its own, because only who computes with Eigen needs it: `<fkd/net.hpp>` does not, and reading Eigen
/// costs a small program about a tenth of its compile time.
#pragma once

#include <fkd/core/language.hpp>

#include <type_traits>

#include <Eigen/Core>

#include <fkd/core/batch.hpp>
#include <fkd/core/error.hpp>

namespace fkd {

/// Columns one after another, in memory that somebody else owns; `T` is const where they are only read.
template <class T, class Matrix = Eigen::Matrix<std::remove_const_t<T>, Eigen::Dynamic, Eigen::Dynamic>>
using MatrixMap = Eigen::Map<std::conditional_t<std::is_const_v<T>, const Matrix, Matrix>>;

/// `(H*W*C, N)`: one sample a column. Throws ArgumentError for a view that is null or whose numbers cannot be.
template <class T>
MatrixMap<T> matrix(BatchView<T> batch) {
  detail::check_batch("matrix", "batch", batch.shape, batch.samples, batch.shape, batch.samples, batch.data);
  return {batch.data, batch.shape.size(), batch.samples};
}
template <class T>
MatrixMap<T> matrix(Batch<T>& batch) {
  return matrix(batch.view());
}
template <class T>
MatrixMap<const T> matrix(const Batch<T>& batch) {
  return matrix(batch.view());
}
/// A batch that ends with the statement has to get a name first: the matrix only looks at it.
template <class T>
void matrix(const Batch<T>&& batch) = delete;

/// `(C, N*H*W)`: one pixel a column. Throws as `matrix` does.
template <class T>
MatrixMap<T> pixels(BatchView<T> batch) {
  detail::check_batch("pixels", "batch", batch.shape, batch.samples, batch.shape, batch.samples, batch.data);
  return {batch.data, batch.shape.channels, batch.samples * batch.shape.height * batch.shape.width};
}
template <class T>
MatrixMap<T> pixels(Batch<T>& batch) {
  return pixels(batch.view());
}
template <class T>
MatrixMap<const T> pixels(const Batch<T>& batch) {
  return pixels(batch.view());
}
template <class T>
void pixels(const Batch<T>&& batch) = delete;

/// Looks at an Eigen matrix or map, one sample a column, as samples of `shape`; not at a matrix that ends with the
/// statement. Throws ShapeError unless it has `shape.size()` rows. Its columns must follow each other without gaps.
template <class Derived>
BatchView<const typename Derived::Scalar> as_batch(const Eigen::PlainObjectBase<Derived>& matrix, Shape shape) {
  if (matrix.rows() != shape.size()) throw value_counts_differ("as_batch", shape.size(), matrix.rows());
  static_assert(!Derived::IsRowMajor, "one sample a column, and columns contiguous");
  return {matrix.data(), shape, matrix.cols()};
}
template <class Derived>
void as_batch(const Eigen::PlainObjectBase<Derived>&& matrix, Shape shape) = delete;
template <class Plain>
BatchView<const typename Plain::Scalar> as_batch(const Eigen::Map<Plain>& matrix, Shape shape) {
  if (matrix.rows() != shape.size()) throw value_counts_differ("as_batch", shape.size(), matrix.rows());
  static_assert(!std::remove_const_t<Plain>::IsRowMajor, "one sample a column, and columns contiguous");
  return {matrix.data(), shape, matrix.cols()};
}

}  // namespace fkd
