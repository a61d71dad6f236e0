/// Where the fast kernels of a test program are compiled.
#include <support/instances.hpp>

#if FKD_HAS_DIRECT
namespace fkd {
FKD_FOR_EACH_SCALAR(, float)
FKD_FOR_EACH_SCALAR(, double)
}  // namespace fkd
#endif
