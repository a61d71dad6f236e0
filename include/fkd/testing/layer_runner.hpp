/// \file
/// Running one op by itself, in fenced and poisoned memory.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstring>
#include <future>
#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <fkd/backends/default_backend.hpp>
#include <fkd/core/initialise.hpp>
#include <fkd/runtime/builder.hpp>
#include <fkd/testing/differences.hpp>
#include <fkd/testing/fenced_memory.hpp>
#include <fkd/testing/manner.hpp>
#include <fkd/testing/missing_memory.hpp>

namespace fkd {
namespace detail {

template <class T>
struct Outcome {
  std::vector<T> out, gradients, theta, predicted;
  std::vector<std::vector<T>> d_inputs;
};

/// Runs one op by itself, as layer.hpp says that layers are run. It knows no type of a layer, so it is compiled once.
template <class T>
class LayerRunner {
 public:
  /// Of op `number` of a program, which must outlive it.
  LayerRunner(const Program<T>& program, std::size_t number, const CheckOptions& options)
      : op_{program.ops[number]},
        computes_{*program.computes[number]},
        name_{program.network->name(op_)},
        in_shapes_{program.reads.in_shapes(op_)},
        samples_{options.samples},
        seed_{options.seed} {
    const OpInfo& op = op_;
    const auto first = program.network->layout.tensors().begin() + op.first_tensor;
    layout_ = ParameterLayout{{first, first + op.tensors}, static_cast<Index>(sizeof(T))};
    theta.assign(static_cast<std::size_t>(layout_.size()), T{0});
    for (std::size_t i = 0; i < layout_.tensors().size(); ++i) {
      const ParameterTensor& slot = layout_.tensors()[i];
      const std::span<T> tensor{theta.data() + slot.offset, static_cast<std::size_t>(slot.size)};
      initialise(tensor, slot.spec, seed_, static_cast<Index>(i));
      const Random random{seed_, Purpose::user, 10 + i};  // zeros and ones would hide mistakes
      for (std::size_t j = 0; j < tensor.size(); ++j) tensor[j] += static_cast<T>(0.2 * random.uniform(j) - 0.1);
    }
    for (std::size_t k = 0; k < in_shapes_.size(); ++k)
      inputs.push_back(random_values(samples_ * in_shapes_[k].size(), k == 0 ? 1 : 100 + k));
    d_out = random_values(samples_ * op.out.size(), 2);
  }

  const ParameterLayout& layout() const { return layout_; }
  Requirements requirements(bool training, bool d_in = true) const {
    return computes_.requirements({.in = op_.in,
                                   .samples = sample_wise(training) ? 1 : samples_,
                                   .training = training,
                                   .d_in = d_in,
                                   .backend = &default_backend<T>(),
                                   .in_shapes = in_shapes_});
  }

  std::vector<std::vector<T>> inputs;
  std::vector<T> theta, d_out;

