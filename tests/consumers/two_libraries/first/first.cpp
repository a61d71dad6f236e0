#include "../../bars.hpp"

double train_first(BarModel& net) { return train(net, 10); }
