/// \file
/// A learning-rate range test: the rate grows from step to step, and the loss shows between which limits it is of use
/// (Smith 2017, "Cyclical learning rates for training neural networks", section 3.3).
#pragma once

#include <iterator>

#include "digits.hpp"

namespace experiments {

inline std::vector<AnyLayer> small_cnn() {
  return {
      fkd::Conv2D{
          .filters = 8, .kernel = 5, .stride = 2, .padding = fkd::Padding::same, .initialiser = Initialiser::he_normal},
      fkd::ReLU{}, fkd::Flatten{}, fkd::Dense{.units = 10}};
}

/// The mean loss of the last 20 of `steps` steps; NaN if it diverges.
inline double trained_loss(const std::vector<AnyLayer>& layers, const Digits& data, double rate, int steps) {
  Model net = make(data.x.shape(), layers);
  Trainer trainer{
      net, data.x, data.target, {.optimizer = fkd::SGD{.learning_rate = rate}, .loss = fkd::SoftmaxCrossEntropy{}}};
  double sum = 0;
  for (int i = 0; i < steps; ++i) {
    const double loss = trainer.step();
    if (i >= steps - 20) sum += loss / 20;
  }
  return sum;
}

inline Outcome rate_range(bool quick) {
  const int steps = quick ? 60 : 200;
  const double first = 1e-4, last = 10;
  const Digits data = digits(300);
  Model net = make(data.x.shape(), small_cnn());
  Trainer trainer{
      net, data.x, data.target, {.optimizer = fkd::SGD{.learning_rate = first}, .loss = fkd::SoftmaxCrossEntropy{}}};

  // The loss jumps from batch to batch: a moving average, corrected as Adam's is.
  drawing::Line line{.name = "loss, moving average", .points = {}};
  double average = 0, lowest = HUGE_VAL, lowest_rate = first, start = 0, useful = 0, too_large = last;
  for (int i = 0; i < steps; ++i) {
    trainer.options().rate_scale = std::pow(last / first, static_cast<double>(i) / (steps - 1));
    const double rate = first * trainer.options().rate_scale, loss = trainer.step();
    average = 0.9 * average + 0.1 * loss;
    const double smooth = average / (1 - std::pow(0.9, i + 1));
    if (i == 0) start = smooth;
    if (!(smooth < 4 * start)) {
      too_large = rate;
      break;
    }
    line.points.emplace_back(rate, smooth);
    if (smooth < lowest) lowest = smooth, lowest_rate = rate;
    if (useful == 0 && smooth < 0.9 * start) useful = rate;
  }
  const double suggested = lowest_rate / 4;
  Text text;
  text.line("a range test of %d steps, from a rate of %g on; the loss begins at %.2f", steps, first, start);
  text.line("the loss is a tenth lower     at a rate of %9.4f", useful);
  text.line("it is lowest, %.2f           at a rate of %9.4f", lowest, lowest_rate);
  text.line("it is four times the first    at a rate of %9.4f", too_large);
  const int trained = quick ? 30 : 150;
  text.line("a quarter of the rate of the lowest loss: %8.4f; trained for %d steps with", suggested, trained);
  std::vector<double> losses;
  for (const double rate : {suggested / 30, suggested, suggested * 30}) {
    losses.push_back(trained_loss(small_cnn(), data, rate, trained));
    if (std::isfinite(losses.back()))
      text.line("    rate %8.4f: loss %.3f", rate, losses.back());
    else
      text.line("    rate %8.4f: diverges", rate);
  }
  const auto told = [](double loss) {
    return std::isfinite(loss) ? format("ends at a loss of %.3f", loss) : std::string{"diverges"};
  };
  text.sentence(format("The test takes %d steps and suggests %.4f: training with it ", steps, suggested) +
                told(losses[1]) + ", with a thirtieth of it " + told(losses[0]) +
                ", and with thirty times as much it " + told(losses[2]) + ".");
  drawing::Chart chart{.title = "A learning-rate range test",
                       .x = {.label = "learning rate, grows from step to step", .log = true},
                       .y = {.label = "loss"},
                       .lines = {line},
                       .marks = {{suggested, format("suggested: %.4f", suggested)}}};
  return {text.get(), draw(chart)};
}

}  // namespace experiments
