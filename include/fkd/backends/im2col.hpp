/// \file
/// The second backend: convolution as a matrix product, as textbooks have it (Chellapilla, Puri, Simard 2006,
/// section 3).
///
/// Same as reference::conv2d_* and reference::dense_*, but:
///  - the pixels under the kernel are written out, one column for each output pixel (`im2col`: image to columns), so
///    that the three sums become products of matrices. With P = OH·OW pixels and K = KH·KW·IC values under the kernel:
///    `out (OC, P) = weight (OC, K) · cols (K, P)`, `d_weight (OC, K) += d_out (OC, P) · colsᵀ (P, K)`,
///    `d_columns (K, P) = weightᵀ (K, OC) · d_out (OC, P)`, which is added back into the image (`col2im`);
///  - groups of channels follow each other, each a product of its own
///  - that is done for a band of output rows at a time: the columns of a band fit in the second-level cache, those of a
///    whole image would be KH·KW times the image. Bands depend on the sizes only.
#pragma once

#include <algorithm>

#include <fkd/backends/backend.hpp>
#include <fkd/backends/im2col/product.hpp>

namespace fkd::im2col {

/// Output rows of a band: as many as give 64 Ki values of columns, a quarter of a megabyte in float.
constexpr Index band_rows(const Conv2DDims& d) {
  return std::clamp<Index>(65536 / (d.KH * d.KW * d.group_IC() * d.OW), 1, d.OH);
}

/// Calls `f(values of the column, a group's values of the image)` for each output pixel of the rows [begin, end) and
/// each tap; the second pointer is null where the tap lies outside of the image. `in` begins at the group's channels.
template <class T, class Image, class F>
void for_each_tap(T* cols, Image* in, const Conv2DDims& d, Index begin, Index end, F f) {
  const Index ICG = d.group_IC();
  for (Index oh = begin; oh < end; ++oh)
    for (Index ow = 0; ow < d.OW; ++ow)
      for (Index kh = 0; kh < d.KH; ++kh)
        for (Index kw = 0; kw < d.KW; ++kw, cols += ICG) {
          const Index ih = oh * d.stride_h + kh * d.dilation_h - d.pad_top;
          const Index iw = ow * d.stride_w + kw * d.dilation_w - d.pad_left;
          const bool inside = ih >= 0 && ih < d.IH && iw >= 0 && iw < d.IW;
          f(cols, inside ? in + (ih * d.IW + iw) * d.IC : nullptr);
        }
}

/// `(IH, IW, IC) => (K, P)` of the rows [begin, end).
template <class T>
void image_to_columns(T* cols, const T* in, const Conv2DDims& d, Index begin, Index end) {
  for_each_tap(cols, in, d, begin, end, [&](T* column, const T* pixel) {
    if (pixel) {
      std::copy_n(pixel, d.group_IC(), column);
    } else {
      std::fill_n(column, d.group_IC(), T{0});
    }
  });
}

/// The backend.
template <class T>
class Im2col final : public Backend<T> {
 public:
  constexpr Im2col() : Backend<T>{"im2col"} {}

  Index conv2d_scratch_size(const Conv2DDims& d) const override {
    return band_rows(d) * d.OW * d.KH * d.KW * d.group_IC();
  }

  void conv2d_forward(const Conv2DForward<T>& o, const Conv2DDims& d, const KernelMemory<T>& memory) const override {
    const Index ICG = d.group_IC(), OCG = d.group_OC(), K = d.KH * d.KW * ICG;
    T* cols = memory.scratch;
    for (Index begin = 0; begin < d.OH; begin += band_rows(d)) {
      const Index end = (std::min)(begin + band_rows(d), d.OH), P = (end - begin) * d.OW;
      T* band = o.out + begin * d.OW * d.OC;
      std::fill_n(band, P * d.OC, T{0});
      for (Index p = 0; o.bias != nullptr && p < P; ++p) std::copy_n(o.bias, d.OC, band + p * d.OC);
      for (Index g = 0; g < d.groups; ++g) {
        image_to_columns(cols, o.in + g * ICG, d, begin, end);
        add_product<T>({band + g * OCG, d.OC}, {o.weight + g * OCG, d.OC}, {cols, K},
                       {.rows = OCG, .cols = P, .depth = K});
      }
    }
  }

