/// \file
/// The data set in memory: images of one size, a byte a value, each with the number of its class.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <fkd/core/shape.hpp>

#include "common/shared.hpp"

namespace classify {

/// n images, one after another, each (height, width, channels) with the channels innermost: 1 grey or 3 red, green,
/// blue; 0 black to 255.
struct Images {
  fkd::Shape shape;
  std::vector<std::uint8_t> pixels;
  std::vector<int> labels;  ///< from 0 to the number of classes - 1

  fkd::Index size() const { return static_cast<fkd::Index>(labels.size()); }
  std::size_t image_size() const { return static_cast<std::size_t>(shape.size()); }
  std::span<const std::uint8_t> image(fkd::Index i) const {
    return {pixels.data() + static_cast<std::size_t>(i) * image_size(), image_size()};
  }
  int label(fkd::Index i) const { return labels[static_cast<std::size_t>(i)]; }
};

/// What kind of pictures these are, as far as augmentation depends on it: a mirrored 2 is no digit, a mirrored ship is
/// a ship.
enum class Subject { digits, things };

/// The data set of a command.
struct ImageSet {
  std::string name;  ///< "synthetic", or the folder it was read from
  Subject subject = Subject::things;
  std::vector<std::string> classes = {};  ///< their names, by number
  Images training = {};
  Images test = {};                     ///< never trained on
  std::vector<std::string> notes = {};  ///< warnings about the files: a sentence each
};

}  // namespace classify
