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

/// README's layers made of layers: a value that two ops read.
struct Add {
  static constexpr std::string_view name = "add";
  constexpr fkd::Shape output_shape(std::span<const fkd::Shape> in) const { return in[0]; }
  template <class T>
  void forward(const fkd::Forward<T>& f) const {
    for (fkd::Index i = 0; i < f.out_shape.size(); ++i) f.out[i] = f.inputs[0][i] + f.inputs[1][i];
  }
  template <class T>
  void backward(const fkd::Backward<T>& b) const {
    for (T* d_in : b.d_inputs)
      for (fkd::Index i = 0; d_in != nullptr && i < b.out_shape.size(); ++i) d_in[i] = b.d_out[i];
  }
};

template <class Main>
struct Residual {
  Main main;
  static constexpr std::string_view name = "residual";
  template <class B>
  constexpr typename B::Value lower(B& builder, typename B::Value x) const {
    return builder.add("sum", Add{}, builder.add("main", main, x), x);
  }
};
template <class Main>
Residual(Main) -> Residual<Main>;

}  // namespace

int main() {
  const fkd::Input input{.height = 6, .width = 6, .channels = 1};
  const fkd::Conv2D convolution{.filters = 2, .kernel = {3, 3}, .padding = fkd::Padding::same};
  const fkd::MaxPool2D pool{.window = {2, 2}};
  const fkd::Dense dense{.units = 2};
  const double typed = use(fkd::Sequential{input, convolution, fkd::ReLU{}, pool, fkd::Flatten{}, dense});
  const double at_run_time =
      use(fkd::RuntimeSequential{input, {convolution, fkd::ReLU{}, pool, fkd::Flatten{}, dense}});
  const double activated = use(fkd::RuntimeSequential{
      input,
      {convolution, fkd::ReLU6{}, fkd::LeakyReLU{}, fkd::ELU{}, fkd::SELU{}, fkd::Sigmoid{}, fkd::Tanh{},
       fkd::Softplus{}, fkd::HardSigmoid{}, fkd::SiLU{}, fkd::GELU{}, fkd::HardSwish{}, fkd::Mish{}, fkd::PReLU{},
       fkd::SpatialDropout2D{}, fkd::Dropout{}, fkd::Flatten{}, dense, fkd::Softmax{}}});
  constexpr fkd::Conv2D same{.filters = 2, .kernel = {3, 3}, .padding = fkd::Padding::same};
  constexpr fkd::Sequential branched{fkd::Input{.height = 6, .width = 6, .channels = 2}, Residual{same},
                                     Residual{fkd::Sequential{same, fkd::ReLU{}}}, fkd::Flatten{},
                                     fkd::Dense{.units = 2}};
  const double as_graph = use(fkd::Graph{fkd::Input{.height = 6, .width = 6, .channels = 2},
                                         {{"first", Residual{same}, {"input"}},
                                          {"second", Residual{fkd::Sequential{same, fkd::ReLU{}}}, {"first"}},
                                          {"flat", fkd::Flatten{}, {"second"}},
                                          {"out", dense, {"flat"}}},
                                         "out"});
  return typed == at_run_time && fkd::is_finite(activated) && fkd::is_finite(use(branched)) && fkd::is_finite(as_graph)
             ? 0
             : 1;
}
