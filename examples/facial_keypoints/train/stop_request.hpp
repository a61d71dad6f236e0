/// \file
/// Ctrl-C: a training is stopped between two steps.
#pragma once

namespace facial_keypoints {

/// Set by an interrupt (Ctrl-C) or SIGTERM: training stops after the step at hand, and what was learned is saved.
bool stop_requested();
void request_stop_on_interrupt();

}  // namespace facial_keypoints
