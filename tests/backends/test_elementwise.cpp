/// What is computed value by value, for every instruction set, against the plain loops: ReLU with their bits, a step of
/// Adam within rounding. And the plain step against three that were worked by hand.
#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include <fkd/backends/reference/adam.hpp>
#include <fkd/backends/reference/relu.hpp>
#include <fkd/backends/reference/rmsprop.hpp>

#include <support/backends.hpp>
#include <support/compare.hpp>

#if FKD_HAS_DIRECT
#include <fkd/backends/direct/backend.hpp>
#include <fkd/backends/direct/instances.hpp>
#endif

namespace {

using fkd::AdamStep, fkd::Index, fkd::RMSpropStep;
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
/// The functions as layers and optimisers call them, and those of each instruction set that this processor has.
template <class T>
struct Functions {
  std::string_view name;
  void (*relu_forward)(T*, const T*, Index);
  void (*relu_d_in)(T*, const T*, const T*, Index);
  void (*adam_step)(const AdamStep<T>&);
  void (*rmsprop_step)(const RMSpropStep<T>&);
};
template <class T>
std::vector<Functions<T>> all_functions() {
  namespace direct = fkd::direct;
  std::vector<Functions<T>> all{
      {"chosen", direct::relu_forward<T>, direct::relu_d_in<T>, direct::adam_step<T>, direct::rmsprop_step<T>},
      {"baseline", direct::baseline::relu_forward<T>, direct::baseline::relu_d_in<T>, direct::baseline::adam_step<T>,
       direct::baseline::rmsprop_step<T>}};
#if FKD_HAS_X86_TARGETS
  if (fkd::machine_has(fkd::Isa::avx2))
    all.push_back({"avx2", direct::avx2::relu_forward<T>, direct::avx2::relu_d_in<T>, direct::avx2::adam_step<T>,
                   direct::avx2::rmsprop_step<T>});
  if (fkd::machine_has(fkd::Isa::avx512))
    all.push_back({"avx512", direct::avx512::relu_forward<T>, direct::avx512::relu_d_in<T>,
                   direct::avx512::adam_step<T>, direct::avx512::rmsprop_step<T>});
#endif
  return all;
}

/// Values of both signs, and at the start those that a comparison may get wrong.
template <class T>
Guarded<T> some_values(Index count, std::uint64_t which) {
  using Limits = std::numeric_limits<T>;
  const T special[] = {T{0},
                       -T{0},
                       Limits::quiet_NaN(),
                       -Limits::quiet_NaN(),
                       Limits::infinity(),
                       -Limits::infinity(),
                       Limits::denorm_min(),
                       -Limits::denorm_min(),
                       (Limits::max)(),
                       Limits::lowest()};
  Guarded<T> values{count};
  values.fill_at_random(which);
  for (Index i = 0; i < count && i < 10; ++i) values[i] = special[(i + static_cast<Index>(which)) % 10];
  return values;
}

template <class T>
void same_bits() {
  for (Index count = 1; count < 70; ++count)
    for (const Functions<T>& f : all_functions<T>()) {
      CAPTURE(count);
      CAPTURE(std::string{f.name});
      const Guarded<T> x = some_values<T>(count, 1), d_out = some_values<T>(count, 4);
      Guarded<T> out{count}, expected{count}, d_in{count}, expected_d_in{count}, in_place = x, d_in_place = d_out;
      fkd::reference::relu_forward(expected.data(), x.data(), count);
      fkd::reference::relu_d_in(expected_d_in.data(), d_out.data(), x.data(), count);
      f.relu_forward(out.data(), x.data(), count);
      f.relu_forward(in_place.data(), in_place.data(), count);
      f.relu_d_in(d_in.data(), d_out.data(), x.data(), count);
      f.relu_d_in(d_in_place.data(), d_in_place.data(), x.data(), count);
      CHECK(support::bit_difference(out.values(), expected.values()) == "");
      CHECK(support::bit_difference(in_place.values(), expected.values()) == "");
      CHECK(support::bit_difference(d_in.values(), expected_d_in.values()) == "");
      CHECK(support::bit_difference(d_in_place.values(), expected_d_in.values()) == "");
      for (const Guarded<T>* memory : {&out, &in_place, &d_in, &d_in_place}) CHECK(memory->guards_intact());
    }
}

TEST_CASE("direct::relu_forward and relu_d_in give the bits of the plain loops") {
  same_bits<float>();
  same_bits<double>();
}

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
            .epsilon = T(0.125),
            .gradient_rate = gradient_rate,
            .decay = decay};
  }
  Guarded<T> theta, m, v, gradient;
  T gradient_rate = 0, decay = 0;
};

