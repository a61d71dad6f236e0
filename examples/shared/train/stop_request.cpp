#include "shared/train/stop_request.hpp"

#include <atomic>
#include <csignal>

namespace shared {

namespace {

std::atomic<bool> interrupted = false;
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler may touch it");

}  // namespace

bool stop_requested() { return interrupted; }

void request_stop_on_interrupt() {
  for (const int signal : {SIGINT, SIGTERM})  // SIGTERM: what batch systems send before they kill
    std::signal(signal, [](int which) {
      interrupted = true;
      std::signal(which, SIG_DFL);  // a second one ends the program at once
    });
}

}  // namespace shared
