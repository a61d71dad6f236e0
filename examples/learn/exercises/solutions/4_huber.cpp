/// Exercise 4: the derivative of the Huber loss.
///
/// Of one error e = y - t: a square for small errors, a line for large ones, so that one wrong target does not rule the
/// gradient (Huber 1964). The two meet at |e| = δ, with the same slope.
///
///     l(e) = e² / 2  where |e| <= δ,  else δ (|e| - δ / 2)
#include "exercise.hpp"

double huber(double e, double delta) { return std::abs(e) <= delta ? e * e / 2 : delta * (std::abs(e) - delta / 2); }

double huber_derivative(double e, double delta) {
  // YOUR CODE: dl/de. How large can it become?
  return std::abs(e) <= delta ? e : e > 0 ? delta : -delta;
  // END
}

exercise::Complaints check() {
  exercise::Complaints complaints;
  const double delta = 1.5;
  for (const double e : {-4.0, -1.0, -0.25, 0.0, 0.5, 1.4, 1.6, 10.0})
    exercise::compare_derivative(
        complaints, "dl/de at e = " + exercise::text(e) + ", delta = 1.5", huber_derivative(e, delta),
        [&](double at) { return huber(at, delta); }, e);
  // Against the library's, on a batch of one value: d_y = dl/de.
  const double y = 3, t = 1, known = 0.75;
  double d_y = 0;
  fkd::Huber{.delta = known}.measure<double>({&y, {1, 1, 1}, 1}, {&t, {1, 1, 1}, 1}, &d_y);
  exercise::compare(complaints, "dl/de at e = 2, delta = 0.75", huber_derivative(2, known), d_y, "by fkd::Huber");
  return complaints;
}

#ifndef FKD_EXERCISE_WITHOUT_MAIN
int main() { return exercise::report("4, the derivative of the Huber loss", check()); }
#endif
