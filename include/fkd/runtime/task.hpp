/// \file
/// A task as the threads see it: a callable whose type is forgotten.
#pragma once

#include <memory>
#include <type_traits>

#include <fkd/core/shape.hpp>

namespace fkd::detail {

/// A callable somewhere else, its type forgotten: so that what follows is compiled once, and not for each kind of task.
struct Task {
  void* f;
  void (*call)(void* f, Index task, int worker);
};

template <class F>
Task task_of(F& f) {
  return {const_cast<std::remove_const_t<F>*>(std::addressof(f)),
          [](void* callable, Index task, int worker) { (*static_cast<F*>(callable))(task, worker); }};
}

}  // namespace fkd::detail
