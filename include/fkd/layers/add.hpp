/// \file
/// The sum of any number of values of one shape: `out = in[0] + in[1] + ...`, added in that order.
///
///     {.name = "sum", .layer = fkd::Add{}, .inputs = {"a", "b"}}     a Graph's node: the sum of its inputs
///     fkd::Add{branch, another_branch, fkd::Sequential{}}            in a Sequential: the sum of branches of one input
///
/// `(H, W, C), (H, W, C), ... => (H, W, C)`; backward hands d_out to every input. A single input is copied. The second
/// form is a layer made of layers and stands in network/branches.hpp; `fkd::Sequential{}` is the identity.
///
/// Keras: `Add` (at least two inputs, which it broadcasts; fkd does not). PyTorch: `a + b`.
/// (He et al. 2016, "Deep residual learning for image recognition", equation 1.)
#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <string_view>

#include <fkd/backends/default_backend.hpp>
#include <fkd/backends/epilogue.hpp>
#include <fkd/backends/reference/add.hpp>
#include <fkd/core/error.hpp>
#include <fkd/layers/error.hpp>
#include <fkd/layers/layer.hpp>

namespace fkd {

template <class... Branches>
struct Add;

template <class... Branches>
Add(Branches...) -> Add<Branches...>;
template <class... Branches>  // a sum of one branch, not a copy
Add(Add<Branches...>)->Add<Add<Branches...>>;

template <>
struct Add<> {
  static constexpr std::string_view name = "add";

  /// Throws ShapeError: no input, one below 1, or shapes that are not the same.
  constexpr Shape output_shape(std::span<const Shape> in) const {
    check_inputs("Add", in);
    for (std::size_t k = 1; k < in.size(); ++k)
      if (in[k] != in[0]) throw add_shapes_differ("input", in[0], static_cast<Index>(k) + 1, in[k]);
    return in[0];
  }

  /// Behind a product it is computed with it, where there are two inputs.
  template <class T>
  static constexpr Epilogue<T> epilogue(Shape) {
    return {.sum = true};
  }

  template <class T>
  void forward(const Forward<T>& f) const {
    detail::fastest::add_forward(f.out, f.inputs, f.out_shape.size());
  }

  template <class T>
  void backward(const Backward<T>& b) const {
    for (T* d_in : b.d_inputs)
      if (d_in) std::copy_n(b.d_out, b.out_shape.size(), d_in);
  }
};

}  // namespace fkd
