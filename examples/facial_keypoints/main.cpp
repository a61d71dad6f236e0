// facial_keypoints: trains, scores and tables the four models of a report on the Kaggle competition "Facial Keypoints
// Detection", and a fifth model for the competition. command_line.hpp knows the commands and their options.
//
// Exit status: 0 done, 1 bad input or a failure, 2 a command line that makes no sense.

#include "cli/command_line.hpp"

int main(int argc, char** argv) {
  using namespace facial_keypoints;
  return run_program(
      "facial_keypoints",
      "Finds 15 keypoints in 96x96 grey faces: the four models of a report and a fifth, on the fkd library.",
      {add_explore, add_train, add_evaluate, add_predict, add_compete, add_reproduce, add_lesson, add_sweep, add_open},
      argc, argv);
}
