/// \file
/// `Buffer`: the only type that owns numbers, in memory aligned to 64 bytes.
///
/// A cache line and the widest vector register are 64 bytes. Eigen's own containers are not used for this, because
/// their layout changes with the compiler's -march, and two files of one program may differ in that.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <new>
#include <type_traits>
#include <utility>

#if defined(__linux__)
#include <sys/mman.h>
#endif

#include <fkd/core/error.hpp>
#include <fkd/core/shape.hpp>

namespace fkd {

/// Alignment of every tensor and every buffer, in bytes.
inline constexpr Index alignment = 64;

/// `bytes`, rounded up to a multiple of the alignment; -1 where that does not fit in 64 bits.
[[gnu::noinline, gnu::const]] constexpr Index aligned(Index bytes) {
  return checked_product(div_ceil(bytes, alignment), alignment);
}

namespace detail {

/// Memory for `size` values of `value_size` bytes each; null for none. Throws ArgumentError for a size that is negative
/// or too large for 64 bits, and MemoryError where the allocation fails.
[[gnu::cold]] inline void* allocate(Index size, Index value_size) {
  if (size == 0) return nullptr;
  const Index bytes = aligned(checked_product(size, value_size));
  if (bytes < 0) throw buffer_size_is_out_of_range(size, value_size);
  void* memory = ::operator new (static_cast<std::size_t>(bytes), std::align_val_t{alignment}, std::nothrow);
  if (memory == nullptr) throw MemoryError{bytes};
#if defined(MADV_HUGEPAGE)
  // Large pages where the system has some to spare: a pass over a batch's values looks up 512 times fewer of them.
  constexpr Index page = 4096, large = Index{4} << 20;
  if (bytes >= large) {
    const auto address = reinterpret_cast<std::uintptr_t>(memory);
    (void)::madvise(reinterpret_cast<void*>(address / page * page), static_cast<std::size_t>(bytes), MADV_HUGEPAGE);
  }
#endif
  return memory;
}

}  // namespace detail

/// A fixed number of values of a trivial type, zero at first. Copies are deep. A contiguous range, so a std::span sees
/// it. Throws ArgumentError for a size that is negative or too large for 64 bits, MemoryError where the allocation
/// fails.
template <class T>
class Buffer {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  Buffer() = default;
  explicit Buffer(Index size) : data_{allocate(size)}, size_{size} { std::fill_n(data_, size, T{}); }
  Buffer(const Buffer& other) : data_{allocate(other.size_)}, size_{other.size_} {
    std::copy_n(other.data_, size_, data_);
  }
  Buffer(Buffer&& other) noexcept : data_{std::exchange(other.data_, nullptr)}, size_{std::exchange(other.size_, 0)} {}
  Buffer& operator=(Buffer other) noexcept {
    (std::swap)(data_, other.data_);
    (std::swap)(size_, other.size_);
    return *this;
  }
  ~Buffer() { ::operator delete (data_, std::align_val_t{alignment}); }

  Index size() const { return size_; }
  T* data() { return data_; }
  const T* data() const { return data_; }
  T& operator[](Index i) { return data_[i]; }
  const T& operator[](Index i) const { return data_[i]; }
  T* begin() { return data_; }
  T* end() { return data_ + size_; }
  const T* begin() const { return data_; }
  const T* end() const { return data_ + size_; }

 private:
  static T* allocate(Index size) { return static_cast<T*>(detail::allocate(size, static_cast<Index>(sizeof(T)))); }

  T* data_ = nullptr;
  Index size_ = 0;
};

}  // namespace fkd
