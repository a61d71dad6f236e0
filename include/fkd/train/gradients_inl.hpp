/// \file
/// Definitions of gradients.hpp.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include <fkd/core/error.hpp>
#include <fkd/core/is_nan.hpp>
#include <fkd/runtime/parallel.hpp>
#include <fkd/train/error.hpp>
#include <fkd/train/freezing.hpp>
#include <fkd/train/gradients.hpp>
#include <fkd/train/norm.hpp>

namespace fkd::detail {

template <class T>
std::span<T> StateTensors<T>::of(Model<T>& net) {
  return net.parameters().subspan(static_cast<std::size_t>(net.layout().trained()));
}

template <class T>
void StateTensors<T>::save(Model<T>& net) {
  const std::span<T> values = of(net);
  if (copy_.size() != static_cast<Index>(values.size())) copy_ = Buffer<T>(static_cast<Index>(values.size()));
  std::copy(values.begin(), values.end(), copy_.begin());
}

template <class T>
void StateTensors<T>::restore(Model<T>& net) const {
  const std::span<T> values = of(net);
  if (copy_.size() == static_cast<Index>(values.size())) std::copy(copy_.begin(), copy_.end(), values.begin());
}

template <class T>
void StateTensors<T>::restore(Model<T>& net, std::span<const Range> parts) const {
  for (const Range& part : parts)
    std::copy_n(copy_.begin() + (part.first - net.layout().trained()), part.count,
                net.parameters().begin() + part.first);
}

template <class T>
void StepMemory<T>::clear() {
  std::fill(values.begin(), values.end(), T{0});
  batches = samples = 0;
  count = 0;
  largest = 0;
}

template <class T>
void StepMemory<T>::fit(Shape output, Index wanted) {
  if (y.shape() == output && y.samples() >= wanted) return;
  y = Batch<T>{};
  d_y = Batch<T>{output, wanted};
  y = Batch<T>{output, wanted};
}

template <class T>
void StepMemory<T>::freeze(const char* who, const Model<T>& net, const Frozen& layers) {
  if (!ranges.empty() && frozen == layers) return;
  ranges.clear();
  frozen = layers;
  FrozenParts parts = frozen_parts(net, frozen, who);
  ranges = std::move(parts.trained);
  updates = update_ranges(net.layout(), ranges);
  frozen_ops = std::move(parts.ops);
  frozen_state = std::move(parts.state);
}

/// Of every value, and of the largest magnitude, which must stay the largest.
template <class T>
template <class F>
void StepMemory<T>::transform(const F& f) {
  constexpr Index piece = 32768;
  run_tasks(div_ceil(values.size(), piece), [&](Index task, int) {
    const Index begin = task * piece, end = (std::min)(begin + piece, values.size());
    std::transform(values.begin() + begin, values.begin() + end, values.begin() + begin, f);
  });
  largest = (std::abs)(f(largest));
}

template <class T>
void StepMemory<T>::scale(double factor) {
  transform([factor](T value) { return static_cast<T>(static_cast<double>(value) * factor); });  // rounding is monotone
}

template <class T>
void StepMemory<T>::clip_value(double limit) {
  constexpr auto largest_number = static_cast<double>((std::numeric_limits<T>::max)());
  const T most = limit > largest_number ? infinity<T> : static_cast<T>(limit);
  transform([most](T value) { return value > most ? most : value < -most ? -most : value; });
}

template <class T>
double StepMemory<T>::clip_norm(const char* who, double limit) {
  const double norm = euclidean_norm<T>(values);
  if (!is_finite(norm)) throw gradient_norm_is_not_finite(who);
  if (norm > limit) scale(limit / norm);
  return norm;
}

template <class T>
void StepMemory<T>::clear_frozen() {
  if (frozen.empty()) return;
  Index end = 0;
  for (const Range& range : ranges) {
    if (range.count == 0) continue;
    std::fill(values.begin() + end, values.begin() + range.first, T{0});
    end = range.first + range.count;
  }
  std::fill(values.begin() + end, values.end(), T{0});
}

}  // namespace fkd::detail

namespace fkd {

template <class T>
Gradients<T>::Gradients(const Model<T>& net) : Gradients{net.layout()} {}

template <class T>
Index Gradients<T>::batches() const {
  return memory_.batches;
}

template <class T>
Index Gradients<T>::samples() const {
  return memory_.samples;
}

template <class T>
double Gradients<T>::count() const {
  return memory_.count;
}

template <class T>
std::span<const T> Gradients<T>::values() const& {
  return memory_.values;
}

template <class T>
std::span<T> Gradients<T>::values() & {
  memory_.writable = true;
  return memory_.values;
}

template <class T>
std::span<const T> Gradients<T>::tensor(Index i) const& {
  check_number("Gradients: tensor", static_cast<Index>(layout_.tensors().size()), i);
  const ParameterTensor& place = layout_.tensors()[static_cast<std::size_t>(i)];
  if (place.spec.role != Role::trained) return {};
  return values().subspan(static_cast<std::size_t>(place.offset), static_cast<std::size_t>(place.size));
}

template <class T>
std::span<T> Gradients<T>::tensor(Index i) & {
  const std::span<const T> part = std::as_const(*this).tensor(i);
  return part.empty() ? std::span<T>{}
                      : values().subspan(static_cast<std::size_t>(part.data() - memory_.values.data()), part.size());
}

template <class T>
const ParameterLayout& Gradients<T>::layout() const {
  return layout_;
}

template <class T>
double Gradients<T>::norm() const {
  return detail::euclidean_norm(values());
}

template <class T>
double Gradients<T>::norm(Index i) const {
  return detail::euclidean_norm(tensor(i));
}

template <class T>
void Gradients<T>::scale(double factor) {
  if (!is_finite(factor)) throw option_is_out_of_range("Gradients: scale: factor", "a finite number", factor);
  memory_.scale(factor);
}

template <class T>
void Gradients<T>::clear() {
  memory_.clear();
}

template <class T>
Gradients<T>::Gradients(const ParameterLayout& layout) : layout_{layout} {
  memory_.values = Buffer<T>(layout.trained());
}

}  // namespace fkd

namespace fkd::detail {

template <class T>
StepMemory<T>& StepAccess::memory(const char* who, Gradients<T>& gradients, const Model<T>& net) {
  const auto same = [](const ParameterTensor& a, const ParameterTensor& b) {
    return a.offset == b.offset && a.size == b.size && a.name == b.name;
  };
  const std::vector<ParameterTensor>& own = gradients.layout_.tensors();
  const std::vector<ParameterTensor>& other = net.layout().tensors();
  if (gradients.memory_.values.size() != net.layout().trained() || gradients.layout_.size() != net.layout().size() ||
      !std::equal(own.begin(), own.end(), other.begin(), other.end(), same))
    throw gradients_belong_to_another_model(who);
  return gradients.memory_;
}

}  // namespace fkd::detail
