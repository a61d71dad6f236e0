/// The fast step of Adam against the plain loop, and the plain loop against three steps that were worked by hand.
#include <doctest/doctest.h>

#include <cmath>
#include <string>

#include <fkd/backends/reference/adam.hpp>

#include <support/backends.hpp>
#include <support/compare.hpp>

namespace {

using fkd::AdamStep, fkd::Index;
using support::Guarded, support::in_double;

TEST_CASE("reference::adam_step: g = 1, -2, 0.5 from θ = 0.5") {
  double theta = 0.5, m = 0, v = 0;
  const double by_hand[] = {0.43333333333333333, 0.47989891359229447, 0.48790661382160060};
  const double gradient[] = {1, -2, 0.5};
  for (int t = 1; t <= 3; ++t) {
    fkd::reference::adam_step<double>({.theta = &theta,
                                       .m = &m,
                                       .v = &v,
                                       .gradient = &gradient[t - 1],
                                       .count = 1,
                                       .rate = 0.1 / (1 - std::pow(0.5, t)),
                                       .beta_1 = 0.5,
                                       .beta_2 = 0.75,
                                       .unbias = 1 / (1 - std::pow(0.75, t)),
                                       .epsilon = 0.5});
    CHECK(theta == doctest::Approx(by_hand[t - 1]).epsilon(1e-13));
  }
}

#if FKD_HAS_DIRECT
template <class T>
struct Memory {
  explicit Memory(Index count) : theta{count}, m{count}, v{count}, gradient{count} {
    theta.fill_at_random(1), m.fill_at_random(2), v.fill_at_random(3), gradient.fill_at_random(4);
    for (Index i = 0; i < count; ++i) v[i] = v[i] * v[i];
  }
  AdamStep<T> step() {
    return {.theta = theta.data(),
            .m = m.data(),
            .v = v.data(),
            .gradient = gradient.data(),
            .count = theta.size(),
            .rate = T(0.01),
            .beta_1 = T(0.9),
            .beta_2 = T(0.999),
            .unbias = T(1.5),
            .epsilon = T(0.125)};
  }
  Guarded<T> theta, m, v, gradient;
};

/// Bounds of rounding, in units of eps. m is a sum of two products, one with a factor 1 - β that is rounded itself; v's
/// second product has a factor more: at most 4 of the magnitudes of their terms. √(v · unbias) + ε is wrong by at most
/// 4, so what is taken from θ, rate · m / that, by 4 + 4 + 2 of the same with m's magnitudes, and the difference by
/// one.
template <class T>
void agree() {
  for (const Index count : {1, 2, 3, 4, 7, 8, 9, 15, 16, 17, 31, 33, 100}) {
    CAPTURE(count);
    Memory<T> fast{count};
    Memory<double> plain{count};
    plain.theta = in_double(fast.theta), plain.m = in_double(fast.m), plain.v = in_double(fast.v);
    plain.gradient = in_double(fast.gradient);
    const AdamStep<T> s = fast.step();
    Guarded<double> of_theta{count}, of_m{count}, of_v{count};
    for (Index i = 0; i < count; ++i) {
      const double g = plain.gradient[i], b1 = static_cast<double>(s.beta_1), b2 = static_cast<double>(s.beta_2);
      of_m[i] = std::abs(b1 * plain.m[i]) + std::abs((1 - b1) * g);
      of_v[i] = b2 * plain.v[i] + (1 - b2) * g * g;
      const double deviation = std::sqrt(of_v[i] * static_cast<double>(s.unbias)) + static_cast<double>(s.epsilon);
      of_theta[i] = std::abs(plain.theta[i]) + static_cast<double>(s.rate) * of_m[i] / deviation;
    }
    fkd::direct::adam_step(s);
    AdamStep<double> in_double = plain.step();
    in_double.rate = static_cast<double>(s.rate), in_double.beta_1 = static_cast<double>(s.beta_1);
    in_double.beta_2 = static_cast<double>(s.beta_2), in_double.epsilon = static_cast<double>(s.epsilon);
    fkd::reference::adam_step(in_double);
    CHECK(support::difference<T>(fast.m.values(), plain.m.values(), of_m.values(), 4) == "");
    CHECK(support::difference<T>(fast.v.values(), plain.v.values(), of_v.values(), 4) == "");
    CHECK(support::difference<T>(fast.theta.values(), plain.theta.values(), of_theta.values(), 10) == "");
    for (const Guarded<T>* memory : {&fast.theta, &fast.m, &fast.v, &fast.gradient}) CHECK(memory->guards_intact());
  }
}

TEST_CASE("direct::adam_step agrees with the plain loop") {
  agree<float>();
  agree<double>();
}
#endif

}  // namespace
