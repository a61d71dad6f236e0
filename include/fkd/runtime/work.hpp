/// \file
/// Everything that is done with one layer of a row, as one function object.
///
/// A row visits a layer by handing it to a function that is compiled for every type of layer. With one such function
/// for all work, a network's types are walked once, and not once for each thing that a layer can do.
#pragma once

#include <fkd/layers/layer.hpp>
#include <fkd/runtime/plan.hpp>

namespace fkd {

/// What is to be done, and what is needed for it.
template <class T>
struct Work {
  enum class What { plan, prepare, forward, forward_phase, backward, backward_phase } what;
  const Forward<T>* f = nullptr;
  const Backward<T>* b = nullptr;
  Index phase = 0, task = 0;
  const LayerContext<T>* context = nullptr;
  Step* step = nullptr;

  template <Layer L>
  void operator()(const L& layer) const {
    switch (what) {
      case What::plan:
        step->name = layer.name;
        step->requirements = requirements_of(layer, *context);
        return;
      case What::prepare:
        return fkd::prepare(layer, *f);
      case What::forward:
        return run_forward(layer, *f);
      case What::forward_phase:
        return run_forward(layer, *f, phase, task);
      case What::backward:
        return run_backward(layer, *b);
      case What::backward_phase:
        return run_backward(layer, *b, phase, task);
    }
  }
};

}  // namespace fkd
