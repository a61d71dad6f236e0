/// \file
/// Channels of all inputs beside each other, in the order of the inputs.
///
///     {.name = "both", .layer = fkd::Concat{}, .inputs = {"a", "b"}}   a Graph's node: its inputs side by side
///     fkd::Concat{branch, another_branch, fkd::Sequential{}}           in a Sequential: branches of one input
///
/// `(H, W, C1), (H, W, C2), ... => (H, W, C1 + C2 + ...)`; backward cuts d_out into the same parts. The second form is
/// a layer made of layers and stands in network/branches.hpp; `fkd::Sequential{}` is the identity.
///
/// Keras: `Concatenate` with its default axis, the last. PyTorch: `torch.cat(inputs, dim=1)`, whose images have their
/// channels first.
/// (Szegedy et al. 2015, "Going deeper with convolutions", figure 2; Huang et al. 2017, "Densely connected
/// convolutional networks", equation 2.)
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include <fkd/backends/reference/concat.hpp>
#include <fkd/core/error.hpp>
#include <fkd/layers/error.hpp>
#include <fkd/layers/layer.hpp>

namespace fkd {

template <class... Branches>
struct Concat;

template <class... Branches>
Concat(Branches...) -> Concat<Branches...>;
template <class... Branches>  // of one branch, not a copy
Concat(Concat<Branches...>)->Concat<Concat<Branches...>>;

template <>
struct Concat<> {
  static constexpr std::string_view name = "concat";

  /// Throws ShapeError: no input, one below 1, heights or widths that are not the same, channels over 64 bits.
  constexpr Shape output_shape(std::span<const Shape> in) const {
    check_inputs("Concat", in);
    Shape out = in[0];
    for (std::size_t k = 1; k < in.size(); ++k) {
      if (in[k].height != out.height || in[k].width != out.width)
        throw concat_extents_differ("input", in[0], static_cast<Index>(k) + 1, in[k]);
      out.channels = checked_sum(out.channels, in[k].channels);
    }
    if (!fits(out.size())) throw extents_overflow_64_bits("Concat", in[0], out);
    return out;
  }

  template <class T>
  void forward(const Forward<T>& f) const {
    Index from = 0;
    for (std::size_t k = 0; k < f.inputs.size(); from += f.in_shapes[k++].channels)
      reference::concat_forward(f.out, f.inputs[k], dims(f.in_shapes[k], from, f.out_shape));
  }

  template <class T>
  void backward(const Backward<T>& b) const {
    Index from = 0;
    for (std::size_t k = 0; k < b.d_inputs.size(); from += b.in_shapes[k++].channels)
      if (b.d_inputs[k]) reference::concat_d_in(b.d_inputs[k], b.d_out, dims(b.in_shapes[k], from, b.out_shape));
  }

 private:
  static constexpr reference::ConcatDims dims(Shape in, Index from, Shape out) {
    return {.pixels = in.height * in.width, .channels = in.channels, .from = from, .all = out.channels};
  }
};

}  // namespace fkd
