#include "commands/commands.hpp"
#include "commands/load_data.hpp"

namespace facial_keypoints {

void sweep(const SweepOptions& options, std::ostream& print) {
  sweep(options, load(options.data, Parts::training, print).training, print);
}

}  // namespace facial_keypoints