  /// A training pass forward and back, and a prediction. Gradients of a sample-wise layer come back sample by sample.
  Outcome<T> run(const Manner& manner, std::vector<std::string>& complaints) const {
    const Index shift = manner.shift * value_size;
    const Requirements training = requirements(true, manner.d_in), prediction = requirements(false);
    const Index pieces = sample_wise() ? samples_ : 1;
    Memories in = copies(inputs, shift), d_x;
    for (const std::vector<T>& x : inputs) d_x.push_back(FencedMemory{size_of(x) * value_size, shift, manner.assigned});
    FencedMemory d_y = copy(d_out, shift), parameters = copy(theta, 0);
    FencedMemory y{size_of(d_out) * value_size, shift, manner.assigned};
    FencedMemory saved{training.saved_bytes * pieces, 0, manner.working};
    FencedMemory workspace{training.workspace_bytes, 0, manner.working};
    const std::vector<T> loaded(static_cast<std::size_t>(layout_.trained() * pieces), static_cast<T>(manner.preload));
    FencedMemory gradients = copy(loaded, 0);
    Outcome<T> outcome;

    forward(manner, training, true, in, y, parameters, saved, workspace, complaints);
    outcome.out = values(y, d_out.size());
    outcome.theta = values(parameters, theta.size());
    backward(manner, training, in, y, d_y, d_x, parameters, gradients, saved, workspace, complaints);
    for (std::size_t k = 0; k < inputs.size(); ++k) outcome.d_inputs.push_back(values(d_x[k], inputs[k].size()));
    outcome.gradients = values(gradients, loaded.size());

    FencedMemory saved_in_prediction{prediction.saved_bytes * samples_, 0, manner.working};
    FencedMemory workspace_in_prediction{prediction.workspace_bytes, 0, manner.working};
    FencedMemory predicted{size_of(d_out) * value_size, shift, manner.assigned}, same_parameters = copy(theta, 0);
    forward(manner, prediction, false, in, predicted, same_parameters, saved_in_prediction, workspace_in_prediction,
            complaints);
    outcome.predicted = values(predicted, d_out.size());

    const auto complain_unless = [&](bool well, std::string_view what) {
      if (!well) complaints.push_back(name_ + ": " + std::string{what});
    };
    std::vector<const FencedMemory*> all{&y,
                                         &d_y,
                                         &parameters,
                                         &saved,
                                         &workspace,
                                         &gradients,
                                         &saved_in_prediction,
                                         &workspace_in_prediction,
                                         &predicted,
                                         &same_parameters};
    for (std::size_t k = 0; k < inputs.size(); ++k) {
      all.insert(all.end(), {&in[k], &d_x[k]});
      complain_unless(same_bits(values(in[k], inputs[k].size()), inputs[k]), "changes its input");
    }
    for (const FencedMemory* memory : all)
      complain_unless(memory->intact(), "writes outside of the memory that it was handed");
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
    Memories in = copies(inputs, 0);
    FencedMemory y = copy(d_out, 0), parameters = copy(theta, 0);
    FencedMemory saved{training.saved_bytes * pieces, 0, plain.working},
        workspace{training.workspace_bytes, 0, plain.working};
    std::vector<std::string> ignored;
    forward(plain, training, true, in, y, parameters, saved, workspace, ignored);
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
    Memories in = copies(inputs, 0), d_y = copies({d_out}, 0);
    FencedMemory parameters = copy(theta, 0), nothing{0, 0, std::byte{}};
    std::vector<std::string> complaints;
    forward({}, {}, true, in, in[0], parameters, nothing, nothing, complaints);
    FencedMemory gradients{layout_.trained() * samples_ * value_size, 0, std::byte{0}};
    backward({}, {}, in, in[0], d_y[0], d_y, parameters, gradients, nothing, nothing, complaints);
    return complaints.empty() && same_bits(values(in[0], inputs[0].size()), inputs[0]) &&
           same_bits(values(d_y[0], d_out.size()), d_out);
  }

 private:
  using Memories = std::vector<FencedMemory>;
  static constexpr auto value_size = static_cast<Index>(sizeof(T));

