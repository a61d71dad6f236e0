/// \file
/// The timed operations: a whole training step and a prediction, with inputs in memory.
#pragma once

#include <cmath>

#include <fkd/net.hpp>

#include "table.hpp"

namespace benchmarks {

using fkd::Index;

/// Values that vary smoothly in (0, 1), each image another, as a photograph's do.
inline fkd::Batch<float> some_images(fkd::Shape shape, Index samples) {
  fkd::Batch<float> images{shape, samples};
  for (Index n = 0; n < samples; ++n)
    for (Index h = 0; h < shape.height; ++h)
      for (Index w = 0; w < shape.width; ++w)
        for (Index c = 0; c < shape.channels; ++c) {
          const double a = 0.05 * static_cast<double>(h + 3 * n + 7 * c), b = 0.07 * static_cast<double>(w + 5 * n + c);
          images.sample(n)[(h * shape.width + w) * shape.channels + c] =
              static_cast<float>(0.5 + 0.25 * std::sin(a) + 0.24 * std::cos(b + a));
        }
  return images;
}

/// Values about 0, of about 1.
inline fkd::Batch<float> some_targets(fkd::Shape shape, Index samples) {
  fkd::Batch<float> targets{shape, samples};
  for (Index n = 0; n < samples; ++n)
    for (Index k = 0; k < shape.size(); ++k)
      targets.sample(n)[k] = 0.1F * static_cast<float>((7 * n + 13 * k) % 11 - 5);
  return targets;
}

/// So small that the weights stay close to their initial values: a trained network may have more zeros, which would
/// favour the sparse backend.
inline constexpr double learning_rate = 1e-6;

/// The body of `fkd::fit` without reading the samples: forward, loss, backward, Adam.
class TrainingStep {
 public:
  TrainingStep(const fkd::Graph& network, Index batch, const fkd::Backend<float>& backend)
      : net_{network, fkd::Seed{7}},
        x_{some_images(net_.input_shape(), batch)},
        target_{some_targets(net_.output_shape(), batch)},
        gradients_{net_} {
    net_.use(backend);
  }

  void operator()() { (void)fkd::train_step(net_, x_, target_, state_, gradients_, options_); }

 private:
  fkd::Model<float> net_;
  fkd::Batch<float> x_, target_;
  fkd::TrainingState<float> state_;
  fkd::Gradients<float> gradients_;
  fkd::StepOptions options_{.optimizer = fkd::Adam{.learning_rate = learning_rate}};
};

/// As a program predicts that cares for speed: with a Predictor, which packs weights once.
class Prediction {
 public:
  Prediction(const fkd::Graph& network, Index batch, const fkd::Backend<float>& backend)
      : predictor_{model(network, backend)},
        x_{some_images(predictor_.input_shape(), batch)},
        y_{predictor_.output_shape(), batch} {}

  void operator()() { predictor_.predict(x_.view(), y_.view()); }

 private:
  static fkd::Model<float> model(const fkd::Graph& network, const fkd::Backend<float>& backend) {
    fkd::Model<float> net{network, fkd::Seed{7}};
    net.use(backend);
    return net;
  }

  const fkd::Predictor<float> predictor_;
  fkd::Batch<float> x_, y_;
};

}  // namespace benchmarks
