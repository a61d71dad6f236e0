/// \file
/// The report's four models, and data to train something on.
#pragma once

#include <fkd/net.hpp>

namespace support {

inline constexpr fkd::Sequential model_1{fkd::Input{.height = 96, .width = 96, .channels = 1},
                                         fkd::Conv2D{.filters = 32, .kernel = {3, 3}, .padding = fkd::Padding::same},
                                         fkd::ReLU{},
                                         fkd::MaxPool2D{.window = {2, 2}},
                                         fkd::Conv2D{.filters = 64, .kernel = {3, 3}, .padding = fkd::Padding::same},
                                         fkd::ReLU{},
                                         fkd::MaxPool2D{.window = {2, 2}},
                                         fkd::Flatten{},
                                         fkd::Dense{.units = 30}};
inline constexpr fkd::Sequential model_2{fkd::Input{.height = 96, .width = 96, .channels = 1},
                                         fkd::Conv2D{.filters = 64, .kernel = {3, 3}, .padding = fkd::Padding::same},
                                         fkd::ReLU{},
                                         fkd::MaxPool2D{.window = {2, 2}},
                                         fkd::Conv2D{.filters = 128, .kernel = {3, 3}, .padding = fkd::Padding::same},
                                         fkd::ReLU{},
                                         fkd::MaxPool2D{.window = {2, 2}},
                                         fkd::Flatten{},
                                         fkd::Dense{.units = 30}};
inline constexpr fkd::Sequential model_3{fkd::Input{.height = 96, .width = 96, .channels = 1},
                                         fkd::Conv2D{.filters = 64, .kernel = {4, 4}},
                                         fkd::ReLU{},
                                         fkd::MaxPool2D{.window = {2, 2}},
                                         fkd::Flatten{},
                                         fkd::Dense{.units = 30}};
inline constexpr fkd::Sequential model_4{fkd::Input{.height = 96, .width = 96, .channels = 1},
                                         fkd::Conv2D{.filters = 64, .kernel = {5, 5}},
                                         fkd::ReLU{},
                                         fkd::MaxPool2D{.window = {2, 2}},
                                         fkd::Conv2D{.filters = 32, .kernel = {4, 4}},
                                         fkd::ReLU{},
                                         fkd::MaxPool2D{.window = {2, 2}},
                                         fkd::Flatten{},
                                         fkd::Dense{.units = 30}};

/// Samples uniform on [low, high), a function of `which`.
template <class T>
fkd::Batch<T> random_batch(fkd::Shape shape, fkd::Index samples, std::uint64_t which = 0, double low = -1,
                           double high = 1) {
  fkd::Batch<T> batch{shape, samples};
  const fkd::Random random{fkd::Seed{96}, fkd::Purpose::user, which};
  for (fkd::Index i = 0; i < batch.size(); ++i)
    batch.data()[i] = static_cast<T>(low + (high - low) * random.uniform(static_cast<std::uint64_t>(i)));
  return batch;
}

/// Random inputs and targets for a network, with unknown targets here and there if wanted.
template <class T, class A>
fkd::Dataset<T> random_data(const A& architecture, fkd::Index samples, bool unknown_targets = false) {
  fkd::Batch<T> y = random_batch<T>(architecture.output_shape(architecture.input), samples, 1);
  if (unknown_targets)
    for (fkd::Index i = 0; i < y.size(); i += 5) y.data()[i] = std::numeric_limits<T>::quiet_NaN();
  return {random_batch<T>(architecture.input, samples, 0, 0, 1), std::move(y)};
}

}  // namespace support
