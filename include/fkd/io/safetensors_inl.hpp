/// \file
/// Definitions of safetensors.hpp.
#pragma once

#include <algorithm>
#include <utility>

#include <fkd/io/count_non_finite.hpp>
#include <fkd/io/model_tensors.hpp>
#include <fkd/io/safetensors.hpp>
#include <fkd/io/state_tensors.hpp>

namespace fkd::io {

namespace detail {
[[gnu::cold]] inline ArgumentError training_state_is_not_narrowed(const std::string& where) {
  return ArgumentError{format_message(
      {where,
       ": save: expected a training state's values as they are, which a resumed training needs to the last bit, "
       "got an option that narrows them"})};
}
}  // namespace detail

template <class T>
FileReport save(const Sink& to, const Model<T>& net, FileOptions options) {
  const TensorFile file = detail::describe(net, options.stored);
  FileReport report = detail::report_of(to.name(), file, options);
  write_tensors(to, file);
  return report;
}

template <class T>
FileReport load(const Source& from, Model<T>& net, FileOptions options) {
  const TensorFile file = read_tensors(from);
  const Buffer<T> theta = detail::model_values(from.name(), file, net);
  FileReport report = detail::report_of(from.name(), file, options);
  std::copy(theta.begin(), theta.end(), net.parameters().begin());
  return report;
}

template <class T>
FileReport save(const Sink& to, const Model<T>& net, const TrainingState<T>& state, FileOptions options) {
  if (options.stored != Stored::as_is) throw detail::training_state_is_not_narrowed(to.name());
  TensorFile file = detail::describe(net);
  detail::add_state(file, net.layout(), state);
  FileReport report = detail::report_of(to.name(), file, options);
  write_tensors(to, file);
  return report;
}

template <class T>
FileReport load(const Source& from, Model<T>& net, TrainingState<T>& state, FileOptions options) {
  const TensorFile file = read_tensors(from);
  detail::check_contents(from.name(), file, net.layout());
  TrainingState<T> loaded = detail::read_state<T>(from.name(), file, net.layout());
  const Buffer<T> theta = detail::model_values(from.name(), file, net);
  FileReport report = detail::report_of(from.name(), file, options);
  std::copy(theta.begin(), theta.end(), net.parameters().begin());
  state = std::move(loaded);
  return report;
}

}  // namespace fkd::io
