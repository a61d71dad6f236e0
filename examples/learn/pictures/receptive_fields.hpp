/// \file
/// Receptive fields: which inputs reach one output. The extents are those of a gradient: all weights are 1, the
/// derivative of one output by the input is computed by fkd, and what is not zero is counted. The rule that textbooks
/// give has to agree, or the program ends.
#pragma once

#include <stdexcept>

#include <fkd/network/runtime_sequential.hpp>

#include "../drawing/svg.hpp"

namespace pictures {

using drawing::Anchor, drawing::Svg, fkd::Index;

/// Columns [first, first + count) of the input, of which one output is a function.
struct Field {
  Index first = 0, count = 0;
};

/// One row of windows: a convolution with a kernel of 1 x `kernel`, or a pool of the same.
struct Windows {
  std::string name;
  Index kernel, stride;
  bool pool;
};

/// Of output `at` of the first `depth` of these, over `width` inputs, by its gradient.
inline Field field_of(const std::vector<Windows>& all, std::size_t depth, Index width, Index at) {
  std::vector<fkd::AnyLayer> network;
  for (std::size_t i = 0; i < depth; ++i) {
    const Windows& w = all[i];
    if (w.pool) {
      network.push_back(fkd::AveragePool2D{.window = {1, w.kernel}, .stride = {1, w.stride}});
    } else {
      network.push_back(fkd::Conv2D{.filters = 1,
                                    .kernel = {1, w.kernel},
                                    .stride = {1, w.stride},
                                    .padding = fkd::Padding::same,
                                    .initialiser = fkd::Initialiser::ones});
    }
  }
  if (network.empty()) return {at, 1};
  fkd::Model net{
      fkd::RuntimeSequential{fkd::Input{.height = 1, .width = width, .channels = 1}, network}, {}, fkd::scalar<double>};
  fkd::Workspace<double> workspace;
  fkd::Batch<double> x{net.input_shape(), 1}, y{net.output_shape(), 1}, d_y{net.output_shape(), 1},
      d_x{net.input_shape(), 1};
  std::vector<double> d_trained(net.trained().size());
  net.forward(x, y, workspace, {.training = true}, {.d_in = true});
  d_y.sample(0)[static_cast<std::size_t>(at)] = 1;
  net.backward(x, y, d_y, d_trained, d_x, workspace);
  Field field;
  for (Index i = width; i-- > 0;)
    if (d_x.sample(0)[static_cast<std::size_t>(i)] != 0) field.first = i, ++field.count;
  return field;
}

inline Svg receptive_fields() {
  const std::vector<Windows> layers = {
      {"conv 3", 3, 1, false}, {"conv 3", 3, 1, false}, {"pool 2", 2, 2, true}, {"conv 3", 3, 1, false}};
  constexpr Index width = 16;
  Svg svg{640, 436, "Receptive fields: which inputs reach one output, layer by layer"};
  const double left = 150, cell = 24, row = 66, top = 44;
  Index extent = width, field = 1, jump = 1;
  std::vector<double> jumps = {1};
  svg.text(640 - 14, 28, "sees", Anchor::end, "soft");
  for (std::size_t depth = 0; depth <= layers.size(); ++depth) {
    const double y = top + row * static_cast<double>(layers.size() - depth);
    if (depth > 0) {
      const Windows& w = layers[depth - 1];
      field += (w.kernel - 1) * jump;
      jump *= w.stride;
      extent /= w.stride;
    }
    const double step = cell * static_cast<double>(jump);
    svg.text(14, y + 19, depth == 0 ? "input" : layers[depth - 1].name);
    // The output that is followed is in the middle of the last row; below it, what it sees.
    const Index last_extent = width / 2, at = last_extent / 2 - 1;
    const std::vector<Windows> above(layers.begin() + static_cast<std::ptrdiff_t>(depth), layers.end());
    const Field seen = field_of(above, above.size(), extent, at);
    for (Index i = 0; i < extent; ++i) {
      const double x = left + step * static_cast<double>(i);
      const bool marked = i >= seen.first && i < seen.first + seen.count;
      svg.rect(x + 1, y, step - 2, 26, marked ? (depth == layers.size() ? "t1 s1" : "t0 s0") : "cell", 3);
    }
    if (depth > 0) {
      // Lines from the followed output's part to what it reads below.
      const Index below_extent = extent * layers[depth - 1].stride;
      const std::vector<Windows> from(layers.begin() + static_cast<std::ptrdiff_t>(depth - 1), layers.end());
      const Field below = field_of(from, from.size(), below_extent, at);
      const double below_step = step / static_cast<double>(layers[depth - 1].stride);
      svg.line(left + step * static_cast<double>(seen.first), y + 26,
               left + below_step * static_cast<double>(below.first), y + row, "l0");
      svg.line(left + step * static_cast<double>(seen.first + seen.count), y + 26,
               left + below_step * static_cast<double>(below.first + below.count), y + row, "l0");
      const Field whole = field_of(layers, depth, width, extent / 2 - 1);
      if (whole.count != field) throw std::logic_error("receptive_fields: the gradient and the rule differ");
      svg.text(640 - 14, y + 19, std::to_string(whole.count), Anchor::end);
    } else {
      svg.text(640 - 14, y + 19, "1", Anchor::end);
    }
  }
  svg.text(14, 372, "Coloured: what the value at the top reads, in each layer.");
  svg.text(14, 396, "sees: columns of the input that reach one value of this layer.");
  svg.text(14, 420, "Behind a pool with stride 2 a kernel adds twice as many.");
  return svg;
}

}  // namespace pictures
