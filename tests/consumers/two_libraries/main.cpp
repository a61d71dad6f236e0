// Two libraries train one model.
#include "../bars.hpp"

#include <cstdio>

double train_first(BarModel& net);
double train_second(BarModel& net);

int main() {
  fkd::Model net{bar_net, fkd::Seed{7}};
  const double first = train_first(net), second = train_second(net);
  std::printf("error %.4f, then %.4f\n", first, second);
  return second < first ? 0 : 1;
}
