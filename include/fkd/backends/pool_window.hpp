/// \file
/// The part of a pooling window that lies in the image.
#pragma once

#include <algorithm>

#include <fkd/core/shape.hpp>

namespace fkd {

/// Rows kh0 to kh1 - 1 and columns kw0 to kw1 - 1 of a window, and the pixel of `in` where they begin.
struct PoolWindow {
  Index kh0, kh1, kw0, kw1;
  Index first;

  constexpr Index places() const { return (kh1 - kh0) * (kw1 - kw0); }
};

constexpr PoolWindow pool_window(const MaxPool2DDims& d, Index oh, Index ow) {
  const Index top = oh * d.stride_h - d.pad_top, left = ow * d.stride_w - d.pad_left;
  PoolWindow w{};
  w.kh0 = top < 0 ? -top : 0;
  w.kw0 = left < 0 ? -left : 0;
  w.kh1 = (std::min)(d.KH, d.IH - top);
  w.kw1 = (std::min)(d.KW, d.IW - left);
  w.first = (top + w.kh0) * d.IW + left + w.kw0;
  return w;
}

}  // namespace fkd
