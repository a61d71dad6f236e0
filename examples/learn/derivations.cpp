/// \file
/// The numbers of the derivations in docs/learn/, computed by fkd's reference loops. A page shows what a section
/// prints, and a test compares the two (tests/learn/test_pages.cpp).
///
///     g++ -std=c++20 -O2 -I include examples/learn/derivations.cpp -o results/learn/derivations -pthread
///     results/learn/derivations convolution
#include <cmath>
#include <cstdarg>
#include <cstdio>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <fkd/backends/reference/adam.hpp>
#include <fkd/backends/reference/average_pool2d.hpp>
#include <fkd/backends/reference/batch_norm.hpp>
#include <fkd/backends/reference/conv2d.hpp>
#include <fkd/backends/reference/dense.hpp>
#include <fkd/backends/reference/max_pool2d.hpp>
#include <fkd/backends/reference/relu.hpp>
#include <fkd/backends/reference/softmax.hpp>
#include <fkd/backends/reference/softmax_cross_entropy.hpp>
#include <fkd/core/initialise.hpp>

namespace derivations {

using fkd::Conv2DDims, fkd::Index;
using Values = std::vector<double>;

/// What a section prints.
class Text {
 public:
  [[gnu::format(printf, 2, 3)]] void line(const char* format, ...) {
    char buffer[256];
    std::va_list arguments;
    va_start(arguments, format);
    std::vsnprintf(buffer, sizeof buffer, format, arguments);
    va_end(arguments);
    text_ += std::string{buffer} + "\n";
  }
  /// A matrix; a value that is no more than rounding is 0.
  void matrix(const std::string& name, const Values& values, std::size_t columns, const char* format = "%10g") {
    line("%s", name.c_str());
    for (std::size_t i = 0; i < values.size(); i += columns) {
      std::string row;
      for (std::size_t j = i; j < i + columns; ++j) row += number(values[j], format);
      text_ += row + "\n";
    }
  }
  void row(const std::string& name, const Values& values, const char* format = "%10.4f") {
    std::string all = name + std::string(name.size() < 22 ? 22 - name.size() : 0, ' ');
    for (const double value : values) all += number(value, format);
    text_ += all + "\n";
  }
  const std::string& get() const { return text_; }

