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

/// Labels, splits, metrics, chosen classes, transfer and freezing by name.
template <class T>
double classify() {
  const fkd::Sequential network{fkd::Input{.height = 1, .width = 1, .channels = 2}, fkd::Dense{.units = 2},
                                fkd::Dense{.units = 2}};
  fkd::Model net{network, fkd::Seed{1}, fkd::scalar<T>}, other{network, fkd::Seed{2}, fkd::scalar<T>};
  const int labels[] = {0, 1, 0, 1};
  const fkd::LabelledDataset<T> data{fkd::Batch<T>{net.input_shape(), 4}, labels, {.classes = 2}};
  const auto [training, validation] = fkd::split(data, 0.5, fkd::Seed{1}, {.stratify = true});
  const auto right = [](fkd::BatchView<const T> y, fkd::BatchView<const T>) {
    return fkd::LossSum{static_cast<double>(y.samples), 1};
  };
  fkd::FitOptions options{.loss = fkd::SoftmaxCrossEntropy{},
                          .metrics = {fkd::Accuracy{}, fkd::TopKAccuracy{}, {"own", right}}};
  options.frozen = fkd::copy_parameters(other, net).layers;
  options.frozen = {"1.dense", "2.dense.bias"};
  options.early_stopping = {.patience = 1, .monitor = "accuracy"};
  fkd::fit(net, training, validation, options);
  const fkd::LabelledDataset<T> hot{fkd::Batch<T>{net.input_shape(), 4}, labels, {.one_hot = true}};
  const std::vector<fkd::Metric> values{fkd::MAE{}, fkd::MSE{}, fkd::RMSE{}, fkd::BinaryAccuracy{}};
  const fkd::ConfusionMatrix matrix = fkd::confusion_matrix(labels, fkd::predict_labels(net, data.x()), 2);
  return fkd::evaluate(net, hot, fkd::MeanSquaredError{}, values).metric("mae") +
         fkd::confusion_matrix(net, data).accuracy() + static_cast<double>(matrix.table().size()) +
         static_cast<double>(fkd::predict_probabilities(net, data.x()).size());
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
       fkd::SpatialDropout2D{}, fkd::Dropout{}, fkd::Flatten{}, fkd::Softmax{}, dense}});
  constexpr fkd::Conv2D three{.filters = 3, .kernel = {3, 3}, .padding = fkd::Padding::sides(1)};
  constexpr fkd::Sequential composed{
      fkd::Input{.features = 48},
      fkd::Reshape{.height = 4, .width = -1, .channels = 3},
      fkd::Rescale{.mean = {0.1, 0.2, 0.3}, .standard_deviation = 2},
      fkd::Residual{fkd::Sequential{three, fkd::ReLU{}}, three},
      fkd::Add{three, fkd::Sequential{}, fkd::Residual{fkd::Residual{three}}},
      fkd::Concat{fkd::Sequential{}, fkd::Sequential{fkd::MaxPool2D{.window = {2, 2}}, three, fkd::UpSampling2D{}}},
      fkd::ZeroPadding2D{.padding = fkd::Padding::sides(1)},
      fkd::AveragePool2D{.window = {3, 3}, .stride = {1, 1}, .padding = fkd::Padding::same},
      fkd::Concat{fkd::GlobalAveragePool2D{}, fkd::GlobalMaxPool2D{}},
      fkd::Dense{.units = 2}};
  const double as_branches = use(composed);
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
  const double classified = classify<float>() + classify<double>();
  return typed == at_run_time && fkd::is_finite(as_branches) && fkd::is_finite(classified) &&
                 fkd::is_finite(activated) && fkd::is_finite(use(branched)) && fkd::is_finite(as_graph)
             ? 0
             : 1;
}
