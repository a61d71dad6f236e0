/// \file
/// One training step of model 1 of the facial keypoints program, from a pixel to an updated weight, in twelve stops. It
/// is fkd's own train_step: a backend, a loss and an optimiser that say what they are handed, and then do what fkd's
/// do. docs/learn/11_training_step.md follows it file by file.
///
///     g++ -std=c++20 -O2 -I include examples/learn/trace_step.cpp -o results/learn/trace_step -pthread
#include <cmath>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <string>

#include <fkd/net.hpp>

#include "model_1.hpp"

namespace {

using fkd::Index;

/// The pixel that is followed, and what it meets on its way, all of sample 0.
struct Trace {
  Index row = 40, column = 52;
  Index channel = -1;               // of the first convolution: the first whose window over the pixel is not cut off
  Index at_row = 0, at_column = 0;  // the output of that channel that won the window
  float pixel = 0, share = 0;       // its value; its part of the watched weight's gradient
  Index weight = 0;                 // in theta: the weight that is between the two
  int stop = 0;
  Index first = 0, second = 0, dense = 0, back = 0, back_second = 0, back_first = 0, updates = 0;  // calls
};

[[gnu::format(printf, 2, 3)]] void stop(Trace& trace, const char* format, ...) {
  std::printf("%2d  ", ++trace.stop);
  std::va_list arguments;
  va_start(arguments, format);
  std::vprintf(format, arguments);
  va_end(arguments);
  std::puts("");
}
[[gnu::format(printf, 1, 2)]] void also(const char* format, ...) {
  std::fputs("    ", stdout);
  std::va_list arguments;
  va_start(arguments, format);
  std::vprintf(format, arguments);
  va_end(arguments);
  std::puts("");
}

bool is_first(const fkd::Conv2DDims& d) { return d.IC == 1; }

/// The default backend of a training pass, and what it is called with.
class Tracing final : public fkd::Backend<float> {
 public:
  explicit Tracing(Trace& trace) : fkd::Backend<float>{"tracing"}, trace_{trace} {}

