/// \file
/// The networks of networks.txt as fkd's: a table of the languages' words is at the top of that file.
#pragma once

#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include <fkd/net.hpp>

#include "measure.hpp"

namespace benchmarks {

using fkd::Index;

/// A line of the table.
struct TableEntry {
  std::string name;
  Index batch = 0;
  bool quick = false;
  fkd::Input input = {};
  std::vector<std::string> layers = {};  ///< `N*( ... )` is written out
};

namespace detail {

/// Writes `N*( ... )` out.
inline std::vector<std::string> repeat_layers(std::istream& words, bool inside = false) {
  std::vector<std::string> all;
  for (std::string word; words >> word;) {
    if (inside && word == ")") break;
    if (const auto star = word.find("*("); star != std::string::npos) {
      const std::vector<std::string> part = repeat_layers(words, true);
      for (int i = std::stoi(word); i > 0; --i) all.insert(all.end(), part.begin(), part.end());
    } else {
      all.push_back(word);
    }
  }
  return all;
}

/// A word of a line: `conv:32:3:s2` is the name, the numbers, the stride.
struct TableWord {
  std::string name;
  std::vector<Index> numbers = {};
  Index stride = 1;
  bool valid = false;

  explicit TableWord(const std::string& text) {
    std::istringstream parts{text};
    std::getline(parts, name, ':');
    for (std::string part; std::getline(parts, part, ':');) {
      if (part == "v") {
        valid = true;
      } else if (part[0] == 's') {
        stride = std::stol(part.substr(1));
      } else {
        numbers.push_back(std::stol(part));
      }
    }
  }
  Index number(std::size_t i) const { return numbers.at(i); }
};

/// What a word is in fkd, behind values of `in`.
inline fkd::AnyLayer layer_of(const TableWord& word, fkd::Shape in, bool before_norm) {
  const auto square = [](Index n) { return fkd::Extent2D{n, n}; };
  const auto convolution = [&](Index filters, Index kernel, Index groups) {
    return fkd::Conv2D{.filters = filters,
                       .kernel = square(kernel),
                       .stride = square(word.stride),
                       .padding = word.valid ? fkd::Padding::valid : fkd::Padding::sides((kernel - 1) / 2),
                       .groups = groups,
                       .use_bias = !before_norm};
  };
  if (word.name == "conv") return convolution(word.number(0), word.number(1), 1);
  if (word.name == "depthwise") return convolution(in.channels, word.number(0), in.channels);
  if (word.name == "relu") return fkd::ReLU{};
  if (word.name == "bn") return fkd::BatchNorm{.momentum = 0.9, .epsilon = 1e-5, .unbiased_variance = true};
  if (word.name == "flat") return fkd::Flatten{};
  if (word.name == "gap") return fkd::GlobalAveragePool2D{};
  if (word.name == "pool") return fkd::MaxPool2D{.window = square(word.number(0))};
  if (word.name == "up") return fkd::UpSampling2D{.size = square(word.number(0))};
  if (word.name == "dense") return fkd::Dense{.units = word.number(0)};
  throw LeftOut{"networks.txt: there is no layer " + word.name};
}

}  // namespace detail

/// The lines of the file.
inline std::vector<TableEntry> read_table(const std::string& path) {
  std::ifstream file{path};
  if (!file) throw LeftOut{"there is no " + path};
  std::vector<TableEntry> table;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    std::istringstream words{line};
    TableEntry entry;
    std::string batch;
    char x = 0;
    words >> entry.name >> batch >> entry.input.height >> x >> entry.input.width >> x >> entry.input.channels;
    entry.batch = std::stol(batch);
    entry.quick = batch.back() == 'q';
    entry.layers = detail::repeat_layers(words);
    table.push_back(entry);
  }
  return table;
}

inline TableEntry find_entry(const std::string& path, const std::string& name) {
  for (const TableEntry& entry : read_table(path))
    if (entry.name == name) return entry;
  throw LeftOut{"networks.txt has no network " + name};
}

/// The network of a line.
inline fkd::Graph network_of(const TableEntry& entry) {
  std::vector<fkd::Node> nodes;
  std::map<std::string, fkd::Shape> shapes{{"input", entry.input.shape()}};
  std::map<std::string, std::string> named;
  std::string last = "input";
  const auto add = [&](const fkd::AnyLayer& layer, const std::vector<std::string>& inputs, fkd::Shape out) {
    last = "n" + std::to_string(nodes.size());
    nodes.push_back({last, layer, inputs});
    shapes[last] = out;
  };
  for (std::size_t i = 0; i < entry.layers.size(); ++i) {
    const std::string& word = entry.layers[i];
    const std::string other = word.substr(1);
    fkd::Shape shape = shapes.at(last);
    if (word[0] == '=') {
      named[other] = last;
    } else if (word[0] == '@') {
      last = named.at(other);
    } else if (word[0] == '+') {
      add(fkd::Add{}, {last, named.at(other)}, shape);
    } else if (word[0] == '|') {
      shape.channels += shapes.at(named.at(other)).channels;
      add(fkd::Concat{}, {last, named.at(other)}, shape);
    } else {
      const bool before_norm = i + 1 < entry.layers.size() && entry.layers[i + 1] == "bn";
      const fkd::AnyLayer layer = detail::layer_of(detail::TableWord{word}, shape, before_norm);
      add(layer, {last}, layer.output_shape(shape));
    }
  }
  return {entry.input, nodes, last};
}

/// Operations of one image, a multiply-add counting 2: convolutions and dense layers, forward, and while training:
/// three times that, but twice for those that read the input.
struct Operations {
  double forward = 0, training = 0;
};
inline Operations operations_of(const fkd::Model<float>& net) {
  Operations all;
  for (const fkd::OpInfo& op : net.program().ops) {
    const std::string& name = net.network().name(op);
    if (name.find("conv2d") == std::string::npos && name.find("dense") == std::string::npos) continue;
    const auto forward = static_cast<double>(op.flops);
    all.forward += forward;
    all.training += forward * (net.program().reads.inputs(op)[0] == 0 ? 2 : 3);
  }
  return all;
}

}  // namespace benchmarks
