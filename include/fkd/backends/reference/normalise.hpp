/// \file
/// What every normalisation is made of, by its definition: statistics of each channel over pixels, or of a row; the
/// normalised values; and the gradients. layers/batch_norm.hpp, group_norm.hpp and layer_norm.hpp put them together.
///
/// `P` pixels of `C` channels, channels innermost: of one sample, of several, of a part of one. NaN passes.
#pragma once

#include <fkd/backends/reference/relu.hpp>
#include <fkd/core/shape.hpp>

namespace fkd {

/// The mean of each channel, and its deviation as a sum of squares: Σ (in - mean)² over the pixels.
template <class T>
struct ChannelMoments {
  T* mean;      // assigned (C)
  T* squares;   // assigned (C)
  const T* in;  // read (P, C)
};

/// out = (in - mean) · scale + offset [+ shortcut], channel by channel, and ReLU of that.
template <class T>
struct Normalise {
  T* out;                       // assigned (P, C)
  const T* in;                  // read (P, C)
  const T* mean;                // read (C)
  const T* scale;               // read (C)
  const T* offset;              // read (C)
  const T* shortcut = nullptr;  // read (P, C); null: none
  bool relu = false;
};

/// A ReLU behind a normalisation: d_out counts where what it computed is positive. It is read, or where that is the
/// normalised value alone, computed again from `in`, which is read anyway. All null: there is none.
template <class T>
struct ReluBehind {
  const T* out = nullptr;                       // read (P, C)
  const T *scale = nullptr, *offset = nullptr;  // read (C): those of Normalise
};

/// The sums over pixels that backward needs, where out = (in - mean) · inverse before any scale.
template <class T>
struct NormaliseSums {
  T* d_offset;       // added to (C): Σ d_out
  T* d_scale;        // added to (C): Σ d_out · (in - mean) · inverse
  const T* d_out;    // read (P, C)
  const T* in;       // read (P, C)
  const T* mean;     // read (C)
  const T* inverse;  // read (C)
  ReluBehind<T> relu = {};
};

/// d_in = d_out · scale - shift - (in - mean) · slope, channel by channel: what becomes of the gradient where the mean
/// and the deviation depend on the input, too.
template <class T>
struct NormaliseInputGradient {
  T* d_in;         // assigned (P, C)
  const T* d_out;  // read (P, C)
  const T* in;     // read (P, C)
  const T* mean;   // read (C)
  const T* scale;  // read (C)
  const T* shift;  // read (C)
  const T* slope;  // read (C)
  ReluBehind<T> relu = {};
  T* d_sum = nullptr;  // assigned (P, C), null: not wanted; d_out, where it counts
};

/// A row of `size` values: its mean and Σ (in - mean)².
template <class T>
struct RowMoments {
  T mean, squares;
};

/// A row whose mean and deviation are its own: out = (in - mean) · inverse · gamma + beta, each value with its own
/// gamma and beta.
template <class T>
struct NormaliseRow {
  T* out;          // assigned (size)
  const T* in;     // read (size)
  const T* gamma;  // read (size); null: ones
  const T* beta;   // read (size); null: zeros
  T mean, inverse;
};

template <class T>
struct NormaliseRowBackward {
  T* d_in;         // assigned (size); null: not wanted
  T* d_gamma;      // added to (size); null: not wanted
  T* d_beta;       // added to (size); null: not wanted
  const T* d_out;  // read (size)
  const T* in;     // read (size)
  const T* gamma;  // read (size); null: ones
  T mean, inverse;
};

namespace reference {

/// The corrected two-pass algorithm (Chan, Golub & LeVeque 1983, "Algorithms for computing the sample variance",
/// equation 1.7): the second pass also adds up what the rounded mean leaves over. A mean that is large beside the
/// deviation does no harm, as it would to Σ x² - (Σ x)² / P.
template <class T>
void channel_moments(const ChannelMoments<T>& o, Index P, Index C) {
  for (Index c = 0; c < C; ++c) {
    T sum = 0, left = 0, squares = 0;
    for (Index p = 0; p < P; ++p) sum += o.in[p * C + c];
    const T mean = sum / static_cast<T>(P);
    for (Index p = 0; p < P; ++p) {
      const T d = o.in[p * C + c] - mean;
      left += d;
      squares += d * d;
    }
    o.mean[c] = mean + left / static_cast<T>(P);
    o.squares[c] = squares - left * left / static_cast<T>(P);
  }
}

template <class T>
void normalise(const Normalise<T>& o, Index P, Index C) {
  for (Index p = 0; p < P; ++p)
    for (Index c = 0; c < C; ++c) {
      const Index i = p * C + c;
      const T out = (o.in[i] - o.mean[c]) * o.scale[c] + o.offset[c];
      o.out[i] = o.shortcut ? out + o.shortcut[i] : out;
      if (o.relu) relu_forward(o.out + i, o.out + i, 1);
    }
}

/// Value i of d_out, of channel c, where it counts.
template <class T, class Operands>
T rectified(const Operands& o, Index i, Index c) {
  if (o.relu.out == nullptr && o.relu.offset == nullptr) return o.d_out[i];
  const T out = o.relu.out ? o.relu.out[i] : (o.in[i] - o.mean[c]) * o.relu.scale[c] + o.relu.offset[c];
  T d;
  relu_d_in(&d, o.d_out + i, &out, 1);
  return d;
}

template <class T>
void normalise_sums(const NormaliseSums<T>& o, Index P, Index C) {
  for (Index p = 0; p < P; ++p)
    for (Index c = 0; c < C; ++c) {
      const Index i = p * C + c;
      const T d = rectified<T>(o, i, c);
      o.d_offset[c] += d;
      o.d_scale[c] += d * ((o.in[i] - o.mean[c]) * o.inverse[c]);
    }
}

template <class T>
void normalise_d_in(const NormaliseInputGradient<T>& o, Index P, Index C) {
  for (Index p = 0; p < P; ++p)
    for (Index c = 0; c < C; ++c) {
      const Index i = p * C + c;
      const T d = rectified<T>(o, i, c);
      if (o.d_sum) o.d_sum[i] = d;
      o.d_in[i] = d * o.scale[c] - o.shift[c] - (o.in[i] - o.mean[c]) * o.slope[c];
    }
}

template <class T>
RowMoments<T> row_moments(const T* in, Index size) {
  RowMoments<T> moments{};
  channel_moments<T>({&moments.mean, &moments.squares, in}, size, 1);
  return moments;
}

template <class T>
void normalise_row(const NormaliseRow<T>& o, Index size) {
  for (Index i = 0; i < size; ++i) {
    const T normal = (o.in[i] - o.mean) * o.inverse;
    o.out[i] = normal * (o.gamma ? o.gamma[i] : T{1}) + (o.beta ? o.beta[i] : T{0});
  }
}

/// With g = d_out · gamma and x̂ = (in - mean) · inverse: d_in = inverse · (g - mean of g - x̂ · mean of g · x̂).
template <class T>
void normalise_row_backward(const NormaliseRowBackward<T>& o, Index size) {
  T sum = 0, product = 0;
  for (Index i = 0; i < size; ++i) {
    const T normal = (o.in[i] - o.mean) * o.inverse, d = o.d_out[i], g = o.gamma ? d * o.gamma[i] : d;
    sum += g;
    product += g * normal;
    if (o.d_gamma) o.d_gamma[i] += d * normal;
    if (o.d_beta) o.d_beta[i] += d;
  }
  if (o.d_in == nullptr) return;
  const T count = static_cast<T>(size);
  for (Index i = 0; i < size; ++i) {
    const T normal = (o.in[i] - o.mean) * o.inverse, d = o.d_out[i], g = o.gamma ? d * o.gamma[i] : d;
    o.d_in[i] = o.inverse * (g - sum / count - normal * (product / count));
  }
}

}  // namespace reference
}  // namespace fkd