 private:
  static std::string number(double value, const char* format) {
    char buffer[32];
    std::snprintf(buffer, sizeof buffer, format, std::abs(value) < 1e-12 ? 0.0 : value);
    return buffer;
  }
  std::string text_;
};

/// (f(x + h) - f(x - h)) / 2h.
template <class F>
double difference(const F& f, double x) {
  const double h = 1e-4;
  return (f(x + h) - f(x - h)) / (2 * h);
}

/// L = (relu(w x + b) - t)².
std::string chain_rule() {
  const double x = 2, w = 0.5, b = 0.25, t = 3;
  const auto loss = [t](double x_, double w_, double b_) {
    double z = w_ * x_ + b_, y = 0;
    fkd::reference::relu_forward(&y, &z, 1);
    return (y - t) * (y - t);
  };
  const double z = w * x + b, y = z > 0 ? z : 0, e = y - t;
  Text text;
  text.line("forward    x = %g, w = %g, b = %g, t = %g", x, w, b, t);
  text.line("           z = w x + b = %g,  y = relu(z) = %g,  e = y - t = %g,  L = e^2 = %g", z, y, e, e * e);
  const double d_e = 2 * e, d_y = d_e, d_z = z > 0 ? d_y : 0;
  text.line("backward   d_e = 2 e = %g,  d_y = d_e = %g,  d_z = d_y = %g", d_e, d_y, d_z);
  text.line("           d_w = d_z x = %g,  d_x = d_z w = %g,  d_b = d_z = %g", d_z * x, d_z * w, d_z);
  text.line("differences    d_w %.6f   d_x %.6f   d_b %.6f", difference([&](double at) { return loss(x, at, b); }, w),
            difference([&](double at) { return loss(at, w, b); }, x),
            difference([&](double at) { return loss(x, w, at); }, b));
  const double u = 2;  // read by two ops: u u and 3 u
  text.line("a fork     L = u u + 3 u at u = %g: by the product %g + %g, by the other branch 3, together %g", u, u, u,
            2 * u + 3);
  text.line("differences    d_u %.6f", difference([](double at) { return at * at + 3 * at; }, u));
  return text.get();
}

Values convolve(const Conv2DDims& d, const Values& in, const Values& weight, double bias) {
  Values out(static_cast<std::size_t>(d.OH * d.OW * d.OC));
  fkd::reference::conv2d_forward<double>({.out = out.data(), .in = in.data(), .weight = weight.data(), .bias = &bias},
                                         d);
  return out;
}

/// The example of tests/backends/test_reference.cpp: a 3x3 image, a 2x2 kernel, no padding.
std::string convolution() {
  constexpr Conv2DDims d{3, 3, 1, 2, 2, 1, 2, 2, 1, 1, 0, 0};
  const Values in{1, 2, 3, 4, 5, 6, 7, 8, 9}, weight{1, 10, 100, 1000}, d_out{1, 2, 3, 4};
  Values d_in(9), d_weight(4), d_bias(1);
  fkd::reference::conv2d_d_in<double>({.d_in = d_in.data(), .d_out = d_out.data(), .weight = weight.data()}, d);
  fkd::reference::conv2d_d_weight<double>(
      {.d_weight = d_weight.data(), .d_bias = d_bias.data(), .in = in.data(), .d_out = d_out.data()}, d);
  Text text;
  text.matrix("in (3, 3)", in, 3);
  text.matrix("weight (2, 2), bias 0.5", weight, 2);
  text.matrix("out (2, 2)", convolve(d, in, weight, 0.5), 2);
  text.matrix("d_out (2, 2)", d_out, 2);
  text.matrix("d_in (3, 3)", d_in, 3);
  text.matrix("d_weight (2, 2)", d_weight, 2);
  text.line("d_bias %g", d_bias[0]);
  // d_in: d_out with a border of one zero, convolved with the weights turned by 180 degrees.
  constexpr Conv2DDims turned{2, 2, 1, 3, 3, 1, 2, 2, 1, 1, 1, 1};
  text.matrix("d_out, padded by 1, convolved with the turned weights", convolve(turned, d_out, {1000, 100, 10, 1}, 0),
              3);
  // d_weight: the image, convolved with d_out as the kernel.
  text.matrix("in, convolved with d_out", convolve(d, in, d_out, 0), 2);
  return text.get();
}

std::string pooling() {
  constexpr fkd::MaxPool2DDims d{3, 3, 1, 2, 2, 2, 2, 1, 1};  // 2x2 windows one apart: they overlap
  const Values in{0, 1, 0, 2, 9, 3, 0, 4, 0}, d_out{1, 2, 4, 8};
  Values largest(4), mean(4), d_largest(9), d_mean(9);
  std::vector<std::uint8_t> index(4);
  fkd::reference::max_pool2d_forward(largest.data(), index.data(), in.data(), d);
  fkd::reference::max_pool2d_d_in(d_largest.data(), d_out.data(), index.data(), d);
  fkd::reference::average_pool2d_forward(mean.data(), in.data(), d, false);
  fkd::reference::average_pool2d_d_in(d_mean.data(), d_out.data(), d, false);
  Text text;
  text.matrix("in (3, 3)", in, 3);
  text.matrix("largest of each 2x2 window, stride 1: out (2, 2)", largest, 2);
  text.matrix("place of each in its window, row by row", Values(index.begin(), index.end()), 2);
  text.matrix("d_out (2, 2)", d_out, 2);
  text.matrix("d_in of the maxima (3, 3)", d_largest, 3);
  text.matrix("mean of each window (2, 2)", mean, 2);
  text.matrix("d_in of the means (3, 3)", d_mean, 3);
  return text.get();
}

/// The example of tests/backends/test_reference.cpp.
std::string dense() {
  constexpr fkd::DenseDims d{2, 3, 2};
  const Values in{1, 2, 3, 4, 5, 6}, weight{1, 10, 2, 20, 3, 30}, d_out{1, 2, 3, 4};
  Values out(4), d_in(6), d_weight(6), d_bias(2);
  fkd::reference::dense_forward<double>({.out = out.data(), .in = in.data(), .weight = weight.data()}, d, 0, 3);
  fkd::reference::dense_d_in<double>({.d_in = d_in.data(), .d_out = d_out.data(), .weight = weight.data()}, d, 0, 3);
  const fkd::DenseWeightGradient<double> of_weight{.d_weight = d_weight.data(), .in = in.data(), .d_out = d_out.data()};
  fkd::reference::dense_d_weight(of_weight, d, 0, 3);
  for (std::size_t i = 0; i < 4; ++i) d_bias[i % 2] += d_out[i];
  Text text;
  text.matrix("in (2 samples, 3)", in, 3);
  text.matrix("weight (3, 2), no bias", weight, 2);
  text.matrix("out = in weight (2, 2)", out, 2);
  text.matrix("d_out (2, 2)", d_out, 2);
  text.matrix("d_in = d_out weight^T (2, 3)", d_in, 3);
  text.matrix("d_weight = in^T d_out (3, 2)", d_weight, 2);
  text.matrix("d_bias, the sum over samples (2)", d_bias, 2);
  return text.get();
}

/// The example of tests/loss/test_cross_entropies.cpp: exp(z) = 1, 2, 5.
std::string softmax() {
  const Values z{0, std::log(2.0), std::log(5.0)}, label{1};
  Values p(3), d_z(3);
  fkd::reference::softmax_forward(p.data(), z.data(), 3, 1);
  const double loss = fkd::reference::softmax_cross_entropy<double>(
      {.d_z = d_z.data(), .logits = z.data(), .target = label.data()}, {.P = 1, .C = 3, .labels = true}, 1);
  const auto loss_at = [&](std::size_t k) {
    return difference(
        [&](double at) {
          Values moved = z;
          moved[k] = at;
          return fkd::reference::softmax_cross_entropy<double>(
              {.d_z = nullptr, .logits = moved.data(), .target = label.data()}, {.P = 1, .C = 3, .labels = true}, 1);
        },
        z[k]);
  };
  Text text;
  text.row("logits z (3)", z);
  text.row("p = softmax(z)", p);
  text.line("the label is class 1: loss -log p(1) = %.4f = log 4", loss);
  text.row("d_z = p - target", d_z);
  text.row("by differences", {loss_at(0), loss_at(1), loss_at(2)});
  const Values far{1000, 1000 + std::log(2.0), 1000 + std::log(5.0)};
  double sum = 0;
  for (const double value : far) sum += std::exp(value);
  fkd::reference::softmax_forward(p.data(), far.data(), 3, 1);
  text.line("z + 1000: exp(z) sums to %s, softmax by z - max:", std::isinf(sum) ? "infinity" : "a number");
  text.row("p", p);
  return text.get();
}

/// P = 4 values of one channel, chosen so that sqrt(variance + epsilon) is 2.
std::string batch_norm() {
  const Values in{1, 2, 3, 6}, d_out{1, 0, -1, 2};
  const double gamma = 2, beta = 1, epsilon = 0.5, P = 4;
  Values out(4), d_in(4), normal(4);
  double moving_mean = 0, moving_variance = 1, d_gamma = 0, d_beta = 0;
  fkd::reference::batch_norm_forward<double>({out.data(), in.data(), &gamma, &beta, &moving_mean, &moving_variance}, 4,
                                             1, {0.9, epsilon, false});
  fkd::reference::batch_norm_backward<double>({d_in.data(), &d_gamma, &d_beta, d_out.data(), in.data(), &gamma}, 4, 1,
                                              epsilon);
  double mean = 0, variance = 0;
  for (const double value : in) mean += value / P;
  for (const double value : in) variance += (value - mean) * (value - mean) / P;
  const double inverse = 1 / std::sqrt(variance + epsilon);
  Values direct, by_mean, by_variance;
  for (std::size_t p = 0; p < 4; ++p) {
    normal[p] = (in[p] - mean) * inverse;
    direct.push_back(gamma * inverse * d_out[p]);
    by_mean.push_back(-gamma * inverse * d_beta / P);
    by_variance.push_back(-gamma * inverse * normal[p] * d_gamma / P);
  }
  Text text;
  text.row("in (4)", in);
  text.line("mean %g, variance %g, epsilon %g: 1 / sqrt(variance + epsilon) = %g", mean, variance, epsilon, inverse);
  text.row("normal (4)", normal);
  text.row("out = 2 normal + 1", out);
  text.row("d_out (4)", d_out);
  text.line("d_beta %g, d_gamma %g", d_beta, d_gamma);
  text.row("d_in: directly", direct);
  text.row("      by the mean", by_mean);
  text.row("      by the variance", by_variance);
  text.row("d_in, the sum", d_in);
  double sum = 0;
  for (const double value : d_in) sum += value;
  text.line("the sum of d_in: %g", std::abs(sum) < 1e-12 ? 0.0 : sum);
  return text.get();
}

/// Steps of Adam in units of the learning rate, where every gradient is the same, with and without its correction.
std::string adam() {
  const double beta_1 = 0.9, beta_2 = 0.999, gradient = 0.25;
  double theta = 0, m = 0, v = 0;
  Text text;
  text.line("every gradient is %g; steps in units of the learning rate", gradient);
  text.line("     t          m            v      step   step without the correction");
  for (int t = 1; t <= 10000; ++t) {
    const double before = theta, c_1 = 1 - std::pow(beta_1, t), c_2 = 1 - std::pow(beta_2, t);
    fkd::reference::adam_step<double>({.theta = &theta,
                                       .m = &m,
                                       .v = &v,
                                       .gradient = &gradient,
                                       .count = 1,
                                       .rate = 1 / c_1,
                                       .beta_1 = beta_1,
                                       .beta_2 = beta_2,
                                       .unbias = 1 / c_2,
                                       .epsilon = 1e-8});
    for (const int shown : {1, 2, 3, 10, 100, 1000, 10000})
      if (t == shown) text.line("%6d %10.6f %12.8f %9.4f %9.4f", t, m, v, before - theta, m / (std::sqrt(v) + 1e-8));
  }
  return text.get();
}

double root_mean_square(const Values& values) {
  double sum = 0;
  for (const double value : values) sum += value * value;
  return std::sqrt(sum / static_cast<double>(values.size()));
}

/// Ten dense layers of 128 units with ReLU: the activations, layer after layer, and the gradients on the way back.
std::string initialisation() {
  constexpr Index n = 128, layers = 10;
  struct Way {
    const char* name;
    fkd::Initialiser initialiser;
  };
  Text text;
  text.line("root mean square behind layer    1         4         7        10");
  for (const Way& way :
       {Way{"deviation 0.01", fkd::Initialiser::normal(0.01)}, Way{"LeCun, 1 / n", fkd::Initialiser::lecun_normal},
        Way{"He, 2 / n", fkd::Initialiser::he_normal}, Way{"deviation 0.25", fkd::Initialiser::normal(0.25)}}) {
    std::vector<Values> weights;
    std::vector<Values> x(1, Values(n));
    const fkd::Random random{fkd::Seed{1}, fkd::Purpose::user, 1};
    for (std::size_t i = 0; i < x[0].size(); ++i) x[0][i] = std::sqrt(3.0) * (2 * random.uniform(i) - 1);  // variance 1
    for (Index layer = 0; layer < layers; ++layer) {
      Values weight(n * n), y(n);
      fkd::initialise<double>(weight,
                              {.name = "kernel",
                               .extents = {n, n, 1, 1},
                               .rank = 2,
                               .initialiser = way.initialiser,
                               .fan_in = n,
                               .fan_out = n},
                              fkd::Seed{2}, layer);
      fkd::reference::dense_forward<double>({.out = y.data(), .in = x.back().data(), .weight = weight.data()},
                                            {1, n, n}, 0, n);
      fkd::reference::relu_forward(y.data(), y.data(), n);
      weights.push_back(weight);
      x.push_back(y);
    }
    Values forward, backward, d(n, 1);
    for (std::size_t layer = layers; layer > 0; --layer) {
      Values d_in(n);
      if (layer % 3 == 1) backward.push_back(root_mean_square(d));
      fkd::reference::relu_d_in(d.data(), d.data(), x[layer].data(), n);
      fkd::reference::dense_d_in<double>({.d_in = d_in.data(), .d_out = d.data(), .weight = weights[layer - 1].data()},
                                         {1, n, n}, 0, n);
      d = d_in;
    }
    for (const std::size_t layer : {1, 4, 7, 10}) forward.push_back(root_mean_square(x[layer]));
    text.row(std::string{way.name} + ": out", forward, "%10.1e");
    text.row("           gradient", {backward[3], backward[2], backward[1], backward[0]}, "%10.1e");
  }
  return text.get();
}

struct Section {
  std::string_view name;
  std::string (*print)();
};
constexpr Section sections[] = {
    {"chain_rule", chain_rule}, {"convolution", convolution}, {"pooling", pooling}, {"dense", dense},
    {"softmax", softmax},       {"batch_norm", batch_norm},   {"adam", adam},       {"initialisation", initialisation}};

}  // namespace derivations

#ifndef FKD_DERIVATIONS_WITHOUT_MAIN
int main(int argc, char** argv) {
  for (const derivations::Section& section : derivations::sections)
    if (argc == 2 && section.name == argv[1]) return std::fputs(section.print().c_str(), stdout), 0;
  std::fputs("derivations SECTION, one of:", stderr);
  for (const derivations::Section& section : derivations::sections)
    std::fprintf(stderr, " %s", std::string{section.name}.c_str());
  std::fputs("\n", stderr);
  return 2;
}
#endif
