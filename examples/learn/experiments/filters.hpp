/// \file
/// What a filter learned: the first layer's weights before and after training on drawn digits, and what each answers to
/// a digit.
#pragma once

#include "digits.hpp"

namespace experiments {

inline constexpr Index filter_side = 5, filter_count = 8;

/// Filter f of weights (5, 5, 1, 8).
inline std::vector<double> filter(std::span<const double> weight, Index f) {
  std::vector<double> values;
  for (Index i = 0; i < filter_side * filter_side; ++i)
    values.push_back(weight[static_cast<std::size_t>(i * filter_count + f)]);
  return values;
}

/// The share of a filter's sum of squares that lies in a plane over its pixels: a constant and two slopes, 3 of its 25
/// dimensions. Edges and brightness have most of theirs there, noise 12 %.
inline double plane_share(const std::vector<double>& values) {
  double constant = 0, down = 0, right = 0, all = 0;
  for (Index r = 0; r < filter_side; ++r)
    for (Index c = 0; c < filter_side; ++c) {
      const double value = values[static_cast<std::size_t>(r * filter_side + c)];
      constant += value / 5;                                         // of unit vectors: 25 values of 1/5,
      down += value * static_cast<double>(r - 2) / std::sqrt(50.0);  // and (-2 .. 2), five times, of norm sqrt(50)
      right += value * static_cast<double>(c - 2) / std::sqrt(50.0);
      all += value * value;
    }
  return (constant * constant + down * down + right * right) / all;
}

inline Outcome filters(bool quick) {
  const int steps = quick ? 20 : 600;
  const Digits data = digits(400), unseen = digits(200, Seed{4});
  Model net = make(data.x.shape(),
                   {fkd::Conv2D{.filters = filter_count, .kernel = filter_side, .initialiser = Initialiser::he_normal},
                    fkd::ReLU{}, fkd::MaxPool2D{.window = 2}, fkd::Flatten{}, fkd::Dense{.units = 10}});
  const Model before = net;
  // Weight decay lets what is of no use fade.
  Trainer trainer{net,
                  data.x,
                  data.target,
                  {.optimizer = fkd::SGD{.learning_rate = 0.03, .momentum = 0.9, .weight_decay = 0.01},
                   .loss = fkd::SoftmaxCrossEntropy{}}};
  for (int i = 0; i < steps; ++i) trainer.step();

  Svg svg{640, 372, "The filters of a first layer before and after training, and what they answer to a digit"};
  const auto tiles = [&](double x, double y, double pixel, Index side, const auto& value) {  // from black to white
    double least = HUGE_VAL, largest = -HUGE_VAL;
    for (Index i = 0; i < side * side; ++i)
      least = (std::min)(least, value(i)), largest = (std::max)(largest, value(i));
    for (Index i = 0; i < side * side; ++i)
      svg.grey(x + pixel * static_cast<double>(i % side), y + pixel * static_cast<double>(i / side), pixel,
               largest > least ? static_cast<int>(255 * (value(i) - least) / (largest - least)) : 0);
  };
  Text text;
  text.line("share of a filter that is a plane, brightness and slopes (noise: 12 %%); %d steps on 400 digits", steps);
  double mean[2] = {};
  int row = 0;
  for (const Model* model : {&before, static_cast<const Model*>(&net)}) {
    std::string line = row == 0 ? "before" : "after ";
    svg.text(14, 54 + 84.0 * row, row == 0 ? "before" : "after");
    for (Index f = 0; f < filter_count; ++f) {
      const std::vector<double> values = filter(model->tensor(0), f);
      mean[row] += 100 * plane_share(values) / filter_count;
      line += format("%6.0f %%", 100 * plane_share(values));
      tiles(90 + 68 * static_cast<double>(f), 20 + 84.0 * row, 12, filter_side,
            [&](Index i) { return values[static_cast<std::size_t>(i)]; });
    }
    text.line("%s", line.c_str());
    ++row;
  }
  // What the trained filters answer to a digit: the layer's output behind the ReLU.
  const std::vector<Batch<double>> outputs = fkd::activations(net, unseen.x);
  const Index which = 5;
  svg.text(14, 226, "answer");
  for (Index f = 0; f < filter_count; ++f)
    tiles(90 + 68 * static_cast<double>(f), 190, 5, 12,
          [&](Index i) { return outputs[2].sample(which)[static_cast<std::size_t>(i * filter_count + f)]; });
  svg.text(14, 310, "to");
  tiles(90, 274, 5, digit_side, [&](Index i) { return unseen.x.sample(which)[static_cast<std::size_t>(i)]; });
  svg.text(200, 300, "Each filter from its least weight (black) to its");
  svg.text(200, 322, "largest (white): an edge is dark on one side.");
  text.sentence(
      format("Training took the part of the filters that is a plane from %.0f to %.0f %%, and the network from "
             "%.0f to %.0f %% of 200 digits that it has not seen.",
             mean[0], mean[1], accuracy(before, unseen.x, unseen.target), accuracy(net, unseen.x, unseen.target)));
  return {text.get(), svg};
}

}  // namespace experiments
