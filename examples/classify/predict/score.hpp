/// \file
/// What a network says about images, and how often it is right.
#pragma once

#include <span>
#include <string>
#include <vector>

#include <fkd/metrics/confusion_matrix.hpp>

#include "augmentation/image_source.hpp"
#include "shared/train/network.hpp"

namespace classify {

/// The probabilities of the classes, image after image.
struct Answers {
  fkd::Index classes = 0;
  std::vector<float> probabilities;

  fkd::Index size() const { return classes > 0 ? static_cast<fkd::Index>(probabilities.size()) / classes : 0; }
  std::span<const float> of(fkd::Index i) const {
    return std::span{probabilities}.subspan(static_cast<std::size_t>(i * classes), static_cast<std::size_t>(classes));
  }
  int guess(fkd::Index i) const;  ///< the class of the largest probability, the first of equal ones
};

/// The answers for some rows. `mirrored`: the mean of the probabilities for the image and its mirror image.
Answers answer(const Network& net, const Images& images, std::span<const fkd::Index> rows, const PixelScaling& scaling,
               bool mirrored = false);

/// An image that was named wrongly.
struct Mistake {
  fkd::Index row = 0;
  int truth = 0, guess = 0;
  float probability = 0;        ///< of the guess
  float truth_probability = 0;  ///< of what it is
};

/// How often the answers are right.
struct Score {
  fkd::ConfusionMatrix confusion;  ///< with the classes' names
  fkd::Index right_in_top_k = 0;
  std::vector<Mistake> mistakes = {};  ///< the most confident first

  fkd::Index images() const { return confusion.samples(); }
  double accuracy() const { return confusion.accuracy(); }  ///< NaN without images
  double top_k_accuracy() const;
};

/// `rows` numbers the images that `answers` is about. The top k are fkd::top_k, of equal probabilities the first.
Score score(const Images& images, const std::vector<std::string>& classes, std::span<const fkd::Index> rows,
            const Answers& answers);

}  // namespace classify
