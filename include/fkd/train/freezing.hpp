/// \file
/// Freezing: which parts of θ stay as they are while the others are trained.
///
///     options.frozen = {1, 2};                          layers, by their numbers in `summary`
///     options.frozen = {"1.conv2d", "5.residual.main"};  by name: everything whose name begins so, nested too
///     options.frozen = {3, "7.dense.bias"};              both; of a layer, one tensor alone
///
/// A name stands for all ops and tensors whose names are equal to it or continue it with a dot: `5.residual` for
/// `5.residual.main.1.conv2d.kernel`, but `1` for no `10.dense`. Of a graph, a node's name: `features`.
///
/// The trained tensors of a frozen layer get no gradient and no step: weight decay does not move them either. Its state
/// tensors stay as they are, too, and batch normalisation that is frozen normalises with them, as in prediction. That
/// is Keras's `layer.trainable = False`; PyTorch's `requires_grad_(False)` leaves the running statistics moving until
/// the module is in `eval()` mode. One trained tensor that is frozen alone (`3.batch_norm.gamma`) leaves its layer
/// training, with statistics that move, as in PyTorch.
#pragma once

#include <concepts>
#include <initializer_list>
#include <iterator>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fkd/network/model.hpp>
#include <fkd/runtime/program.hpp>

namespace fkd {

/// A layer by its number in `summary`, 1 for the first; or by a name, which may be a tensor's or the beginning of
/// several, too.
struct FrozenLayer {
  // NOLINTBEGIN: implicit, so that options read as a list
  template <std::integral N>
  FrozenLayer(N its_number) : number{static_cast<Index>(its_number)} {}
  FrozenLayer(const char* its_name) : name{its_name}, by_name{true} {}
  FrozenLayer(std::string_view its_name) : name{its_name}, by_name{true} {}
  FrozenLayer(std::string its_name) : name{std::move(its_name)}, by_name{true} {}
  // NOLINTEND

  Index number = 0;
  std::string name = {};
  bool by_name = false;

  friend bool operator==(const FrozenLayer&, const FrozenLayer&) = default;
};

/// What is frozen: numbers, names or both. Made of a braced list, or of any range of numbers or of texts.
class Frozen {
 public:
  Frozen() = default;
  Frozen(std::initializer_list<FrozenLayer> layers);
  template <class R>
  requires(!std::same_as<R, Frozen> && !std::convertible_to<R, FrozenLayer> &&  // a text is one name
           requires(const R& layers) { FrozenLayer{*std::begin(layers)}; })
      Frozen(const R& layers) {  // NOLINT: implicit
    for (const auto& layer : layers) add(layer);
  }

  bool empty() const { return layers_.empty(); }
  std::size_t size() const { return layers_.size(); }
  auto begin() const { return layers_.begin(); }
  auto end() const { return layers_.end(); }
  void add(FrozenLayer layer);

  friend bool operator==(const Frozen&, const Frozen&) = default;

 private:
  std::vector<FrozenLayer> layers_;
};

/// What freezing comes to in one network.
struct FrozenParts {
  std::vector<Range> trained = {};  ///< the parts of θ's trained prefix that may change, in ascending order
  std::vector<Range> state = {};    ///< the state tensors that may not, as parts of θ
  std::vector<Index> ops = {};      ///< of `Model::program()`, those that are frozen as a whole
};

/// Throws ArgumentError for a number that no layer has, for a name that nothing has or begins with, for one of the two
/// that stands there twice, for a state tensor alone, and where nothing is left to be trained; `who` opens the
/// sentence. `ops` are those of the program that is not fused.
[[gnu::cold]] FrozenParts frozen_parts(const NetworkInfo& network, std::span<const OpInfo> ops, const Frozen& frozen,
                                       const char* who = "fit");
template <class T>
FrozenParts frozen_parts(const Model<T>& net, const Frozen& frozen, const char* who = "fit");

/// The parts of θ that may change, in ascending order: of each layer what is not frozen. Throws as `frozen_parts`.
template <class T>
std::vector<Range> trained_ranges(const Model<T>& net, const Frozen& frozen, const char* who = "fit");

namespace detail {

/// Whether a name is `beginning`, or continues it with a dot.
bool begins_with(std::string_view name, std::string_view beginning);

/// Every name by which something can be frozen: layers, the layers that they are in, and tensors.
[[gnu::cold]] std::vector<std::string> names_to_freeze(const NetworkInfo& network);

}  // namespace detail
}  // namespace fkd

#ifndef FKD_COMPILED
#include <fkd/train/freezing_inl.hpp>
#endif
