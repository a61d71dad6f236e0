// NaN where a program is compiled with -ffast-math: a target that is NaN is unknown, and layers pass NaN on.
#include <fkd/net.hpp>

#include <fkd/backends/direct.hpp>
#include <fkd/backends/reference.hpp>

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <limits>

namespace {

int failures = 0;

void expect(bool right, const char* what, const char* where) {
  if (right) return;
  std::printf("wrong: %s (%s)\n", what, where);
  ++failures;
}

// NaN from outside, which no compiler sees: as it comes out of a file.
template <class T>
void put_nan(T* to) {
  volatile std::uint64_t bits = sizeof(T) == 4 ? 0x7FC00000 : 0x7FF8000000000000;
  const std::uint64_t now = bits;
  std::memcpy(to, &now, sizeof(T));  // little endian
}

template <class T>
bool holds_nan(const T* at) {
  std::uint64_t bits = 0;
  std::memcpy(&bits, at, sizeof(T));
  return sizeof(T) == 4 ? (bits & 0x7FFFFFFF) > 0x7F800000 : (bits << 1 >> 1) > 0x7FF0000000000000;
}

template <class T>
void losses(const char* type) {
  fkd::Batch<T> y{{1, 1, 4}, 2}, target{{1, 1, 4}, 2}, d_y{{1, 1, 4}, 2};
  for (fkd::Index n = 0; n < 2; ++n)
    for (std::size_t i = 0; i < 4; ++i) y.sample(n)[i] = 1, target.sample(n)[i] = 3, d_y.sample(n)[i] = 7;
  put_nan(&target.sample(0)[1]);
  target.sample(1)[2] = fkd::unknown<T>;
  const fkd::LossSum sum = fkd::MeanSquaredError{}.template measure<T>(y, target, d_y.data());
  expect(sum.count == 6 && sum.sum == 24, "two of eight targets are unknown", type);
  expect(d_y.sample(0)[1] == 0 && d_y.sample(1)[2] == 0, "the gradient of an unknown target is zero", type);
  const fkd::LossSum classes = fkd::SoftmaxCrossEntropy{}.template measure<T>(y, target, d_y.data());
  expect(classes.count == 0 && classes.sum == 0, "SoftmaxCrossEntropy leaves out samples whose target is unknown",
         type);
  for (fkd::Index i = 0; i < d_y.size(); ++i) expect(d_y.data()[i] == 0, "and their gradient is zero", type);
  expect(fkd::is_nan(target.sample(0)[1]) && !fkd::is_finite(target.sample(1)[2]), "is_nan, is_finite", type);
  expect(fkd::statistics(target).not_finite == 2, "statistics", type);
}

template <class T>
void layers(const fkd::Backend<T>& backend, const char* type) {
  const auto passes = [&](const auto& architecture, const char* what) {
    fkd::Model net{architecture, fkd::Seed{3}, fkd::scalar<T>};
    net.use(backend);
    fkd::Batch<T> x{net.input_shape(), 3};
    for (fkd::Index i = 0; i < x.size(); ++i) x.data()[i] = static_cast<T>(i % 7) - 3;
    put_nan(x.sample(1).data() + 5);
    const fkd::Batch<T> y = net.predict(x);
    const auto any = [&](fkd::Index n) {
      bool nan = false;
      for (const T& value : y.sample(n)) nan = nan || holds_nan(&value);
      return nan;
    };
    expect(!any(0) && any(1) && !any(2), what, type);
    expect(fkd::first_non_finite(net, x.view()).find("input itself") != std::string::npos, "diagnosis", type);
  };
  const fkd::Input input{.height = 8, .width = 8, .channels = 16};
  const fkd::Conv2D conv{.filters = 16, .kernel = {3, 3}, .padding = fkd::Padding::same};
  const fkd::MaxPool2D two{.window = {2, 2}}, three{.window = {3, 3}};
  passes(fkd::Sequential{input, fkd::ReLU{}}, "ReLU passes NaN");
  const auto both = [&](const auto& activation, const char* what) {
    passes(fkd::Sequential{input, activation}, what);
    passes(fkd::Sequential{input, conv, activation}, what);
  };
  both(fkd::LeakyReLU{}, "LeakyReLU passes NaN");
  both(fkd::ELU{}, "ELU passes NaN");
  both(fkd::Sigmoid{}, "Sigmoid passes NaN");
  both(fkd::Softplus{}, "Softplus passes NaN");
  both(fkd::GELU{}, "GELU passes NaN");
  both(fkd::HardSwish{}, "HardSwish passes NaN");
  both(fkd::PReLU{}, "PReLU passes NaN");
  both(fkd::Softmax{}, "Softmax passes NaN");
  passes(fkd::Sequential{input, two}, "MaxPool2D (2, 2) passes NaN");
  passes(fkd::Sequential{input, three}, "MaxPool2D (3, 3) passes NaN");
  passes(fkd::Sequential{input, conv}, "Conv2D passes NaN");
  passes(fkd::Sequential{input, conv, fkd::ReLU{}, two}, "Conv2D, ReLU and MaxPool2D (2, 2) pass NaN");
  passes(fkd::Sequential{input, conv, two}, "Conv2D and MaxPool2D (2, 2) pass NaN");
  passes(fkd::Sequential{input, conv, fkd::ReLU{}, three}, "Conv2D, ReLU and MaxPool2D (3, 3) pass NaN");
  passes(fkd::Sequential{input, fkd::Flatten{}, fkd::Dense{.units = 3}}, "Dense passes NaN");
  passes(fkd::RuntimeSequential{input, {conv, fkd::ReLU{}, two}}, "the same at run time");

  // An infinite sample is refused with the sentence, and not trained on.
  fkd::Model net{fkd::Sequential{input, conv, fkd::ReLU{}, two, fkd::Flatten{}, fkd::Dense{.units = 2}}, fkd::Seed{3},
                 fkd::scalar<T>};
  net.use(backend);
  fkd::Batch<T> x{net.input_shape(), 4}, y{net.output_shape(), 4};
  put_nan(x.sample(2).data() + 5);
  try {
    fkd::fit(net, fkd::Dataset<T>{x, y}, {.epochs = 1, .batch_size = 2});
    expect(false, "fit refuses an input that is NaN", type);
  } catch (const fkd::NonFiniteError&) {
  }
  x.sample(2)[5] = 0;
  for (const fkd::Optimizer& optimizer :
       {fkd::Optimizer{fkd::SGD{.learning_rate = 1e300}}, fkd::Optimizer{fkd::Adam{.learning_rate = 1e300}}}) {
    try {
      fkd::Batch<T> far = y;
      for (T& value : far.sample(0)) value = 1;
      fkd::Model again{fkd::Sequential{input, fkd::Flatten{}, fkd::Dense{.units = 2}}, fkd::Seed{3}, fkd::scalar<T>};
      for (fkd::Index i = 0; i < x.size(); ++i) x.data()[i] = static_cast<T>(i % 7) - 3;
      fkd::fit(again, fkd::Dataset<T>{x, far}, {.epochs = 5, .batch_size = 2, .optimizer = optimizer});
      expect(false, "fit refuses a learning rate that ruins the parameters", type);
    } catch (const fkd::NonFiniteError&) {
    }
  }
}

// Functions with a tail, where reassociating would lose every digit.
template <class T>
void activations(const char* type) {
  const auto value = [](const auto& layer, T x) {
    const auto activation = layer.template activation<T>();
    volatile T outside = x;
    T in = outside, out = 0;
    activation.run(&out, &in, 1);
    return static_cast<double>(out);
  };
  const auto near = [](double got, double expected) {
    const double wrong = got > expected ? got - expected : expected - got;
    return wrong <= 2e-6 * (expected < 0 ? -expected : expected);
  };
  expect(near(value(fkd::Sigmoid{}, T(-20)), 2.0611536181902037e-9), "Sigmoid's tail", type);
  expect(near(value(fkd::Tanh{}, T(0.001)), 9.9999966666680000e-4), "Tanh at 0.001", type);
  expect(near(value(fkd::Softplus{}, T(-20)), 2.0611536181902037e-9), "Softplus's tail", type);
  expect(near(value(fkd::Softplus{}, T(1000)), 1000), "Softplus of 1000", type);
  expect(near(value(fkd::GELU{}, T(-5)), -1.433257859396e-6), "GELU's tail", type);
  expect(near(value(fkd::SiLU{}, T(-20)), -4.1223072363804074e-8), "SiLU's tail", type);
  expect(near(value(fkd::ELU{}, T(-0.001)), -9.9950016662500833e-4), "ELU at -0.001", type);
}

}  // namespace

int main() {
  losses<float>("float");
  losses<double>("double");
  activations<float>("float");
  activations<double>("double");
  layers<float>(fkd::reference::backend<float>, "float, reference");
  layers<double>(fkd::reference::backend<double>, "double, reference");
  layers<float>(fkd::default_backend<float>(), "float, default");
  layers<double>(fkd::default_backend<double>(), "double, default");
  layers<float>(fkd::direct::backend<float>(), "float, direct");
  std::printf("%d wrong\n", failures);
  return failures == 0 ? 0 : 1;
}
