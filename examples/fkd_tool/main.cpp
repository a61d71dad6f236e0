// fkd: looks into files of networks, turns them into other formats and predicts with them. Reads the library's
// .safetensors and .onnx; writes these and PyTorch's state_dicts.
//
// Exit status: 0 done, 1 bad input or a failure, 2 a command line that makes no sense.

#include "fkd_tool/commands.hpp"

int main(int argc, char** argv) {
  using namespace fkd_tool;
  return shared::run_program("fkd", "Networks in files: what is in them, other formats, and predictions with them.",
                             {add_summary, add_convert, add_predict}, argc, argv);
}
