// A whole program on fkd: trains a bit, predicts, and fails unless it learned.
#include "bars.hpp"

#include <cstdio>

int main() {
  fkd::Model net{bar_net, fkd::Seed{7}};
  const double before = fkd::evaluate(net, bars()).mean();
  const double after = train(net, 20);
  const fkd::Dataset<float> data = bars();
  const fkd::Batch<float> answers = net.predict(data.x());
  int right = 0;
  for (fkd::Index n = 0; n < answers.samples(); ++n) right += (answers.sample(n)[0] > answers.sample(n)[1]) == (n < 8);
  std::printf("error %.4f -> %.4f, %d of 16 right\n", before, after, right);
  return after < 0.25 * before && right == 16 ? 0 : 1;
}
