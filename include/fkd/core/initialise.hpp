/// \file
/// The values that a network starts from, the same bits from the same seed on every compiler, library and processor.
///
/// Only operations that IEEE 754 rounds exactly are used (no logarithm, no cosine), and never a product that is added
/// to something, which one compiler would fuse and another not. (Orthogonal tensors need such sums: there fusing is
/// switched off.)
#pragma once

#include <span>

#include <fkd/core/buffer.hpp>
#include <fkd/core/parameters.hpp>
#include <fkd/core/random.hpp>

namespace fkd {
namespace detail {

/// The i-th value of one tensor; not of an orthogonal one.
[[gnu::cold]] double initial_value(const TensorSpec& spec, Seed seed, Index number, Index i);

/// All of an orthogonal tensor's `count` values. As a matrix its columns are the last extent (the outputs), its rows
/// all others; the shorter of the two sets is orthonormal, times the gain.
[[gnu::cold]] Buffer<double> orthogonal_values(const TensorSpec& spec, Index count, Seed seed, Index number);

}  // namespace detail

/// Fills one tensor of `spec`; `number` is its place among the network's tensors.
template <class T>
void initialise(std::span<T> tensor, const TensorSpec& spec, Seed seed, Index number) {
  if (!spec.values.empty()) {
    for (std::size_t i = 0; i < tensor.size(); ++i) tensor[i] = static_cast<T>(spec.values[i % spec.values.size()]);
    return;
  }
  if (spec.initialiser.kind == Initialiser::Kind::orthogonal) {
    const Buffer<double> values = detail::orthogonal_values(spec, static_cast<Index>(tensor.size()), seed, number);
    for (std::size_t i = 0; i < tensor.size(); ++i) tensor[i] = static_cast<T>(values[static_cast<Index>(i)]);
    return;
  }
  for (std::size_t i = 0; i < tensor.size(); ++i)
    tensor[i] = static_cast<T>(detail::initial_value(spec, seed, number, static_cast<Index>(i)));
}

}  // namespace fkd

#ifndef FKD_COMPILED
#include <fkd/core/initialise_inl.hpp>
#endif
