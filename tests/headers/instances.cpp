// Headers are mostly templates, which warn only where they are used. So everything is used once, in float and in
// double.
#include <fkd/net.hpp>

#include <fkd/backends/reference.hpp>

namespace {

template <class T, class Architecture>
double use(const Architecture& architecture, const fkd::FitOptions& options) {
  fkd::Model net{architecture, fkd::Seed{1}, fkd::scalar<T>};
  net.use(fkd::reference::backend<T>);
  fkd::Batch<T> x{net.input_shape(), 2}, y{net.output_shape(), 2};
  for (fkd::Index n = 0; n < 2; ++n) x.sample(n)[0] = y.sample(n)[0] = static_cast<T>(n);
  const fkd::Dataset<T> data{x, y};
  const fkd::Dataset<T, std::uint8_t> bytes{fkd::Batch<std::uint8_t>{net.input_shape(), 2}, y, T{1} / 255};
  const fkd::Subset<T> validation{bytes, {1}};
  fkd::fit(net, data, validation, options);
  return fkd::evaluate(net, data).mean() +
         static_cast<double>(fkd::summary(net).size() + fkd::activations(net, x).size());
}

template <class Architecture>
double use(const Architecture& architecture) {
  const fkd::FitOptions adam{.optimizer = fkd::Adam{}};
  const fkd::FitOptions sgd{.optimizer = fkd::SGD{.learning_rate = 0.1}, .loss = fkd::SoftmaxCrossEntropy{}};
  return use<float>(architecture, adam) + use<double>(architecture, sgd);
}

}  // namespace

int main() {
  const fkd::Input input{.height = 6, .width = 6, .channels = 1};
  const fkd::Conv2D convolution{.filters = 2, .kernel = {3, 3}, .padding = fkd::Padding::same};
  const fkd::MaxPool2D pool{.window = {2, 2}};
  const fkd::Dense dense{.units = 2};
  const double typed = use(fkd::Sequential{input, convolution, fkd::ReLU{}, pool, fkd::Flatten{}, dense});
  const double at_run_time =
      use(fkd::RuntimeSequential{input, {convolution, fkd::ReLU{}, pool, fkd::Flatten{}, dense}});
  return typed == at_run_time ? 0 : 1;
}
