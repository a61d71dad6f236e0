/// \file
/// A function of any type, as std::function holds one. (Its header brings hash tables along: a twentieth of the time
/// that net.hpp takes to be read.)
#pragma once

#include <concepts>
#include <cstddef>
#include <memory>
#include <type_traits>
#include <utility>

#include <fkd/core/error.hpp>

namespace fkd {
namespace detail {

/// What a Function holds, whatever its signature: so there is one kind of pointer to it to compile.
struct HeldFunction {
  virtual ~HeldFunction() = default;
  virtual std::unique_ptr<HeldFunction> copy() const = 0;
};

}  // namespace detail

template <class Signature>
class Function;

/// `Function<double(const TrainingProgress&)>`, say. A copy has a copy of the callable, and of its state. Null, a null
/// pointer to a function and an empty std::function are no function.
template <class R, class... Args>
class Function<R(Args...)> {
 public:
  Function() = default;
  Function(std::nullptr_t) {}  // NOLINT: implicit, as a braced option, like the next
  template <class F>
  requires(!std::same_as<F, Function> && std::is_invocable_r_v<R, F&, Args...>) Function(F f) {
    if constexpr (std::is_pointer_v<F> || requires { typename F::result_type; })
      if (!f) return;
    held_.reset(new Held<F>(std::move(f)));
  }
  Function(const Function& other) : held_{other.held_ ? other.held_->copy() : nullptr} {}
  Function(Function&&) noexcept = default;
  Function& operator=(Function other) noexcept {
    held_ = std::move(other.held_);
    return *this;
  }
  ~Function() = default;

  explicit operator bool() const { return held_ != nullptr; }
  /// Throws ArgumentError where there is none.
  R operator()(Args... args) const {
    if (!held_) throw function_is_empty();
    return static_cast<Interface&>(*held_).call(std::forward<Args>(args)...);
  }

 private:
  struct Interface : detail::HeldFunction {
    virtual R call(Args... args) = 0;
  };
  template <class F>
  struct Held final : Interface {
    explicit Held(F f) : function{std::move(f)} {}
    std::unique_ptr<detail::HeldFunction> copy() const override {
      return std::unique_ptr<detail::HeldFunction>{new Held(function)};
    }
    R call(Args... args) override { return function(std::forward<Args>(args)...); }
    F function;
  };
  std::unique_ptr<detail::HeldFunction> held_;
};

}  // namespace fkd
