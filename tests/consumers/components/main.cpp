// Reads a batch as a matrix of Eigen, and is compiled with OpenMP.
#include "../bars.hpp"

#include <fkd/eigen.hpp>

#include <cstdio>

#ifndef _OPENMP
#error "fkd::openmp was linked, but this is compiled without OpenMP"
#endif

int main() {
  fkd::Model net{bar_net, fkd::Seed{7}};
  const double error = train(net, 20);
  const fkd::Dataset<float> data = bars();
  const fkd::Batch<float> answers = net.predict(data.x());
  const float sum = fkd::matrix(answers).sum();
  std::printf("error %.4f, sum of the answers %.2f\n", error, static_cast<double>(sum));
  return error < 0.1 && sum > 12 && sum < 20 ? 0 : 1;
}
