/// \file
/// Dead ReLUs: units whose output is 0 for every sample. Their gradient is 0 too, so no later step revives them but by
/// what changes below them.
#pragma once

#include <iterator>

#include "digits.hpp"

namespace experiments {

/// The share of the units behind the activations of a network of (dense, activation) pairs that are not above 0 for any
/// sample, in percent.
inline double dead_share(const Model& net, const Batch<double>& x, Index hidden) {
  const std::vector<Batch<double>> outputs = fkd::activations(net, x);
  double dead = 0, units = 0;
  for (Index i = 1; i <= hidden; ++i) {
    const Batch<double>& y = outputs[static_cast<std::size_t>(2 * i + 1)];
    for (Index u = 0; u < y.shape().channels; ++u) {
      bool alive = false;
      for (Index n = 0; n < y.samples(); ++n) alive = alive || y.sample(n)[static_cast<std::size_t>(u)] > 0;
      dead += alive ? 0 : 1, units += 1;
    }
  }
  return 100 * dead / units;
}

inline Outcome dead_relu(bool quick) {
  struct Case {
    std::string name;
    AnyLayer activation;
    double rate;
  };
  const Case cases[] = {{"ReLU, rate 0.001", fkd::ReLU{}, 0.001},
                        {"ReLU, rate 0.03", fkd::ReLU{}, 0.03},
                        {"ReLU, rate 0.1", fkd::ReLU{}, 0.1},
                        {"leaky ReLU, rate 0.1", fkd::LeakyReLU{.negative_slope = 0.1}, 0.1}};
  constexpr Index hidden = 3;
  const int steps = quick ? 40 : 300, every = 10;
  const Digits data = digits(300);

  Text text;
  text.line("units that are not above 0 for any of 300 digits, 3 layers of 64 units, %d steps of Adam", steps);
  text.line("                          before     after      loss   accuracy");
  drawing::Chart chart{.title = "Dead units during training", .x = {.label = "step"}, .y = {.label = "dead units, %"}};
  std::vector<double> after, right;
  for (const Case& c : cases) {
    std::vector<AnyLayer> layers{fkd::Flatten{}};
    for (Index i = 0; i < hidden; ++i) {
      layers.push_back(fkd::Dense{.units = 64, .initialiser = Initialiser::he_normal});
      layers.push_back(c.activation);
    }
    layers.push_back(fkd::Dense{.units = 10});
    Model net = make(data.x.shape(), layers);
    Trainer trainer{net,
                    data.x,
                    data.target,
                    {.optimizer = fkd::Adam{.learning_rate = c.rate}, .loss = fkd::SoftmaxCrossEntropy{}}};
    drawing::Line line{.name = c.name};
    const double before = dead_share(net, data.x, hidden);
    line.points.emplace_back(0, before);
    for (int i = 1; i <= steps; ++i) {
      trainer.step();
      if (i % every == 0) line.points.emplace_back(i, dead_share(net, data.x, hidden));
    }
    chart.lines.push_back(line);
    after.push_back(line.points.back().second);
    right.push_back(accuracy(net, data.x, data.target));
    text.line("%-22s%9.0f %%%8.0f %%%10.3f%9.0f %%", c.name.c_str(), before, after.back(),
              cross_entropy(net, data.x, data.target), right.back());
  }
  text.sentence(
      format("At a rate of %g, %.0f %% of the ReLUs are dead after %d steps, at %g %.0f %%, at %g %.0f %%, and "
             "the network is right for %.0f, %.0f and %.0f %% of the digits; leaky ReLUs at a rate of %g: %.0f "
             "%% are below 0 for all digits, and it is right for %.0f %%.",
             cases[0].rate, after[0], steps, cases[1].rate, after[1], cases[2].rate, after[2], right[0], right[1],
             right[2], cases[3].rate, after[3], right[3]));
  return {text.get(), draw(chart)};
}

}  // namespace experiments
