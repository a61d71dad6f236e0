/// \file
/// A network of nodes, each of which reads others: built at run time, as a file of one lists it.
///
///     fkd::Graph net{fkd::Input{.height = 28, .width = 28, .channels = 1},
///                    {{.name = "a", .layer = fkd::Conv2D{...}, .inputs = {"input"}},
///                     {.name = "b", .layer = fkd::Conv2D{...}, .inputs = {"input"}},
///                     {.name = "sum", .layer = Add{}, .inputs = {"a", "b"}}},
///                    "sum"};
#pragma once

#include <algorithm>
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

/// Nodes in any order. Its tensors are called `a.conv2d.kernel`; frozen layers are counted in the order in which they
/// are run: that of the list, but behind what they read.
class Graph {
 public:
  static constexpr std::string_view name = "graph";

  Shape input = {};

  /// Throws ArgumentError for a name that is missing, repeated or read but not there, for nodes that read each other in
  /// a circle, and for an `output` that is no node; ShapeError where a layer does not fit what it reads.
  Graph(const Input& first, std::vector<Node> nodes, std::string_view output)
      : input{first.shape()}, nodes_{std::move(nodes)} {
    sort();
    output_ = find("output", output);
    (void)output_shape(input);
  }

  Shape output_shape(Shape in) const { return checked_chain(*this, in); }

  template <class B>
  typename B::Value lower(B& builder, typename B::Value in) const {
    check_chain_input(input, builder.shape(in));
    std::vector<typename B::Value> values{in}, inputs;  // of the input and of every node
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      inputs.clear();
      for (const std::size_t read : reads_[i]) inputs.push_back(values[read]);
      values.push_back(
          builder.add(std::string_view{nodes_[i].name}, nodes_[i].layer, std::span<const typename B::Value>{inputs}));
    }
    return values[output_];
  }

 private:
  /// 0 for the input, i + 1 for node i.
  [[gnu::cold]] std::size_t find(std::string_view reader, std::string_view read) const {
    if (read == "input") return 0;
    for (std::size_t i = 0; i < nodes_.size(); ++i)
      if (nodes_[i].name == read) return i + 1;
    throw graph_node_does_not_exist(reader, read);
  }

  /// Puts each node behind those that it reads.
  [[gnu::cold]] void sort() {
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      const Node& node = nodes_[i];
      if (node.name.empty() || node.name == "input" || find("", node.name) != i + 1)
        throw graph_node_needs_a_name(node.name);
      if (node.inputs.empty()) throw graph_node_reads_nothing(node.name);
      for (const std::string& read : node.inputs) (void)find(node.name, read);
    }
    for (std::size_t next = 0; next < nodes_.size(); ++next) {
      const auto from = nodes_.begin() + static_cast<std::ptrdiff_t>(next);
      const auto ready = std::find_if(from, nodes_.end(), [&](const Node& node) {
        return std::all_of(node.inputs.begin(), node.inputs.end(),
                           [&](const std::string& read) { return find(node.name, read) <= next; });
      });
      if (ready == nodes_.end()) throw graph_has_a_cycle(from->name);
      std::rotate(from, ready, ready + 1);
    }
    for (const Node& node : nodes_) {
      reads_.emplace_back();
      for (const std::string& read : node.inputs) reads_.back().push_back(find(node.name, read));
    }
  }

  std::vector<Node> nodes_;
  std::vector<std::vector<std::size_t>> reads_;  // see `find`
  std::size_t output_ = 0;
};

}  // namespace fkd
