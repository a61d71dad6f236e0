/// \file
/// The optimiser contract, and `Optimizer`, which holds any optimiser (type erasure).
///
/// An optimiser is a struct of hyper-parameters with
///
///     static constexpr Index state_vectors         state vectors of θ's length (0, 1, 2, ...); or a member function
///     double learning_rate                         `Index state_vectors() const`, where it depends on the options
///     template <class T> void update(const Update<T>&) const;
///
/// It may also have
///
///     void validate() const                                       throws ArgumentError for invalid hyper-parameters
///     Magnitudes after(Magnitudes, Index step, double rate_scale) const
///
/// It may support float or double alone; a model of the other type then ends in an ArgumentError.
///
/// Where `after` proves that a step cannot overflow, a training step updates θ in place, and `update` must not throw.
/// Otherwise it copies θ and the optimiser state before the step, and restores them if the step makes a value NaN or
/// infinite.
///
/// The update is element-wise: a training step splits θ into ranges and updates them on several threads. A range lies
/// in one tensor, and says whether weight decay is for it. The state belongs to the `TrainingState`, not to the
/// optimiser.
#pragma once

#include <array>
#include <concepts>
#include <memory>
#include <utility>

#include <fkd/core/error.hpp>
#include <fkd/core/is_nan.hpp>
#include <fkd/core/shape.hpp>

namespace fkd {

/// A range of θ to update: `count` values from each pointer on.
template <class T>
struct Update {
  T* theta;
  const T* gradient;
  std::array<T*, 4> state;  ///< optimiser state; zero before the first step
  Index count;
  Index step;             ///< 1 for the first step
  double rate_scale = 1;  ///< multiplies the learning rate
  bool decays = true;     ///< false in a tensor of rank 1: a bias, or the scale and offset of a normalisation
};

/// Upper bounds of the absolute values in a training step.
struct Magnitudes {
  double theta = 0, gradient = 0;
  std::array<double, 4> state = {};
  double within = 0;  ///< of intermediate values of a step

  /// Infinity or NaN where one of them is.
  double largest() const { return theta + gradient + state[0] + state[1] + state[2] + state[3] + within; }
};

/// Any optimiser as one type, so that options which hold one are not templates.
class Optimizer {
 public:
  template <class Kind>
  requires(!std::same_as<Kind, Optimizer>) Optimizer(Kind optimizer)
      : held_{static_cast<const Interface*>(new Held<Kind>(std::move(optimizer)))} {}  // NOLINT: implicit
  // Moving copies: a moved-from optimiser stays valid.
  Optimizer(const Optimizer&) = default;
  Optimizer& operator=(const Optimizer&) = default;
  ~Optimizer() = default;

  Index state_vectors() const { return held_->state_vectors(); }
  double learning_rate() const { return held_->learning_rate(); }
  template <class T>
  void update(const Update<T>& piece) const {
    held_->update(piece);
  }
  void validate() const { held_->validate(); }
  /// Bounds after a step from bounds before it; infinite if the optimiser has no `after`.
  Magnitudes after(const Magnitudes& before, Index step, double rate_scale) const {
    return held_->after(before, step, rate_scale);
  }

 private:
  struct Interface {
    virtual ~Interface() = default;
    virtual Index state_vectors() const = 0;
    virtual double learning_rate() const = 0;
    virtual void validate() const = 0;
    virtual Magnitudes after(const Magnitudes&, Index, double) const = 0;
    virtual void update(const Update<float>&) const = 0;
    virtual void update(const Update<double>&) const = 0;
  };
  template <class Kind>
  struct Held final : Interface {
    template <class T>
    static constexpr bool updates = requires(const Kind& kind, const Update<T>& piece) {
      kind.update(piece);
    };
    static constexpr bool vectors_are_fixed = requires { Index{Kind::state_vectors}; };
    static_assert(
        vectors_are_fixed || requires(const Kind& kind) { Index{kind.state_vectors()}; },
        "an optimiser has static constexpr Index state_vectors: how many state vectors, as long as the "
        "parameters, it needs");
    static_assert(
        requires(const Kind& kind) { double{kind.learning_rate}; }, "an optimiser has double learning_rate");
    static_assert(updates<float> || updates<double>,
                  "an optimiser has update(const Update<T>&) const, with T float, double or a template's argument");
    explicit Held(Kind kind) : optimizer{std::move(kind)} {
      if constexpr (vectors_are_fixed)
        static_assert(Kind::state_vectors >= 0 && Kind::state_vectors <= 4,
                      "an optimiser has at most four state vectors");
    }
    Index state_vectors() const override {
      if constexpr (vectors_are_fixed) {
        return Kind::state_vectors;
      } else {
        const Index vectors = optimizer.state_vectors();
        if (vectors < 0 || vectors > 4) throw option_is_out_of_range("optimizer: state_vectors", "0 to 4", vectors);
        return vectors;
      }
    }
    double learning_rate() const override { return optimizer.learning_rate; }
    void validate() const override {
      if constexpr (requires { optimizer.validate(); }) optimizer.validate();
    }
    Magnitudes after(const Magnitudes& before, Index step, double rate_scale) const override {
      if constexpr (requires { optimizer.after(before, step, rate_scale); }) {
        return optimizer.after(before, step, rate_scale);
      } else {
        return {.theta = detail::infinity<double>};
      }
    }
    void update(const Update<float>& piece) const override { update_piece(piece); }
    void update(const Update<double>& piece) const override { update_piece(piece); }
    template <class T>
    void update_piece(const Update<T>& piece) const {
      if constexpr (updates<T>) {
        optimizer.update(piece);
      } else {
        throw is_for_another_scalar("optimizer", sizeof(T) == sizeof(float));
      }
    }
    Kind optimizer;
  };
  std::shared_ptr<const Interface> held_;
};

}  // namespace fkd
