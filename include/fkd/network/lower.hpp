/// \file
/// Lowering: a network says by calls of a builder what its layers are and which values they read.
///
/// Each builder makes something else of the same calls: `ShapeBuilder` the shapes, at compile time where that is
/// wanted, and `Builder<T>` (runtime/builder.hpp) the program that is run. A value is a Shape for the one, a number for
/// the other.
#pragma once

#include <concepts>
#include <span>
#include <string>
#include <string_view>

#include <fkd/core/error.hpp>
#include <fkd/core/shape.hpp>
#include <fkd/layers/error.hpp>
#include <fkd/layers/layer.hpp>
#include <fkd/runtime/error.hpp>

namespace fkd {

/// What a layer is called inside another one: its number, from 1 on, as `4` in `4.conv2d`; or a word, as `main` in
/// `5.residual.main.1.conv2d`.
struct LayerLabel {
  // NOLINTBEGIN: implicit, so that a call of add reads as a list
  template <std::integral N>  // a template, so that a 0 is no null pointer
  constexpr LayerLabel(N its_number) : number{static_cast<Index>(its_number)} {}
  constexpr LayerLabel(const char* its_word) : word{its_word} {}
  constexpr LayerLabel(std::string_view its_word) : word{its_word} {}
  // NOLINTEND

  Index number = 0;
  std::string_view word = {};
};

/// Infers and checks shapes. It knows at which layer of a network it is, for errors.
class ShapeBuilder {
 public:
  using Value = Shape;

  static constexpr Shape shape(Shape value) { return value; }

  /// The output of `layer`, called `label`, for these inputs. Throws ShapeError where they do not fit.
  template <class L, std::same_as<Shape>... More>
  constexpr Shape add(LayerLabel label, const L& layer, Shape in, More... more) {
    const Shape all[] = {in, more...};
    return add(label, layer, std::span<const Shape>{all});
  }
  template <class L>
  constexpr Shape add(LayerLabel label, const L& layer, std::span<const Shape> in) {
    levels_[depth_ < most_levels ? depth_ : most_levels - 1] = {label, layer.name};
    ++depth_;
    const Shape out = add(layer, in);
    --depth_;
    return out;
  }

  /// The same for what stands for another layer, by whose name it goes.
  template <class L>
  constexpr Shape add(const L& layer, std::span<const Shape> in) {
    Shape out;
    if constexpr (requires { layer.lower(*this, in); }) {
      out = layer.lower(*this, in);
    } else if constexpr (detail::HasSeveralInputs<L>) {
      computing_ = true;
      out = layer.output_shape(in);
    } else {
      computing_ = !LowersTo<L, ShapeBuilder>;
      check_single_input(layer.name, static_cast<Index>(in.size()));
      if constexpr (LowersTo<L, ShapeBuilder>) {
        out = layer.lower(*this, in[0]);
      } else {
        out = layer.output_shape(in[0]);
      }
    }
    check_output(layer.name, in[0], out);
    computing_ = false;
    return out;
  }

  /// The layer that threw, as `5.residual.main.2.conv2d`; empty where it is not inside another one.
  [[gnu::cold]] std::string path() const;

 private:
  struct Level {
    LayerLabel label = 0;
    std::string_view layer = {};
  };
  static constexpr Index most_levels = 16;  // deeper ones leave out those before the last

  Level levels_[most_levels] = {};
  Index depth_ = 0;
  bool computing_ = false;
};

/// The output of any layer, also of one that is made of layers. Throws ShapeError where the input does not fit.
template <class L>
constexpr Shape output_shape_of(const L& layer, Shape in) {
  ShapeBuilder builder;
  try {
    return builder.add(layer, std::span<const Shape>{&in, 1});
  } catch (const ShapeError& error) {
    throw_located(error, builder.path(), {});
  }
}

/// What a chain asks of its input: to be one, and the Input's if there is one.
constexpr void check_chain_input(Shape expected, Shape in) {
  if (expected != Shape{} && in != expected) throw sequential_has_another_input(expected, in);
  check_input("sequential", in);
}

/// A chain's output shape; an error names the layer and, in a whole network, one with an Input, may have a hint.
template <class Chain>
constexpr Shape checked_chain(const Chain& chain, Shape in) {
  ShapeBuilder builder;
  try {
    return chain.lower(builder, in);
  } catch (const ShapeError& error) {
    throw_located(error, builder.path(), chain.input);
  }
}

/// A network: it lowers, and has an Input.
template <class A>
concept Lowerable = LowersTo<A, ShapeBuilder> && requires(const A& network) {
  { network.input } -> std::convertible_to<Shape>;
};

}  // namespace fkd

#ifndef FKD_COMPILED
#include <fkd/network/lower_inl.hpp>
#endif
