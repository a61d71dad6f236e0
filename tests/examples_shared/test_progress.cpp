// The progress line of a training, on a terminal and elsewhere.

#include <doctest/doctest.h>

#include <chrono>
#include <cmath>
#include <sstream>
#include <thread>

#include "shared/train/progress.hpp"

using namespace shared;

namespace {

fkd::EpochReport report(fkd::Index epoch, double validation_cost) {
  return {.epoch = epoch, .cost = 12.345, .validation_cost = validation_cost, .seconds = 2, .samples = 1000};
}

std::string held_out(const fkd::EpochReport& epoch) {
  return "held-out RMSE " + fixed(std::sqrt(epoch.validation_cost), 2);
}

}  // namespace

TEST_CASE("elsewhere than on a terminal: whole lines, the first and the last epoch at once") {
  std::ostringstream print;
  Progress progress{print, "model 3", 3, 0, held_out};
  for (fkd::Index epoch = 1; epoch <= 3; ++epoch) {
    progress.step({.epoch = epoch, .step_in_epoch = 1, .steps_in_epoch = 1, .step = epoch, .cost = 13});
    progress.epoch(report(epoch, 9));
  }
  progress.done();
  CHECK(print.str() ==
        "model 3  epoch 1/3  cost 12.35  held-out RMSE 3.00  500 images/s  0:00 left\n"
        "model 3  epoch 3/3  cost 12.35  held-out RMSE 3.00  500 images/s  0:00 left\n");
}

TEST_CASE("on a terminal: one line, rewritten, never as wide as the terminal") {
  for (const int columns : {200, 80, 30}) {
    CAPTURE(columns);
    std::ostringstream print;
    Progress progress{print, "model 4", 100, columns, held_out};
    progress.epoch(report(99, 16));
    std::this_thread::sleep_for(std::chrono::milliseconds{110});  // ten lines a second at most
    progress.step({.epoch = 100, .step_in_epoch = 17, .steps_in_epoch = 45, .step = 4472, .cost = 1});
    const std::string text = print.str();
    CHECK(text.find('\n') == std::string::npos);
    std::string last = text.substr(text.rfind('\r') + 1);
    REQUIRE(last.starts_with("\033[K"));
    last.erase(0, 3);
    CHECK(static_cast<int>(last.size()) < columns);
    CHECK(last.starts_with("model 4  epoch "));
    CHECK((last.find("held-out RMSE 4.00  500 images/s") != std::string::npos) == (columns > 30));
    CHECK((last.find("step 17/45") != std::string::npos) == (columns > 80));
  }
}
