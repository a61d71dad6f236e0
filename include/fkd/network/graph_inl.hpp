/// \file
/// Definitions of graph.hpp.
#pragma once

#include <algorithm>
#include <numeric>

#include <fkd/core/nearest_names.hpp>
#include <fkd/network/graph.hpp>
#include <fkd/runtime/error.hpp>

namespace fkd {

FKD_FUNC Graph::Graph(const Input& first, std::vector<Node> nodes, std::string_view output)
    : input{first.shape()}, nodes_{std::move(nodes)} {
  sort(output);
  (void)output_shape(input);
}

FKD_FUNC Shape Graph::output_shape(Shape in) const { return checked_chain(*this, in); }

template <class B>
typename B::Value Graph::lower(B& builder, typename B::Value in) const {
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

FKD_FUNC void Graph::sort(std::string_view output) {
  const std::size_t count = nodes_.size();
  std::vector<std::size_t> by_name(count);
  std::iota(by_name.begin(), by_name.end(), std::size_t{0});
  std::sort(by_name.begin(), by_name.end(), [&](std::size_t a, std::size_t b) {
    const int order = nodes_[a].name.compare(nodes_[b].name);
    return order < 0 || (order == 0 && a < b);
  });
  // 0 for the input, i + 1 for node i of the list.
  const auto find = [&](std::string_view reader, std::string_view read) {
    if (read == "input") return std::size_t{0};
    const auto at = std::lower_bound(by_name.begin(), by_name.end(), read,
                                     [&](std::size_t i, std::string_view text) { return nodes_[i].name < text; });
    if (at == by_name.end() || nodes_[*at].name != read) throw_not_there(reader, read);
    return *at + 1;
  };

  std::vector<std::vector<std::size_t>> reads(count), readers(count + 1);
  for (std::size_t i = 0; i < count; ++i) {
    const Node& node = nodes_[i];
    if (node.name.empty() || node.name == "input" || find("", node.name) != i + 1)
      throw graph_node_needs_a_name(node.name);
    if (node.inputs.empty()) throw graph_node_reads_nothing(node.name);
    for (const std::string& read : node.inputs) {
      reads[i].push_back(find(node.name, read));
      readers[reads[i].back()].push_back(i);
    }
  }
  const std::size_t out = find("output", output);
  if (out == 0) throw_not_there("output", output);

  std::vector<std::size_t> waits, ready, place(count + 1, unplaced);  // ready: a heap, the first of the list on top
  for (const std::vector<std::size_t>& its : reads) waits.push_back(its.size());
  const auto later = [](std::size_t a, std::size_t b) { return a > b; };
  std::vector<Node> sorted;
  for (std::size_t placed = 0;;) {
    place[placed] = sorted.size();
    for (const std::size_t reader : readers[placed]) {
      if (--waits[reader] > 0) continue;
      ready.push_back(reader);
      std::push_heap(ready.begin(), ready.end(), later);
    }
    if (ready.empty()) break;
    std::pop_heap(ready.begin(), ready.end(), later);
    placed = ready.back() + 1;
    ready.pop_back();
    sorted.push_back(nodes_[placed - 1]);
    reads_.emplace_back();
    for (const std::size_t read : reads[placed - 1]) reads_.back().push_back(place[read]);
  }
  if (sorted.size() < count) throw graph_has_a_cycle(nodes_[on_a_cycle(reads, place)].name);
  for (std::size_t i = 0; i < count; ++i)
    if (readers[i + 1].empty() && i + 1 != out) throw graph_node_is_not_read(nodes_[i].name, output);
  nodes_ = std::move(sorted);
  output_ = place[out];
}

FKD_FUNC void Graph::throw_not_there(std::string_view reader, std::string_view read) const {
  std::vector<std::string> names{"input"};
  for (const Node& node : nodes_) names.push_back(node.name);
  throw graph_node_does_not_exist(reader, read, nearest_names_text(read, names));
}

FKD_FUNC std::size_t Graph::on_a_cycle(const std::vector<std::vector<std::size_t>>& reads,
                                       const std::vector<std::size_t>& place) {
  const auto has_none = [&](std::size_t i) { return place[i] == unplaced; };
  auto i = static_cast<std::size_t>(std::find(place.begin(), place.end(), unplaced) - place.begin());
  for (std::size_t step = 0; step < reads.size(); ++step)
    i = *std::find_if(reads[i - 1].begin(), reads[i - 1].end(), has_none);
  return i - 1;
}

}  // namespace fkd
