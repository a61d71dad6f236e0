/// \file
/// Initialisation: what each rule makes of the activations of a chain with ReLU, and what training makes of it.
#pragma once

#include <iterator>

#include "digits.hpp"

namespace experiments {

inline Outcome initialisation(bool quick) {
  struct Rule {
    std::string name;
    Initialiser initialiser;
  };
  const Rule rules[] = {{"zeros", Initialiser::zeros},
                        {"deviation 0.01", Initialiser::normal(0.01)},
                        {"Xavier (Glorot)", Initialiser::glorot_normal},
                        {"He", Initialiser::he_normal},
                        {"deviation 0.5", Initialiser::normal(0.5)}};
  constexpr Index hidden = 8;
  const int steps = quick ? 20 : 200;
  const Digits data = digits(300);

  Text text;
  text.line("variance behind the ReLU of layer, 8 dense layers of 64 units; the loss before and after %d steps", steps);
  text.line("                            1         4         8      before     after");
  drawing::Chart chart{.title = "The variance of activations by layer, before training",
                       .x = {.label = "layer"},
                       .y = {.label = "variance behind the ReLU", .log = true}};
  std::string best;
  double best_loss = HUGE_VAL, guess = std::log(10.0);
  std::string stuck, worse;
  for (std::size_t r = 0; r < std::size(rules); ++r) {
    const Rule& rule = rules[r];
    std::vector<AnyLayer> layers{fkd::Flatten{}};
    for (Index i = 0; i < hidden; ++i) {
      layers.push_back(fkd::Dense{.units = 64, .initialiser = rule.initialiser});
      layers.push_back(fkd::ReLU{});
    }
    layers.push_back(fkd::Dense{.units = 10, .initialiser = rule.initialiser});
    Model net = make(data.x.shape(), layers);

    const std::vector<Batch<double>> outputs = fkd::activations(net, data.x);
    drawing::Line line{.name = rule.name, .colour = static_cast<int>(r)};
    std::vector<double> variances;
    for (Index i = 1; i <= hidden; ++i) {  // outputs: the input, flatten, and a dense layer and a ReLU each time
      const Batch<double>& y = outputs[static_cast<std::size_t>(2 * i + 1)];
      const double mean = fkd::statistics(y).mean,
                   rms = root_mean_square({y.data(), static_cast<std::size_t>(y.size())});
      variances.push_back(rms * rms - mean * mean);
      line.points.emplace_back(static_cast<double>(i), variances.back());
    }
    if (variances[0] > 0) chart.lines.push_back(line);

    Trainer trainer{net, data.x, data.target, {.optimizer = fkd::Adam{}, .loss = fkd::SoftmaxCrossEntropy{}}};
    const double before = cross_entropy(net, data.x, data.target);
    for (int i = 0; i < steps; ++i) trainer.step();
    const double after = cross_entropy(net, data.x, data.target);
    text.line("%-20s%10.1e%10.1e%10.1e%10.2f%10.3f", rule.name.c_str(), variances[0], variances[3], variances[7],
              before, after);
    if (after < best_loss) best_loss = after, best = rule.name;
    if (std::abs(after - guess) < 0.01 * guess) stuck += (stuck.empty() ? "" : " and ") + rule.name;
    if (!(after < 1.01 * guess)) worse += format("; %s is still at %.0f", rule.name.c_str(), after);
  }
  text.sentence(format("After %d steps %s has the lowest loss, %.3f", steps, best.c_str(), best_loss) +
                (stuck.empty() ? "" : "; " + stuck + format(" stay at %.2f, the loss of guessing", guess)) + worse +
                ".");
  return {text.get(), draw(chart)};
}

}  // namespace experiments
