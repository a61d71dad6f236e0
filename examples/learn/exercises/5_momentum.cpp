/// Exercise 5: gradient descent with momentum.
///
/// A velocity u remembers the steps before (Sutskever et al. 2013, equations 1 and 2):
///
///     u = μ u - α g,    θ = θ + u            α: learning rate, μ: momentum, g: gradient
#include "exercise.hpp"

struct MyMomentum {
  double learning_rate = 0.5, momentum = 0.25;  // α, μ
  static constexpr fkd::Index state_vectors = 1;

  template <class T>
  void update(const fkd::Update<T>& u) const {
    const T rate = static_cast<T>(learning_rate * u.rate_scale);
    [[maybe_unused]] const T share = static_cast<T>(momentum);
    for (fkd::Index i = 0; i < u.count; ++i) {
      T& theta = u.theta[i];
      T& velocity = u.state[0][i];
      const T gradient = u.gradient[i];
      // YOUR CODE: one step of theta and velocity
      velocity = -rate * gradient;  // wrong: nothing is remembered
      theta += velocity;
      // END
    }
  }
};

exercise::Complaints check() {
  exercise::Complaints complaints;
  // Three steps with α = 0.5, μ = 0.25. fkd's own optimiser takes the same, and tests/optim has them worked by hand.
  const double gradients[] = {1, 0, 2};
  double theta = 1, velocity = 0, expected = 1, expected_velocity = 0;
  for (fkd::Index step = 1; step <= 3; ++step) {
    const double* g = &gradients[step - 1];
    MyMomentum{}.update<double>({.theta = &theta, .gradient = g, .state = {&velocity}, .count = 1, .step = step});
    fkd::SGD{.learning_rate = 0.5, .momentum = 0.25}.update<double>(
        {.theta = &expected, .gradient = g, .state = {&expected_velocity}, .count = 1, .step = step});
    const std::string after = " after step " + std::to_string(step) + ", g = " + exercise::text(*g);
    exercise::compare(complaints, "u" + after, velocity, expected_velocity, "μ u - α g");
    exercise::compare(complaints, "θ" + after, theta, expected, "θ + u");
  }
  return complaints;
}

#ifndef FKD_EXERCISE_WITHOUT_MAIN
int main() { return exercise::report("5, momentum", check()); }
#endif
