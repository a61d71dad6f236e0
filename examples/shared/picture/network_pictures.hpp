/// \file
/// Pictures of a folder in the form of a network's images: cut to their ratio in the middle, resized, one plane for
/// each channel.
#pragma once

#include <filesystem>
#include <functional>
#include <ostream>
#include <string>
#include <vector>

#include <fkd/core/shape.hpp>

#include "shared/picture/grey_picture.hpp"

namespace shared {

/// The largest part in the middle that has the ratio of width to height, resized to these.
GreyPicture cut_and_resized(const GreyPicture& picture, int width, int height);

/// Reads a folder's pictures for a network whose images have this shape, of one channel (grey) or three (red, green,
/// blue), and calls `use` with the planes of each. Those that cannot be read are reported. Returns the files' names.
/// \throws DataError for another number of channels, an extent above 32768, or where there is none that can be read
std::vector<std::string> read_network_pictures(const std::filesystem::path& folder, fkd::Shape shape,
                                               std::ostream& print,
                                               const std::function<void(const std::vector<GreyPicture>&)>& use);

}  // namespace shared
