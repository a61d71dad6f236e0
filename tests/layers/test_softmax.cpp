/// Softmax: by hand, extreme values, NaN, the contract; every instruction set against long double.
#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <fkd/backends/reference/softmax.hpp>
#include <fkd/net.hpp>
#include <fkd/testing.hpp>

#include <support/compare.hpp>
#include <support/memory.hpp>

#if FKD_HAS_DIRECT
#include <fkd/backends/direct/instances.hpp>
#endif

namespace {

using fkd::Index, fkd::Shape, fkd::ShapeError, fkd::Softmax;
using support::Guarded;

template <class T>
struct Functions {
  const char* name;
  void (*forward)(T*, const T*, Index, Index);
  void (*d_in)(T*, const T*, const T*, Index, Index);
};
template <class T>
std::vector<Functions<T>> all_functions() {
  std::vector<Functions<T>> all{{"reference", fkd::reference::softmax_forward<T>, fkd::reference::softmax_d_in<T>}};
#if FKD_HAS_DIRECT
  namespace direct = fkd::direct;
  all.push_back({"chosen", direct::softmax_forward<T>, direct::softmax_d_in<T>});
  all.push_back({"baseline", direct::baseline::softmax_forward<T>, direct::baseline::softmax_d_in<T>});
#if FKD_HAS_X86_TARGETS
  if (fkd::machine_has(fkd::Isa::avx2))
    all.push_back({"avx2", direct::avx2::softmax_forward<T>, direct::avx2::softmax_d_in<T>});
  if (fkd::machine_has(fkd::Isa::avx512))
    all.push_back({"avx512", direct::avx512::softmax_forward<T>, direct::avx512::softmax_d_in<T>});
#endif
#endif
  return all;
}

TEST_CASE("by hand: log 1, log 2, log 5, and the same 1000 above") {
  for (const Functions<double>& f : all_functions<double>()) {
    CAPTURE(std::string{f.name});
    for (const double shift : {0.0, 1000.0, -1000.0}) {
      const double x[] = {shift, shift + std::log(2.0), shift + std::log(5.0)}, d_y[] = {8, 0, -8};
      double y[3], d_x[3];
      f.forward(y, x, 3, 1);
      CHECK(y[0] == doctest::Approx(0.125).epsilon(1e-12));
      CHECK(y[1] == doctest::Approx(0.25).epsilon(1e-12));
      CHECK(y[2] == doctest::Approx(0.625).epsilon(1e-12));
      f.d_in(d_x, d_y, y, 3, 1);  // Σ d_y y = 1 - 5 = -4
      CHECK(d_x[0] == doctest::Approx(0.125 * 12).epsilon(1e-12));
      CHECK(d_x[1] == doctest::Approx(0.25 * 4).epsilon(1e-12));
      CHECK(d_x[2] == doctest::Approx(0.625 * -4).epsilon(1e-12));
    }
  }
}

/// Rows of logits within ±30. exp's argument was rounded once: an error of |x| eps / 2; then its own error, the sum's
/// (by pairs or one after another) and the quotient's.
template <class T>
void check_accuracy() {
  for (const Index size : {1, 2, 3, 7, 8, 10, 16, 17, 31, 33, 64, 100, 1000, 5000})
    for (const Index rows : {1, 2, 3, 70}) {
      if (size * rows > 20'000) continue;
      CAPTURE(size);
      CAPTURE(rows);
      Guarded<T> x{size * rows}, d_y{size * rows};
      x.fill_at_random(1), d_y.fill_at_random(2);
      for (Index i = 0; i < x.size(); ++i) x[i] *= 30;
      for (const Functions<T>& f : all_functions<T>()) {
        CAPTURE(std::string{f.name});
        Guarded<T> y{size * rows}, in_place = x, d_x{size * rows}, d_in_place = d_y;
        f.forward(y.data(), x.data(), size, rows);
        f.forward(in_place.data(), in_place.data(), size, rows);
        f.d_in(d_x.data(), d_y.data(), y.data(), size, rows);
        f.d_in(d_in_place.data(), d_in_place.data(), y.data(), size, rows);
        CHECK(support::bit_difference(in_place.values(), y.values()) == "");
        CHECK(support::bit_difference(d_in_place.values(), d_x.values()) == "");
        CHECK((y.guards_intact() && d_x.guards_intact()));
        const long double eps = std::numeric_limits<T>::epsilon();
        for (Index row = 0; row < rows; ++row) {
          long double sum = 0, products = 0, magnitudes = 0, largest = -1000;
          for (Index c = 0; c < size; ++c) largest = std::max(largest, static_cast<long double>(x[row * size + c]));
          const auto e = [&](Index c) { return std::exp(static_cast<long double>(x[row * size + c]) - largest); };
          for (Index c = 0; c < size; ++c) sum += e(c);
          for (Index c = 0; c < size; ++c) {
            const long double term = e(c) / sum * static_cast<long double>(d_y[row * size + c]);
            products += term, magnitudes += std::abs(term);
          }
          const long double units = 40 + static_cast<long double>(size) / 2;
          for (Index c = 0; c < size; ++c) {
            const long double p = e(c) / sum, d = static_cast<long double>(d_y[row * size + c]);
            REQUIRE(std::abs(static_cast<long double>(y[row * size + c]) - p) <= units * eps * p);
            REQUIRE(std::abs(static_cast<long double>(d_x[row * size + c]) - p * (d - products)) <=
                    2 * units * eps * p * (std::abs(d) + magnitudes));
          }
        }
      }
    }
}

TEST_CASE("against long double") {
  check_accuracy<float>();
  check_accuracy<double>();
}

template <class T>
void check_extremes() {
  constexpr T inf = fkd::detail::infinity<T>, most = std::numeric_limits<T>::max();
  for (const Functions<T>& f : all_functions<T>()) {
    CAPTURE(std::string{f.name});
    const T x[] = {most, -most, 0, -inf, -most, -most, fkd::unknown<T>, 1, 2, 5, inf, 5};
    T y[12];
    f.forward(y, x, 3, 4);
    CHECK((y[0] == 1 && y[1] == 0 && y[2] == 0));
    CHECK((y[3] == 0 && y[4] == T(0.5) && y[5] == T(0.5)));
    for (int i = 6; i < 9; ++i) CHECK(fkd::is_nan(y[i]));  // of its pixel all
    CHECK(fkd::is_nan(y[10]));
    const T d_y[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 1, 1};
    T d_x[12];
    f.d_in(d_x, d_y, y, 3, 4);
    CHECK((d_x[0] == 0 && d_x[1] == 0 && d_x[2] == 0));
    CHECK((d_x[3] == 0 && d_x[4] == T(-0.25) && d_x[5] == T(0.25)));
    for (int i = 6; i < 9; ++i) CHECK(fkd::is_nan(d_x[i]));
  }
}

TEST_CASE("the largest numbers, infinities, NaN") {
  check_extremes<float>();
  check_extremes<double>();
}

TEST_CASE("a row's bits do not depend on the rows beside it") {
  Guarded<float> x{10 * 777};
  x.fill_at_random(5);
  for (const Functions<float>& f : all_functions<float>())
    for (const Index size : {3, 10, 70}) {
      const Index rows = x.size() / size;
      Guarded<float> together{size * rows}, one{size * rows};
      f.forward(together.data(), x.data(), size, rows);
      for (Index row = 0; row < rows; ++row) f.forward(one.data() + row * size, x.data() + row * size, size, 1);
      CHECK(support::bit_difference(together.values(), one.values()) == "");
    }
}

TEST_CASE("the contract and gradients") {
  for (const Shape shape : {Shape{5, 4, 3}, Shape{1, 1, 1}, Shape{1, 1, 37}, Shape{2, 3, 10}, Shape{40, 30, 4}}) {
    CAPTURE(fkd::text(shape));
    const fkd::CheckResult result = fkd::check_layer(Softmax{}, shape);
    CHECK_MESSAGE(result, result.text());
  }
}

TEST_CASE("errors and constexpr networks; the sum is 1") {
  CHECK_THROWS_AS(Softmax{}.output_shape({0, 3, 2}), ShapeError);
  constexpr fkd::Sequential net{fkd::Input{.height = 4, .width = 3, .channels = 2}, fkd::Flatten{},
                                fkd::Dense{.units = 10}, Softmax{}};
  static_assert(net.output_shape({4, 3, 2}) == Shape{1, 1, 10});
  const fkd::Model model{net};
  fkd::Batch<float> x{{4, 3, 2}, 5};
  for (Index i = 0; i < x.size(); ++i) x.data()[i] = static_cast<float>(i % 11) - 5;
  const fkd::Batch<float> y = model.predict(x);
  for (Index n = 0; n < 5; ++n) {
    float sum = 0;
    for (const float p : y.sample(n)) sum += p;
    CHECK(sum == doctest::Approx(1).epsilon(1e-6));
  }
}

}  // namespace
