/// \file
/// Definitions of threads.hpp.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <string_view>

#include <fkd/runtime/process_state.hpp>
#include <fkd/runtime/processors.hpp>
#include <fkd/runtime/threads.hpp>

namespace fkd::detail {

FKD_FUNC int threads_of_variable(const char* text) {
  std::string_view list = text ? text : "";
  return static_cast<int>((std::min)(positive_number(cut(list, ',')), static_cast<long long>(most_threads)));
}

FKD_FUNC int default_threads(const char* num_threads, const char* thread_limit, int processors) {
  const int wanted = threads_of_variable(num_threads);
  return tighter(wanted > 0 ? wanted : (std::min)(processors, most_threads), threads_of_variable(thread_limit));
}

FKD_FUNC int default_threads() {
  return default_threads(std::getenv("OMP_NUM_THREADS"), std::getenv("OMP_THREAD_LIMIT"), usable_processors());
}

FKD_FUNC int usual_threads() {
  std::atomic<int>& count = shared(SharedNumber::default_threads);
  if (count.load(std::memory_order_relaxed) == 0) count = default_threads();
  return count.load(std::memory_order_relaxed);
}

}  // namespace fkd::detail

namespace fkd {

FKD_FUNC int threads() {
  const int chosen = detail::shared(detail::SharedNumber::chosen_threads).load(std::memory_order_relaxed);
  return chosen > 0 ? chosen : detail::usual_threads();
}

FKD_FUNC void set_threads(int count) {
  detail::shared(detail::SharedNumber::chosen_threads) = count > 0 ? (std::min)(count, most_threads) : 0;
}

FKD_FUNC int threads_for(Index operations) {
  const int chosen = detail::shared(detail::SharedNumber::chosen_threads).load(std::memory_order_relaxed);
  return operations < 500'000 && chosen == 0 ? 1 : threads();
}

}  // namespace fkd