  Index conv2d_packed_size(const fkd::Conv2DDims& d, bool training) const override {
    return fkd_.conv2d_packed_size(d, training);
  }
  void conv2d_pack(float* packed, const float* weight, const fkd::Conv2DDims& d, bool training) const override {
    also("before any sample, weight (%td, %td, %td, %td) is packed for forward%s", d.KH, d.KW, d.IC, d.OC,
         training ? " and, turned, for d_in" : "");
    fkd_.conv2d_pack(packed, weight, d, training);
  }
  Index conv2d_scratch_size(const fkd::Conv2DDims& d) const override { return fkd_.conv2d_scratch_size(d); }
  void conv2d_forward(const fkd::Conv2DForward<float>& o, const fkd::Conv2DDims& d,
                      const fkd::KernelMemory<float>& memory) const override {
    fkd_.conv2d_forward(o, d, memory);
  }
  void conv2d_d_in(const fkd::Conv2DInputGradient<float>& o, const fkd::Conv2DDims& d,
                   const fkd::KernelMemory<float>& memory) const override {
    fkd_.conv2d_d_in(o, d, memory);
  }
  void conv2d_d_weight(const fkd::Conv2DWeightGradient<float>& o, const fkd::Conv2DDims& d,
                       float* scratch) const override {
    fkd_.conv2d_d_weight(o, d, scratch);
  }
  bool can_fuse_pool(const fkd::Conv2DDims& d, const fkd::MaxPool2DDims& p) const override {
    return fkd_.can_fuse_pool(d, p);
  }
  Index conv2d_epilogue_scratch_size(const fkd::Conv2DDims& d, const fkd::Epilogue<float>& e) const override {
    return fkd_.conv2d_epilogue_scratch_size(d, e);
  }
  void conv2d_epilogue_forward(const fkd::Conv2DEpilogueForward<float>& o, const fkd::Conv2DDims& d,
                               const fkd::Epilogue<float>& epilogue,
                               const fkd::KernelMemory<float>& memory) const override {
    fkd_.conv2d_epilogue_forward(o, d, epilogue, memory);
    if (!epilogue.pool || (is_first(d) ? trace_.first++ : trace_.second++) > 0) return;
    const fkd::MaxPool2DDims& p = *epilogue.pool;
    stop(trace_, "forward, sample 0, one op: convolution, ReLU and pool: (%td, %td, %td) -> (%td, %td, %td)", d.IH,
         d.IW, d.IC, p.OH, p.OW, d.OC);
    Index cut = 0;
    for (Index i = 0; i < p.OH * p.OW * d.OC; ++i) cut += o.index[i] == 255 ? 1 : 0;
    also("saved: a byte a window, which value won; ReLU cuts off %.0f %% of the windows",
         100 * static_cast<double>(cut) / static_cast<double>(p.OH * p.OW * d.OC));
    if (!is_first(d)) return;
    const Index window = (trace_.row / 2 * p.OW + trace_.column / 2) * d.OC;
    for (Index c = 0; c < d.OC && trace_.channel < 0; ++c)
      if (o.index[window + c] != 255) trace_.channel = c;
    if (trace_.channel < 0) return;
    const int place = o.index[window + trace_.channel];
    trace_.at_row = trace_.row / 2 * 2 + place / 2, trace_.at_column = trace_.column / 2 * 2 + place % 2;
    const Index i = trace_.row - trace_.at_row + 1, j = trace_.column - trace_.at_column + 1;
    trace_.weight = (i * 3 + j) * d.OC + trace_.channel;
    also(
        "channel %td: output (%td, %td) wins the window (%td, %td) with %.4f; our pixel meets weight (%td, %td, 0, "
        "%td) there",
        trace_.channel, trace_.at_row, trace_.at_column, trace_.row / 2, trace_.column / 2,
        static_cast<double>(o.out[window + trace_.channel]), i, j, trace_.channel);
  }
  void conv2d_pool_backward(const fkd::Conv2DPoolBackward<float>& o, const fkd::Conv2DDims& d,
                            const fkd::MaxPool2DDims& p, const fkd::KernelMemory<float>& memory) const override {
    fkd_.conv2d_pool_backward(o, d, p, memory);
    if ((is_first(d) ? trace_.back_first++ : trace_.back_second++) > 0) return;
    stop(trace_, "backward, sample 0, the same op: d_out (%td, %td, %td) goes to the winners", p.OH, p.OW, d.OC);
    also("d_weight (%td, %td, %td, %td) and d_bias (%td) are added to, in the sample's gradient shard; d_in %s", d.KH,
         d.KW, d.IC, d.OC, d.OC, o.d_in == nullptr ? "is not wanted: below is the image" : "is assigned");
    if (!is_first(d) || trace_.channel < 0) return;
    const Index window = (trace_.row / 2 * p.OW + trace_.column / 2) * d.OC + trace_.channel;
    trace_.share = trace_.pixel * o.d_pooled[window];
    also("our window hands %.3e to output (%td, %td); times the pixel %.4f that is %.3e for our weight",
         static_cast<double>(o.d_pooled[window]), trace_.at_row, trace_.at_column, static_cast<double>(trace_.pixel),
         static_cast<double>(trace_.share));
  }

