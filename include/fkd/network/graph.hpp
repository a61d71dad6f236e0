/// \file
/// A network of nodes, each of which reads others: built at run time, as a file of one lists it.
///
///     fkd::Graph net{fkd::Input{.height = 28, .width = 28, .channels = 1},
///                    {{.name = "a", .layer = fkd::Conv2D{...}, .inputs = {"input"}},
///                     {.name = "b", .layer = fkd::Conv2D{...}, .inputs = {"input"}},
///                     {.name = "sum", .layer = Add{}, .inputs = {"a", "b"}}},
///                    "sum"};
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fkd/layers/input.hpp>
#include <fkd/network/any_layer.hpp>

namespace fkd {

/// A layer, what it is called and what it reads: other nodes, or the network's `input`.
struct Node {
  std::string name;
  AnyLayer layer;
  std::vector<std::string> inputs;
};

/// Nodes in any order. Its tensors are called `a.conv2d.kernel`; frozen layers go by name, or are counted in the order
/// in which they are run: that of the list, but behind what they read.
class Graph {
 public:
  static constexpr std::string_view name = "graph";

  Shape input = {};

  /// Throws ArgumentError for a name that is missing, repeated or read but not there, for nodes that read each other in
  /// a circle or are read by none, and for an `output` that is no node; ShapeError where a layer does not fit what it
  /// reads.
  Graph(const Input& first, std::vector<Node> nodes, std::string_view output);

  Shape output_shape(Shape in) const;

  template <class B>
  typename B::Value lower(B& builder, typename B::Value in) const;

 private:
  /// Puts each node behind those that it reads; of those that could be next, the first of the list is.
  [[gnu::cold]] void sort(std::string_view output);

  /// Throws: `reader` reads what is no node.
  [[noreturn, gnu::cold]] void throw_not_there(std::string_view reader, std::string_view read) const;

  static constexpr auto unplaced = static_cast<std::size_t>(-1);

  /// From a node that has no place back through others that have none: after as many steps as there are nodes it goes
  /// round.
  [[gnu::cold]] static std::size_t on_a_cycle(const std::vector<std::vector<std::size_t>>& reads,
                                              const std::vector<std::size_t>& place);

  std::vector<Node> nodes_;
  std::vector<std::vector<std::size_t>> reads_;  // of each: 0 for the input, i + 1 for node i
  std::size_t output_ = 0;
};

}  // namespace fkd

#ifndef FKD_COMPILED
#include <fkd/network/graph_inl.hpp>
#endif
