/// \file
/// What an experiment is, and what they share: a model whose numbers do not depend on the machine, and minibatches.
///
/// Models compute in double with the reference backend, plain loops without a choice of instruction set: so the figures
/// are the same on every x86-64 machine, for every number of threads, and a test compares them with the page.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdarg>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include <fkd/backends/reference.hpp>
#include <fkd/net.hpp>

#include "../drawing/chart.hpp"

namespace experiments {

using drawing::Svg, fkd::AnyLayer, fkd::Batch, fkd::Index, fkd::Initialiser, fkd::Seed;
using Model = fkd::Model<double>;

/// What an experiment prints, a line at a time. The last is its sentence.
class Text {
 public:
  [[gnu::format(printf, 2, 3)]] void line(const char* format, ...) {
    char buffer[512];
    std::va_list arguments;
    va_start(arguments, format);
    std::vsnprintf(buffer, sizeof buffer, format, arguments);
    va_end(arguments);
    text_ += std::string{buffer} + "\n";
  }
  /// Words, broken into lines of at most 110 letters.
  void sentence(const std::string& words) {
    std::size_t width = 0;
    for (std::size_t at = 0; at < words.size();) {
      const std::size_t end = (std::min)(words.find(' ', at), words.size());
      if (width > 0 && width + 1 + end - at > 110) {
        text_ += "\n";
        width = 0;
      } else if (width > 0) {
        text_ += " ";
        ++width;
      }
      text_ += words.substr(at, end - at);
      width += end - at;
      at = end + 1;
    }
    text_ += "\n";
  }
  const std::string& get() const { return text_; }

 private:
  std::string text_;
};

[[gnu::format(printf, 1, 2)]] inline std::string format(const char* pattern, ...) {
  char buffer[512];
  std::va_list arguments;
  va_start(arguments, pattern);
  std::vsnprintf(buffer, sizeof buffer, pattern, arguments);
  va_end(arguments);
  return buffer;
}

struct Outcome {
  std::string text;
  Svg picture;
};

/// A network whose layers are known at run time, in double, with the reference backend.
inline Model make(fkd::Shape input, const std::vector<AnyLayer>& layers, Seed seed = {1}) {
  Model net{fkd::RuntimeSequential{fkd::Input{.height = input.height, .width = input.width, .channels = input.channels},
                                   layers},
            seed, fkd::scalar<double>};
  net.use(fkd::reference::backend<double>);
  return net;
}

/// Steps through minibatches of random samples.
class Trainer {
 public:
  Trainer(Model& net, const Batch<double>& x, const Batch<double>& target, fkd::StepOptions options,
          Index batch_size = 32)
      : net_{net},
        x_{x},
        target_{target},
        options_{std::move(options)},
        gradients_{net},
        batch_x_{x.shape(), batch_size},
        batch_target_{target.shape(), batch_size} {}

  /// The loss of the batch before the step. NaN from the step on in which the loss, the gradient or a parameter is no
  /// number any more.
  double step() {
    if (diverged_) return std::nan("");
    const fkd::Random random{Seed{17}, fkd::Purpose::user, static_cast<std::uint64_t>(state_.step)};
    for (Index n = 0; n < batch_x_.samples(); ++n) {
      const auto from =
          static_cast<Index>(random.below(static_cast<std::uint64_t>(n), static_cast<std::uint64_t>(x_.samples())));
      std::copy(x_.sample(from).begin(), x_.sample(from).end(), batch_x_.sample(n).begin());
      std::copy(target_.sample(from).begin(), target_.sample(from).end(), batch_target_.sample(n).begin());
    }
    try {
      return fkd::train_step(net_, batch_x_, batch_target_, state_, gradients_, options_).mean();
    } catch (const fkd::NonFiniteError&) {
      diverged_ = true;
      return std::nan("");
    }
  }
  bool diverged() const { return diverged_; }
  fkd::StepOptions& options() { return options_; }

 private:
  Model& net_;
  const Batch<double>&x_, &target_;
  fkd::StepOptions options_;
  fkd::TrainingState<double> state_;
  fkd::Gradients<double> gradients_;
  Batch<double> batch_x_, batch_target_;
  bool diverged_ = false;
};

/// The mean softmax cross-entropy over a whole set.
inline double cross_entropy(const Model& net, const Batch<double>& x, const Batch<double>& target) {
  return fkd::SoftmaxCrossEntropy{}.measure<double>(net.predict(x), target, nullptr).mean();
}

/// The share of samples whose largest output is that of their class, in percent.
inline double accuracy(const Model& net, const Batch<double>& x, const Batch<double>& one_hot) {
  const Batch<double> y = net.predict(x);
  double right = 0;
  const auto place = [](std::span<const double> values) {
    return std::max_element(values.begin(), values.end()) - values.begin();
  };
  for (Index n = 0; n < y.samples(); ++n) right += place(y.sample(n)) == place(one_hot.sample(n)) ? 1 : 0;
  return 100 * right / static_cast<double>(y.samples());
}

/// The square root of the mean square.
inline double root_mean_square(std::span<const double> values) {
  double sum = 0;
  for (const double value : values) sum += value * value;
  return std::sqrt(sum / static_cast<double>(values.size()));
}

}  // namespace experiments
