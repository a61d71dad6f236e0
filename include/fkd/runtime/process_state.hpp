/// \file
/// The few numbers of which a process has one, however many libraries of it contain fkd.
///
/// fkd is header-only, so a shared library that is compiled with hidden visibility has its own copy of everything in
/// these headers. These numbers are visible all the same, and the dynamic linker unites them: always where libraries
/// are linked, and where they are loaded with `dlopen(RTLD_LOCAL)` if g++ compiled them (clang's stay apart there). A
/// program is united with libraries that it loads itself only if it exports its symbols (`-rdynamic`).
///
/// g++'s symbols of this kind keep a library in memory after `dlclose`.
#pragma once

#include <fkd/core/language.hpp>

#include <atomic>

namespace fkd::detail {

/// What the numbers mean; 0 is "not yet" of each. The order is part of the binary interface: append, never insert.
enum class SharedNumber { chosen_threads, default_threads, isa, tasks_running };

// Not a struct: libraries of different versions of fkd share it, so its layout must never change.
[[gnu::visibility("default")]] inline std::atomic<int> shared_numbers[16] = {};

inline std::atomic<int>& shared(SharedNumber which) { return shared_numbers[static_cast<int>(which)]; }

}  // namespace fkd::detail
