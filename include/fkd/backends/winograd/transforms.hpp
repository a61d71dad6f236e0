/// \file
/// The transforms of Winograd's convolution (winograd.hpp), as their callers see them: a table for each instruction
/// set, as direct/loops.hpp has it. In all of them n = m + 2.
#pragma once

#include <fkd/core/shape.hpp>

namespace fkd::winograd {

/// The finite points of F(4x4, 3x3) are 0, ±a and ±b: see winograd.hpp for why these.
template <class T>
struct Points {
  static constexpr T a = T(3) / 4, b = 2 * a;
  static constexpr T a2 = a * a, b2 = b * b;
};

/// A row of tiles of the image, n x n pixels each, m apart: to (n·n, tiles, C) = Bᵀ d B.
template <class T>
struct Input {
  T* to;            // assigned, C in whole registers; what follows the C channels is any value
  Index to_value;   // from one of the n·n values to the next
  Index to_tile;    // from one tile to the next
  const T* row[6];  // where pixel 0 of each row stands; null: a row of zeros
  Index first;      // column of the first tile; may be negative
  Index W, C;       // of the image; columns outside are zeros
  const T* end;     // of the image
  const T* zeros;   // C of them, in whole lines
  T* edge;          // overwritten (n·n, C in whole lines)
  Index tiles;
};

/// A row of tiles of the output, m x m pixels each: to = Aᵀ from A + bias [+ shortcut], or ReLU of that; what lies
/// outside of the output is left out.
template <class T>
struct Output {
  T* to;                   // assigned
  Index to_row, to_pixel;  // from one row and one pixel to the next
  const T* from;           // read (n·n, tiles, C), C in whole registers
  Index from_value, from_tile;
  const T* bias;     // read (C), in whole registers; null: zeros
  Index rows, cols;  // of the output, from the first tile on
  Index C;
  Index tiles;
  const T* shortcut;  // read, where `to` is written; null: none
  bool relu;
};

/// Some weights of one input channel: to (n·n, count) = G g Gᵀ.
template <class T>
struct Weights {
  T* to;           // assigned, in whole registers; zeros behind the weights
  Index to_value;  // from one of the n·n values to the next
  const T* from;   // read (3·3, count)
  Index tap;       // from one weight of the kernel to the next
  Index count;
};

/// A row of tiles of a gradient of the output, m x m pixels each, zeros outside of it: to (n·n, tiles, C) = A dY Aᵀ.
template <class T>
struct Gradient {
  T* to;  // assigned, in whole registers; zeros behind the channels
  Index to_value, to_tile;
  const T* from;               // read
  Index from_row, from_pixel;  // from one row and one pixel to the next
  Index rows, cols;            // of the output, from the first tile on
  Index C;
  Index tiles;
};

/// Sums of products of some input channels, to the gradients of their weights: to += Gᵀ from G.
template <class T>
struct WeightSums {
  T* to;              // added to (3·3, rows, count)
  Index tap, to_row;  // from one weight of the kernel and one input channel to the next
  const T* from;      // read (n·n, rows, count), in whole registers
  Index from_value, from_row;
  Index rows, count;
};

/// Of F(2x2, 3x3) and F(4x4, 3x3), in this order; the last two of F(4x4, 3x3) alone.
template <class T>
struct Transforms {
  void (*input[2])(const Input<T>&);
  void (*output[2])(const Output<T>&);
  void (*weights[2])(const Weights<T>&);
  void (*gradient)(const Gradient<T>&);
  void (*weight_sums)(const WeightSums<T>&);
};

}  // namespace fkd::winograd
