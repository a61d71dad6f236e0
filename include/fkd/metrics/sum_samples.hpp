/// \file
/// A sum over the samples of a batch, on all threads, with the same bits for any number of them.
#pragma once

#include <vector>

#include <fkd/core/shape.hpp>
#include <fkd/loss/loss.hpp>
#include <fkd/runtime/parallel.hpp>
#include <fkd/runtime/threads.hpp>

namespace fkd::detail {

/// `f(n)` of each sample, of about `operations`, added up in the order of the samples.
template <class F>
LossSum sum_samples(Index samples, Index operations, F&& f) {
  std::vector<LossSum> sums(static_cast<std::size_t>(samples));
  run_tasks(
      samples, [&](Index n, int) { sums[static_cast<std::size_t>(n)] = f(n); },
      threads_for(saturated(checked_product(samples, operations))));
  LossSum total;
  for (const LossSum& sum : sums) total += sum;
  return total;
}

}  // namespace fkd::detail
