/// \file
/// Numeric against analytic gradients: the error of a difference quotient by its step, in float and in double.
///
/// A step too large measures the curve's bend, one too small the rounding of the loss: between them is a best one.
#pragma once

#include <limits>

#include "experiment.hpp"

namespace experiments {

/// Relative errors of one precision, by step.
struct Errors {
  drawing::Line one_sided, central;
  double analytic = 0;  ///< the derivative along the direction, by backward
  std::pair<double, double> best;
};

/// No activation: the loss is a polynomial of the fourth degree along a line, and no rounding of a tanh, which depends
/// on the instruction set, is in the figures.
template <class T>
Errors errors_of(const std::string& name) {
  constexpr fkd::Sequential network{fkd::Input{.height = 6, .width = 6, .channels = 1},
                                    fkd::Conv2D{.filters = 4, .kernel = {3, 3}, .padding = fkd::Padding::same},
                                    fkd::Flatten{}, fkd::Dense{.units = 3}};
  fkd::Model net{network, Seed{5}, fkd::scalar<T>};
  net.use(fkd::reference::backend<T>);
  fkd::Batch<T> x{net.input_shape(), 4}, target{net.output_shape(), 4};
  const fkd::Random random{Seed{9}, fkd::Purpose::user};
  // Multiples of 1/128: the same in both precisions.
  const auto coarse = [&](std::uint64_t i) { return static_cast<T>(random.below(i, 256)) / 128 - 1; };
  for (Index i = 0; i < x.size(); ++i) x.data()[i] = coarse(static_cast<std::uint64_t>(i));
  for (Index i = 0; i < target.size(); ++i) target.data()[i] = coarse(static_cast<std::uint64_t>(1000 + i));
  std::uint64_t next = 2000;
  for (std::size_t i = 0; i < net.layout().tensors().size(); ++i)
    for (T& value : net.tensor(static_cast<Index>(i))) value = coarse(next++) / 4;

  fkd::Gradients<T> gradients{net};
  fkd::compute_gradients<T>(net, x, target, {}, gradients, {});
  // Along a random direction of length 1 in which each parameter takes part, with one sign or the other.
  const std::vector<T> theta{net.parameters().begin(), net.parameters().end()};
  std::vector<T> direction(theta.size());
  Index count = 0;
  for (const fkd::ParameterTensor& tensor : net.layout().tensors()) count += tensor.size;
  const T part = static_cast<T>(1 / std::sqrt(static_cast<double>(count)));
  Errors errors{
      .one_sided = {name + ", one side", {}, true}, .central = {name + ", both sides"}, .best = {0, HUGE_VAL}};
  for (const fkd::ParameterTensor& tensor : net.layout().tensors())
    for (auto at = static_cast<std::size_t>(tensor.offset); at < static_cast<std::size_t>(tensor.offset + tensor.size);
         ++at) {
      direction[at] = random.uniform(next++) < 0.5 ? -part : part;
      errors.analytic += static_cast<double>(direction[at]) * static_cast<double>(gradients.values()[at]);
    }
  const auto loss_at = [&](double h) {
    for (std::size_t i = 0; i < theta.size(); ++i) net.parameters()[i] = theta[i] + static_cast<T>(h) * direction[i];
    const fkd::Batch<T> y = net.predict(x);
    T sum = 0;  // in the network's precision
    for (Index i = 0; i < y.size(); ++i) {
      const T e = y.data()[i] - target.data()[i];
      sum += e * e;
    }
    return sum / static_cast<T>(y.size());
  };
  const T here = loss_at(0);
  for (int power = 2; power >= -37; --power) {
    const double h = std::pow(2.0, power);
    const T above = loss_at(h), below = loss_at(-h);
    const auto error = [&](T difference, double width) {
      return std::abs(static_cast<double>(difference) / width - errors.analytic) / std::abs(errors.analytic);
    };
    errors.one_sided.points.emplace_back(h, error(above - here, h));
    errors.central.points.emplace_back(h, error(above - below, 2 * h));
    if (errors.central.points.back().second < errors.best.second) errors.best = errors.central.points.back();
  }
  return errors;
}

inline Outcome numeric_gradient(bool) {
  const Errors in_float = errors_of<float>("float"), in_double = errors_of<double>("double");
  Text text;
  text.line("relative error of a difference quotient; the derivative by backward is %.6f", in_double.analytic);
  text.line("        step   float, one side   both sides   double, one side   both sides");
  for (std::size_t i = 1; i < in_float.central.points.size(); i += 3)
    text.line("%12.1e%18.0e%13.0e%19.0e%13.0e", in_float.central.points[i].first, in_float.one_sided.points[i].second,
              in_float.central.points[i].second, in_double.one_sided.points[i].second,
              in_double.central.points[i].second);
  text.line("backward itself in float differs from double by %.0e",
            std::abs(in_float.analytic - in_double.analytic) / std::abs(in_double.analytic));
  const auto root = [](double epsilon) { return std::pow(epsilon, 1 / 3.0); };
  text.sentence(
      format("With both sides the best step in float is %.0e, with an error of %.0e, and in double %.0e, with "
             "%.0e; the cube roots of the precisions, which theory gives for the step, are %.0e and %.0e.",
             in_float.best.first, in_float.best.second, in_double.best.first, in_double.best.second,
             root(std::numeric_limits<float>::epsilon()), root(std::numeric_limits<double>::epsilon())));
  drawing::Chart chart{.title = "The error of a difference quotient by its step",
                       .x = {.label = "step h", .log = true},
                       .y = {.label = "relative error", .log = true}};
  chart.lines = {in_float.one_sided, in_float.central, in_double.one_sided, in_double.central};
  const int colours[] = {1, 1, 0, 0};
  for (std::size_t i = 0; i < 4; ++i) chart.lines[i].colour = colours[i];
  return {text.get(), draw(chart)};
}

}  // namespace experiments