  Index dense_packed_size(const fkd::DenseDims& d) const override { return fkd_.dense_packed_size(d); }
  void dense_pack(float* packed, const float* weight, const fkd::DenseDims& d) const override {
    fkd_.dense_pack(packed, weight, d);
  }
  Index dense_d_out_packed_size(const fkd::DenseDims& d) const override { return fkd_.dense_d_out_packed_size(d); }
  void dense_pack_d_out(float* packed, const float* d_out, const fkd::DenseDims& d, Index n0, Index n1) const override {
    fkd_.dense_pack_d_out(packed, d_out, d, n0, n1);
  }
  Index dense_scratch_size(const fkd::DenseDims& d) const override { return fkd_.dense_scratch_size(d); }
  void dense_forward(const fkd::DenseForward<float>& o, const fkd::DenseDims& d, Index k0, Index k1,
                     const fkd::KernelMemory<float>& memory) const override {
    if (trace_.dense++ == 0) {
      stop(trace_, "dense, the whole batch: (%td, %td) times (%td, %td) -> (%td, %td)", d.N, d.IU, d.IU, d.OU, d.N,
           d.OU);
      also("in ranges of the %td inputs, the first [%td, %td): each a task, their sums added in order", d.IU, k0, k1);
    }
    fkd_.dense_forward(o, d, k0, k1, memory);
  }
  void dense_d_in(const fkd::DenseInputGradient<float>& o, const fkd::DenseDims& d, Index k0, Index k1,
                  float* scratch) const override {
    fkd_.dense_d_in(o, d, k0, k1, scratch);
  }
  void dense_d_weight(const fkd::DenseWeightGradient<float>& o, const fkd::DenseDims& d, Index k0, Index k1,
                      const fkd::KernelMemory<float>& memory) const override {
    if (trace_.back++ == 0)
      stop(trace_,
           "dense backward: d_weight (%td, %td) += in^T d_out, d_in (%td, %td) = d_out weight^T, range by range", d.IU,
           d.OU, d.N, d.IU);
    fkd_.dense_d_weight(o, d, k0, k1, memory);
  }

 private:
  Trace& trace_;
  const fkd::Backend<float>& fkd_ = fkd::default_backend<float>({.exact = true});
};

/// fkd's Adam, and what it is called with.
struct TracingAdam {
  Trace* trace;
  double learning_rate = 1e-3;
  static constexpr Index state_vectors = 2;

  fkd::Magnitudes after(fkd::Magnitudes m, Index step, double scale) const { return adam().after(m, step, scale); }
  void update(const fkd::Update<float>& u) const {
    if (trace->updates++ == 0)
      stop(*trace,
           "Adam, step %td: theta, m and v in pieces of at most 8192 values, each a task; the gradient becomes zero",
           u.step);
    adam().update(u);
  }
  fkd::Adam adam() const { return {.learning_rate = learning_rate}; }
};

/// A bright disc with two dark eyes and noise, between -0.5 and 0.5, and where the eyes are.
void draw(fkd::Batch<float>& x, fkd::Batch<float>& target) {
  for (Index n = 0; n < x.samples(); ++n) {
    const fkd::Random random{fkd::Seed{11}, fkd::Purpose::user, static_cast<std::uint64_t>(n)};
    const double eye = 12 + 6 * random.uniform(0);
    for (Index r = 0; r < 96; ++r)
      for (Index c = 0; c < 96; ++c) {
        const double row = static_cast<double>(r) - 48, column = static_cast<double>(c) - 48;
        const bool face = row * row + column * column < 40 * 40;
        const double from_eye = std::abs(column) - eye, below = row + 8;
        const bool dark = from_eye * from_eye + below * below < 25;
        const double noise = 0.1 * random.uniform(static_cast<std::uint64_t>(r * 96 + c + 1));
        x.sample(n)[static_cast<std::size_t>(r * 96 + c)] = static_cast<float>((face && !dark ? 0.4 : -0.5) + noise);
      }
    for (std::size_t i = 0; i < 30; ++i)
      target.sample(n)[i] = static_cast<float>((i % 2 == 0 ? (i % 4 == 0 ? -eye : eye) : -8.0) / 48);
  }
}

const char* name(fkd::Place::Where where) {
  const char* names[] = {"nowhere", "the caller's input", "the caller's output", "memory of the batch",
                         "memory of a worker"};
  return names[static_cast<int>(where)];
}

}  // namespace

