/// \file
/// The backends that outputs and gradients are computed with beside the default one.
#include <fkd/backends/im2col.hpp>
#include <fkd/backends/reference.hpp>

#include <golden/golden.hpp>

namespace golden {

const fkd::Backend<double>& reference_backend() { return fkd::reference::backend<double>; }
const fkd::Backend<double>& im2col_backend() { return fkd::im2col::backend<double>; }

}  // namespace golden
