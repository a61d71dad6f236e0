/// \file
/// The output of a layer as a picture.
#pragma once

#include <fkd/core/batch.hpp>

#include "shared/picture/picture.hpp"

namespace shared {

/// Channels side by side, each from its least value (black) to its largest (white); a flat output as one row of
/// squares, folded. Small ones are enlarged.
Picture layer_picture(const fkd::Batch<float>& values);

}  // namespace shared
