/// \file
/// Batch normalisation by its definition (Ioffe & Szegedy 2015, algorithm 1 and the gradients of section 3): a batch of
/// `P` pixels, those of all samples, of `C` channels.
///
///     mean, variance          of each channel over all pixels; the variance is Σ (in - mean)² / P
///     out = (in - mean) / sqrt(variance + epsilon) · gamma + beta
///     moving_mean             = momentum · moving_mean + (1 - momentum) · mean; moving_variance likewise
///
/// In prediction the moving statistics take the place of the batch's.
#pragma once

#include <cmath>
#include <vector>

#include <fkd/backends/reference/normalise.hpp>
#include <fkd/core/shape.hpp>

namespace fkd {

template <class T>
struct BatchNormForward {
  T* out;              // assigned (P, C)
  const T* in;         // read (P, C)
  const T* gamma;      // read (C); null: ones
  const T* beta;       // read (C); null: zeros
  T* moving_mean;      // read and assigned (C)
  T* moving_variance;  // read and assigned (C)
};

template <class T>
struct BatchNormBackward {
  T* d_in;         // assigned (P, C)
  T* d_gamma;      // added to (C)
  T* d_beta;       // added to (C)
  const T* d_out;  // read (P, C)
  const T* in;     // read (P, C)
  const T* gamma;  // read (C); null: ones
};

struct BatchNormOptions {
  double momentum, epsilon;
  bool unbiased_variance;  ///< of the moving variance: Σ (in - mean)² / (P - 1)
};

namespace reference {

/// A training pass. Where P is 1 there is no deviation: out is beta, and the moving statistics stay as they are.
template <class T>
void batch_norm_forward(const BatchNormForward<T>& o, Index P, Index C, const BatchNormOptions& options) {
  std::vector<T> mean(static_cast<std::size_t>(C)), squares(mean);
  channel_moments<T>({mean.data(), squares.data(), o.in}, P, C);
  for (Index c = 0; c < C; ++c) {
    const auto i = static_cast<std::size_t>(c);
    const T count = static_cast<T>(P), momentum = static_cast<T>(options.momentum);
    const T inverse = 1 / (std::sqrt)(squares[i] / count + static_cast<T>(options.epsilon));
    const T scale = inverse * (o.gamma ? o.gamma[c] : T{1}), offset = o.beta ? o.beta[c] : T{0};
    for (Index p = 0; p < P; ++p) o.out[p * C + c] = (o.in[p * C + c] - mean[i]) * scale + offset;
    if (P == 1) continue;
    const T variance = squares[i] / (options.unbiased_variance ? count - 1 : count);
    o.moving_mean[c] = momentum * o.moving_mean[c] + (1 - momentum) * mean[i];
    o.moving_variance[c] = momentum * o.moving_variance[c] + (1 - momentum) * variance;
  }
}

template <class T>
void batch_norm_backward(const BatchNormBackward<T>& o, Index P, Index C, double epsilon) {
  std::vector<T> mean(static_cast<std::size_t>(C)), squares(mean);
  channel_moments<T>({mean.data(), squares.data(), o.in}, P, C);
  for (Index c = 0; c < C; ++c) {
    const auto i = static_cast<std::size_t>(c);
    const T count = static_cast<T>(P), inverse = 1 / (std::sqrt)(squares[i] / count + static_cast<T>(epsilon));
    T sum = 0, product = 0;
    for (Index p = 0; p < P; ++p) {
      sum += o.d_out[p * C + c];
      product += o.d_out[p * C + c] * ((o.in[p * C + c] - mean[i]) * inverse);
    }
    o.d_beta[c] += sum;
    o.d_gamma[c] += product;
    const T scale = inverse * (o.gamma ? o.gamma[c] : T{1});
    for (Index p = 0; p < P; ++p) {
      const T normal = (o.in[p * C + c] - mean[i]) * inverse;
      o.d_in[p * C + c] = scale * (o.d_out[p * C + c] - sum / count - normal * (product / count));
    }
  }
}

}  // namespace reference
}  // namespace fkd