  bool sample_wise(bool training = true) const {
    return (training ? op_.kind : op_.untrained_kind) == Kind::sample_wise;
  }
  static Index size_of(const std::vector<T>& v) { return static_cast<Index>(v.size()); }
  std::vector<T> random_values(Index count, std::uint64_t which) const {
    std::vector<T> all(static_cast<std::size_t>(count));
    const Random random{seed_, Purpose::user, which};
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<T>(2 * random.uniform(i) - 1);
    return all;
  }
  static FencedMemory copy(const std::vector<T>& from, Index shift) {
    FencedMemory memory{size_of(from) * value_size, shift, std::byte{0}};
    std::copy(from.begin(), from.end(), as<T>(memory.data()));
    return memory;
  }
  static Memories copies(const std::vector<std::vector<T>>& from, Index shift) {
    Memories all;
    for (const std::vector<T>& one : from) all.push_back(copy(one, shift));
    return all;
  }
  static std::vector<T> values(FencedMemory& memory, std::size_t count) {
    const T* begin = as<T>(memory.data());
    return {begin, begin + count};
  }
  /// Where sample n of each input (or of its gradient) stands.
  template <class U>
  std::vector<U*> pointers(Memories& memories, Index n) const {
    std::vector<U*> all;
    for (std::size_t k = 0; k < memories.size(); ++k)
      all.push_back(as<T>(memories[k].data()) + n * in_shapes_[k].size());
    return all;
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

  /// Whether a phase's tasks are handed a sample each.
  static bool is_of_samples(const Requirements& asked, const std::vector<Index>& phases, std::size_t phase) {
    return asked.ends_by_sample && (phase == 0 || phase + 1 == phases.size());
  }

  template <class Operands>
  Operands operands(const Manner&, bool training) const {
    Operands o;
    o.pass = {.training = training, .seed = seed_, .step = 3};
    o.layer = 5;
    o.backend = &default_backend<T>();
    o.in_shape = op_.in;
    o.in_shapes = in_shapes_;
    o.out_shape = op_.out;
    o.samples = sample_wise(training) ? 1 : samples_;
    return o;
  }

  void forward(const Manner& manner, const Requirements& asked, bool training, Memories& in, FencedMemory& out,
               FencedMemory& parameters, FencedMemory& saved, FencedMemory& workspace,
               std::vector<std::string>& complaints) const {
    FencedMemory scratch{asked.scratch_bytes, 0, manner.working};
    auto f = operands<Forward<T>>(manner, training);
    const Tensors<T> tensors = layout_.of(as<T>(parameters.data()));
    f.parameters = tensors;
    if (training) f.state = tensors;
    f.workspace = workspace.data();
    f.scratch = scratch.data();
    const auto run = [&](Index n, Index phase, Index task) {
      Forward<T> g = f;
      const std::vector<const T*> x = pointers<const T>(in, n);
      g.pass.first_sample = n;
      g.in = x[0];
      g.inputs = x;
      g.out = as<T>(out.data()) + n * op_.out.size();
      g.saved = saved.data() + (sample_wise(training) ? n * asked.saved_bytes : 0);
      if (phase < 0) {
        computes_.prepare(g);
      } else {
        computes_.forward(g, phase, task);
      }
    };
    if (sample_wise(training)) {
      run(0, -1, 0);
      each(manner, samples_, scratch, [&](Index n) { run(n, 0, 0); });
    } else {
      for (std::size_t phase = 0; phase < asked.forward_phases.size(); ++phase)
        each(manner, asked.forward_phases[phase], scratch, [&](Index task) {
          run(is_of_samples(asked, asked.forward_phases, phase) ? task : 0, static_cast<Index>(phase), task);
        });
    }
    if (!scratch.intact()) complaints.push_back(name_ + ": writes outside of its scratch memory");
  }

  void backward(const Manner& manner, const Requirements& asked, Memories& in, FencedMemory& out, FencedMemory& d_y,
                Memories& d_x, FencedMemory& parameters, FencedMemory& gradients, FencedMemory& saved,
                FencedMemory& workspace, std::vector<std::string>& complaints) const {
    FencedMemory scratch{asked.scratch_bytes, 0, manner.working};
    // What was not asked for is null in a network; here it is memory, so that reading it is a complaint and no crash.
    Index largest = op_.out.size();
    for (const Shape shape : in_shapes_) largest = (std::max)(largest, shape.size());
    FencedMemory not_asked_for{largest * samples_ * value_size, 0, manner.working};
    const std::vector<const T*> no_inputs(in_shapes_.size(), as<T>(not_asked_for.data()));
    auto b = operands<Backward<T>>(manner, true);
    b.parameters = layout_.of(as<T>(parameters.data()));
    b.gradients = layout_.of(as<T>(gradients.data()));
    b.workspace = workspace.data();
    b.scratch = scratch.data();
    bool uses_null_d_in = false, too_early = false;
    const auto run = [&](Index n, Index phase, Index task) {
      Backward<T> g = b;
      std::vector<const T*> x = pointers<const T>(in, n);
      if (asked.first_input_alone) std::copy(no_inputs.begin() + 1, no_inputs.end(), x.begin() + 1);
      std::vector<T*> d_inputs = pointers<T>(d_x, n);
      const bool early = asked.ends_by_sample && phase + 1 < static_cast<Index>(asked.backward_phases.size());
      if (!manner.d_in || early) std::fill(d_inputs.begin(), d_inputs.end(), nullptr);
      g.pass.first_sample = n;
      g.in = asked.input ? x[0] : no_inputs[0];
      g.inputs = asked.input ? x : no_inputs;
      g.out = asked.output ? as<T>(out.data()) + n * op_.out.size() : no_inputs[0];
      g.d_out = as<T>(d_y.data()) + n * op_.out.size();
      g.d_in = d_inputs[0];
      g.d_inputs = d_inputs;
      if (sample_wise()) g.gradients.values += n * layout_.trained();
      g.saved = saved.data() + (sample_wise() ? n * asked.saved_bytes : 0);
      if (manner.d_in && !early)
        computes_.backward(g, phase, task);
      else if (!stays_in_memory([&] { computes_.backward(g, phase, task); }))
        (early ? too_early : uses_null_d_in) = true;
    };
    if (sample_wise()) {
      each(manner, samples_, scratch, [&](Index n) { run(n, 0, 0); });
    } else {
      for (std::size_t phase = 0; phase < asked.backward_phases.size(); ++phase)
        each(manner, asked.backward_phases[phase], scratch, [&](Index task) {
          run(is_of_samples(asked, asked.backward_phases, phase) ? task : 0, static_cast<Index>(phase), task);
        });
    }
    if (uses_null_d_in)
      complaints.push_back(name_ + ": backward reads or writes d_in where it is null, because nothing wants it");
    if (too_early)
      complaints.push_back(name_ +
                           ": backward reads or writes d_in before its last phase, where it is null, because the layer "
                           "ends by sample");
    if (!scratch.intact()) complaints.push_back(name_ + ": writes outside of its scratch memory");
  }

  const OpInfo& op_;
  const ErasedLayer<T>& computes_;
  const std::string name_;
  const std::span<const Shape> in_shapes_;
  Index samples_;
  Seed seed_;
  ParameterLayout layout_;
};

}  // namespace detail
}  // namespace fkd
