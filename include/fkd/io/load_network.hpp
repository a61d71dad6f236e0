/// \file
/// `load_network`: a model out of its file alone, ready to predict, to be trained and to be saved.
///
///     fkd::Model net = fkd::io::load_network("model.safetensors");
///     std::cout << fkd::summary(net);
///
/// What `save` wrote holds the architecture, every hyper-parameter of every layer (architecture_text.hpp). The model
/// has the layers, branches and tensors of the one that was saved, by the same names, in the same order: it computes
/// and trains the same bits, and its file is the same. For layers of your own, see layer_registry.hpp.
///
/// net.hpp does not include this file.
#pragma once

#include <fkd/core/language.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <fkd/io/file_report.hpp>
#include <fkd/io/layer_registry.hpp>
#include <fkd/io/source.hpp>
#include <fkd/network/model.hpp>
#include <fkd/train/training_state.hpp>

namespace fkd::io {

/// A network as a file describes it. It has an Input.
class RestoredNetwork {
 public:
  static constexpr std::string_view name = "restored_network";

  Shape input = {};

  /// Reads the text of an architecture. Throws FileError, opened by `where`: no architecture, a version that is not
  /// known, a layer that is not known, layers that do not fit together.
  [[gnu::cold]] RestoredNetwork(const std::string& where, std::string_view text, const LayerRegistry& layers = {});

  Shape output_shape(Shape in) const;

  template <class B>
  typename B::Value lower(B& builder, typename B::Value in) const;

 private:
  friend class ArchitectureReader;

  /// A layer that computes, or one that is made of others.
  struct Part {
    bool has_label = false;
    Index number = 0;
    std::string word = {};
    std::string type = {};
    std::shared_ptr<const AnyLayer> layer = {};  ///< null: made of parts
    std::vector<Index> reads = {};
    Index value = 0;  ///< of one that is made of parts: its output
    std::vector<Part> parts = {};
  };
  template <class B>
  struct Composite;

  template <class B>
  static void lower_parts(B& builder, const std::vector<Part>& parts, std::vector<typename B::Value>& values);

  std::vector<Part> parts_;
  Index output_ = 0;
};

/// A model from what `save` wrote; of a training state's file, the model alone. A file of F16, BF16 or F32 fits both
/// scalar types, one of F64 `load_network<double>` alone. Throws FileError for a file that is damaged, or that has no
/// architecture: one of an older version of fkd or of another program.
template <class T = float>
[[gnu::cold]] Model<T> load_network(const Source& from, const LayerRegistry& layers = {});

/// The same, and counts values that are NaN or infinite, as `load` does: NonFiniteError as an option.
template <class T = float>
[[gnu::cold]] Model<T> load_network(const Source& from, FileReport& report, FileOptions options = {},
                                    const LayerRegistry& layers = {});

/// The same, with its training state: `fit` continues as if it had not been interrupted.
template <class T>
[[gnu::cold]] Model<T> load_network(const Source& from, TrainingState<T>& state, const LayerRegistry& layers = {});

}  // namespace fkd::io

#ifndef FKD_COMPILED
#include <fkd/io/load_network_inl.hpp>
#endif
