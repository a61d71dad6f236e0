/// \file
/// Ctrl-C and SIGTERM: requests that training stops after the current step.
#pragma once

namespace shared {

/// Whether SIGINT (Ctrl-C) or SIGTERM has been received: training then stops after the current step and saves its
/// state.
bool stop_requested();
void request_stop_on_interrupt();

}  // namespace shared
