/// \file
/// Memory for tests of kernels: with guard values on both sides, at a start that is aligned to nothing but its values.
#pragma once

#include <algorithm>
#include <limits>
#include <span>
#include <vector>

#include <fkd/core/buffer.hpp>
#include <fkd/core/random.hpp>

namespace support {

template <class T>
class Guarded {
 public:
  using Value = T;
  static constexpr T guard = static_cast<T>(-12345.678);
  static constexpr fkd::Index width = 64 / static_cast<fkd::Index>(sizeof(T));

  /// `size` values, NaN at first. They start `misaligned` values behind a multiple of 64 bytes.
  explicit Guarded(fkd::Index size, fkd::Index misaligned = 1)
      : begin_{width + misaligned}, size_{size}, memory_(begin_ + size + width) {
    std::fill(memory_.begin(), memory_.end(), guard);
    fill(std::numeric_limits<T>::quiet_NaN());
  }

  T* data() { return memory_.data() + begin_; }
  const T* data() const { return memory_.data() + begin_; }
  fkd::Index size() const { return size_; }
  T& operator[](fkd::Index i) { return data()[i]; }
  T operator[](fkd::Index i) const { return data()[i]; }
  std::span<const T> values() const { return {data(), static_cast<std::size_t>(size_)}; }
  void fill(T value) { std::fill_n(data(), size_, value); }

  /// Uniform on [-1, 1), a function of `which`.
  Guarded& fill_at_random(std::uint64_t which) {
    const fkd::Random random{fkd::Seed{20180601}, fkd::Purpose::user, which};
    for (fkd::Index i = 0; i < size_; ++i)
      (*this)[i] = static_cast<T>(2 * random.uniform(static_cast<std::uint64_t>(i)) - 1);
    return *this;
  }

  bool guards_intact() const {
    const auto is_guard = [](T x) { return x == guard; };
    return std::all_of(memory_.begin(), memory_.begin() + begin_, is_guard) &&
           std::all_of(memory_.begin() + begin_ + size_, memory_.end(), is_guard);
  }

 private:
  fkd::Index begin_, size_;
  fkd::Buffer<T> memory_;
};

/// The values in double, or their magnitudes.
template <class T>
Guarded<double> in_double(const Guarded<T>& from, bool magnitudes = false) {
  Guarded<double> to{from.size()};
  for (fkd::Index i = 0; i < from.size(); ++i) {
    const double x = static_cast<double>(from[i]);
    to[i] = magnitudes && x < 0 ? -x : x;
  }
  return to;
}

}  // namespace support
