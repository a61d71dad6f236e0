/// \file
/// Branches: layers made of layers that all read one value, and whose outputs are added or put beside each other.
///
///     fkd::Residual{main}                   out = main(in) + in
///     fkd::Residual{main, shortcut}         out = main(in) + shortcut(in)
///     fkd::Add{a, b, ...}                   out = a(in) + b(in) + ...
///     fkd::Concat{a, b, ...}                out = channels of a(in), then those of b(in), ...
///
/// A branch is any layer: a `Sequential` of several, one of these, or `Sequential{}`, the identity. So they nest:
/// ResNet (He et al. 2016, figure 5) is a chain of Residual, Inception (Szegedy et al. 2015, figure 2) of Concat,
/// DenseNet (Huang et al. 2017, figure 1) of `Concat{Sequential{}, layers}`, U-Net (Ronneberger et al. 2015, figure 1)
/// of one `Concat{Sequential{}, Sequential{pool, ..., upsample}}` inside another.
///
/// Tensors are called `5.residual.main.1.conv2d.kernel`, `5.residual.shortcut.conv2d.kernel` and, branches counted from
/// 1 on, `5.concat.2.conv2d.kernel`. Keras and PyTorch write these as code of a model's own (`keras.layers.Add()([a,
/// b])`, `torch.cat`).
///
/// Residual has no names for its branches at the call, `Residual{.main = ...}`: not every compiler deduces types from
/// them.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

#include <fkd/layers/add.hpp>
#include <fkd/layers/concat.hpp>
#include <fkd/layers/error.hpp>
#include <fkd/network/complete_layer.hpp>
#include <fkd/network/sequential.hpp>

namespace fkd {
namespace detail {

/// Layers that all read one value.
template <class... Branches>
class BranchesOf {
  static_assert((sizeof(CompleteLayer<Branches>) + ... + 1) > 0);
  using All = Items<std::index_sequence_for<Branches...>, Branches...>;

 public:
  constexpr explicit BranchesOf(const Branches&... branches) : all_{branches...} {}

  /// Calls `f(branch)` for one after another.
  template <class F>
  constexpr void for_each(F&& f) const {
    all_.for_each(f);
  }

  /// `joint` of their outputs, after `check_shapes(shapes)`.
  template <class B, class Joint, class Check>
  constexpr typename B::Value lower(B& builder, typename B::Value in, const Joint& joint, Check check_shapes) const {
    typename B::Value values[sizeof...(Branches)] = {};
    Shape shapes[sizeof...(Branches)] = {};
    all_.lower_each(builder, in, values);
    for (std::size_t i = 0; i < sizeof...(Branches); ++i) shapes[i] = builder.shape(values[i]);
    check_shapes(std::span<const Shape>{shapes});
    return builder.add(joint, std::span<const typename B::Value>{values});
  }

 private:
  All all_;
};

}  // namespace detail

/// The sum of branches.
template <class... Branches>
struct Add : detail::BranchesOf<Branches...> {
  using detail::BranchesOf<Branches...>::BranchesOf;

  static constexpr std::string_view name = "add";

  template <class B>
  constexpr typename B::Value lower(B& builder, typename B::Value in) const {
    return detail::BranchesOf<Branches...>::lower(builder, in, Add<>{}, [](std::span<const Shape> out) {
      for (std::size_t k = 1; k < out.size(); ++k)
        if (out[k] != out[0]) throw add_shapes_differ("branch", out[0], static_cast<Index>(k) + 1, out[k]);
    });
  }
};

/// The outputs of branches, channels beside each other.
template <class... Branches>
struct Concat : detail::BranchesOf<Branches...> {
  using detail::BranchesOf<Branches...>::BranchesOf;

  static constexpr std::string_view name = "concat";

  template <class B>
  constexpr typename B::Value lower(B& builder, typename B::Value in) const {
    return detail::BranchesOf<Branches...>::lower(builder, in, Concat<>{}, [](std::span<const Shape> out) {
      for (std::size_t k = 1; k < out.size(); ++k)
        if (out[k].height != out[0].height || out[k].width != out[0].width)
          throw concat_extents_differ("branch", out[0], static_cast<Index>(k) + 1, out[k]);
    });
  }
};

/// out = main(in) + shortcut(in); without a shortcut, out = main(in) + in.
template <class Main, class Shortcut = Sequential<>>
struct Residual {
  Main main;
  Shortcut shortcut = Shortcut{};

  static constexpr std::string_view name = "residual";

  template <class B>
  constexpr typename B::Value lower(B& builder, typename B::Value in) const {
    static_assert(sizeof(detail::CompleteLayer<Main>) + sizeof(detail::CompleteLayer<Shortcut>) > 0);
    const typename B::Value through = builder.add("main", main, in);
    const typename B::Value around = builder.add("shortcut", shortcut, in);
    if (builder.shape(through) != builder.shape(around))
      throw residual_shapes_differ(builder.shape(through), builder.shape(around),
                                   std::is_same_v<Shortcut, Sequential<>>);
    return builder.add("sum", Add<>{}, through, around);
  }
};
template <class Main>
Residual(Main) -> Residual<Main>;
template <class Main, class Shortcut>
Residual(Main, Shortcut) -> Residual<Main, Shortcut>;
template <class Main, class Shortcut>  // a residual of a residual, not a copy
Residual(Residual<Main, Shortcut>)->Residual<Residual<Main, Shortcut>>;

}  // namespace fkd
