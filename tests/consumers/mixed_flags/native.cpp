// -march=native: makes the model and trains it first.
#include "../bars.hpp"

BarModel make() { return fkd::Model{bar_net, fkd::Seed{7}}; }
double train_native(BarModel& net) { return train(net, 5); }
