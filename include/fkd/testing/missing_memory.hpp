/// \file
/// A call that touches memory which is not there, told as a result and not as the end of the program.
#pragma once

#include <fkd/core/language.hpp>

#if defined(__unix__) || defined(__APPLE__)
#include <csetjmp>
#include <csignal>
#define FKD_HAS_SIGNALS 1
#else
#define FKD_HAS_SIGNALS 0
#endif

namespace fkd {
namespace detail {

#if FKD_HAS_SIGNALS
/// Where this thread goes on after a fault; null outside of stays_in_memory.
inline thread_local sigjmp_buf* after_fault = nullptr;

/// While it lives, faults go to `after_fault`; then to what handled them before.
class FaultHandler {
 public:
  FaultHandler() {
    struct sigaction action = {};
    action.sa_handler = [](int signal) {
      if (after_fault) siglongjmp(*after_fault, 1);
      std::signal(signal, SIG_DFL);  // another thread's fault: it is met again when this returns, and ends the program
    };
    sigemptyset(&action.sa_mask);
    sigaction(SIGSEGV, &action, &segmentation_before_);
    sigaction(SIGBUS, &action, &bus_before_);
  }
  FaultHandler(const FaultHandler&) = delete;
  FaultHandler& operator=(const FaultHandler&) = delete;
  ~FaultHandler() {
    after_fault = nullptr;
    sigaction(SIGSEGV, &segmentation_before_, nullptr);
    sigaction(SIGBUS, &bus_before_, nullptr);
  }

 private:
  struct sigaction segmentation_before_, bus_before_;
};
#endif

/// Runs `f()`; false where it read or wrote an address that no memory has, such as that of a null pointer. What `f` has
/// made by then is not destroyed, so this is for a check that is going to fail. Where there are no POSIX signals, such
/// an `f` ends the program.
template <class F>
bool stays_in_memory(const F& f) {
#if FKD_HAS_SIGNALS
  const FaultHandler handler;  // an exception of f's leaves it behind, too
  sigjmp_buf here;
  volatile bool stayed = false;
  if (sigsetjmp(here, 1) == 0) {
    after_fault = &here;
    f();
    stayed = true;
  }
  return stayed;
#else
  f();
  return true;
#endif
}

}  // namespace detail
}  // namespace fkd
