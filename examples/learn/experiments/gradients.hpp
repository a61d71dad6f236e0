/// \file
/// Exploding and vanishing gradients: what reaches the layers of a deep chain, before any training.
///
/// Each layer multiplies the gradient by its weights and by its activation's slope. Of a sigmoid that is at most 1/4.
#pragma once

#include <iterator>

#include "digits.hpp"

namespace experiments {

/// A chain of `depth` dense layers of 64 units, with an activation behind each but the last.
struct Chain {
  std::string name;
  Initialiser initialiser;
  AnyLayer activation;
  bool batch_norm = false;

  std::vector<AnyLayer> layers(Index depth) const {
    std::vector<AnyLayer> all{fkd::Flatten{}};
    for (Index i = 1; i < depth; ++i) {
      all.push_back(fkd::Dense{.units = 64, .initialiser = initialiser, .use_bias = !batch_norm});
      if (batch_norm) all.push_back(fkd::BatchNorm{});
      all.push_back(activation);
    }
    all.push_back(fkd::Dense{.units = 10, .initialiser = Initialiser::glorot_normal});
    return all;
  }
};

/// The norm of the loss's gradient by each dense layer's weights, the first layer first.
inline std::vector<double> gradient_norms(const Model& model, const Digits& data) {
  Model net = model;
  fkd::Gradients<double> gradients{net};
  fkd::compute_gradients<double>(net, data.x, data.target, {}, gradients, {.loss = fkd::SoftmaxCrossEntropy{}});
  std::vector<double> norms;
  const auto& tensors = net.layout().tensors();
  for (std::size_t i = 0; i < tensors.size(); ++i)
    if (tensors[i].name.ends_with(".kernel")) norms.push_back(gradients.norm(static_cast<Index>(i)));
  return norms;
}

inline Outcome gradients(bool quick) {
  const double three_times = 3 * std::sqrt(1 / 64.0);  // Glorot's variance for 64 inputs and outputs is 1 / 64
  const Chain chains[] = {{"sigmoid, Glorot", Initialiser::glorot_normal, fkd::Sigmoid{}},
                          {"sigmoid, batch norm", Initialiser::glorot_normal, fkd::Sigmoid{}, true},
                          {"tanh, Glorot", Initialiser::glorot_normal, fkd::Tanh{}},
                          {"ReLU, He", Initialiser::he_normal, fkd::ReLU{}},
                          {"tanh, 3 x Glorot", Initialiser::normal(three_times), fkd::Tanh{}}};
  const Index depths[] = {4, 8, 16, 32}, shown = 16;
  const Digits data = digits(quick ? 20 : 100);

  Text text;
  text.line("norm of the gradient of layer 2's weights / of layer (depth - 1)'s, dense layers of 64 units, untrained");
  text.line("depth                       4         8        16        32   in each of 16");
  drawing::Chart chart{.title = "The gradient of each layer's weights in a chain of 16 layers",
                       .x = {.label = "layer"},
                       .y = {.label = "gradient / that of layer 15", .log = true}};
  std::vector<double> factors;
  for (const Chain& chain : chains) {
    std::string row = format("%-20s", chain.name.c_str());
    for (const Index depth : depths) {
      const std::vector<double> norms = gradient_norms(make(data.x.shape(), chain.layers(depth)), data);
      const double last = norms[norms.size() - 2], ratio = norms[1] / last;  // those whose weights are 64 x 64
      row += format("%10.1e", ratio);
      if (depth != shown) continue;
      factors.push_back(std::pow(ratio, 1 / static_cast<double>(depth - 3)));
      drawing::Line line{.name = chain.name};
      for (std::size_t i = 1; i + 1 < norms.size(); ++i)
        line.points.emplace_back(static_cast<double>(i + 1), norms[i] / last);
      chart.lines.push_back(line);
    }
    text.line("%s%11.2f", row.c_str(), factors.back());
  }
  std::string sentence = "On its way down a gradient is multiplied in each layer by";
  for (std::size_t i = 0; i < std::size(chains); ++i)
    sentence += format("%s %.2f (%s)",
                       i == 0                       ? ""
                       : i + 1 == std::size(chains) ? " or"
                                                    : ",",
                       factors[i], chains[i].name.c_str());
  text.sentence(sentence + format("; 30 layers make %.0e of it with the first and %.0e with the last.",
                                  std::pow(factors[0], 30), std::pow(factors[std::size(chains) - 1], 30)));
  return {text.get(), draw(chart)};
}

}  // namespace experiments
