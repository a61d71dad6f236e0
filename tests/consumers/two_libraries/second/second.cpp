#include "../../bars.hpp"

double train_second(BarModel& net) { return train(net, 10); }
