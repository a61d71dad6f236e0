/// \file
/// One layer run by itself on a backend of one's choice, in guarded memory that is full of NaN.
#pragma once

#include <initializer_list>
#include <span>
#include <string>
#include <vector>

#include <fkd/runtime/erased_layer.hpp>

#include <support/memory.hpp>

namespace support {

/// Values of T that hold so many bytes; they start at a multiple of 64 bytes.
template <class T>
Guarded<T> bytes(fkd::Index count) {
  return Guarded<T>{fkd::div_ceil(count, static_cast<fkd::Index>(sizeof(T))), 0};
}
template <class T>
std::byte* begin(Guarded<T>& memory) {
  return reinterpret_cast<std::byte*>(memory.data());
}

/// A training pass of one layer, forward and then back, and a prediction. Parameters are the same for layers with the
/// same tensors.
template <class T, class L>
class LayerRun {
 public:
  LayerRun(const L& layer, fkd::Shape in, fkd::Index samples, const fkd::Backend<T>& backend)
      : layer_{layer},
        erased_{layer},
        in_{in},
        out_{layer.output_shape(in)},
        samples_{samples},
        backend_{backend},
        layout_{layout(layer, in)},
        theta_{layout_.size(), 0},
        gradients_{layout_.trained(), 0},
        training_{requirements(true)},
        saved_{bytes<T>(training_.saved_bytes * (sample_wise() ? samples : 1))},
        workspace_{bytes<T>(training_.workspace_bytes)} {
    theta_.fill_at_random(1);
    gradients_.fill_at_random(2);  // added to
  }

  Guarded<T> forward(const Guarded<T>& x) {
    x_ = x;
    y_ = run(x, true, training_, saved_, workspace_);
    return y_;
  }

  Guarded<T> predict(const Guarded<T>& x) {
    const fkd::Requirements prediction = requirements(false);
    Guarded<T> saved = bytes<T>(prediction.saved_bytes), workspace = bytes<T>(prediction.workspace_bytes);
    intact = intact && prediction.saved_bytes == 0;
    return run(x, false, prediction, saved, workspace);
  }

  /// Returns d_in; not assigned, if it is not wanted.
  Guarded<T> backward(const Guarded<T>& d_out, bool wants_d_in = true) {
    Guarded<T> d_in{samples_ * in_.size(), 0}, scratch = bytes<T>(training_.scratch_bytes);
    fkd::Backward<T> b;
    b.pass.training = true;
    b.backend = &backend_;
    b.in_shape = in_, b.out_shape = out_;
    b.samples = samples_;
    b.in = training_.input ? x_.data() : nullptr;
    b.out = training_.output ? y_.data() : nullptr;
    b.d_out = d_out.data();
    b.d_in = wants_d_in ? d_in.data() : nullptr;
    b.parameters = layout_.of(static_cast<const T*>(theta_.data()));
    b.gradients = layout_.of(gradients_.data());
    b.saved = begin(saved_), b.workspace = begin(workspace_), b.scratch = begin(scratch);
    if (sample_wise()) {
      b.samples = 1;
      for (fkd::Index n = 0; n < samples_; ++n) {
        erased_.backward(b, 0, 0);
        if (b.in) b.in += in_.size();
        if (b.out) b.out += out_.size();
        b.d_out += out_.size();
        if (b.d_in) b.d_in += in_.size();
        b.saved += training_.saved_bytes;
      }
    }
    for (std::size_t phase = 0; phase < training_.backward_phases.size(); ++phase)
      for (fkd::Index task = training_.backward_phases[phase] - 1; task >= 0; --task)
        erased_.backward(b, static_cast<fkd::Index>(phase), task);
    check_guards({&x_, &y_, &d_out, &d_in, &theta_, &gradients_, &saved_, &workspace_, &scratch});
    return d_in;
  }

  const Guarded<T>& gradients() const { return gradients_; }
  bool intact = true;  ///< nothing is written beside its memory

 private:
  static fkd::ParameterLayout layout(const L& layer, fkd::Shape in) {
    std::vector<fkd::ParameterTensor> tensors;
    for (const fkd::TensorSpec& spec : fkd::tensors_of(layer, std::span<const fkd::Shape>{&in, 1}))
      tensors.push_back({.name = std::string{spec.name}, .spec = spec});
    return {std::move(tensors), static_cast<fkd::Index>(sizeof(T))};
  }
  void check_guards(std::initializer_list<const Guarded<T>*> all) {
    for (const Guarded<T>* memory : all) intact = intact && memory->guards_intact();
  }
  bool sample_wise(bool training = true) const { return fkd::kind_of(layer_, training) == fkd::Kind::sample_wise; }
  fkd::Requirements requirements(bool training) const {
    return erased_.requirements(
        {.in = in_, .samples = sample_wise(training) ? 1 : samples_, .training = training, .backend = &backend_});
  }

  Guarded<T> run(const Guarded<T>& x, bool training, const fkd::Requirements& requirements, Guarded<T>& saved,
                 Guarded<T>& workspace) {
    Guarded<T> y{samples_ * out_.size(), 0}, scratch = bytes<T>(requirements.scratch_bytes);
    fkd::Forward<T> f;
    f.pass.training = training;
    f.backend = &backend_;
    f.in_shape = in_, f.out_shape = out_;
    f.samples = samples_;
    f.in = x.data(), f.out = y.data();
    f.parameters = layout_.of(static_cast<const T*>(theta_.data()));
    f.saved = training ? begin(saved) : nullptr, f.workspace = begin(workspace), f.scratch = begin(scratch);
    if (sample_wise(training)) {
      f.samples = 1;
      erased_.prepare(f);
      for (fkd::Index n = 0; n < samples_; ++n, f.in += in_.size(), f.out += out_.size()) {
        erased_.forward(f, 0, 0);
        if (training) f.saved += requirements.saved_bytes;
      }
    }
    for (std::size_t phase = 0; phase < requirements.forward_phases.size(); ++phase)
      for (fkd::Index task = requirements.forward_phases[phase] - 1; task >= 0; --task)
        erased_.forward(f, static_cast<fkd::Index>(phase), task);
    check_guards({&x, &y, &theta_, &saved, &workspace, &scratch});
    return y;
  }

  const L& layer_;
  fkd::detail::LayerOf<L, T> erased_;
  fkd::Shape in_, out_;
  fkd::Index samples_;
  const fkd::Backend<T>& backend_;
  fkd::ParameterLayout layout_;
  Guarded<T> theta_, gradients_;
  fkd::Requirements training_;
  Guarded<T> saved_, workspace_;
  Guarded<T> x_{0}, y_{0};
};

}  // namespace support
