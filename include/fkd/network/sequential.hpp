/// \file
/// A network as a value: layer descriptions in a row, whose types and hyper-parameters are all there is to it.
///
///     constexpr fkd::Sequential net{fkd::Input{.height = 28, .width = 28, .channels = 1}, fkd::Flatten{},
///     fkd::Dense{.units = 10}};
///
/// Shapes are inferred and checked while it is constructed. Say `constexpr`, and a network whose shapes do not fit does
/// not compile: the compiler shows a call whose name says what is wrong. Leave it out, and the same words are thrown.
#pragma once

#include <concepts>
#include <tuple>
#include <utility>

#include <fkd/layers/complete_layer.hpp>
#include <fkd/layers/input.hpp>
#include <fkd/network/sequence.hpp>

namespace fkd {

/// Layers in a row. With an Input it is a whole network; without one it is a layer like any other, for use inside a
/// network.
template <class... Layers>
class Sequential : public Sequence<Sequential<Layers...>> {
  static_assert((sizeof(detail::CompleteLayer<Layers>) + ... + 1) > 0);

 public:
  /// The Input's shape; `Shape{}` if there is none.
  Shape input;

  /// Throws ShapeError where a layer does not fit what comes before it.
  constexpr explicit Sequential(const Input& first, const Layers&... rest) : input{first.shape()}, layers_{rest...} {
    (void)this->output_shape(input);
  }
  constexpr explicit Sequential(const Layers&... layers) requires(sizeof...(Layers) > 0)
      : input{}, layers_{layers...} {}

  /// Whether one of the layers may be an L.
  template <class L>
  static constexpr bool may_hold =
      ((std::same_as<L, Layers> || requires(const Layers& layer) { layer.template get_if<L>(); }) || ...);

  static constexpr Index layers() { return static_cast<Index>(sizeof...(Layers)); }

  /// Calls `f(layer i)`. Throws ArgumentError unless 0 <= i < layers().
  template <class F>
  constexpr void visit(Index i, F&& f) const {
    visit(i, f, std::index_sequence_for<Layers...>{});
  }

 private:
  template <class F, std::size_t... k>
  constexpr void visit(Index i, F& f, std::index_sequence<k...>) const {
    if (!((i == static_cast<Index>(k) ? (f(std::get<k>(layers_)), true) : false) || ...))
      refuse_number("Sequential: layer", layers(), i);
  }

  std::tuple<Layers...> layers_;
};

template <class... Layers>
Sequential(Input, Layers...) -> Sequential<Layers...>;
template <class... Layers>
Sequential(Layers...) -> Sequential<Layers...>;

}  // namespace fkd
