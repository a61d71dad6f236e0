/// \file
/// What an optimiser is, and `Optimizer`, which holds any of them.
///
/// An optimiser is a value, its hyper-parameters, with
///
///     static constexpr Index state_vectors         vectors of θ's length that it remembers (0, 1, 2, ...)
///     double learning_rate
///     template <class T> void update(const Update<T>&) const;
///
/// It works value by value: `fit` cuts θ into pieces and updates them on several threads. What it remembers belongs to
/// the `TrainingState`, not to it.
#pragma once

#include <array>
#include <concepts>
#include <memory>
#include <utility>

#include <fkd/shape.hpp>

namespace fkd {

/// A piece of θ that is to be updated: `count` values from where each pointer points.
template <class T>
struct Update {
  T* theta;
  const T* gradient;
  std::array<T*, 4> state;  ///< what the optimiser remembers; zero before the first step
  Index count;
  Index step;             ///< 1 for the first step
  double rate_scale = 1;  ///< multiplies the learning rate
};

/// Any optimiser, behind one type: so that options which hold one are no template.
class Optimizer {
 public:
  template <class Kind>
  requires(!std::same_as<Kind, Optimizer>) Optimizer(Kind optimizer)
      : held_{new Held<Kind>(std::move(optimizer))} {}  // NOLINT: implicit

  Index state_vectors() const { return held_->state_vectors(); }
  double learning_rate() const { return held_->learning_rate(); }
  template <class T>
  void update(const Update<T>& piece) const {
    held_->update(piece);
  }

 private:
  struct Interface {
    virtual ~Interface() = default;
    virtual Index state_vectors() const = 0;
    virtual double learning_rate() const = 0;
    virtual void update(const Update<float>&) const = 0;
    virtual void update(const Update<double>&) const = 0;
  };
  template <class Kind>
  struct Held final : Interface {
    static_assert(Kind::state_vectors <= 4, "an optimiser remembers at most four vectors");
    explicit Held(Kind kind) : optimizer{std::move(kind)} {}
    Index state_vectors() const override { return Kind::state_vectors; }
    double learning_rate() const override { return optimizer.learning_rate; }
    void update(const Update<float>& piece) const override { optimizer.update(piece); }
    void update(const Update<double>& piece) const override { optimizer.update(piece); }
    Kind optimizer;
  };
  std::shared_ptr<const Interface> held_;
};

}  // namespace fkd