/// Bounds of rounding, in units of eps. m is a sum of two products, one with a factor 1 - β that is rounded itself; v's
/// second product has a factor more: at most 4 of the magnitudes of their terms. √(v · unbias) + ε is wrong by at most
/// 4, so what is taken from θ, rate · m / that, by 4 + 4 + 2 of the same with m's magnitudes, and the difference by
/// one. With a share of g beside m and one of θ, by two more.
template <class T>
void agree(void (*adam_step)(const AdamStep<T>&), T gradient_rate, T decay) {
  for (const Index count : {1, 2, 3, 4, 7, 8, 9, 15, 16, 17, 31, 33, 100}) {
    CAPTURE(count);
    Memory<T> fast{count};
    Memory<double> plain{count};
    fast.gradient_rate = gradient_rate, fast.decay = decay;
    plain.gradient_rate = static_cast<double>(gradient_rate), plain.decay = static_cast<double>(decay);
    plain.theta = in_double(fast.theta), plain.m = in_double(fast.m), plain.v = in_double(fast.v);
    plain.gradient = in_double(fast.gradient);
    const AdamStep<T> s = fast.step();
    Guarded<double> of_theta{count}, of_m{count}, of_v{count};
    for (Index i = 0; i < count; ++i) {
      const double g = plain.gradient[i], b1 = static_cast<double>(s.beta_1), b2 = static_cast<double>(s.beta_2);
      of_m[i] = std::abs(b1 * plain.m[i]) + std::abs((1 - b1) * g);
      of_v[i] = b2 * plain.v[i] + (1 - b2) * g * g;
      const double deviation = std::sqrt(of_v[i] * static_cast<double>(s.unbias)) + static_cast<double>(s.epsilon);
      of_theta[i] = std::abs(plain.theta[i]) * (1 + plain.decay) +
                    (static_cast<double>(s.rate) * of_m[i] + plain.gradient_rate * std::abs(g)) / deviation;
    }
    adam_step(s);
    AdamStep<double> in_double = plain.step();
    in_double.rate = static_cast<double>(s.rate), in_double.beta_1 = static_cast<double>(s.beta_1);
    in_double.beta_2 = static_cast<double>(s.beta_2), in_double.epsilon = static_cast<double>(s.epsilon);
    fkd::reference::adam_step(in_double);
    CHECK(support::difference<T>(fast.m.values(), plain.m.values(), of_m.values(), 4) == "");
    CHECK(support::difference<T>(fast.v.values(), plain.v.values(), of_v.values(), 4) == "");
    CHECK(support::difference<T>(fast.theta.values(), plain.theta.values(), of_theta.values(), 12) == "");
    for (const Guarded<T>* memory : {&fast.theta, &fast.m, &fast.v, &fast.gradient}) CHECK(memory->guards_intact());
  }
}

TEST_CASE("direct::adam_step agrees with the plain loop") {
  for (const float gradient_rate : {0.0f, 0.25f})
    for (const float decay : {0.0f, 0.125f}) {
      for (const Functions<float>& f : all_functions<float>()) agree<float>(f.adam_step, gradient_rate, decay);
      for (const Functions<double>& f : all_functions<double>())
        agree<double>(f.adam_step, static_cast<double>(gradient_rate), static_cast<double>(decay));
    }
}

