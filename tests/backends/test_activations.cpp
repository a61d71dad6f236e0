/// Activations: the plain loops and those of every instruction set against functions in long double, written down here
/// once more; limits, NaN, zeros; and that bits do not depend on how values are cut into calls.
#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include <fkd/backends/default_backend.hpp>
#include <fkd/backends/reference/activations.hpp>
#include <fkd/core/is_nan.hpp>

#include <support/compare.hpp>
#include <support/memory.hpp>

#if FKD_HAS_DIRECT
#include <fkd/backends/direct/backend.hpp>
#include <fkd/backends/direct/instances.hpp>
#endif

namespace {

namespace functions = fkd::functions;
using fkd::Index;
using support::Guarded;
using Long = long double;

/// Every row but ReLU.
using Rows = std::tuple<functions::ReLU6, functions::LeakyReLU, functions::ELU, functions::SELU, functions::Sigmoid,
                        functions::Tanh, functions::Softplus, functions::HardSigmoid, functions::SiLU, functions::GELU,
                        functions::GELUTanh, functions::HardSwish, functions::Mish>;
template <class Test>
void each_row(Test test) {
  std::apply([&](auto... rows) { (test(rows), ...); }, Rows{});
}

template <class T>
struct Functions {
  std::string_view name;
  void (*forward)(T*, const T*, Index, T);
  void (*backward)(T*, const T*, const T*, Index, T);
};

/// As layers call them, and those of each instruction set that this processor has; the plain loops first.
template <class F, class T>
std::vector<Functions<T>> functions_of() {
  std::vector<Functions<T>> all{
      {"reference", fkd::reference::activation_forward<F, T>, fkd::reference::activation_backward<F, T>}};
#if FKD_HAS_DIRECT
  namespace direct = fkd::direct;
  all.push_back({"chosen", direct::activation_forward<F, T>, direct::activation_backward<F, T>});
  all.push_back({"baseline", direct::baseline::activation_forward<F, T>, direct::baseline::activation_backward<F, T>});
#if FKD_HAS_X86_TARGETS
  if (fkd::machine_has(fkd::Isa::avx2))
    all.push_back({"avx2", direct::avx2::activation_forward<F, T>, direct::avx2::activation_backward<F, T>});
  if (fkd::machine_has(fkd::Isa::avx512))
    all.push_back({"avx512", direct::avx512::activation_forward<F, T>, direct::avx512::activation_backward<F, T>});
#endif
#endif
  return all;
}

// The functions of a number, and their derivatives as functions of the same number, exact but for long double's digits.

const Long pi = std::acos(Long{-1});
Long logistic(Long x) { return x < 0 ? std::exp(x) / (1 + std::exp(x)) : 1 / (1 + std::exp(-x)); }
Long softplus(Long x) { return x > 0 ? x + std::log1p(std::exp(-x)) : std::log1p(std::exp(x)); }

struct Exact {
  Long value, slope;
};
Exact exact(functions::ReLU6, Long x, Long) { return {x < 0 ? 0 : x > 6 ? 6 : x, x > 0 && x < 6 ? Long{1} : 0}; }
Exact exact(functions::LeakyReLU, Long x, Long a) { return {x > 0 ? x : a * x, x > 0 ? 1 : a}; }
Exact exact(functions::ELU, Long x, Long a) { return {x > 0 ? x : a * std::expm1(x), x > 0 ? 1 : a * std::exp(x)}; }
Exact exact(functions::SELU, Long x, Long) {
  const Long scale = 1.0507009873554804934193349852946L, alpha = 1.6732632423543772848170429916717L;
  const Exact elu = exact(functions::ELU{}, x, alpha);
  return {scale * elu.value, scale * elu.slope};
}
Exact exact(functions::Sigmoid, Long x, Long) { return {logistic(x), logistic(x) * logistic(-x)}; }
Exact exact(functions::Tanh, Long x, Long) { return {std::tanh(x), 1 / (std::cosh(x) * std::cosh(x))}; }
Exact exact(functions::Softplus, Long x, Long a) { return {softplus(a * x) / a, logistic(a * x)}; }
Exact exact(functions::HardSigmoid, Long x, Long) {
  return {x < -3 ? 0 : x > 3 ? 1 : (x + 3) / 6, std::abs(x) < 3 ? Long{1} / 6 : 0};
}
Exact exact(functions::SiLU, Long x, Long) { return {x * logistic(x), logistic(x) + x * logistic(x) * logistic(-x)}; }
Exact exact(functions::GELU, Long x, Long) {
  const Long share = std::erfc(-x / std::sqrt(Long{2})) / 2;
  return {x * share, share + x * std::exp(-x * x / 2) / std::sqrt(2 * pi)};
}
Exact exact(functions::GELUTanh, Long x, Long) {
  const Long factor = 2 * std::sqrt(2 / pi), v = factor * (x + 0.044715L * x * x * x);
  return {x * logistic(v), logistic(v) + x * logistic(v) * logistic(-v) * factor * (1 + 3 * 0.044715L * x * x)};
}
Exact exact(functions::HardSwish, Long x, Long) {
  return {x < -3 ? 0 : x > 3 ? x : x * (x + 3) / 6, x < -3 ? 0 : x > 3 ? 1 : (2 * x + 3) / 6};
}
Exact exact(functions::Mish, Long x, Long) {
  const Long w = std::tanh(softplus(x)), n = std::exp(x) * (std::exp(x) + 2);
  const Long rest = x < 20 ? 2 / (n + 2) : 2 * std::exp(-2 * x);  // 1 - w
  return {x * (x < 20 ? n / (n + 2) : w), w + x * logistic(x) * rest * (1 + w)};
}

/// Of both signs: from 1e-6 to 80 (to the place where float's exp(-x) has fewer digits), and densely around 0.
template <class T>
std::vector<T> numbers() {
  std::vector<T> all;
  for (double x = 1e-6; x < 80; x *= 1.004) all.insert(all.end(), {static_cast<T>(x), static_cast<T>(-x)});
  for (double x = -16; x < 16; x += 0.0113) all.push_back(static_cast<T>(x));
  return all;
}

/// In units of eps. Where exp has an argument that was rounded, that error counts as often as the argument is large:
/// that of softplus, a x; of the tanh form; of the plain loop's erfc(-x/√2).
template <class F>
Long allowed(Long x, Long a, bool plain) {
  if constexpr (std::is_same_v<F, functions::Softplus>) return 3 + (a == 1 ? 0 : std::abs(a * x));
  if constexpr (std::is_same_v<F, functions::GELUTanh>) return 4 + 4 * std::abs(1.6L * (x + 0.045L * x * x * x));
  if constexpr (std::is_same_v<F, functions::GELU>) return plain ? 4 + 2 * x * x : 3;
  return plain && std::is_same_v<F, functions::Mish> ? 4 : 3;
}

template <class F, class T>
void check_accuracy(T a) {
  const std::vector<T> x = numbers<T>();
  const auto count = static_cast<Index>(x.size());
  constexpr Long eps = std::numeric_limits<T>::epsilon(), least = std::numeric_limits<T>::denorm_min();
  for (const Functions<T>& f : functions_of<F, T>()) {
    CAPTURE(std::string{F::name});
    CAPTURE(std::string{f.name});
    CAPTURE(sizeof(T));
    const bool plain = f.name == "reference";
    std::vector<T> y(x.size()), ones(x.size(), T{1}), slope(x.size());
    f.forward(y.data(), x.data(), count, a);
    f.backward(slope.data(), ones.data(), F::reads == fkd::detail::Reads::input ? x.data() : y.data(), count, a);
    for (std::size_t i = 0; i < x.size(); ++i) {
      CAPTURE(x[i]);
      const Exact e = exact(F{}, static_cast<Long>(x[i]), static_cast<Long>(a));
      const Long wrong = std::abs(static_cast<Long>(y[i]) - e.value),
                 units = allowed<F>(static_cast<Long>(x[i]), static_cast<Long>(a), plain);
      const bool value_ok = wrong <= units * eps * std::abs(e.value) + (4 + std::abs(static_cast<Long>(x[i]))) * least;
      // A slope that is told by the output lacks the digits that the output lacks; one of the input, what its terms
      // cancel. Both are relative to 1, about the largest slope.
      const Long off = std::abs(static_cast<Long>(slope[i]) - e.slope);
      const bool slope_ok = off <= 8 * eps * (1 + std::abs(static_cast<Long>(a))) + units * eps * std::abs(e.slope);
      if (value_ok && slope_ok) continue;
      CAPTURE(y[i]);
      CAPTURE(slope[i]);
      CHECK(value_ok);
      REQUIRE(slope_ok);
    }
  }
}

TEST_CASE("values and slopes against long double") {
  each_row([](auto row) {
    using F = decltype(row);
    for (const double a : {1.0, 0.3}) {
      check_accuracy<F, float>(static_cast<float>(a));
      check_accuracy<F, double>(a);
    }
  });
}

template <class F, class T>
void check_cuts() {
  constexpr Index most = 70;
  const auto a = static_cast<T>(0.3);
  Guarded<T> x{most}, d_out{most};
  x.fill_at_random(1), d_out.fill_at_random(2);
  for (Index i = 0; i < most; ++i) x[i] = 9 * x[i];
  x[3] = fkd::unknown<T>, x[40] = -fkd::detail::infinity<T>, d_out[5] = 0, d_out[41] = fkd::unknown<T>;
  for (const Functions<T>& f : functions_of<F, T>()) {
    CAPTURE(std::string{F::name});
    CAPTURE(std::string{f.name});
    Guarded<T> out{most}, d_in{most};  // one value a call
    for (Index i = 0; i < most; ++i) {
      f.forward(out.data() + i, x.data() + i, 1, a);
      f.backward(d_in.data() + i, d_out.data() + i, x.data() + i, 1, a);
    }
    for (Index count = 1; count <= most; ++count) {
      CAPTURE(count);
      const auto first = [&](const Guarded<T>& values) {
        return values.values().first(static_cast<std::size_t>(count));
      };
      Guarded<T> together{count}, in_place{count}, d_together{count}, d_in_place{count};
      std::copy_n(x.data(), count, in_place.data());
      std::copy_n(d_out.data(), count, d_in_place.data());
      f.forward(together.data(), x.data(), count, a);
      f.forward(in_place.data(), in_place.data(), count, a);
      f.backward(d_together.data(), d_out.data(), x.data(), count, a);
      f.backward(d_in_place.data(), d_in_place.data(), x.data(), count, a);
      REQUIRE(support::bit_difference(together.values(), first(out)) == "");
      REQUIRE(support::bit_difference(in_place.values(), first(out)) == "");
      REQUIRE(support::bit_difference(d_together.values(), first(d_in)) == "");
      REQUIRE(support::bit_difference(d_in_place.values(), first(d_in)) == "");
      for (const Guarded<T>* memory : {&together, &in_place, &d_together, &d_in_place})
        REQUIRE(memory->guards_intact());
    }
  }
}

TEST_CASE("bits do not depend on how values are cut into calls, nor on where they lie") {
  each_row([](auto row) {
    check_cuts<decltype(row), float>();
    check_cuts<decltype(row), double>();
  });
}

/// By hand: at -inf, inf, -1000, 1000; the slopes there.
struct Limits {
  double at_minus_infinity, at_infinity, at_minus_1000, at_1000, slope_left, slope_right;
};
constexpr double inf = std::numeric_limits<double>::infinity();
Limits limits(functions::ReLU6) { return {0, 6, 0, 6, 0, 0}; }
Limits limits(functions::LeakyReLU) { return {-inf, inf, -250, 1000, 0.25, 1}; }
Limits limits(functions::ELU) { return {-0.25, inf, -0.25, 1000, 0, 1}; }
Limits limits(functions::SELU) {
  return {-1.7580993408473766, inf, -1.7580993408473766, 1050.7009873554805, 0, 1.0507009873554805};
}
Limits limits(functions::Sigmoid) { return {0, 1, 0, 1, 0, 0}; }
Limits limits(functions::Tanh) { return {-1, 1, -1, 1, 0, 0}; }
Limits limits(functions::Softplus) { return {0, inf, 0, 1000, 0, 1}; }  // exp(-250) = 1e-109
Limits limits(functions::HardSigmoid) { return {0, 1, 0, 1, 0, 0}; }
Limits limits(functions::SiLU) { return {0, inf, 0, 1000, 0, 1}; }
Limits limits(functions::GELU) { return {0, inf, 0, 1000, 0, 1}; }
Limits limits(functions::GELUTanh) { return {0, inf, 0, 1000, 0, 1}; }
Limits limits(functions::HardSwish) { return {0, inf, 0, 1000, 0, 1}; }
Limits limits(functions::Mish) { return {0, inf, 0, 1000, 0, 1}; }

template <class F, class T>
void check_limits() {
  const Limits by_hand = limits(F{});
  const auto near = [](T got, double expected) {
    const auto value = static_cast<double>(got);
    return value == expected || std::abs(value - expected) <= 4e-7 * std::abs(expected) + 1e-100;
  };
  const auto a = static_cast<T>(0.25);
  constexpr T big = fkd::detail::infinity<T>;
  const std::vector<T> x{-big, big, -1000, 1000, fkd::unknown<T>, -fkd::unknown<T>, 0, -T{0}, 1e30F, -1e30F};
  const auto count = static_cast<Index>(x.size());
  for (const Functions<T>& f : functions_of<F, T>()) {
    CAPTURE(std::string{F::name});
    CAPTURE(std::string{f.name});
    CAPTURE(sizeof(T));
    std::vector<T> y(x.size()), d_out(x.size(), T{2}), d_in(x.size());
    f.forward(y.data(), x.data(), count, a);
    CHECK(near(y[0], by_hand.at_minus_infinity));
    CHECK(near(y[1], by_hand.at_infinity));
    CHECK(near(y[2], by_hand.at_minus_1000));
    CHECK(near(y[3], by_hand.at_1000));
    CHECK((fkd::is_nan(y[4]) && fkd::is_nan(y[5])));
    CHECK(y[6] == static_cast<T>(exact(F{}, 0, static_cast<Long>(a)).value));
    CHECK(y[6] == y[7]);
    CHECK(!fkd::is_nan(y[8]));
    CHECK(!fkd::is_nan(y[9]));

    const std::vector<T>& saved = F::reads == fkd::detail::Reads::input ? x : y;
    f.backward(d_in.data(), d_out.data(), saved.data(), count, a);
    for (const std::size_t i : {0, 2, 9}) CHECK(near(d_in[i], 2 * by_hand.slope_left));
    for (const std::size_t i : {1, 3, 8}) CHECK(near(d_in[i], 2 * by_hand.slope_right));
    CHECK((fkd::is_nan(d_in[4]) && fkd::is_nan(d_in[5])));

    const std::vector<T> zeros(x.size(), T{0}), nans(x.size(), fkd::unknown<T>);
    f.backward(d_in.data(), zeros.data(), saved.data(), count, a);
    for (const T d : d_in) CHECK(d == 0);  // also of an input that is NaN
    f.backward(d_in.data(), nans.data(), saved.data(), count, a);
    for (const T& d : d_in) CHECK(fkd::is_nan(d));
  }
}

TEST_CASE("limits, NaN, zeros, gradients of zero") {
  each_row([](auto row) {
    check_limits<decltype(row), float>();
    check_limits<decltype(row), double>();
  });
}

TEST_CASE("tails keep their digits down to the least number") {
  for (const Functions<float>& f : functions_of<functions::Sigmoid, float>()) {
    CAPTURE(std::string{f.name});
    const float x[] = {-87, -95, -103}, expected[] = {1.6458115e-38F, 5.52108228e-42F, 1.4e-45F};
    float y[3];
    f.forward(y, x, 3, 0);
    CHECK(y[0] == doctest::Approx(expected[0]).epsilon(1e-6));
    CHECK(std::abs(y[1] - expected[1]) <= 2e-45F);
    CHECK(y[2] == std::numeric_limits<float>::denorm_min());
  }
  for (const Functions<double>& f : functions_of<functions::GELU, double>()) {
    CAPTURE(std::string{f.name});
    const double x = -30;
    double y = 0;
    f.forward(&y, &x, 1, 0);
    CHECK(y == doctest::Approx(-30 * 4.906713927148187e-198).epsilon(1e-12));
  }
}

}  // namespace
