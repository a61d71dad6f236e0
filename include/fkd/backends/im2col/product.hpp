/// \file
/// The only file in which Eigen multiplies matrices.
///
/// Training must give the same bits for every number of threads, and an Eigen product that is left to itself does not:
/// it shares its work between as many threads as it finds. So a product is cut here into tiles of at most 32 rows, a
/// bound that is part of the destination's type: Eigen keeps such a product on the calling thread. Products too small
/// or too thin for Eigen's blocked path are plain loops, because its other paths sum in an order that depends on
/// addresses.
#pragma once

#include <fkd/core/language.hpp>

#include <algorithm>

#include <Eigen/Core>

#include <fkd/core/shape.hpp>

namespace fkd::im2col {

/// A matrix inside a larger one: element (r, c) stands at `data[r + c * stride]`, or at `data[c + r * stride]` if
/// transposed.
template <class T>
struct Operand {
  const T* data;
  Index stride;
  bool transposed = false;

  const T& at(Index r, Index c) const { return transposed ? data[c + r * stride] : data[r + c * stride]; }
  const T* from_row(Index r) const { return &at(r, 0); }
  using Map = Eigen::Map<const Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic>, 0, Eigen::OuterStride<>>;
  Map map(Index rows, Index cols) const {
    return transposed ? Map{data, cols, rows, Eigen::OuterStride<>{stride}}
                      : Map{data, rows, cols, Eigen::OuterStride<>{stride}};
  }
};

/// What a product is added to: element (row, col) stands at `data[row + col * stride]`.
template <class T>
struct Result {
  T* data;
  Index stride;
};

struct ProductSize {
  Index rows, cols, depth;
};

/// c (rows, cols) += a (rows, depth) · b (depth, cols), on one thread.
template <class T>
void add_product(Result<T> c, Operand<T> a, Operand<T> b, const ProductSize& size) {
  constexpr Index tile_rows = 32, worth_blocking = 20;
  using Tile = Eigen::Map<Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic, Eigen::ColMajor, tile_rows, Eigen::Dynamic>,
                          0, Eigen::OuterStride<>>;
  const auto [rows, cols, depth] = size;
  for (Index r = 0; r < rows; r += tile_rows) {
    const Index height = (std::min)(tile_rows, rows - r);
    if (height == 1 || cols == 1 || height + cols + depth < worth_blocking) {
      for (Index col = 0; col < cols; ++col)
        for (Index k = 0; k < depth; ++k)
          for (Index row = r; row < r + height; ++row) c.data[row + col * c.stride] += a.at(row, k) * b.at(k, col);
      continue;
    }
    Tile tile{c.data + r, height, cols, Eigen::OuterStride<>{c.stride}};
    const Operand<T> band{a.from_row(r), a.stride, a.transposed};
    const auto lhs = band.map(height, depth);
    const auto rhs = b.map(depth, cols);
    if (a.transposed && b.transposed) {
      tile.noalias() += lhs.transpose() * rhs.transpose();
    } else if (a.transposed) {
      tile.noalias() += lhs.transpose() * rhs;
    } else if (b.transposed) {
      tile.noalias() += lhs * rhs.transpose();
    } else {
      tile.noalias() += lhs * rhs;
    }
  }
}

}  // namespace fkd::im2col
