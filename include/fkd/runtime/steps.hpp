/// \file
/// What each step of a plan is handed: where its values, its memory and its part of θ stand. And what lanes are.
///
/// Nothing here knows a layer; it is arithmetic on places.
#pragma once

#include <algorithm>
#include <vector>

#include <fkd/layers/layer.hpp>
#include <fkd/runtime/plan.hpp>

namespace fkd {

/// Where sample n of a value (or of a gradient) stands, `size` values long.
template <class T>
[[gnu::noinline]] T* locate(Place place, Index n, Index size, T* caller, std::byte* batch, std::byte* worker) {
  switch (place.where) {
    case Place::Where::caller:
      return caller ? caller + n * size : nullptr;
    case Place::Where::batch:
      return as<T>(batch + place.at) + n * size;
    default:
      return as<T>(worker + place.at);
  }
}

/// The place of what step s leaves behind, or of the gradient of that: it is the next step's.
inline Place place_after(const Plan& plan, Index s, Place Step::*of) {
  const auto next = static_cast<std::size_t>(s) + 1;
  return next < plan.steps.size() ? plan.steps[next].*of : Place{};
}

/// What step s is handed for sample n (or for the batch, n = 0).
template <class T>
Forward<T> step_forward(const Forward<T>& f, Index s, Index n) {
  const Plan& plan = *f.plan;
  const Step& step = plan.steps[static_cast<std::size_t>(s)];
  const bool first = s == 0;
  Forward<T> g = f;
  g.pass.layer = f.pass.layer * 1024 + static_cast<std::uint64_t>(step.first) + 1;
  g.pass.first_sample = f.pass.first_sample + n;
  g.in_shape = step.in;
  g.out_shape = step.out;
  g.samples = step.kind == Kind::sample_wise ? 1 : f.samples;
  g.in = first ? f.in + n * step.in_size : locate<T>(step.value, n, step.in_size, nullptr, f.saved, f.scratch);
  g.out = locate(place_after(plan, s, &Step::value), n, step.out_size, f.out, f.saved, f.scratch);
  g.parameters = f.parameters.part(step.first_tensor, step.tensors);
  if (f.state.values) g.state = f.state.part(step.first_tensor, step.tensors);
  g.saved = f.saved + step.saved_at + n * step.requirements.saved_bytes;
  g.workspace = f.workspace + step.workspace_at;
  g.scratch = f.scratch + plan.step_scratch_at;
  g.plan = step.requirements.plan.get();
  return g;
}

/// The same for backward; parameter gradients are added up in `gradients`.
template <class T>
Backward<T> step_backward(const Backward<T>& b, Tensors<T> gradients, Index s, Index n) {
  const Plan& plan = *b.plan;
  const Step& step = plan.steps[static_cast<std::size_t>(s)];
  const bool first = s == 0, last = s + 1 == static_cast<Index>(plan.steps.size());
  Backward<T> g = b;
  g.pass.layer = b.pass.layer * 1024 + static_cast<std::uint64_t>(step.first) + 1;
  g.pass.first_sample = b.pass.first_sample + n;
  g.in_shape = step.in;
  g.out_shape = step.out;
  g.samples = step.kind == Kind::sample_wise ? 1 : b.samples;
  g.in = g.out = nullptr;
  if (step.requirements.input)
    g.in = first ? b.in + n * step.in_size : locate<T>(step.value, n, step.in_size, nullptr, b.saved, b.scratch);
  if (step.requirements.output)
    g.out = last ? b.out + n * step.out_size
                 : locate<T>(place_after(plan, s, &Step::value), n, step.out_size, nullptr, b.saved, b.scratch);
  g.d_out = last ? b.d_out + n * step.out_size
                 : locate<T>(place_after(plan, s, &Step::gradient), n, step.out_size, nullptr, b.workspace, b.scratch);
  g.d_in = !step.d_in ? nullptr : locate(step.gradient, n, step.in_size, b.d_in, b.workspace, b.scratch);
  g.parameters = b.parameters.part(step.first_tensor, step.tensors);
  g.gradients = gradients.part(step.first_tensor, step.tensors);
  g.saved = b.saved + step.saved_at + n * step.requirements.saved_bytes;
  g.workspace = b.workspace + step.workspace_at;
  g.scratch = b.scratch + plan.step_scratch_at;
  g.plan = step.requirements.plan.get();
  return g;
}

/// Where a stage's trained tensors begin in θ; they follow each other.
template <class T>
Index stage_offset(const Tensors<T>& gradients, const Stage& stage) {
  for (Index i = stage.first_tensor; i < stage.first_tensor + stage.tensors; ++i)
    if (gradients.places[i].spec.role == Role::trained) return gradients.places[i].offset;
  return 0;
}

/// Where the gradients of a stage, and those of one of its lanes, begin.
template <class T>
T* stage_values(const Backward<T>& b, const Stage& stage) {
  return b.gradients.values + (stage_offset(b.gradients, stage) - b.gradients.origin);
}
template <class T>
T* lane_values(const Backward<T>& b, const Stage& stage, Index lane) {
  const Index own = lane - (stage.lanes - stage.own_lanes);
  return own < 0 ? stage_values(b, stage) : as<T>(b.workspace + stage.lanes_at + own * stage.lane_bytes);
}

/// The gradients of one lane of a stage: zeroed memory of its own, seen as a part of dθ, or dθ itself. A stage that
/// trains nothing has none.
template <class T>
Tensors<T> lane_gradients(const Backward<T>& b, const Stage& stage, Index lane) {
  if (stage.lane_bytes == 0 || lane < stage.lanes - stage.own_lanes) return b.gradients;
  T* own = lane_values(b, stage, lane);
  std::fill_n(reinterpret_cast<std::byte*>(own), stage.lane_bytes, std::byte{0});
  return {own, b.gradients.places, b.gradients.count, stage_offset(b.gradients, stage)};
}

/// Adds up a tile of all lanes, in a binary tree over the lane's number, and adds the sum to the gradients.
template <class T>
void reduce_tile(const Backward<T>& b, const Stage& stage, Index tile) {
  constexpr Index values = detail::reduce_tile_bytes / static_cast<Index>(sizeof(T));
  const Index begin = tile * values,
              count = (std::min)(values, stage.lane_bytes / static_cast<Index>(sizeof(T)) - begin);
  const auto add = [&](T* sum, const T* other) {
    for (Index i = begin; i < begin + count; ++i) sum[i] += other[i];
  };
  for (Index distance = 1; distance < stage.lanes; distance *= 2)
    for (Index lane = 0; lane + distance < stage.lanes; lane += 2 * distance)
      add(lane_values(b, stage, lane), lane_values(b, stage, lane + distance));
  if (stage.own_lanes == stage.lanes) add(stage_values(b, stage), lane_values(b, stage, 0));
}

}  // namespace fkd
