/// Exercise 1: the derivative of ReLU.
///
/// y = max(x, 0). Backward multiplies what comes from above by the derivative: d_in(i) = d_out(i) · y'(in(i)). At 0
/// the function has a kink; fkd takes 0 there. docs/learn/03_chain_rule.md derives the rule.
#include "exercise.hpp"

template <class T>
T relu_derivative([[maybe_unused]] T x) {
  // YOUR CODE: y'(x)
  return x > 0 ? T{1} : T{0};
  // END
}

struct MyReLU {
  static constexpr std::string_view name = "my_relu";
  constexpr fkd::Shape output_shape(fkd::Shape in) const { return in; }
  template <class T>
  fkd::Requirements requirements(const fkd::LayerContext<T>&) const {
    return {.input = true};  // backward reads what came in
  }
  template <class T>
  void forward(const fkd::Forward<T>& f) const {
    for (fkd::Index i = 0; i < f.in_shape.size(); ++i) f.out[i] = f.in[i] > 0 ? f.in[i] : T{0};
  }
  template <class T>
  void backward(const fkd::Backward<T>& b) const {
    for (fkd::Index i = 0; b.d_in && i < b.in_shape.size(); ++i) b.d_in[i] = b.d_out[i] * relu_derivative(b.in[i]);
  }
};

exercise::Complaints check() {
  exercise::Complaints complaints;
  exercise::compare(complaints, "y'(-2)", relu_derivative(-2.0), 0, "max(x, 0) is constant there");
  exercise::compare(complaints, "y'(3)", relu_derivative(3.0), 1, "max(x, 0) is x there");
  exercise::compare(complaints, "y'(0)", relu_derivative(0.0), 0, "by convention");
  exercise::check_layer(complaints, MyReLU{}, {.height = 3, .width = 5, .channels = 2});
  return complaints;
}

#ifndef FKD_EXERCISE_WITHOUT_MAIN
int main() { return exercise::report("1, the derivative of ReLU", check()); }
#endif
