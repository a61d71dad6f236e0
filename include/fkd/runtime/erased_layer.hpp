/// \file
/// A layer whose type is forgotten: all that the runtime knows of one.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include <fkd/backends/epilogue.hpp>
#include <fkd/layers/layer.hpp>

namespace fkd {

/// The layer contract for one scalar type. Sample-wise layers have no phases and tasks: both are 0 for them.
template <class T>
class ErasedLayer {
 public:
  virtual ~ErasedLayer() = default;
  virtual Requirements requirements(const LayerContext<T>&) const = 0;
  virtual void prepare(const Forward<T>&) const = 0;
  virtual void forward(const Forward<T>&, Index phase, Index task) const = 0;
  virtual void backward(const Backward<T>&, Index phase, Index task) const = 0;
  virtual void forward_band(const Forward<T>&, Index band) const = 0;

  /// What it is behind a product, empty if nothing.
  virtual Epilogue<T> epilogue(Shape in) const = 0;
  /// The product with an epilogue, as one layer; null where it is no product, or cannot have this one.
  virtual std::shared_ptr<const ErasedLayer> with(const Epilogue<T>&, Shape in, const Backend<T>&) const = 0;
};

namespace detail {

/// The only place where the contract is called.
template <class L, class T>
class LayerOf final : public ErasedLayer<T> {
 public:
  explicit LayerOf(L layer) : layer_{std::move(layer)} {}
  const L& layer() const { return layer_; }

  [[gnu::cold]] Requirements requirements(const LayerContext<T>& context) const override {
    if constexpr (requires { layer_.requirements(context); }) {
      return layer_.requirements(context);
    } else if constexpr (ValueWise<L, T>) {
      return {.input = reads_input(), .output = !reads_input(), .bands = bands(context.in).count};
    } else {
      return (void)context, Requirements{};
    }
  }

  void prepare(const Forward<T>& f) const override {
    if constexpr (requires { layer_.prepare(f); }) layer_.prepare(f);
    (void)f;
  }

  void forward(const Forward<T>& f, Index phase, Index task) const override {
    static_assert(SampleForward<L, T> || PhaseForward<L, T> || ValueWise<L, T>,
                  "a layer of this Model has no forward for its scalar: one that is written for float alone is for a "
                  "Model of float, one for double for a Model of double");
    if constexpr (PhaseForward<L, T>) {
      if (!SampleForward<L, T> || kind_of(layer_, f.pass.training && !f.frozen) == Kind::batch_wise)
        return layer_.forward(f, phase, task);
    }
    if constexpr (SampleForward<L, T>) {
      layer_.forward(f);
    } else if constexpr (ValueWise<L, T>) {
      layer_.template activation<T>().run(f.out, f.in, f.out_shape.size());
    }
    (void)phase, (void)task;
  }

  void forward_band(const Forward<T>& f, Index band) const override {
    if constexpr (requires { layer_.forward_band(f, band); }) {
      layer_.forward_band(f, band);
    } else if constexpr (ValueWise<L, T>) {
      const Index begin = bands(f.out_shape).begin(band), end = bands(f.out_shape).begin(band + 1);
      layer_.template activation<T>().run(f.out + begin, f.in + begin, end - begin);
    }
    (void)f, (void)band;
  }

  void backward(const Backward<T>& b, Index phase, Index task) const override {
    static_assert(SampleBackward<L, T> || PhaseBackward<L, T> || ValueWise<L, T>,
                  "a layer of this Model has no backward for its scalar: one that is written for float alone is for a "
                  "Model of float, one for double for a Model of double");
    if constexpr (PhaseBackward<L, T>) {
      if (!SampleBackward<L, T> || kind_of(layer_, !b.frozen) == Kind::batch_wise)
        return layer_.backward(b, phase, task);
    }
    if constexpr (SampleBackward<L, T>) {
      layer_.backward(b);
    } else if constexpr (ValueWise<L, T>) {
      if (b.d_in)
        layer_.template activation<T>().run_backward(b.d_in, b.d_out, reads_input() ? b.in : b.out, b.out_shape.size());
    }
    (void)phase, (void)task;
  }

  [[gnu::cold]] Epilogue<T> epilogue(Shape in) const override { return epilogue_of<T>(layer_, in); }

  [[gnu::cold]] std::shared_ptr<const ErasedLayer<T>> with(const Epilogue<T>& epilogue, Shape in,
                                                           const Backend<T>& backend) const override {
    if constexpr (requires { layer_.with(epilogue, in, backend); }) {
      if (auto fused = layer_.with(epilogue, in, backend))
        return share(new LayerOf<typename decltype(fused)::value_type, T>{*std::move(fused)});
    }
    return (void)epilogue, (void)in, (void)backend, nullptr;
  }

 private:
  /// Of a value-wise layer: a value counts as some operations, as memory is its bound.
  static constexpr Bands bands(Shape of) { return {16 * of.size(), of.size(), 64}; }

  bool reads_input() const requires ValueWise<L, T> {
    return layer_.template activation<T>().saved == Activation<T>::Saved::input;
  }

  /// By its base, so that a shared pointer is compiled once.
  static std::shared_ptr<const ErasedLayer<T>> share(const ErasedLayer<T>* layer) {
    return std::shared_ptr<const ErasedLayer<T>>{layer};
  }

  L layer_;
};

}  // namespace detail
}  // namespace fkd
