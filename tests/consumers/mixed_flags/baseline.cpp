// No -march: a model that was made in one file is trained in all three, copied, moved and destroyed here.
#include "../bars.hpp"

#include <cstdio>
#include <utility>

BarModel make();
double train_native(BarModel& net);
double train_without_openmp(BarModel& net);

int main() {
  fkd::set_threads(2);
  BarModel first = make();
  const double start = fkd::evaluate(first, bars()).mean();
  const double native = train_native(first);
  BarModel second = first;
  const double without_openmp = train_without_openmp(second);
  first = std::move(second);
  const double baseline = train(first, 5);
  std::printf("error %.4f, after native %.4f, without OpenMP %.4f, baseline %.4f\n", start, native, without_openmp,
              baseline);
  return native < start && without_openmp < native && baseline < without_openmp ? 0 : 1;
}
