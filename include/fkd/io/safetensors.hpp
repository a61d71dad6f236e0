/// \file
/// `save` and `load`: models in the safetensors format, which Python's package of that name reads. Tensors have names
/// like `4.conv2d.kernel`.
///
/// From and to files, memory and streams (source.hpp). The metadata holds the format version, the layer table and the
/// whole architecture, from which `load_network` (load_network.hpp) makes the model anew. Shapes are fkd's: `(KH, KW,
/// IC, OC)` for a convolution,
/// `(IU, OU)` for a dense layer. A training state is stored under `optimizer.`, `best.`, `sum.`,
/// `latest.` and `ema.`.
///
/// net.hpp does not include this file.
#pragma once

#include <fkd/core/language.hpp>

#include <fkd/io/file_report.hpp>
#include <fkd/io/safetensors_file.hpp>
#include <fkd/io/source.hpp>
#include <fkd/network/model.hpp>
#include <fkd/train/training_state.hpp>

namespace fkd::io {

/// Saves a model. Weights that are NaN or infinite are saved, and reported or, as an option, refused (NonFiniteError).
/// Throws FileError; then an existing file is unchanged: see write_file.hpp.
template <class T>
[[gnu::cold]] FileReport save(const Sink& to, const Model<T>& net, FileOptions options = {});

/// Loads a model's parameters. Throws FileError, which names the difference, for a file that is damaged or of another
/// network, and NonFiniteError as an option. If it throws, the model is unchanged.
template <class T>
[[gnu::cold]] FileReport load(const Source& from, Model<T>& net, FileOptions options = {});

/// Saves a model and its training state: after `load`, `fit` continues bit-identical to an uninterrupted run. Throws as
/// the overload above, and ArgumentError where `stored` would narrow: it would not be the same bits.
template <class T>
[[gnu::cold]] FileReport save(const Sink& to, const Model<T>& net, const TrainingState<T>& state,
                              FileOptions options = {});

/// Loads a model and its training state. Throws as the overload above; then both are unchanged.
template <class T>
[[gnu::cold]] FileReport load(const Source& from, Model<T>& net, TrainingState<T>& state, FileOptions options = {});

}  // namespace fkd::io

#ifndef FKD_COMPILED
#include <fkd/io/safetensors_inl.hpp>
#endif
