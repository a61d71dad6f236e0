/// \file
/// What training calls after each step and each epoch.
#pragma once

#include <fkd/core/language.hpp>

#include <concepts>
#include <cstddef>
#include <type_traits>
#include <utility>

#include <fkd/core/function.hpp>

namespace fkd {

/// What a callback returns. After `stop`, θ is as it was at that moment, also in the middle of an epoch: hand the state
/// in again to go on, bit-identical to an uninterrupted run.
enum class Continue { yes, stop };

/// A function of a `const Report&`. It returns a Continue, or nothing, which is taken as `Continue::yes`. A bool is
/// refused: `true` reads as "stop" to one and as "go on" to another. Null and an empty std::function are no callback.
template <class Report>
class Callback {
 public:
  Callback() = default;
  Callback(std::nullptr_t) {}  // NOLINT: implicit, as a braced option, like the next

  template <class F>
  requires(!std::same_as<F, Callback>) Callback(F f) {
    constexpr bool called = std::is_invocable_v<F&, const Report&>;
    static_assert(called, "a callback of fit takes a const StepReport& (on_step) or a const EpochReport& (on_epoch)");
    if constexpr (called) {
      using Answer = std::invoke_result_t<F&, const Report&>;
      constexpr bool silent = std::is_void_v<Answer>;
      static_assert(silent || std::is_same_v<Answer, Continue>,
                    "a callback of fit returns fkd::Continue::yes, fkd::Continue::stop or nothing; a bool does not say "
                    "which of the two it means");
      if constexpr (std::is_pointer_v<F> || requires { typename F::result_type; })
        if (!f) return;
      if constexpr (silent) {
        call_ = [f = std::move(f)](const Report& report) mutable {
          f(report);
          return Continue::yes;
        };
      } else if constexpr (std::is_same_v<Answer, Continue>) {
        call_ = std::move(f);
      }
    }
  }

  explicit operator bool() const { return static_cast<bool>(call_); }
  Continue operator()(const Report& report) const { return call_(report); }

 private:
  Function<Continue(const Report&)> call_;
};

}  // namespace fkd
