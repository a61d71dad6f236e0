/// \file
/// Models in files of the safetensors format, which Python's package of that name reads, tensor by tensor under names
/// like `4.conv2d.kernel`.
///
/// The metadata holds the format version and the layer table. Extents are fkd's: `(KH, KW, IC, OC)` for a convolution,
/// `(IU, OU)` for a dense layer. The state of a training lies beside the model under `optimizer.`, `best.`, `sum.` and
/// `latest.`.
///
/// Needs nlohmann/json; net.hpp does not include this file.
#pragma once

#include <fkd/core/language.hpp>

#include <algorithm>
#include <filesystem>
#include <utility>

#include <fkd/io/file_report.hpp>
#include <fkd/io/model_tensors.hpp>
#include <fkd/io/state_tensors.hpp>
#include <fkd/io/tensor_file.hpp>
#include <fkd/network/model.hpp>
#include <fkd/train/training_state.hpp>

namespace fkd::io {

/// Saves a model. Weights that are NaN or infinite are saved, and reported or, as an option, refused (NonFiniteError).
/// Throws FileError. If it throws, a file that stood there is as it was: see write_file.hpp.
template <class A, class T>
FileReport save(const std::filesystem::path& path, const Model<A, T>& net, FileOptions options = {}) {
  const TensorFile file = detail::describe(net);
  FileReport report = detail::report_of(path, file, options);
  write_tensors(path, file);
  return report;
}

/// Loads a model's parameters. Throws FileError, which says what differs and how, for a file that is damaged or another
/// network's, and NonFiniteError as an option. If it throws, the model is as it was.
template <class A, class T>
FileReport load(const std::filesystem::path& path, Model<A, T>& net, FileOptions options = {}) {
  const TensorFile file = read_tensors(path);
  const Buffer<T> theta = detail::model_values(path, file, net);
  FileReport report = detail::report_of(path, file, options);
  std::copy(theta.begin(), theta.end(), net.parameters().begin());
  return report;
}

/// Saves a model and the state of its training, so that `load` and `fit` go on as if nothing had happened. Throws as
/// the one above.
template <class A, class T>
FileReport save(const std::filesystem::path& path, const Model<A, T>& net, const TrainingState<T>& state,
                FileOptions options = {}) {
  TensorFile file = detail::describe(net);
  detail::add_state(file, net.layout(), state);
  FileReport report = detail::report_of(path, file, options);
  write_tensors(path, file);
  return report;
}

/// Loads a model and the state of its training. Throws as the one above; then both are as they were.
template <class A, class T>
FileReport load(const std::filesystem::path& path, Model<A, T>& net, TrainingState<T>& state,
                FileOptions options = {}) {
  const TensorFile file = read_tensors(path);
  detail::check_contents(path, file, net.layout());
  TrainingState<T> loaded = detail::read_state<T>(path, file, net.layout());
  const Buffer<T> theta = detail::model_values(path, file, net);
  FileReport report = detail::report_of(path, file, options);
  std::copy(theta.begin(), theta.end(), net.parameters().begin());
  state = std::move(loaded);
  return report;
}

}  // namespace fkd::io
