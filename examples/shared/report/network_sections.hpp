/// \file
/// Sections of a report about a network: its first filters, the outputs of its layers for one image, the time of each
/// layer.
#pragma once

#include <string>

#include "shared/train/network.hpp"

namespace shared::html {

/// The filters of the first convolution, `name` being the network's. Empty if the network does not begin with one.
std::string first_filters(const std::string& name, const Network& net);

/// The outputs of every layer for one image: pictures of the channels, shapes, ranges and shares of zeros. `image` is
/// the network's input.
std::string feature_maps(const Network& net, fkd::BatchView<const float> image);

/// Time and operations of each layer's forward pass for the samples x, of which one is called `noun`: "face", "image".
std::string layer_costs(const std::string& name, const Network& net, fkd::BatchView<const float> x,
                        const std::string& noun);

}  // namespace shared::html
