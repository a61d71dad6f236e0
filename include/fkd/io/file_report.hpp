/// \file
/// Options of `save` and `load`, and what they report: NaN and infinity in a file's tensors.
#pragma once

#include <fkd/core/language.hpp>

#include <string>

#include <fkd/core/shape.hpp>

namespace fkd::io {

/// The type that a model's values have in a file.
enum class Stored {
  as_is,  ///< float or double, as in the model: every bit
  f16,    ///< half the size of float, 11 bits of precision; above 65504 infinite, which is reported
  bf16,   ///< half the size of float, 8 bits of precision, float's range
};

/// Options of `save` and `load`.
struct FileOptions {
  bool refuse_non_finite = false;  ///< NonFiniteError for a value that is NaN or infinite
  Stored stored = Stored::as_is;   ///< of `save`: narrows; `load` widens whatever it finds
};

/// What `save` and `load` return: how many values are NaN or infinite.
struct FileReport {
  Index non_finite = 0;      ///< values of all the file's tensors that are NaN or infinite
  std::string warning = {};  ///< a sentence about them; empty if there is none
};

}  // namespace fkd::io
