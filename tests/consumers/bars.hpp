// What the consumers train: whether the bar in an 8x8 image is horizontal (1, 0) or vertical (0, 1).
#pragma once

#include <fkd/net.hpp>

#include <span>

inline constexpr fkd::Sequential bar_net{fkd::Input{.height = 8, .width = 8, .channels = 1},
                                         fkd::Conv2D{.filters = 4, .kernel = {3, 3}, .padding = fkd::Padding::same},
                                         fkd::ReLU{},
                                         fkd::MaxPool2D{.window = {2, 2}},
                                         fkd::Flatten{},
                                         fkd::Dense{.units = 2}};

using BarModel = decltype(fkd::Model{bar_net, fkd::Seed{7}});

inline fkd::Dataset<float> bars() {
  fkd::Batch<float> images{{.height = 8, .width = 8, .channels = 1}, 16};
  fkd::Batch<float> answers{{.height = 1, .width = 1, .channels = 2}, 16};
  for (fkd::Index n = 0; n < 16; ++n) {
    const bool horizontal = n < 8;
    const std::span<float> image = images.sample(n);
    for (fkd::Index i = 0; i < 8; ++i) image[static_cast<std::size_t>(horizontal ? n * 8 + i : i * 8 + n - 8)] = 1;
    answers.sample(n)[horizontal ? 0 : 1] = 1;
  }
  return {images, answers};
}

// The mean squared error after `epochs` more epochs.
inline double train(BarModel& net, fkd::Index epochs) {
  const fkd::Dataset<float> data = bars();
  fkd::fit(net, data, {.epochs = epochs, .batch_size = 4, .optimizer = fkd::Adam{.learning_rate = 1e-2}});
  return fkd::evaluate(net, data).mean();
}
