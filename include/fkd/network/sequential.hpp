/// \file
/// A network as a value: layer descriptions one after another, whose types and hyper-parameters are all there is to it.
///
///     constexpr fkd::Sequential net{fkd::Input{.height = 28, .width = 28, .channels = 1}, fkd::Flatten{},
///     fkd::Dense{.units = 10}};
///
/// Shapes are inferred and checked while it is constructed. Say `constexpr`, and a network whose shapes do not fit does
/// not compile: the compiler shows a call whose name says what is wrong. Leave it out, and the same words are thrown.
#pragma once

#include <cstddef>
#include <string_view>
#include <utility>

#include <fkd/layers/input.hpp>
#include <fkd/network/complete_layer.hpp>
#include <fkd/network/lower.hpp>
#include <fkd/runtime/error.hpp>

namespace fkd {
namespace detail {

/// One layer of a Sequential. (Base classes with a number each: of std::tuple a compiler makes a type for every tail.)
template <std::size_t number, class L>
struct Item {
  L layer;
};

/// A variable, so that compilers show it in errors.
template <std::size_t from_one>
inline constexpr Index layer_number = static_cast<Index>(from_one);

template <class Numbers, class... Layers>
struct Items;
template <std::size_t... number, class... Layers>
struct Items<std::index_sequence<number...>, Layers...> : Item<number, Layers>... {
  constexpr explicit Items(const Layers&... layers) : Item<number, Layers>{layers}... {}

  template <class F>
  constexpr void for_each(F&& f) const {
    (f(static_cast<const Item<number, Layers>&>(*this).layer), ...);
  }

  template <class B>
  constexpr typename B::Value lower(B& builder, typename B::Value value) const {
    ((value = builder.add(layer_number<number + 1>, static_cast<const Item<number, Layers>&>(*this).layer, value)),
     ...);
    return value;
  }

  /// Each of them for the same value.
  template <class B>
  constexpr void lower_each(B& builder, typename B::Value in, typename B::Value* out) const {
    ((out[number] = builder.add(layer_number<number + 1>, static_cast<const Item<number, Layers>&>(*this).layer, in)),
     ...);
  }
};

}  // namespace detail

/// A chain of layers. With an Input it is a whole network; without one it is a layer like any other, for use inside a
/// network. Without a layer it is the identity.
template <class... Layers>
class Sequential {
  static_assert((sizeof(detail::CompleteLayer<Layers>) + ... + 1) > 0);

 public:
  static constexpr std::string_view name = "sequential";

  /// The Input's shape; `Shape{}` if there is none.
  Shape input;

  /// Throws ShapeError where a layer does not fit what comes before it.
  constexpr explicit Sequential(const Input& first, const Layers&... rest) : input{first.shape()}, layers_{rest...} {
    if (sizeof...(Layers) == 0) throw sequential_needs_a_layer();
    (void)output_shape(input);
  }
  constexpr explicit Sequential(const Layers&... layers) : input{}, layers_{layers...} {}

  static constexpr Index layers() { return static_cast<Index>(sizeof...(Layers)); }

  /// Throws ShapeError where one of the layers does, or where the Input says something else.
  constexpr Shape output_shape(Shape in) const { return checked_chain(*this, in); }

  /// Layers are numbered from 1 on.
  template <class B>
  constexpr typename B::Value lower(B& builder, typename B::Value in) const {
    check_chain_input(input, builder.shape(in));
    return layers_.lower(builder, in);
  }

  /// Calls `f(layer)` for one after another.
  template <class F>
  constexpr void for_each(F&& f) const {
    layers_.for_each(f);
  }

 private:
  detail::Items<std::index_sequence_for<Layers...>, Layers...> layers_;
};

template <class... Layers>
Sequential(Input, Layers...) -> Sequential<Layers...>;
template <class... Layers>
Sequential(Layers...) -> Sequential<Layers...>;

}  // namespace fkd
