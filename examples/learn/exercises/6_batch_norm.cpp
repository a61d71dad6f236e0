/// Exercise 6: batch normalisation backward.
///
/// One channel of P values (Ioffe & Szegedy 2015):
///
///     x̂ = (in - mean) / sqrt(variance + ε),    out = γ x̂ + β
///
/// The mean and the variance are functions of every value of the batch, so each `in` reaches the loss by three ways.
/// docs/learn/08_batch_normalisation.md adds them up. The blank leaves out two of them.
#include "exercise.hpp"

/// Assigns d_in (P), d_gamma and d_beta.
void batch_norm_backward(double* d_in, double& d_gamma, double& d_beta, const double* d_out, const double* in,
                         double gamma, int P, double epsilon) {
  double mean = 0, variance = 0;
  for (int p = 0; p < P; ++p) mean += in[p] / P;
  for (int p = 0; p < P; ++p) variance += (in[p] - mean) * (in[p] - mean) / P;
  const double inverse = 1 / std::sqrt(variance + epsilon);
  // YOUR CODE: d_beta and d_gamma, and with their help d_in
  d_beta = d_gamma = 0;
  for (int p = 0; p < P; ++p) d_in[p] = gamma * inverse * d_out[p];  // wrong: as if mean and variance were constants
  // END
}

exercise::Complaints check() {
  exercise::Complaints complaints;
  constexpr int P = 5;
  constexpr double epsilon = 1e-3;
  double in[P]{0.5, -1, 2, 0.25, 3}, gamma = 1.5, beta = -0.5;
  const double d_out[P]{1, -2, 0.5, 3, -1};
  const auto loss = [&] {  // Σ d_out · out, by the reference
    double out[P], moving_mean = 0, moving_variance = 1, sum = 0;
    fkd::reference::batch_norm_forward<double>({out, in, &gamma, &beta, &moving_mean, &moving_variance}, P, 1,
                                               {0.9, epsilon, false});
    for (int p = 0; p < P; ++p) sum += d_out[p] * out[p];
    return sum;
  };
  double d_in[P]{}, d_gamma = 0, d_beta = 0;
  batch_norm_backward(d_in, d_gamma, d_beta, d_out, in, gamma, P, epsilon);
  const auto compare = [&](const std::string& what, double got, double& variable) {
    const double before = variable;
    exercise::compare_derivative(
        complaints, what, got, [&](double at) { return variable = at, loss(); }, before);
    variable = before;
  };
  for (int p = 0; p < P; ++p) compare("d_in(" + std::to_string(p) + ")", d_in[p], in[p]);
  compare("d_gamma", d_gamma, gamma);
  compare("d_beta", d_beta, beta);
  return complaints;
}

#ifndef FKD_EXERCISE_WITHOUT_MAIN
int main() { return exercise::report("6, batch normalisation backward", check()); }
#endif
