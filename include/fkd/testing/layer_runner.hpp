/// \file
/// Running one layer by itself, in fenced and poisoned memory.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstring>
#include <future>
#include <limits>
#include <string>
#include <vector>

#include <fkd/loss/loss.hpp>
#include <fkd/loss/mean_squared_error.hpp>
#include <fkd/network/model.hpp>
#include <fkd/testing/differences.hpp>
#include <fkd/testing/fenced_memory.hpp>
#include <fkd/testing/manner.hpp>

namespace fkd {
namespace detail {

template <class T>
struct Outcome {
  std::vector<T> out, d_in, gradients, theta, predicted;
};

/// Runs one layer by itself, as layer.hpp says that layers are run.
template <class T, Layer L>
class LayerRunner {
 public:
  LayerRunner(const L& layer, Shape in, const CheckOptions& options)
      : layer_{layer}, in_{in}, out_{layer.output_shape(in)}, samples_{options.samples}, seed_{options.seed} {
    std::vector<TensorSlot> tensors;
    append_tensors(layer, in, std::string{layer.name}, tensors);
    layout_ = ParameterLayout{std::move(tensors), static_cast<Index>(sizeof(T))};
    theta.assign(static_cast<std::size_t>(layout_.size()), T{0});
    for (std::size_t i = 0; i < layout_.tensors().size(); ++i) {
      const TensorSlot& slot = layout_.tensors()[i];
      const std::span<T> tensor{theta.data() + slot.offset, static_cast<std::size_t>(slot.size)};
      initialise(tensor, slot.spec, seed_, static_cast<Index>(i));
      const Random random{seed_, Purpose::user, 10 + i};  // zeros and ones would hide mistakes
      for (std::size_t j = 0; j < tensor.size(); ++j) tensor[j] += static_cast<T>(0.2 * random.uniform(j) - 0.1);
    }
    x = random_values(samples_ * in_.size(), 1);
    d_out = random_values(samples_ * out_.size(), 2);
  }

  const ParameterLayout& layout() const { return layout_; }
  bool sample_wise() const { return kind_of(layer_) == Kind::sample_wise; }
  Requirements requirements(bool training, bool d_in = true) const {
    return requirements_of(layer_, LayerContext<T>{.in = in_,
                                                   .samples = sample_wise() ? 1 : samples_,
                                                   .training = training,
                                                   .d_in = d_in,
                                                   .backend = &default_backend<T>()});
  }

  std::vector<T> theta, x, d_out;

  /// A training pass forward and back, and a prediction. Gradients of a sample-wise layer come back sample by sample.
  Outcome<T> run(const Manner& manner, std::vector<std::string>& complaints) const {
    const auto value = static_cast<Index>(sizeof(T)), shift = manner.shift * value;
    const Requirements training = requirements(true, manner.d_in), prediction = requirements(false);
    const Index pieces = sample_wise() ? samples_ : 1;
    FencedMemory in = copy(x, shift), d_y = copy(d_out, shift), parameters = copy(theta, 0);
    FencedMemory y{size_of(d_out) * value, shift, manner.assigned}, d_x{size_of(x) * value, shift, manner.assigned};
    FencedMemory saved{training.saved_bytes * pieces, 0, manner.working};
    FencedMemory shared{training.workspace_bytes, 0, manner.working};
    const std::vector<T> loaded(static_cast<std::size_t>(layout_.trained() * pieces), static_cast<T>(manner.preload));
    FencedMemory gradients = copy(loaded, 0);
    Outcome<T> outcome;

    forward(manner, training, true, in, y, parameters, saved, shared, complaints);
    outcome.out = values(y, d_out.size());
    outcome.theta = values(parameters, theta.size());
    backward(manner, training, in, y, d_y, d_x, parameters, gradients, saved, shared, complaints);
    outcome.d_in = values(d_x, x.size());
    outcome.gradients = values(gradients, loaded.size());

    FencedMemory saved_in_prediction{prediction.saved_bytes * pieces, 0, manner.working};
    FencedMemory workspace_in_prediction{prediction.workspace_bytes, 0, manner.working};
    FencedMemory predicted{size_of(d_out) * value, shift, manner.assigned}, same_parameters = copy(theta, 0);
    forward(manner, prediction, false, in, predicted, same_parameters, saved_in_prediction, workspace_in_prediction,
            complaints);
    outcome.predicted = values(predicted, d_out.size());

    const auto complain_unless = [&](bool well, std::string_view what) {
      if (!well) complaints.push_back(std::string{layer_.name} + ": " + std::string{what});
    };
    for (const FencedMemory* memory : {&in, &y, &d_y, &d_x, &parameters, &saved, &shared, &gradients,
                                       &saved_in_prediction, &workspace_in_prediction, &predicted, &same_parameters})
      complain_unless(memory->intact(), "writes outside of the memory that it was handed");
    complain_unless(same_bits(values(in, x.size()), x), "changes its input");
    complain_unless(same_bits(values(d_y, d_out.size()), d_out), "changes d_out");
    complain_unless(same_bits(values(same_parameters, theta.size()), theta), "changes a tensor while predicting");
    const auto trained = static_cast<std::size_t>(layout_.trained());
    // A layer without parameters has no memory to compare, and memcmp may not be given null.
    complain_unless(trained == 0 || std::memcmp(outcome.theta.data(), theta.data(), trained * sizeof(T)) == 0,
                    "changes a trained tensor");
    complain_unless(same_bits(values(parameters, theta.size()), outcome.theta), "changes a tensor in backward");
    return outcome;
  }

