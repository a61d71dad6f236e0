/// \file
/// A network as the runtime sees it: a list of ops over numbered values. Types of layers end here.
///
/// Value 0 is the network's input. Each op reads some values and writes a new one, and stands behind those that it
/// reads: so forward is the list from its beginning, backward the list from its end.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <fkd/core/parameters.hpp>
#include <fkd/layers/layer.hpp>
#include <fkd/runtime/erased_layer.hpp>

namespace fkd {

/// Some of θ's trained prefix: `count` values from `first` on, gaps included.
struct Range {
  Index first = 0;
  Index count = 0;
};

/// A layer as the network's author wrote it: a line of its summary. One that is made of layers has them in `inner`.
struct LayerInfo {
  std::string name = {};  ///< like `4.conv2d`
  std::string type = {};  ///< the layer's own name, like `conv2d`
  Index number = 0;       ///< what it is called by (`LayerLabel`), if not by a word
  std::string word = {};  ///< the same, if by a word; else empty
  Shape out = {};
  Index value = 0;                      ///< number of its output
  Index first_op = 0, ops = 0;          ///< of the program that is not fused
  Index first_tensor = 0, tensors = 0;  ///< of the layout
  Index parameters = 0;                 ///< trained values
  Index state = 0;                      ///< values of state tensors
  Index flops = 0;                      ///< of one sample's forward pass, a multiply-add counting 2
  Range trained = {};                   ///< its part of θ
  std::vector<HyperParameter> hyper_parameters = {};
  std::vector<LayerInfo> inner = {};
};

/// What an op says of itself, as data: whatever plans it is compiled once, not for each scalar and layer.
struct OpInfo {
  Index name = 0;                           ///< which of `NetworkInfo::op_names`
  std::uint64_t key = 0;                    ///< `Forward::layer`
  Kind kind = Kind::sample_wise;            ///< in a pass that trains it
  Kind untrained_kind = Kind::sample_wise;  ///< in prediction, and where it is frozen
  bool view = false;                        ///< in a pass that trains
  bool view_in_prediction = false;
  Index first_input = 0, inputs = 0;  ///< which of `Program::reads`
  Index output = 0;                   ///< the value that it computes
  Shape in = {};                      ///< of its first input
  Shape out = {};
  Index flops = 0;
  Index layer = 0;  ///< which of the network's layers it belongs to, from 0 on
  Index first_tensor = 0, tensors = 0;
  Range trained = {};
};

/// The layer that an op was lowered from, as data: from it the layer can be made again.
struct OpLayer {
  std::string type = {};                              ///< its own name, like `conv2d`
  std::vector<HyperParameter> hyper_parameters = {};  ///< all of them
};

/// What a network is beside its ops: the same before and after fusion.
struct NetworkInfo {
  std::vector<Shape> values = {};          ///< the shape of each
  Index output = 0;                        ///< the value that is the network's output
  std::vector<std::string> op_names = {};  ///< with the path to each: `5.residual.main.1.conv2d`
  std::vector<OpLayer> op_layers = {};     ///< of each op
  std::vector<LayerInfo> layers = {};
  ParameterLayout layout = {};
  Index flops = 0;

  const std::string& name(const OpInfo& op) const { return op_names[static_cast<std::size_t>(op.name)]; }
};

/// The values that ops read, op after op.
struct OpInputs {
  std::vector<Index> values = {};
  std::vector<Shape> shapes = {};

  std::span<const Index> inputs(const OpInfo& op) const {
    return {values.data() + op.first_input, static_cast<std::size_t>(op.inputs)};
  }
  std::span<const Shape> in_shapes(const OpInfo& op) const {
    return {shapes.data() + op.first_input, static_cast<std::size_t>(op.inputs)};
  }
};

template <class T>
struct Program {
  std::shared_ptr<const NetworkInfo> network = {};
  std::vector<OpInfo> ops = {};
  OpInputs reads = {};
  std::vector<std::shared_ptr<const ErasedLayer<T>>> computes = {};  ///< what each op does
};

}  // namespace fkd
