/// \file
/// Gradient shards: how a sample-wise stage adds up the parameter gradients of a batch.
///
/// A shard is a block of samples that follow each other; within it gradients are added sample after sample. Shards are
/// added in a fixed binary tree. Their number depends on sizes only: so the sums have the same bits for every number of
/// threads.
#pragma once

#include <algorithm>

#include <fkd/backends/default_backend.hpp>
#include <fkd/backends/reference/add.hpp>
#include <fkd/core/shape.hpp>

namespace fkd::detail {

/// Bytes of gradients that one task of the reduction adds up: a tile of every shard stays in the first-level cache.
inline constexpr Index reduce_tile_bytes = 16 * 1024;

/// Gradients from which on the first shard is dθ itself, to save memory. (Below, a sum is rounded by itself first, and
/// then added to what is there.)
inline constexpr Index large_gradients = Index{16} << 20;

struct Limit {
  Index shards, bytes;
};

/// Shards for `samples` samples whose gradients take `bytes` each: enough for 64 threads where they take 10 MB
/// together; 16 where they take 20 MB, 8 where they take 128 MB; and 2 of any size. So they never need more memory than
/// 128 MB, or than the gradients themselves.
///
/// To zero a shard and to add it up is work, too: beyond 16, one for as many samples as make 256 operations of forward
/// (`flops` a sample, 0 where they are not known) for each byte. (Three convolutions of 64 channels on 8x8 at batch 128
/// spent more time in 64 shards than in d_weight.)
constexpr Index shards_for(Index samples, Index bytes, Index flops = 0) {
  constexpr Index mega = Index{1} << 20;
  if (bytes == 0) return samples;
  Index shards = 2, many = 64;
  if (flops > 0)
    many = (std::min)(many, saturated(checked_product(samples, flops)) / saturated(checked_product(256, bytes)));
  for (const auto [most, together] : {Limit{8, 8 * large_gradients}, Limit{16, 20 * mega}, Limit{many, 10 * mega}})
    shards = (std::max)(shards, (std::min)(most, together / bytes));
  return (std::min)(samples, shards);
}

/// sum += other, in registers.
template <class T>
void add_to(T* sum, const T* other, Index count) {
  const T* both[] = {sum, other};
  fastest::add_forward<T>(sum, both, count);
}

/// Adds up values [begin, begin + count) of all shards, `shard(i)` being where one stands, in a binary tree over their
/// numbers. The sum is left in shard 0.
template <class Shard>
void add_shards(Index shards, Index begin, Index count, Shard shard) {
  for (Index distance = 1; distance < shards; distance *= 2)
    for (Index i = 0; i + distance < shards; i += 2 * distance) {
      auto* sum = shard(i) + begin;
      const auto* other = shard(i + distance) + begin;
      add_to(sum, other, count);
    }
}

}  // namespace fkd::detail