int main() {
  fkd::set_threads(1);  // so that the stops come in one order; the numbers are the same for every number of threads
  Trace trace;
  const Tracing backend{trace};
  fkd::Model net{model_1, fkd::Seed{7}};
  net.use(backend);
  fkd::Batch<float> x{net.input_shape(), 2}, target{net.output_shape(), 2};
  draw(x, target);
  trace.pixel = x.sample(0)[static_cast<std::size_t>(trace.row * 96 + trace.column)];

  stop(trace, "the batch: x (2, 96, 96, 1), target (2, 30); we follow pixel (%td, %td) of sample 0: %.4f", trace.row,
       trace.column, static_cast<double>(trace.pixel));
  stop(trace, "theta: %td tensors in one vector of %td floats, each at a multiple of 64 bytes",
       static_cast<Index>(net.layout().tensors().size()), net.layout().trained());
  for (const fkd::ParameterTensor& tensor : net.layout().tensors())
    also("%-16s %8td values from %td on", tensor.name.c_str(), tensor.size, tensor.offset);
  const fkd::Plan plan = net.plan(2, true);
  stop(trace, "the plan: %td layers became %td ops in %td stages", static_cast<Index>(net.layers().size()),
       static_cast<Index>(plan.ops.size()), static_cast<Index>(plan.stages.size()));
  for (const fkd::Stage& stage : plan.stages)
    for (Index i = stage.begin; i < stage.end; ++i) {
      const fkd::OpInfo& op = net.fused(true).ops[static_cast<std::size_t>(i)];
      const fkd::PlannedOp& planned = plan.ops[static_cast<std::size_t>(i)];
      also("%-10s (%td, %td, %td) -> (%td, %td, %td) in %s, %s", net.network().name(op).c_str(), op.in.height,
           op.in.width, op.in.channels, op.out.height, op.out.width, op.out.channels, name(planned.out.where),
           planned.in_place                       ? "a view: nothing to do"
           : stage.kind == fkd::Kind::sample_wise ? "sample by sample"
                                                  : "whole batch");
    }

  fkd::Gradients<float> gradients{net};
  fkd::TrainingState<float> state;
  fkd::StepOptions options;
  options.optimizer = TracingAdam{&trace};
  options.loss = [&](fkd::BatchView<const float> y, fkd::BatchView<const float> t, float* d_y) {
    const fkd::LossSum loss = fkd::MeanSquaredError{}.measure<float>(y, t, d_y);
    stop(trace, "loss: the mean of (y - target)^2 over %.0f values is %.4f; d_y (%td, 30), its first value %.3e",
         loss.count, loss.mean(), y.samples, static_cast<double>(d_y[0]));
    return loss;
  };
  // train_step's two halves, to see the gradient between them.
  fkd::compute_gradients<float>(net, x, target, state, gradients, options);
  const auto watched = static_cast<std::size_t>(trace.weight);
  const float gradient = gradients.values()[watched], before = net.parameters()[watched];
  stop(trace, "the shards are added in a fixed tree: the gradient of theta, its norm %.3f", gradients.norm());
  also("of our weight: %.3e, from all pixels and both samples; our pixel's part was %.3e",
       static_cast<double>(gradient), static_cast<double>(trace.share));
  fkd::apply_gradients<float>(net, state, gradients, options);
  const float after = net.parameters()[watched];
  const double by_hand = static_cast<double>(before) -
                         1e-3 * static_cast<double>(gradient) / (std::abs(static_cast<double>(gradient)) + 1e-8);
  also("our weight: %.5f -> %.5f; by hand, theta - rate g / (|g| + epsilon) = %.5f", static_cast<double>(before),
       static_cast<double>(after), by_hand);
  also("forward called %td + %td times, backward %td + %td: twice each, once a sample", trace.first, trace.second,
       trace.back_second, trace.back_first);
  return std::abs(static_cast<double>(after) - by_hand) < 1e-6 ? EXIT_SUCCESS : EXIT_FAILURE;
}