  /// Σ d_out · out of a training pass.
  Measured loss() const {
    const Manner plain;
    const Requirements training = requirements(true);
    const Index pieces = sample_wise() ? samples_ : 1;
    FencedMemory in = copy(x, 0), y = copy(d_out, 0), parameters = copy(theta, 0);
    FencedMemory saved{training.saved_bytes * pieces, 0, plain.working},
        shared{training.workspace_bytes, 0, plain.working};
    std::vector<std::string> ignored;
    forward(plain, training, true, in, y, parameters, saved, shared, ignored);
    Measured measured;
    const T* out = as<T>(y.data());
    for (std::size_t i = 0; i < d_out.size(); ++i) {
      const double term = static_cast<double>(d_out[i]) * static_cast<double>(out[i]);
      measured.value += term;
      measured.magnitude += (std::abs)(term);
    }
    return measured;
  }

  /// Where a layer's output is its input's memory it must leave that memory alone.
  bool leaves_shared_memory_alone() const {
    FencedMemory in = copy(x, 0), d_y = copy(d_out, 0), parameters = copy(theta, 0), nothing{0, 0, std::byte{}};
    std::vector<std::string> complaints;
    forward({}, {}, true, in, in, parameters, nothing, nothing, complaints);
    FencedMemory gradients{layout_.trained() * samples_ * static_cast<Index>(sizeof(T)), 0, std::byte{0}};
    backward({}, {}, in, in, d_y, d_y, parameters, gradients, nothing, nothing, complaints);
    return complaints.empty() && same_bits(values(in, x.size()), x) && same_bits(values(d_y, d_out.size()), d_out);
  }

 private:
  static Index size_of(const std::vector<T>& v) { return static_cast<Index>(v.size()); }
  std::vector<T> random_values(Index count, std::uint64_t which) const {
    std::vector<T> all(static_cast<std::size_t>(count));
    const Random random{seed_, Purpose::user, which};
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<T>(2 * random.uniform(i) - 1);
    return all;
  }
  static FencedMemory copy(const std::vector<T>& from, Index shift) {
    FencedMemory memory{size_of(from) * static_cast<Index>(sizeof(T)), shift, std::byte{0}};
    std::copy(from.begin(), from.end(), as<T>(memory.data()));
    return memory;
  }
  static std::vector<T> values(FencedMemory& memory, std::size_t count) {
    const T* begin = as<T>(memory.data());
    return {begin, begin + count};
  }

  template <class Task>
  void each(const Manner& manner, Index tasks, FencedMemory& scratch, const Task& task) const {
    for (Index i = 0; i < tasks; ++i) {
      if (manner.refill_scratch) scratch.refill(manner.working);
      const Index number = manner.tasks_backwards ? tasks - 1 - i : i;
      if (manner.thread_of_its_own) {
        std::async(std::launch::async, [&] { task(number); }).get();
      } else {
        task(number);
      }
    }
  }

