/// \file
/// `lesson A` to `H`: each repeats one finding of the report in a minute, on a few hundred faces.
///
/// A lesson's conclusion is generated from its measurements, so it holds whatever they are.
#pragma once

#include <filesystem>
#include <ostream>
#include <span>
#include <string>
#include <vector>

#include "common/shared.hpp"
#include "shared/report/plot.hpp"
#include "train/training.hpp"

namespace facial_keypoints {

/// The input of a lesson.
struct Classroom {
  const Faces& faces;
  std::filesystem::path out;
  std::uint64_t seed;
  std::ostream& print;
};

struct Outcome {
  std::string sentence;
  Curves curves = {};  ///< the picture, if it has series
  Bars bars = {};      ///< otherwise
};

struct Lesson {
  char letter;
  std::string title;
  Outcome (*teach)(const Classroom&);
};
std::span<const Lesson> lessons();

Outcome lesson_cost_and_rate(const Classroom& room);     // A
Outcome lesson_depth_and_epochs(const Classroom& room);  // B
Outcome lesson_save(const Classroom& room);              // C
Outcome lesson_outside(const Classroom& room);           // D
Outcome lesson_sweep(const Classroom& room);             // E
Outcome lesson_pixels(const Classroom& room);            // F
Outcome lesson_overfitting(const Classroom& room);       // G
Outcome lesson_benchmark(const Classroom& room);         // H

}  // namespace facial_keypoints
