/// \file
/// Samples that go through a network together: `Batch` owns their memory, `BatchView` refers to memory owned elsewhere.
///
/// Layout: sample after sample, each `(H, W, C)` with channels innermost. (`<fkd/eigen.hpp>` shows that as a
/// column-major matrix with one sample or one pixel a column.)
#pragma once

#include <span>
#include <string>
#include <type_traits>
#include <utility>

#include <fkd/core/buffer.hpp>
#include <fkd/core/error.hpp>
#include <fkd/core/shape.hpp>

/// Lets clang warn where a view would outlive the batch that it refers to; empty for other compilers.
#if defined(__has_cpp_attribute)
#if __has_cpp_attribute(clang::lifetimebound)
#define FKD_LIFETIMEBOUND [[clang::lifetimebound]]
#endif
#endif
#ifndef FKD_LIFETIMEBOUND
#define FKD_LIFETIMEBOUND
#endif

namespace fkd {

namespace detail {

/// The number of values of a batch. Throws ArgumentError for extents or counts that a batch cannot have.
[[gnu::cold]] inline Index batch_size(Shape shape, Index samples, Index value_size) {
  const Index size = checked_product(shape.size(), samples);
  if (samples < 0 || (size == 0 && samples > 0) || aligned(checked_product(size, value_size)) < 0)
    throw batch_is_out_of_range(shape, samples);
  return size;
}

/// Throws ShapeError or ArgumentError where `samples` of shape `got` at `data` are not the `expected` ones.
[[gnu::cold]] inline void check_batch(const char* who, const char* what, Shape expected, Index expected_samples,
                                      Shape got, Index samples, const void* data) {
  const bool counted = samples == expected_samples && samples >= 0 && fits(checked_product(got.size(), samples));
  if (got == expected && counted && (samples == 0 || data != nullptr)) return;
  const std::string name = format_message({who, ": ", what});
  if (got != expected) throw shapes_differ(name, expected, got);
  if (samples < 0) throw samples_must_not_be_negative(name, samples);
  if (samples != expected_samples) throw sample_counts_differ(name, expected_samples, samples);
  if (!counted) throw batch_is_out_of_range(got, samples);
  throw data_must_not_be_null(name, samples);
}

}  // namespace detail

/// A non-owning view of `N` samples of one shape. `T` is const for a view that only reads.
template <class T>
struct BatchView {
  T* data = nullptr;
  Shape shape;
  Index samples = 0;

  /// Number of values; -1 where it does not fit in 64 bits.
  Index size() const { return checked_product(samples, shape.size()); }
  /// The n-th sample's values. Throws ArgumentError unless 0 <= n < samples.
  [[gnu::noinline]] T* sample(Index n) const {
    check_number("Batch: sample", samples, n);
    return data + n * shape.size();
  }

  operator BatchView<const T>() const requires(!std::is_const_v<T>) { return {data, shape, samples}; }
};

/// `N` samples of one shape, zero at first. A batch that was moved from has no samples.
template <class T>
class Batch {
 public:
  Batch() = default;
  /// Throws ArgumentError where the number of samples is negative, where there are samples and an extent is below 1, or
  /// where the values' bytes do not fit in 64 bits, and MemoryError where an allocation fails.
  Batch(Shape shape, Index samples)
      : values_(detail::batch_size(shape, samples, static_cast<Index>(sizeof(T)))), shape_{shape}, samples_{samples} {}

  Shape shape() const { return shape_; }
  Index samples() const { return values_.size() == 0 ? 0 : samples_; }
  Index size() const { return values_.size(); }
  T* data() { return values_.data(); }
  const T* data() const { return values_.data(); }
  /// The n-th sample's values. Throws ArgumentError unless 0 <= n < samples(). Deleted for temporaries: the span would
  /// dangle.
  std::span<T> sample(Index n) & { return {view().sample(n), static_cast<std::size_t>(shape_.size())}; }
  std::span<const T> sample(Index n) const& { return {view().sample(n), static_cast<std::size_t>(shape_.size())}; }

  void sample(Index) && = delete;

  BatchView<T> view() & { return {values_.data(), shape_, samples()}; }
  BatchView<const T> view() const& { return {values_.data(), shape_, samples()}; }
  void view() && = delete;
  operator BatchView<T>() FKD_LIFETIMEBOUND { return view(); }
  operator BatchView<const T>() const FKD_LIFETIMEBOUND { return view(); }

 private:
  Buffer<T> values_;
  Shape shape_;
  Index samples_ = 0;
};

}  // namespace fkd
