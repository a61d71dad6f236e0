/// \file
/// Running a row of layers: what `Sequential` and its run-time twin have in common.
///
/// A row of layers is a layer itself. It walks its plan; for the layers it only needs to know how to visit the i-th,
/// which the derived class tells.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <fkd/core/error.hpp>
#include <fkd/layers/fused_conv2d.hpp>
#include <fkd/network/layer_info.hpp>
#include <fkd/runtime/plan.hpp>
#include <fkd/runtime/steps.hpp>
#include <fkd/runtime/work.hpp>

namespace fkd {

/// `Derived` has `layers()` (their number), `visit(i, f)`, which calls `f(layer i)`, `may_hold<L>` (whether one of them
/// may be an L), and `input` (an Input's shape or `Shape{}`).
template <class Derived>
class Sequence {
 public:
  static constexpr std::string_view name = "sequential";

  /// Throws ShapeError where one of the layers does, or where the Input says something else.
  constexpr Shape output_shape(Shape in) const {
    if (self().layers() == 0) throw sequential_needs_a_layer();
    if (self().input != Shape{} && in != self().input) throw sequential_has_another_input(self().input, in);
    check_input(name, in);
    Shape shape = in;
    try {
      for (Index i = 0; i < self().layers(); ++i) shape = output_shape_of(i, shape);
    } catch (const ShapeError& error) {
      if (self().input == Shape{}) throw;
      throw_with_hint(error, in);
    }
    return shape;
  }

  /// Batch-wise if one of the layers is.
  constexpr Kind kind() const {
    Kind kind = Kind::sample_wise;
    for (Index i = 0; i < self().layers(); ++i)
      self().visit(i, [&](const auto& layer) {
        if (kind_of(layer) == Kind::batch_wise) kind = Kind::batch_wise;
      });
    return kind;
  }

  constexpr Index flops(Shape in) const {
    Index sum = 0;
    for (Index i = 0; i < self().layers(); ++i) {
      self().visit(i, [&](const auto& layer) { sum = saturated(checked_sum(sum, flops_of(layer, in))); });
      in = output_shape_of(i, in);
    }
    return sum;
  }

  /// What each layer says of itself, the first one of the input shape `in`.
  [[gnu::cold]] std::vector<LayerInfo> describe(Shape in) const {
    check_input(name, in);
    std::vector<LayerInfo> infos(static_cast<std::size_t>(self().layers()));
    for (Index i = 0; i < self().layers(); ++i) {
      LayerInfo& info = infos[static_cast<std::size_t>(i)];
      self().visit(i, [&](const auto& layer) { fkd::describe(layer, in, info); });
      check_output(info.name, in, info.out);
      in = info.out;
    }
    return infos;
  }

  [[gnu::cold]] std::vector<TensorSpec> tensors(Shape in) const {
    std::vector<TensorSpec> all;
    for (const LayerInfo& info : describe(in))
      for (const TensorSpec& spec : info.tensors) all.push_back(spec);
    return all;
  }

  /// Layers are numbered from 1 on; the Input, if there is one, is 0.
  [[gnu::cold]] void append_tensors(Shape in, const std::string& prefix, std::vector<TensorSlot>& tensors) const {
    Index number = 0;
    for (const LayerInfo& info : describe(in)) {
      const std::string path = format_message({prefix, prefix.empty() ? "" : ".", number + 1, ".", info.name});
      bool nested = false;
      self().visit(number++, [&](const auto& layer) {
        if constexpr (requires { layer.append_tensors(info.in, path, tensors); }) {
          layer.append_tensors(info.in, path, tensors);
          nested = true;
        }
      });
      if (!nested) fkd::append_tensors(info.tensors, path, tensors);
    }
  }

  template <class T>
  Requirements requirements(const LayerContext<T>& context) const {
    if (self().layers() == 0) throw sequential_needs_a_layer();
    return requirements_of(make_plan(table(context), context));
  }

  /// As a sample-wise layer: what the steps derive from their parameters.
  template <class T>
  void prepare(const Forward<T>& f) const {
    prepare_steps(f, 0, static_cast<Index>(f.plan->steps.size()));
  }

  /// As a sample-wise layer: one sample through all steps.
  template <class T>
  void forward(const Forward<T>& f) const {
    for (Index s = 0; s < static_cast<Index>(f.plan->steps.size()); ++s) forward_step(f, s, 0);
  }
  template <class T>
  void backward(const Backward<T>& b) const {
    for (Index s = static_cast<Index>(b.plan->steps.size()) - 1; s >= b.plan->backward_end; --s)
      backward_step(b, b.gradients, s, 0);
  }

