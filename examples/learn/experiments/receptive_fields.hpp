/// \file
/// Receptive fields, theoretical and effective: the gradient of one output value by the image, layer by layer deeper.
///
/// The theoretical field is what can reach the output at all; the effective one what does (Luo et al. 2016,
/// "Understanding the effective receptive field in deep convolutional neural networks").
#pragma once

#include <iterator>

#include "experiment.hpp"

namespace experiments {

/// |d_x| for d_y = 1 at the middle, mean over random weights and images; (side, side).
inline std::vector<double> mean_gradient(Index side, Index depth, int draws) {
  std::vector<double> mean(static_cast<std::size_t>(side * side));
  for (int draw = 0; draw < draws; ++draw) {
    std::vector<AnyLayer> layers;
    for (Index i = 0; i < depth; ++i) {
      layers.push_back(fkd::Conv2D{.filters = i + 1 < depth ? 6 : 1,
                                   .kernel = 3,
                                   .padding = fkd::Padding::same,
                                   .initialiser = Initialiser::he_normal});
      if (i + 1 < depth) layers.push_back(fkd::ReLU{});
    }
    const Seed seed{static_cast<std::uint64_t>(draw + 1)};
    Model net = make({.height = side, .width = side, .channels = 1}, layers, seed);
    Batch<double> x{net.input_shape(), 1}, y{net.output_shape(), 1}, d_y{net.output_shape(), 1},
        d_x{net.input_shape(), 1};
    const fkd::Random random{seed, fkd::Purpose::user};
    for (std::size_t i = 0; i < mean.size(); ++i) x.sample(0)[i] = 2 * random.uniform(i) - 1;
    d_y.sample(0)[mean.size() / 2] = 1;
    fkd::Workspace<double> workspace;
    std::vector<double> d_trained(net.trained().size());
    net.forward(x, y, workspace, {.training = true}, {.d_in = true});
    net.backward(x, y, d_y, d_trained, d_x, workspace);
    for (std::size_t i = 0; i < mean.size(); ++i) mean[i] += std::abs(d_x.sample(0)[i]) / draws;
  }
  return mean;
}

/// The side of the smallest square around the middle that holds `share` of the sum.
inline Index side_holding(const std::vector<double>& values, Index side, double share) {
  const Index middle = side / 2;
  double all = 0;
  for (const double value : values) all += value;
  for (Index reach = 0; reach < middle; ++reach) {
    double sum = 0;
    for (Index r = middle - reach; r <= middle + reach; ++r)
      for (Index c = middle - reach; c <= middle + reach; ++c) sum += values[static_cast<std::size_t>(r * side + c)];
    if (sum >= share * all) return 2 * reach + 1;
  }
  return side;
}

inline Outcome receptive_fields(bool quick) {
  constexpr Index side = 33, depths[] = {1, 2, 4, 8, 12, 16};
  const int draws = quick ? 3 : 24;
  Text text;
  text.line("layers of 3 x 3   theoretical side   side with 90 %% of the gradient   share of its area");
  Svg svg{640, 590, "Theoretical and effective receptive fields"};
  drawing::Chart chart{.title = "", .x = {.label = "layers of 3 x 3"}, .y = {.label = "side, pixels"}};
  chart.lines = {{"theoretical"}, {"90 % of the gradient"}};
  double x = 26;
  Index last_reached = 0, last_effective = 0, fourth = 0;
  for (const Index depth : depths) {
    const std::vector<double> gradient = mean_gradient(side, depth, draws);
    const Index reached = side_holding(gradient, side, 1 - 1e-12), effective = side_holding(gradient, side, 0.9);
    const double share = static_cast<double>(effective * effective) / static_cast<double>(reached * reached);
    text.line("%8td%20td%24td%29.0f %%", depth, reached, effective, 100 * share);
    chart.lines[0].points.emplace_back(static_cast<double>(depth), static_cast<double>(reached));
    chart.lines[1].points.emplace_back(static_cast<double>(depth), static_cast<double>(effective));
    last_reached = reached, last_effective = effective;
    if (depth == 4) fourth = effective;
    if (depth != 2 && depth != 4 && depth != 8 && depth != 16) continue;
    // The gradient as a picture, and the square that the theory gives.
    const double pixel = 4, largest = *std::max_element(gradient.begin(), gradient.end());
    svg.text(x, 30, std::to_string(depth) + " layers");
    for (Index r = 0; r < side; ++r)
      for (Index c = 0; c < side; ++c)
        svg.grey(x + pixel * static_cast<double>(c), 42 + pixel * static_cast<double>(r), pixel,
                 static_cast<int>(255 * std::sqrt(gradient[static_cast<std::size_t>(r * side + c)] / largest)));
    const double from = pixel * static_cast<double>(side - reached) / 2;
    svg.rect(x + from, 42 + from, pixel * static_cast<double>(reached), pixel * static_cast<double>(reached),
             "none s1");
    x += pixel * side + 20;
  }
  draw(svg, chart, 190, 400);
  text.sentence(
      format("Behind 16 layers an output can see %td x %td pixels, and 90 %% of its gradient lies in %td x %td: "
             "from 4 to 16 layers the theoretical side grows %.1f-fold, the effective one %.1f-fold.",
             last_reached, last_reached, last_effective, last_effective, static_cast<double>(last_reached) / 9,
             static_cast<double>(last_effective) / static_cast<double>(fourth)));
  return {text.get(), svg};
}

}  // namespace experiments
