/// \file
/// `save` and `load`: models in the safetensors format, which Python's package of that name reads. Tensors have names
/// like `4.conv2d.kernel`.
///
/// The metadata holds the format version and the layer table. Shapes are fkd's: `(KH, KW, IC, OC)` for a convolution,
/// `(IU, OU)` for a dense layer. A training state is stored under `optimizer.`, `best.`, `sum.`,
/// `latest.` and `ema.`.
///
/// Needs nlohmann/json; net.hpp does not include this file.
#pragma once

#include <fkd/core/language.hpp>

#include <algorithm>
#include <filesystem>
#include <utility>

#include <fkd/io/file_report.hpp>
#include <fkd/io/model_tensors.hpp>
#include <fkd/io/safetensors_file.hpp>
#include <fkd/io/state_tensors.hpp>
#include <fkd/network/model.hpp>
#include <fkd/train/training_state.hpp>

namespace fkd::io {

/// Saves a model. Weights that are NaN or infinite are saved, and reported or, as an option, refused (NonFiniteError).
/// Throws FileError; then an existing file is unchanged: see write_file.hpp.
template <class T>
FileReport save(const std::filesystem::path& path, const Model<T>& net, FileOptions options = {}) {
  const TensorFile file = detail::describe(net);
  FileReport report = detail::report_of(path, file, options);
  write_tensors(path, file);
  return report;
}

/// Loads a model's parameters. Throws FileError, which names the difference, for a file that is damaged or of another
/// network, and NonFiniteError as an option. If it throws, the model is unchanged.
template <class T>
FileReport load(const std::filesystem::path& path, Model<T>& net, FileOptions options = {}) {
  const TensorFile file = read_tensors(path);
  const Buffer<T> theta = detail::model_values(path, file, net);
  FileReport report = detail::report_of(path, file, options);
  std::copy(theta.begin(), theta.end(), net.parameters().begin());
  return report;
}

/// Saves a model and its training state: after `load`, `fit` continues bit-identical to an uninterrupted run. Throws as
/// the overload above.
template <class T>
FileReport save(const std::filesystem::path& path, const Model<T>& net, const TrainingState<T>& state,
                FileOptions options = {}) {
  TensorFile file = detail::describe(net);
  detail::add_state(file, net.layout(), state);
  FileReport report = detail::report_of(path, file, options);
  write_tensors(path, file);
  return report;
}

/// Loads a model and its training state. Throws as the overload above; then both are unchanged.
template <class T>
FileReport load(const std::filesystem::path& path, Model<T>& net, TrainingState<T>& state, FileOptions options = {}) {
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
