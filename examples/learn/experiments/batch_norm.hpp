/// \file
/// Batch normalisation's effect: the same network with it and without, over a range of learning rates.
#pragma once

#include <iterator>

#include "digits.hpp"
#include "rate_range.hpp"

namespace experiments {

/// Eight dense layers of 48 units, of Glorot's initialisation, with ReLU.
inline std::vector<AnyLayer> deep_chain(bool batch_norm) {
  std::vector<AnyLayer> layers{fkd::Flatten{}};
  for (int i = 0; i < 8; ++i) {
    layers.push_back(fkd::Dense{.units = 48, .use_bias = !batch_norm});
    if (batch_norm) layers.push_back(fkd::BatchNorm{});
    layers.push_back(fkd::ReLU{});
  }
  layers.push_back(fkd::Dense{.units = 10});
  return layers;
}

inline Outcome batch_norm(bool quick) {
  const int steps = quick ? 25 : 120;
  const double enough = 1;
  const Digits data = digits(300);
  std::vector<double> rates;
  for (int i = 0; i <= 8; ++i) rates.push_back(0.001 * std::pow(10.0, 0.5 * i));
  Text text;
  text.line("the loss after %d steps of gradient descent, 8 dense layers of 48 units with ReLU", steps);
  text.line("learning rate           without      with batch normalisation");
  drawing::Chart chart{.title = "The loss that training ends at, by learning rate",
                       .x = {.label = "learning rate", .log = true},
                       .y = {.label = "loss after training", .log = true},
                       .lines = {{"without"}, {"with batch normalisation"}}};
  double best[2] = {HUGE_VAL, HUGE_VAL}, best_rate[2] = {}, low[2] = {}, high[2] = {};
  for (const double rate : rates) {
    std::string row = format("%13.4f     ", rate);
    for (const bool with : {false, true}) {
      const double loss = trained_loss(deep_chain(with), data, rate, steps);
      row += std::isfinite(loss) ? format("%13.3f", loss) : format("%13s", "diverges");
      chart.lines[with].points.emplace_back(rate, loss);
      if (loss < best[with]) best[with] = loss, best_rate[with] = rate;
      if (loss < enough) low[with] = low[with] > 0 ? low[with] : rate, high[with] = rate;
    }
    text.line("%s", row.c_str());
  }
  const auto range = [&](bool with) {
    return low[with] > 0 ? format("from %.3f to %.3f", low[with], high[with]) : std::string{"at no rate"};
  };
  text.sentence(
      format("Without batch normalisation training ends below a loss of %.1f ", enough) + range(false) + ", with it " +
      range(true) +
      format("; the best without is %.3f at %.3f, with %.3f at %.3f.", best[0], best_rate[0], best[1], best_rate[1]));
  return {text.get(), draw(chart)};
}

}  // namespace experiments
