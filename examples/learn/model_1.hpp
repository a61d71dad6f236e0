/// \file
/// Model 1 of the facial keypoints program: two convolutions, each with ReLU and pool, and a dense layer of 30 outputs.
#pragma once

#include <fkd/net.hpp>

inline constexpr fkd::Sequential model_1{fkd::Input{.height = 96, .width = 96, .channels = 1},
                                         fkd::Conv2D{.filters = 32, .kernel = {3, 3}, .padding = fkd::Padding::same},
                                         fkd::ReLU{},
                                         fkd::MaxPool2D{.window = {2, 2}},
                                         fkd::Conv2D{.filters = 64, .kernel = {3, 3}, .padding = fkd::Padding::same},
                                         fkd::ReLU{},
                                         fkd::MaxPool2D{.window = {2, 2}},
                                         fkd::Flatten{},
                                         fkd::Dense{.units = 30}};
