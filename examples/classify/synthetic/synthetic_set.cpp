#include "synthetic/synthetic_set.hpp"

#include <string>

#include "synthetic/drawn_digit.hpp"

namespace classify {
namespace {

Images drawn(fkd::Index count, fkd::Seed seed, std::uint32_t set) {
  Images images;
  images.shape = {digit_side, digit_side, 1};
  for (fkd::Index i = 0; i < count; ++i) {
    const fkd::Random random{seed, fkd::Purpose::user + set, static_cast<std::uint64_t>(i)};
    const DrawnDigit digit = draw_digit(static_cast<int>(i % 10), random);
    images.pixels.insert(images.pixels.end(), digit.pixels.begin(), digit.pixels.end());
    images.labels.push_back(digit.digit);
  }
  return images;
}

}  // namespace

ImageSet synthetic_set(fkd::Seed seed, const SyntheticSizes& sizes) {
  ImageSet set;
  set.name = "synthetic";
  set.subject = Subject::digits;
  for (int digit = 0; digit < 10; ++digit) set.classes.push_back(std::to_string(digit));
  set.training = drawn(sizes.training, seed, 1);
  set.test = drawn(sizes.test, seed, 2);
  return set;
}

}  // namespace classify
