/// \file
/// What a layer says of itself, as data.
///
/// What plans, names, counts and shows layers reads these tables: so it is no template, and compiled once, however many
/// types of layers a network has.
#pragma once

#include <string_view>
#include <vector>

#include <fkd/core/buffer.hpp>
#include <fkd/layers/layer.hpp>

namespace fkd {

/// All of it, for one input shape.
struct LayerInfo {
  std::string_view name = {};
  Kind kind = Kind::sample_wise;
  bool view = false;
  Shape in = {}, out = {};
  Index flops = 0;
  std::vector<TensorSpec> tensors = {};

  /// Bytes of θ that its trained tensors take, gaps included; -1 where they do not fit in 64 bits.
  Index trained_bytes(Index value_size) const {
    Index bytes = 0;
    for (const TensorSpec& spec : tensors)
      if (spec.role == Role::trained) bytes = checked_sum(bytes, aligned(checked_product(spec.size(), value_size)));
    return bytes;
  }
};

template <Layer L>
[[gnu::cold]] void describe(const L& layer, Shape in, LayerInfo& info) {
  info.name = layer.name;
  info.kind = kind_of(layer);
  info.view = is_view(layer);
  info.in = in;
  info.out = layer.output_shape(in);
  info.flops = flops_of(layer, in);
  info.tensors = tensors_of(layer, in);
}

}  // namespace fkd
