/// \file
/// Running a row of layers: what `Sequential` and its run-time twin have in common.
///
/// A row of layers is a layer itself. It walks its plan; for the layers it only needs to know how to visit the i-th,
/// which the derived class tells.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include <fkd/error.hpp>
#include <fkd/layer.hpp>
#include <fkd/layers/fused_conv2d.hpp>
#include <fkd/plan.hpp>
#include <fkd/steps.hpp>

namespace fkd {

/// `Derived` has `layers()` (their number), `visit(i, f)`, which calls `f(layer i)`, and `input` (an Input's shape or
/// `Shape{}`).
template <class Derived>
class Sequence {
 public:
  static constexpr std::string_view name = "sequential";

  /// Throws ShapeError where one of the layers does, or where the Input says something else.
  constexpr Shape output_shape(Shape in) const {
    if (self().layers() == 0) throw sequential_needs_a_layer();
    if (self().input != Shape{} && in != self().input) throw sequential_has_another_input(self().input, in);
    Shape shape = in;
    for (Index i = 0; i < self().layers(); ++i) shape = output_shape_of(i, shape);
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
      self().visit(i, [&](const auto& layer) { sum += flops_of(layer, in); });
      in = output_shape_of(i, in);
    }
    return sum;
  }

  std::vector<TensorSpec> tensors(Shape in) const {
    std::vector<TensorSpec> all;
    for (Index i = 0; i < self().layers(); ++i) {
      self().visit(i, [&](const auto& layer) {
        for (const TensorSpec& spec : tensors_of(layer, in)) all.push_back(spec);
      });
      in = output_shape_of(i, in);
    }
    return all;
  }

  /// Layers are numbered from 1 on; the Input, if there is one, is 0.
  void append_tensor_names(Shape in, const std::string& prefix, std::vector<std::string>& names) const {
    for (Index i = 0; i < self().layers(); ++i) {
      self().visit(i, [&](const auto& layer) {
        fkd::append_tensor_names(layer, in, sentence({prefix, prefix.empty() ? "" : ".", i + 1, ".", layer.name}),
                                 names);
      });
      in = output_shape_of(i, in);
    }
  }

  template <class T>
  Needs needs(const Request<T>& request) const {
    auto plan = std::make_shared<const Plan>(make_plan(table(request), request));
    Needs needs;
    needs.input = plan->steps.front().needs.input;
    needs.output = plan->steps.back().needs.output;
    needs.kept_bytes = plan->kept_bytes;
    needs.shared_bytes = plan->shared_bytes;
    needs.scratch_bytes = plan->scratch_bytes;
    for (const Phase& phase : plan->forward) needs.forward_phases.push_back(phase.tasks);
    for (const Phase& phase : plan->backward) needs.backward_phases.push_back(phase.tasks);
    needs.plan = std::move(plan);
    return needs;
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
      default:
        visit_step(*f.plan, *f.rung, stage.begin, [&, g = step_forward(f, stage.begin, 0)](const auto& layer) {
          run_forward(layer, g, phase.of_layer, task);
        });
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
      default:
        visit_step(*b.plan, *b.rung, stage.begin,
                   [&, g = step_backward(b, b.gradients, stage.begin, 0)](const auto& layer) {
                     run_backward(layer, g, phase.of_layer, task);
                   });
    }
  }

 private:
  constexpr const Derived& self() const { return static_cast<const Derived&>(*this); }

  constexpr Shape output_shape_of(Index i, Shape in) const {
    Shape out;
    self().visit(i, [&](const auto& layer) { out = layer.output_shape(in); });
    return out;
  }

  /// The plan's table: a step a layer, or for neighbours that are computed together.
  template <class T>
  std::vector<Step> table(const Request<T>& request) const {
    std::vector<Step> steps;
    Shape in = request.in;
    Index tensor = 0;
    bool trained_below = false;
    for (Index i = 0; i < self().layers(); i += steps.back().count) {
      Step step{.first = i};
      const auto describe = [&](const auto& layer) {
        step.name = layer.name;
        step.kind = kind_of(layer);
        step.view = is_view(layer) && !request.record;
        step.in = in;
        step.out = in = layer.output_shape(in);
        step.d_in = request.d_in || trained_below;
        step.first_tensor = tensor;
        for (const TensorSpec& spec : tensors_of(layer, step.in)) {
          ++step.tensors;
          if (spec.role == Role::trained) step.trained_bytes += aligned(spec.size() * static_cast<Index>(sizeof(T)));
        }
        tensor += step.tensors;
        step.trains = step.trained_bytes > 0 && i >= request.first_trained;
        trained_below = trained_below || step.trains;
        Request<T> own = request;
        own.in = step.in;
        own.samples = step.kind == Kind::sample_wise ? 1 : request.samples;
        own.d_in = step.d_in;
        own.first_trained = 0;
        step.needs = needs_of(layer, own);
      };
      const auto fused = request.fuse ? fused_at(self(), i, in, *request.rung) : std::nullopt;
      if (fused) {
        step.count = fused->count();
        describe(*fused);
      } else {
        self().visit(i, describe);
      }
      steps.push_back(std::move(step));
    }
    return steps;
  }

  /// Calls `f(layer)` with the layer of step s, or with what stands for its neighbours.
  template <class T, class F>
  void visit_step(const Plan& plan, const Rung<T>& rung, Index s, F&& f) const {
    const Step& step = plan.steps[static_cast<std::size_t>(s)];
    if (step.count == 1) {
      self().visit(step.first, f);
    } else {
      f(*fused_at(self(), step.first, step.in, rung));
    }
  }

  template <class T>
  void prepare_steps(const Forward<T>& f, Index begin, Index end) const {
    for (Index s = begin; s < end; ++s) {
      const Forward<T> g = step_forward(f, s, 0);
      visit_step(*f.plan, *f.rung, s, [&](const auto& layer) { fkd::prepare(layer, g); });
    }
  }

  template <class T>
  void forward_step(const Forward<T>& f, Index s, Index n) const {
    const Forward<T> g = step_forward(f, s, n);
    visit_step(*f.plan, *f.rung, s, [&](const auto& layer) { run_forward(layer, g); });
  }

  template <class T>
  void backward_step(const Backward<T>& b, Tensors<T> gradients, Index s, Index n) const {
    const Backward<T> g = step_backward(b, gradients, s, n);
    visit_step(*b.plan, *b.rung, s, [&](const auto& layer) { run_backward(layer, g); });
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
