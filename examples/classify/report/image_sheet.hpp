/// \file
/// Sheets of images with a label under each.
#pragma once

#include <string>
#include <vector>

#include "data/images.hpp"
#include "predict/score.hpp"
#include "shared/picture/picture.hpp"

namespace classify {

/// An image as a picture is drawn from it.
ImageView view(const Images& images, fkd::Index row);

/// An image with two lines under it.
struct LabelledCell {
  fkd::Index row = 0;
  std::string line;  ///< in white
  std::string below = {};
  Colour colour = white;  ///< of the line below
};

/// The images enlarged to about 96 pixels, `columns` a row. Labels that are too long are cut.
Picture image_sheet(const Images& images, const std::vector<LabelledCell>& cells, int columns = 8);

/// The most confident mistakes, at most `most`: what the network said with its probability, and what it is.
Picture mistake_sheet(const Images& images, const std::vector<std::string>& classes,
                      const std::vector<Mistake>& mistakes, std::size_t most = 40);

}  // namespace classify
