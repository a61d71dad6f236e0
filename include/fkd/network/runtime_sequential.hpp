/// \file
/// A chain whose layers are known only at run time: from a command line, say, or a file.
#pragma once

#include <utility>
#include <vector>

#include <fkd/layers/input.hpp>
#include <fkd/network/any_layer.hpp>
#include <fkd/network/sequential.hpp>
#include <fkd/runtime/error.hpp>

namespace fkd {

/// A `Sequential` whose layers are known only at run time: the same checks, and a program of the same bits.
class RuntimeSequential {
 public:
  static constexpr std::string_view name = "sequential";

  /// The Input's shape; `Shape{}` if there is none.
  Shape input = {};

  /// Throws ShapeError where a layer does not fit what comes before it.
  RuntimeSequential(const Input& first, std::vector<AnyLayer> layers)
      : input{first.shape()}, layers_{std::move(layers)} {
    (void)output_shape(input);
  }
  explicit RuntimeSequential(std::vector<AnyLayer> layers) : layers_{std::move(layers)} {
    if (layers_.empty()) throw sequential_needs_a_layer();
  }

  /// The run-time twin of a static network.
  template <class... Layers>
  explicit RuntimeSequential(const Sequential<Layers...>& other) : input{other.input} {
    other.for_each([&](const auto& layer) { layers_.push_back(layer); });
  }

  Index layers() const { return static_cast<Index>(layers_.size()); }

  /// Throws ShapeError where one of the layers does, or where the Input says something else.
  Shape output_shape(Shape in) const { return checked_chain(*this, in); }

  template <class B>
  typename B::Value lower(B& builder, typename B::Value value) const {
    if (layers_.empty()) throw sequential_needs_a_layer();
    check_chain_input(input, builder.shape(value));
    for (std::size_t i = 0; i < layers_.size(); ++i) value = builder.add(static_cast<Index>(i) + 1, layers_[i], value);
    return value;
  }

 private:
  std::vector<AnyLayer> layers_;
};

}  // namespace fkd
