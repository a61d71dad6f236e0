#include "lessons/lesson.hpp"

#include <array>

namespace facial_keypoints {

std::span<const Lesson> lessons() {
  static const std::array<Lesson, 8> all{{
      {'A', "the cost and the learning rate", lesson_cost_and_rate},
      {'B', "more convolutions, more epochs", lesson_depth_and_epochs},
      {'C', "interrupted: resumed, or lost", lesson_save},
      {'D', "predictions outside the image", lesson_outside},
      {'E', "a sweep of settings", lesson_sweep},
      {'F', "raw, unit and standardised pixels", lesson_pixels},
      {'G', "overfitting, and what helps", lesson_overfitting},
      {'H', "what must be beaten first", lesson_benchmark},
  }};
  return all;
}

}  // namespace facial_keypoints
