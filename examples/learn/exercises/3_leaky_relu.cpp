/// Exercise 3: a layer of your own, the leaky ReLU.
///
/// y = x above 0, a · x below (Maas, Hannun, Ng 2013). Both halves are yours. A gradient that fits a wrong function is
/// still wrong, so the values are checked first.
#include "exercise.hpp"

struct MyLeakyReLU {
  double slope = 0.1;  // a

  template <class T>
  T value(T x) const {
    const T a = static_cast<T>(slope);
    // YOUR CODE: y(x)
    return x > 0 ? x : x - a;  // wrong
    // END
  }
  template <class T>
  T derivative(T x) const {
    const T a = static_cast<T>(slope);
    // YOUR CODE: y'(x), and a at 0
    return x > 0 ? T{1} : T{1} - a;  // wrong
    // END
  }

  static constexpr std::string_view name = "my_leaky_relu";
  constexpr fkd::Shape output_shape(fkd::Shape in) const { return in; }
  template <class T>
  fkd::Requirements requirements(const fkd::LayerContext<T>&) const {
    return {.input = true};
  }
  template <class T>
  void forward(const fkd::Forward<T>& f) const {
    for (fkd::Index i = 0; i < f.in_shape.size(); ++i) f.out[i] = value(f.in[i]);
  }
  template <class T>
  void backward(const fkd::Backward<T>& b) const {
    for (fkd::Index i = 0; b.d_in && i < b.in_shape.size(); ++i) b.d_in[i] = b.d_out[i] * derivative(b.in[i]);
  }
};

exercise::Complaints check() {
  exercise::Complaints complaints;
  const MyLeakyReLU layer{.slope = 0.2};
  exercise::compare(complaints, "y(3), a = 0.2", layer.value(3.0), 3, "x above 0");
  exercise::compare(complaints, "y(-5), a = 0.2", layer.value(-5.0), -1, "a · x below 0");
  for (const double x : {-5.0, -0.5, 0.5, 3.0})
    exercise::compare_derivative(
        complaints, "y'(" + exercise::text(x) + "), a = 0.2", layer.derivative(x),
        [&](double at) { return layer.value(at); }, x);
  exercise::check_layer(complaints, layer, {.height = 3, .width = 5, .channels = 2});
  return complaints;
}

#ifndef FKD_EXERCISE_WITHOUT_MAIN
int main() { return exercise::report("3, leaky ReLU", check()); }
#endif