  void conv2d_d_in(const Conv2DInputGradient<T>& o, const Conv2DDims& d, const KernelMemory<T>& memory) const override {
    const Index ICG = d.group_IC(), OCG = d.group_OC(), K = d.KH * d.KW * ICG;
    T* cols = memory.scratch;
    std::fill_n(o.d_in, d.IH * d.IW * d.IC, T{0});
    for (Index begin = 0; begin < d.OH; begin += band_rows(d)) {
      const Index end = (std::min)(begin + band_rows(d), d.OH), P = (end - begin) * d.OW;
      for (Index g = 0; g < d.groups; ++g) {
        std::fill_n(cols, K * P, T{0});
        add_product<T>({cols, K}, {o.weight + g * OCG, d.OC, true}, {o.d_out + begin * d.OW * d.OC + g * OCG, d.OC},
                       {.rows = K, .cols = P, .depth = OCG});
        for_each_tap(cols, o.d_in + g * ICG, d, begin, end, [&](const T* column, T* pixel) {
          if (!pixel) return;
          for (Index ic = 0; ic < ICG; ++ic) pixel[ic] += column[ic];
        });
      }
    }
  }

  void conv2d_d_weight(const Conv2DWeightGradient<T>& o, const Conv2DDims& d, T* cols) const override {
    const Index ICG = d.group_IC(), OCG = d.group_OC(), K = d.KH * d.KW * ICG;
    for (Index begin = 0; begin < d.OH; begin += band_rows(d)) {
      const Index end = (std::min)(begin + band_rows(d), d.OH), P = (end - begin) * d.OW;
      const T* band = o.d_out + begin * d.OW * d.OC;
      for (Index p = 0; o.d_bias != nullptr && p < P; ++p)
        for (Index oc = 0; oc < d.OC; ++oc) o.d_bias[oc] += band[p * d.OC + oc];
      for (Index g = 0; g < d.groups; ++g) {
        image_to_columns(cols, o.in + g * ICG, d, begin, end);
        add_product<T>({o.d_weight + g * OCG, d.OC}, {band + g * OCG, d.OC}, {cols, K, true},
                       {.rows = OCG, .cols = K, .depth = P});
      }
    }
  }

  /// One sum, also of several ranges.
  void dense_forward(const DenseForward<T>& o, const DenseDims& d, Index k0, Index k1,
                     const KernelMemory<T>&) const override {
    const Index outputs = o.end(d.OU) - o.o0;
    for (Index n = 0; n < d.N; ++n) std::fill_n(o.out + n * d.OU + o.o0, outputs, T{0});
    add_product<T>({o.out + o.o0, d.OU}, {o.weight + k0 * d.OU + o.o0, d.OU}, {o.in + k0, d.IU},
                   {.rows = outputs, .cols = d.N, .depth = k1 - k0});
    for (Index n = 0; o.bias != nullptr && n < d.N; ++n)
      for (Index ou = o.o0; ou < o.end(d.OU); ++ou) o.out[n * d.OU + ou] += o.bias[ou];
  }

  void dense_d_in(const DenseInputGradient<T>& o, const DenseDims& d, Index k0, Index k1,
                  T* /*scratch*/) const override {
    for (Index n = 0; n < d.N; ++n) std::fill_n(o.d_in + n * d.IU + k0, k1 - k0, T{0});
    add_product<T>({o.d_in + k0, d.IU}, {o.weight + k0 * d.OU, d.OU, true}, {o.d_out, d.OU},
                   {.rows = k1 - k0, .cols = d.N, .depth = d.OU});
  }

  void dense_d_weight(const DenseWeightGradient<T>& o, const DenseDims& d, Index k0, Index k1,
                      const KernelMemory<T>&) const override {
    add_product<T>({o.d_weight + k0 * d.OU, d.OU}, {o.d_out, d.OU}, {o.in + k0, d.IU, true},
                   {.rows = d.OU, .cols = k1 - k0, .depth = d.N});
  }
};

template <class T>
inline constexpr Im2col<T> backend{};

}  // namespace fkd::im2col
