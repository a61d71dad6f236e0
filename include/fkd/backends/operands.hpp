/// \file
/// What the functions of the backends are handed: tensors of one operation, the same for the plain loops in
/// `reference/` and for every fast form of them. A comment tells the tensor's shape, in the letters of shape.hpp, and
/// whether it is read, assigned (what stood there does not matter) or added to.
#pragma once

#include <cstdint>

#include <fkd/core/shape.hpp>

namespace fkd {

template <class T>
struct Conv2DForward {
  T* out;           // assigned (OH, OW, OC)
  const T* in;      // read (IH, IW, IC)
  const T* weight;  // read (KH, KW, IC / groups, OC)
  const T* bias;    // read (OC); null: zeros
};

template <class T>
struct Conv2DInputGradient {
  T* d_in;          // assigned (IH, IW, IC)
  const T* d_out;   // read (OH, OW, OC)
  const T* weight;  // read (KH, KW, IC / groups, OC)
};

template <class T>
struct Conv2DWeightGradient {
  T* d_weight;     // added to (KH, KW, IC / groups, OC)
  T* d_bias;       // added to (OC); null: not wanted
  const T* in;     // read (IH, IW, IC)
  const T* d_out;  // read (OH, OW, OC)
};

// Those of a transposed convolution. The convolution whose gradient it is, from `out` to `in`, has the dims.

template <class T>
struct Conv2DTransposeForward {
  T* out;           // assigned (OH, OW, OC)
  const T* in;      // read (IH, IW, IC)
  const T* weight;  // read (KH, KW, OC / groups, IC)
  const T* bias;    // read (OC); null: zeros
};

template <class T>
struct Conv2DTransposeInputGradient {
  T* d_in;          // assigned (IH, IW, IC)
  const T* d_out;   // read (OH, OW, OC)
  const T* weight;  // read (KH, KW, OC / groups, IC)
};

template <class T>
struct Conv2DTransposeWeightGradient {
  T* d_weight;     // added to (KH, KW, OC / groups, IC)
  T* d_bias;       // added to (OC); null: not wanted
  const T* in;     // read (IH, IW, IC)
  const T* d_out;  // read (OH, OW, OC)
};

/// A convolution and its epilogue. What may be null is not wanted then.
template <class T>
struct Conv2DEpilogueForward {
  T* out;                         // assigned (OH, OW, OC); behind a pool, its output (pool.OH, pool.OW, OC)
  T* pre_activation = nullptr;    // assigned (OH, OW, OC): what the activation reads; without a pool only
  std::uint8_t* index = nullptr;  // assigned, behind a pool, as `out`: place of each maximum in its window, counted
                                  // row by row, or 255 where ReLU stops the gradient
  const T* in;                    // read (IH, IW, IC)
  const T* weight;                // read (KH, KW, IC / groups, OC)
  const T* bias;                  // read (OC); null: zeros
  const T* shortcut = nullptr;    // read (OH, OW, OC): added before the activation; without a pool only

  // Rows of `out` that are assigned, where the backend goes by rows (`Backend::row_step`); -1: to the last. All
  // pointers are those of the whole sample.
  Index row_begin = 0, row_end = -1;
  // The same of channels (`Backend::channel_step`), in prediction; then of all rows.
  Index channel_begin = 0, channel_end = -1;

  Index end(Index rows) const { return row_end < 0 ? rows : row_end; }
};

/// The gradients of a convolution whose output was pooled.
template <class T>
struct Conv2DPoolBackward {
  T* d_in;                    // assigned (IH, IW, IC); null: not wanted
  T* d_weight;                // added to (KH, KW, IC / groups, OC)
  T* d_bias;                  // added to (OC); null: not wanted
  const T* d_pooled;          // read (pool.OH, pool.OW, OC)
  const std::uint8_t* index;  // read, the same shape: as Conv2DEpilogueForward has it
  const T* in;                // read (IH, IW, IC)
  const T* weight;            // read (KH, KW, IC / groups, OC)
};

/// What a backend works with beside the tensors. Both start at a multiple of 64 bytes.
template <class T>
struct KernelMemory {
  const T* packed = nullptr;  // read: what conv2d_pack assigned
  T* scratch = nullptr;       // overwritten
};

// The three of a dense product treat a range [k0, k1) of the inputs.

template <class T>
struct DenseForward {
  T* out;                   // assigned (N, OU), outputs o0 to o1 - 1 of each sample: the sum over the range
  const T* in;              // read (N, IU)
  const T* weight;          // read (IU, OU)
  const T* bias = nullptr;  // read (OU), and added last; null: nothing is
  Index o0 = 0, o1 = -1;    // whole 64s, or the last; -1: all
  Index part = 0;           // inputs of a sum, as k0 begins them; sums are then added in their order. 0: it is one

  Index end(Index OU) const { return o1 < 0 ? OU : o1; }
};

template <class T>
struct DenseInputGradient {
  T* d_in;          // assigned (N, IU): columns k0 to k1 - 1
  const T* d_out;   // read (N, OU)
  const T* weight;  // read (IU, OU)
};

template <class T>
struct DenseWeightGradient {
  T* d_weight;     // added to (IU, OU): rows k0 to k1 - 1
  const T* in;     // read (N, IU)
  const T* d_out;  // read (N, OU)
};

/// The gradients of PReLU: rows of `size` values, each with its alpha.
template <class T>
struct PReLUGradient {
  T* d_in;         // assigned (rows, size); null: not wanted; may be d_out
  T* d_alpha;      // added to (size)
  const T* d_out;  // read (rows, size)
  const T* in;     // read (rows, size)
  const T* alpha;  // read (size)
};

/// Which values of a sample dropout keeps, and what these are multiplied with. Words of Philox, four a block: word j of
/// block `first_block + 16 g + b` is of value `64 g + 16 j + b`, so that neighbours are in neighbouring blocks and a
/// kernel computes many blocks at a time. A value is kept where its word is not below the threshold.
template <class T>
struct DropoutDraw {
  std::uint64_t key;
  std::uint64_t when;
  std::uint64_t first_block;  // a multiple of 16
  std::uint32_t threshold;    // rate · 2³²
  T scale;                    // 1 / (1 - rate)
};

/// A step of Adam at t = 1, 2, ..., or of what differs from it in the last three.
template <class T>
struct AdamStep {
  T* theta;           // read and assigned (count)
  T* m;               // the same
  T* v;               // the same
  const T* gradient;  // read (count)
  Index count;
  T rate;  // α / (1 - β₁ᵗ)
  T beta_1, beta_2;
  T unbias;  // 1 / (1 - β₂ᵗ)
  T epsilon;
  T gradient_rate = 0;  // Nadam: of the gradient beside the mean
  T decay = 0;          // AdamW: the share of θ that goes
};

/// A step of gradient descent with momentum, and with Nesterov's.
template <class T>
struct SGDStep {
  T* theta;           // read and assigned (count)
  T* velocity;        // the same
  const T* gradient;  // read (count)
  Index count;
  T rate;
  T momentum;
  T decay = 0;  // of the square of θ, whose gradient is added
  bool nesterov = false;
};

/// A step of RMSprop.
template <class T>
struct RMSpropStep {
  T* theta;           // read and assigned (count)
  T* v;               // the same: the mean square
  T* mean;            // the same; null: not centered
  T* velocity;        // the same; null: without momentum
  const T* gradient;  // read (count)
  Index count;
  T rate;
  T rho, momentum, epsilon;
  T decay = 0;  // as in SGDStep
};

}  // namespace fkd
