// classify: trains LeNet-5, a VGG or ResNet-20 to name what images show, on MNIST, CIFAR-10, folders of pictures or
// drawn digits. command_line.hpp knows the commands and their options.
//
// Exit status: 0 done, 1 bad input or a failure, 2 a command line that makes no sense.

#include "cli/command_line.hpp"

int main(int argc, char** argv) {
  using namespace classify;
  return run_program("classify",
                     "Names what images show: LeNet-5, a VGG or ResNet-20 on MNIST, CIFAR-10, your pictures or drawn "
                     "digits, on the fkd library.",
                     {add_explore, add_train, add_evaluate, add_predict}, argc, argv);
}