  void forward(const Manner& manner, const Requirements& requirements, bool training, FencedMemory& in,
               FencedMemory& out, FencedMemory& parameters, FencedMemory& saved, FencedMemory& shared,
               std::vector<std::string>& complaints) const {
    FencedMemory scratch{requirements.scratch_bytes, 0, manner.working};
    Forward<T> f;
    f.pass = {.training = training, .seed = seed_, .step = 3, .layer = 5};
    f.backend = &default_backend<T>();
    f.in_shape = in_;
    f.out_shape = out_;
    f.samples = samples_;
    f.in = as<T>(in.data());
    f.out = as<T>(out.data());
    const Tensors<T> tensors = layout_.of(as<T>(parameters.data()));
    f.parameters = tensors;
    if (training) f.state = tensors;
    f.saved = saved.data();
    f.workspace = shared.data();
    f.scratch = scratch.data();
    f.plan = requirements.plan.get();
    if (sample_wise()) {
      f.samples = 1;
      prepare(layer_, f);
      each(manner, samples_, scratch, [&](Index n) {
        Forward<T> g = f;
        g.pass.first_sample = n;
        g.in += n * in_.size();
        g.out += n * out_.size();
        g.saved += n * requirements.saved_bytes;
        run_forward(layer_, g);
      });
    } else {
      for (std::size_t phase = 0; phase < requirements.forward_phases.size(); ++phase)
        each(manner, requirements.forward_phases[phase], scratch,
             [&](Index task) { run_forward(layer_, f, static_cast<Index>(phase), task); });
    }
    if (!scratch.intact()) complaints.push_back(std::string{layer_.name} + ": writes outside of its scratch memory");
  }

  void backward(const Manner& manner, const Requirements& requirements, FencedMemory& in, FencedMemory& out,
                FencedMemory& d_y, FencedMemory& d_x, FencedMemory& parameters, FencedMemory& gradients,
                FencedMemory& saved, FencedMemory& shared, std::vector<std::string>& complaints) const {
    FencedMemory scratch{requirements.scratch_bytes, 0, manner.working};
    Backward<T> b;
    b.pass = {.training = true, .seed = seed_, .step = 3, .layer = 5};
    b.backend = &default_backend<T>();
    b.in_shape = in_;
    b.out_shape = out_;
    b.samples = samples_;
    b.in = requirements.input ? as<T>(in.data()) : nullptr;
    b.out = requirements.output ? as<T>(out.data()) : nullptr;
    b.d_out = as<T>(d_y.data());
    b.d_in = manner.d_in ? as<T>(d_x.data()) : nullptr;
    b.parameters = layout_.of(as<T>(parameters.data()));
    b.gradients = layout_.of(as<T>(gradients.data()));
    b.saved = saved.data();
    b.workspace = shared.data();
    b.scratch = scratch.data();
    b.plan = requirements.plan.get();
    if (sample_wise()) {
      b.samples = 1;
      each(manner, samples_, scratch, [&](Index n) {
        Backward<T> g = b;
        g.pass.first_sample = n;
        if (g.in) g.in += n * in_.size();
        if (g.out) g.out += n * out_.size();
        g.d_out += n * out_.size();
        if (g.d_in) g.d_in += n * in_.size();
        g.gradients.values += n * layout_.trained();
        g.saved += n * requirements.saved_bytes;
        run_backward(layer_, g);
      });
    } else {
      for (std::size_t phase = 0; phase < requirements.backward_phases.size(); ++phase)
        each(manner, requirements.backward_phases[phase], scratch,
             [&](Index task) { run_backward(layer_, b, static_cast<Index>(phase), task); });
    }
    if (!scratch.intact()) complaints.push_back(std::string{layer_.name} + ": writes outside of its scratch memory");
  }

  const L& layer_;
  Shape in_, out_;
  Index samples_;
  Seed seed_;
  ParameterLayout layout_;
};

}  // namespace detail
}  // namespace fkd