/// In double g is exact to 2^-52, so the bounds are those of T: v and the mean have at most 6 roundings of the terms'
/// magnitudes, one of which is g's own. v - a² loses at most 16 of v + a², which under the root is, with ε below, at
/// most 16 (v + a²) / (2 ε) of what divides; of u and θ accordingly.
template <class T>
void agree_rmsprop(void (*rmsprop_step)(const RMSpropStep<T>&), bool centered, bool momentum, T decay) {
  for (const Index count : {1, 2, 3, 4, 7, 8, 9, 15, 16, 17, 31, 33, 100}) {
    CAPTURE(count);
    Guarded<T> theta{count}, v{count}, mean{count}, velocity{count}, gradient{count};
    theta.fill_at_random(1), v.fill_at_random(2), mean.fill_at_random(3), velocity.fill_at_random(4);
    gradient.fill_at_random(5);
    for (Index i = 0; i < count; ++i) v[i] = v[i] * v[i];
    Guarded<double> of_theta = in_double(theta), of_v = in_double(v), of_mean = in_double(mean);
    Guarded<double> of_velocity = in_double(velocity), of_gradient = in_double(gradient);
    const auto step = [&]<class U>(Guarded<U>& t, Guarded<U>& s, Guarded<U>& a, Guarded<U>& u, Guarded<U>& g) {
      return RMSpropStep<U>{.theta = t.data(),
                            .v = s.data(),
                            .mean = centered ? a.data() : nullptr,
                            .velocity = momentum ? u.data() : nullptr,
                            .gradient = g.data(),
                            .count = count,
                            .rate = static_cast<U>(T(0.01)),
                            .rho = static_cast<U>(T(0.9)),
                            .momentum = static_cast<U>(T(0.5)),
                            .epsilon = U(0.25),
                            .decay = static_cast<U>(decay)};
    };
    Guarded<double> largest_v{count}, largest_mean{count}, largest_u{count}, largest_theta{count};
    for (Index i = 0; i < count; ++i) {
      const double g = std::abs(of_gradient[i]) + static_cast<double>(decay) * std::abs(of_theta[i]);
      largest_v[i] = 0.9 * of_v[i] + 0.1 * g * g;
      largest_mean[i] = 0.9 * std::abs(of_mean[i]) + 0.1 * g;
      const double spread = largest_v[i] + (centered ? largest_mean[i] * largest_mean[i] : 0);
      largest_u[i] = 0.5 * std::abs(of_velocity[i]) + 0.01 * g / 0.25 * (1 + spread / (2 * 0.25 * 0.25));
      largest_theta[i] = std::abs(of_theta[i]) + largest_u[i];
    }
    rmsprop_step(step(theta, v, mean, velocity, gradient));
    fkd::reference::rmsprop_step(step(of_theta, of_v, of_mean, of_velocity, of_gradient));
    CHECK(support::difference<T>(v.values(), of_v.values(), largest_v.values(), 6) == "");
    CHECK(support::difference<T>(mean.values(), of_mean.values(), largest_mean.values(), 6) == "");
    CHECK(support::difference<T>(velocity.values(), of_velocity.values(), largest_u.values(), 24) == "");
    CHECK(support::difference<T>(theta.values(), of_theta.values(), largest_theta.values(), 24) == "");
    for (const Guarded<T>* memory : {&theta, &v, &mean, &velocity, &gradient}) CHECK(memory->guards_intact());
  }
}

TEST_CASE("direct::rmsprop_step agrees with the plain loop; what is null is left alone") {
  for (const bool centered : {false, true})
    for (const bool momentum : {false, true})
      for (const float decay : {0.0f, 0.125f}) {
        for (const Functions<float>& f : all_functions<float>())
          agree_rmsprop<float>(f.rmsprop_step, centered, momentum, decay);
        for (const Functions<double>& f : all_functions<double>())
          agree_rmsprop<double>(f.rmsprop_step, centered, momentum, static_cast<double>(decay));
      }
}
#endif

}  // namespace
