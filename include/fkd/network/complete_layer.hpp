/// \file
/// What the compiler says of a layer of your own that lacks something, in a sentence and before anything else.
#pragma once

#include <fkd/core/language.hpp>

#include <concepts>
#include <span>
#include <string_view>
#include <type_traits>

#include <fkd/layers/layer.hpp>
#include <fkd/network/lower.hpp>

namespace fkd::detail {

/// Members that a layer may have. In a class that inherits them from two bases a name means nothing: so it shows
/// whether a layer has it, however it is declared.
struct OptionalNames {
  int kind, is_view, flops, tensors, requirements, prepare, hyper_parameters;
};
template <class L>
struct TwiceNamed : L, OptionalNames {};

template <class L>
inline constexpr bool is_batch_wise = false;
template <class L>
requires requires { typename std::bool_constant<(L::kind() == Kind::batch_wise)>; }
inline constexpr bool is_batch_wise<L> = L::kind() == Kind::batch_wise;
template <class L>
requires requires { typename std::bool_constant<(L::kind(true) == Kind::batch_wise)>; }
inline constexpr bool is_batch_wise<L> = L::kind(true) == Kind::batch_wise || L::kind(false) == Kind::batch_wise;

/// Layers made of layers, and what stands for another layer.
template <class L>
concept Composite = LowersTo<L, ShapeBuilder> ||
    requires(const L& layer, ShapeBuilder& builder, std::span<const Shape> in) {
  layer.lower(builder, in);
};

#define FKD_HAS_IT_RIGHT(member, ...) \
  (requires { &TwiceNamed<L>::member; } || (requires(const L& layer, In in) { __VA_ARGS__; }))

/// Says in a sentence what a layer of your own lacks, before anything else does. (One that is final is not asked for
/// members that it may leave out.)
template <class L>
struct CompleteLayer {
  using In = std::conditional_t<HasSeveralInputs<L>, std::span<const Shape>, Shape>;
  static_assert(std::copyable<L>, "a layer can be copied and assigned: it is a value, its hyper-parameters");
  static_assert(
      requires(const L& layer) {
        { layer.name } -> std::convertible_to<std::string_view>;
      },
      "a layer has static constexpr std::string_view name, a part of its tensors' names");
  static_assert(Composite<L> || HasOneInput<L> || HasSeveralInputs<L>,
                "a layer has constexpr Shape output_shape(Shape in) const");
  static_assert(Composite<L> || ValueWise<L, float> || ValueWise<L, double> || SampleForward<L, float> ||
                    SampleForward<L, double> || PhaseForward<L, float> || PhaseForward<L, double>,
                "a layer has void forward(const Forward<T>&) const or, if it is batch-wise, void forward(const "
                "Forward<T>&, Index phase, Index task) const, with T float, double or a template's argument");
  static_assert(Composite<L> || ValueWise<L, float> || ValueWise<L, double> || SampleBackward<L, float> ||
                    SampleBackward<L, double> || PhaseBackward<L, float> || PhaseBackward<L, double>,
                "a layer has void backward(const Backward<T>&) const or, if it is batch-wise, void backward(const "
                "Backward<T>&, Index phase, Index task) const, with T float, double or a template's argument");
  static_assert(!is_batch_wise<L> || ((PhaseForward<L, float> || PhaseForward<L, double>)&&(PhaseBackward<L, float> ||
                                                                                            PhaseBackward<L, double>)),
                "a batch-wise layer has forward(const Forward<T>&, Index phase, Index task) const and backward(const "
                "Backward<T>&, Index phase, Index task) const");
  static_assert(
      Composite<L> || ValueWise<L, float> || ValueWise<L, double> || SampleForward<L, float> ||
          SampleForward<L, double> || requires(const L& layer) { layer.kind(); } ||
          requires(const L& layer) { layer.kind(true); },
      "a layer whose forward has phases is batch-wise and says so: static constexpr Kind kind() { return "
      "Kind::batch_wise; }");
  static constexpr bool optional_members() {
    if constexpr (std::is_class_v<L> && !std::is_final_v<L> && !Composite<L>) {
      static_assert(FKD_HAS_IT_RIGHT(kind, { layer.kind() } -> std::same_as<Kind>) ||
                        FKD_HAS_IT_RIGHT(kind, { layer.kind(true) } -> std::same_as<Kind>),
                    "a layer's kind is declared as static constexpr Kind kind()");
      static_assert(FKD_HAS_IT_RIGHT(is_view, { layer.is_view() } -> std::same_as<bool>) ||
                        FKD_HAS_IT_RIGHT(is_view, { layer.is_view(true) } -> std::same_as<bool>),
                    "a layer's is_view is declared as static constexpr bool is_view()");
      static_assert(FKD_HAS_IT_RIGHT(flops, { layer.flops(in) } -> std::convertible_to<Index>),
                    "a layer's flops is declared as constexpr Index flops(Shape in) const");
      static_assert(FKD_HAS_IT_RIGHT(tensors, { *layer.tensors(in).begin() } -> std::convertible_to<TensorSpec>),
                    "a layer's tensors is declared as constexpr std::array<TensorSpec, n> tensors(Shape in) const; any "
                    "range of TensorSpec will do");
      static_assert(
          FKD_HAS_IT_RIGHT(requirements, { layer.requirements(LayerContext<float>{}) } -> std::same_as<Requirements>) ||
              FKD_HAS_IT_RIGHT(requirements,
                               { layer.requirements(LayerContext<double>{}) } -> std::same_as<Requirements>),
          "a layer's requirements is declared as template <class T> Requirements requirements(const LayerContext<T>&) "
          "const");
      static_assert(FKD_HAS_IT_RIGHT(prepare, layer.prepare(Forward<float>{})) ||
                        FKD_HAS_IT_RIGHT(prepare, layer.prepare(Forward<double>{})),
                    "a layer's prepare is declared as template <class T> void prepare(const Forward<T>&) const");
      static_assert(FKD_HAS_IT_RIGHT(hyper_parameters,
                                     { *layer.hyper_parameters().begin() } -> std::convertible_to<HyperParameter>),
                    "a layer's hyper_parameters is declared as std::vector<HyperParameter> hyper_parameters() const");
    }
    return true;
  }
  static_assert(optional_members());
};
#undef FKD_HAS_IT_RIGHT

}  // namespace fkd::detail
