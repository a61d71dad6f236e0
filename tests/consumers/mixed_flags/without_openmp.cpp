// No OpenMP: trains on the library's own threads.
#include "../bars.hpp"

double train_without_openmp(BarModel& net) { return train(net, 5); }