  /// As a batch-wise layer.
  template <class T>
  void forward(const Forward<T>& f, Index phase_number, Index task) const {
    const Phase& phase = f.plan->forward[static_cast<std::size_t>(phase_number)];
    const Stage& stage = f.plan->stages[static_cast<std::size_t>(phase.stage)];
    switch (phase.what) {
      case Phase::What::prepare:
        prepare_steps(f, stage.begin, stage.end);
        break;
      case Phase::What::samples:
        for (Index s = stage.begin; s < stage.end; ++s) forward_step(f, s, task);
        break;
      default: {
        const Forward<T> g = step_forward(f, stage.begin, 0);
        visit_step(f.plan->steps[static_cast<std::size_t>(stage.begin)], *f.backend,
                   {.what = Work<T>::What::forward_phase, .f = &g, .phase = phase.of_layer, .task = task});
      }
    }
  }
  template <class T>
  void backward(const Backward<T>& b, Index phase_number, Index task) const {
    const Phase& phase = b.plan->backward[static_cast<std::size_t>(phase_number)];
    const Stage& stage = b.plan->stages[static_cast<std::size_t>(phase.stage)];
    switch (phase.what) {
      case Phase::What::lanes:
        backward_lane(b, stage, task);
        break;
      case Phase::What::reduce:
        reduce_tile(b, stage, task);
        break;
      default: {
        const Backward<T> g = step_backward(b, b.gradients, stage.begin, 0);
        visit_step(b.plan->steps[static_cast<std::size_t>(stage.begin)], *b.backend,
                   {.what = Work<T>::What::backward_phase, .b = &g, .phase = phase.of_layer, .task = task});
      }
    }
  }

 private:
  constexpr const Derived& self() const { return static_cast<const Derived&>(*this); }

  constexpr Shape output_shape_of(Index i, Shape in) const {
    Shape out;
    std::string_view who;
    self().visit(i, [&](const auto& layer) {
      out = layer.output_shape(in);
      who = layer.name;
    });
    check_output(who, in, out);
    return out;
  }

  /// The plan's table: a step a layer, or for neighbours that are computed together.
  template <class T>
  [[gnu::cold]] std::vector<Step> table(const LayerContext<T>& context) const {
    const std::vector<LayerInfo> infos = describe(context.in);
    std::vector<Index> counts;  // of layers
    for (std::size_t i = 0; i < infos.size(); i += static_cast<std::size_t>(counts.back())) {
      const auto fused =
          context.fuse ? fused_at(self(), static_cast<Index>(i), infos[i].in, *context.backend) : std::nullopt;
      counts.push_back(fused ? fused->count() : 1);
    }
    std::vector<Step> steps(counts.size());
    for (std::size_t s = 0; s < steps.size(); ++s) {
      Step& step = steps[s];
      const Step* before = s > 0 ? &steps[s - 1] : nullptr;
      step.first = before ? before->first + before->count : 0;
      step.count = counts[s];
      fill_step(step, infos, before, context);
      LayerContext<T> own = context;
      own.in = step.in;
      own.samples = step.kind == Kind::sample_wise ? 1 : context.samples;
      own.d_in = step.d_in;
      own.first_trained = 0;
      visit_step(step, *context.backend, {.what = Work<T>::What::plan, .context = &own, .step = &step});
    }
    return steps;
  }

  /// Calls `work(layer)` with the layer of a step, or with what stands for its neighbours.
  template <class T>
  void visit_step(const Step& step, const Backend<T>& backend, const Work<T>& work) const {
    if (step.count == 1) {
      self().visit(step.first, work);
    } else if constexpr (may_fuse<Derived>) {
      work(*fused_at(self(), step.first, step.in, backend));
    }
  }

  template <class T>
  void prepare_steps(const Forward<T>& f, Index begin, Index end) const {
    for (Index s = begin; s < end; ++s) {
      const Forward<T> g = step_forward(f, s, 0);
      visit_step(f.plan->steps[static_cast<std::size_t>(s)], *f.backend, {.what = Work<T>::What::prepare, .f = &g});
    }
  }

  template <class T>
  void forward_step(const Forward<T>& f, Index s, Index n) const {
    const Forward<T> g = step_forward(f, s, n);
    visit_step(f.plan->steps[static_cast<std::size_t>(s)], *f.backend, {.what = Work<T>::What::forward, .f = &g});
  }

  template <class T>
  void backward_step(const Backward<T>& b, Tensors<T> gradients, Index s, Index n) const {
    const Backward<T> g = step_backward(b, gradients, s, n);
    visit_step(b.plan->steps[static_cast<std::size_t>(s)], *b.backend, {.what = Work<T>::What::backward, .b = &g});
  }

  /// The samples of one lane, one after the other, their gradients added up in the lane's own memory.
  template <class T>
  void backward_lane(const Backward<T>& b, const Stage& stage, Index lane) const {
    const Tensors<T> gradients = lane_gradients(b, stage, lane);
    const Index begin = lane * b.samples / stage.lanes, end = (lane + 1) * b.samples / stage.lanes;
    for (Index n = begin; n < end; ++n)
      for (Index s = stage.end - 1; s >= (std::max)(stage.begin, b.plan->backward_end); --s)
        backward_step(b, gradients, s, n);
  }
};

}  // namespace fkd
