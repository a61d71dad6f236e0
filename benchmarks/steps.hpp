/// \file
/// The timed operations: a whole training step and a prediction, with inputs in memory.
#pragma once

#include <fkd/net.hpp>

#include <facial_keypoints/model/models.hpp>

namespace benchmarks {

using fkd::Index;

/// Grey values that vary smoothly in (0, 1), each image another, as a photograph's do.
inline fkd::Batch<float> some_images(Index samples) {
  fkd::Batch<float> images{{96, 96, 1}, samples};
  for (Index n = 0; n < samples; ++n)
    for (Index h = 0; h < 96; ++h)
      for (Index w = 0; w < 96; ++w) {
        const double a = 0.05 * static_cast<double>(h + 3 * n), b = 0.07 * static_cast<double>(w + 5 * n);
        images.sample(n)[h * 96 + w] = static_cast<float>(0.5 + 0.25 * std::sin(a) + 0.24 * std::cos(b + a));
      }
  return images;
}

/// Coordinates about the middle of the image, scaled to about 1.
inline fkd::Batch<float> some_targets(Index samples) {
  fkd::Batch<float> targets{{1, 1, 30}, samples};
  for (Index n = 0; n < samples; ++n)
    for (Index k = 0; k < 30; ++k) targets.sample(n)[k] = 0.1F * static_cast<float>((7 * n + 13 * k) % 11 - 5);
  return targets;
}

/// So small that the weights stay close to their initial values: a trained network may have more zeros, which would
/// favour the sparse backend.
inline constexpr double learning_rate = 1e-6;

/// The body of `fkd::fit` without reading the samples: forward, loss, backward, Adam.
class TrainingStep {
 public:
  TrainingStep(int model, Index batch, const fkd::Backend<float>& backend)
      : net_{facial_keypoints::architecture(model), fkd::Seed{7}},
        x_{some_images(batch)},
        target_{some_targets(batch)},
        y_{net_.output_shape(), batch},
        d_y_{net_.output_shape(), batch},
        gradient_(net_.layout().trained()) {
    net_.use(backend);
    state_.optimizer_state.assign(static_cast<std::size_t>(optimizer_.state_vectors()),
                                  fkd::Buffer<float>(gradient_.size()));
    const fkd::Range all{0, gradient_.size()};
    pieces_ = fkd::detail::update_ranges(net_.layout(), {&all, 1});
  }

  void operator()() {
    const fkd::PassConfig pass{.training = true, .step = state_.step};
    net_.forward(x_, y_, workspace_, pass);
    loss_.measure<float>(y_, target_, d_y_.data());
    net_.backward(x_, y_, d_y_, gradient_, {}, workspace_);
    fkd::detail::optimizer_step<float>(optimizer_, pieces_, 1, net_.trained(), gradient_, state_);
  }

 private:
  fkd::Model<float> net_;
  fkd::Batch<float> x_, target_, y_, d_y_;
  fkd::Buffer<float> gradient_;
  std::vector<fkd::detail::UpdateRange> pieces_;
  fkd::Workspace<float> workspace_;
  fkd::TrainingState<float> state_;
  fkd::Optimizer optimizer_ = fkd::Adam{.learning_rate = learning_rate};
  fkd::Loss loss_ = fkd::MeanSquaredError{};
};

class Prediction {
 public:
  Prediction(int model, Index batch, const fkd::Backend<float>& backend)
      : net_{facial_keypoints::architecture(model), fkd::Seed{7}},
        x_{some_images(batch)},
        y_{net_.output_shape(), batch} {
    net_.use(backend);
  }

  void operator()() { net_.predict(x_.view(), y_.view(), workspace_); }

 private:
  fkd::Model<float> net_;
  fkd::Batch<float> x_, y_;
  fkd::Workspace<float> workspace_;
};

}  // namespace benchmarks
