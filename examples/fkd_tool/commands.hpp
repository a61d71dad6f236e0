/// \file
/// The commands of `fkd`; each adds its options.
#pragma once

#include "shared/cli/program.hpp"

namespace fkd_tool {

/// `fkd summary FILE`: layers, shapes, parameters and operations; of a file that holds tensors alone, these.
shared::Command add_summary(CLI::App& app);

/// `fkd convert FROM TO`: between the library's files and ONNX, and to a PyTorch state_dict.
shared::Command add_convert(CLI::App& app);

/// `fkd predict FILE --images DIR`: a network's outputs for the pictures of a folder.
shared::Command add_predict(CLI::App& app);

}  // namespace fkd_tool
