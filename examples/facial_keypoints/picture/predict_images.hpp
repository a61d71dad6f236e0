/// \file
/// `predict --run RUN --images DIR --out DIR2`: keypoints of photographs.
#pragma once

#include <filesystem>
#include <ostream>

#include "picture/grey_picture.hpp"
#include "picture/picture.hpp"

namespace facial_keypoints {

struct PredictImagesOptions {
  std::filesystem::path run, images;
  std::filesystem::path out;  ///< a folder, made if it is not there
  bool clip = false;          ///< bring answers back into the square that the network saw
};

/// Reads every PNG and JPEG of a folder, and writes to `out`: keypoints.csv, a row for each picture with its 30
/// coordinates in that picture's own pixels, and for each picture NAME.points.png, at most 1024 pixels wide and high,
/// with the points on it. The network sees the largest square in the middle. A picture that cannot be read is said in a
/// sentence and left out. \throws DataError if there is no picture that can be read; fkd::FileError
void predict_images(const PredictImagesOptions& options, std::ostream& print);

/// A picture with its points (in the picture's pixels) and the square that the network saw, shrunk to at most `largest`
/// pixels.
Picture drawn_points(const GreyPicture& picture, std::span<const float> points, int largest = 1024);

/// A field of a CSV file (RFC 4180): in quotes where it holds a comma, a quote or a line end.
std::string csv_field(const std::string& text);

}  // namespace facial_keypoints
