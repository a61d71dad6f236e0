// A layer, an activation that is fused, a loss, an optimiser and a data source of one's own, which the compiled library
// cannot know, in float and in double.
#include <fkd/net.hpp>

#include <cmath>
#include <cstdio>

#ifndef FKD_COMPILED
#error "fkd::compiled did not hand on FKD_COMPILED"
#endif

namespace {

using fkd::Index;

/// Times a trained factor.
struct Factor {
  static constexpr std::string_view name = "factor";
  constexpr fkd::Shape output_shape(fkd::Shape in) const { return in; }
  constexpr std::array<fkd::TensorSpec, 1> tensors(fkd::Shape) const {
    return {fkd::TensorSpec{.name = "factor", .extents = {1, 1, 1, 1}, .initialiser = fkd::Initialiser::ones}};
  }
  template <class T>
  fkd::Requirements requirements(const fkd::LayerContext<T>&) const {
    return {.input = true};
  }
  template <class T>
  void forward(const fkd::Forward<T>& f) const {
    for (Index i = 0; i < f.in_shape.size(); ++i) f.out[i] = f.parameters[0][0] * f.in[i];
  }
  template <class T>
  void backward(const fkd::Backward<T>& b) const {
    for (Index i = 0; i < b.in_shape.size(); ++i) b.gradients[0][0] += b.in[i] * b.d_out[i];
    for (Index i = 0; b.d_in && i < b.in_shape.size(); ++i) b.d_in[i] = b.parameters[0][0] * b.d_out[i];
  }
};

/// Behind a product it is computed with it.
struct Leaky {
  static constexpr std::string_view name = "leaky";
  constexpr fkd::Shape output_shape(fkd::Shape in) const { return in; }
  template <class T>
  static constexpr fkd::Activation<T> activation() {
    return {.saved = fkd::Activation<T>::Saved::output,
            .forward =
                [](T* out, const T* in, Index count, T) {
                  for (Index i = 0; i < count; ++i) out[i] = in[i] < 0 ? in[i] / 8 : in[i];
                },
            .backward =
                [](T* d_in, const T* d_out, const T* out, Index count, T) {
                  for (Index i = 0; i < count; ++i) d_in[i] = out[i] < 0 ? d_out[i] / 8 : d_out[i];
                }};
  }
};

struct AbsoluteError {
  template <class T>
  fkd::LossSum measure(fkd::BatchView<const T> y, fkd::BatchView<const T> target, T* d_y) const {
    fkd::LossSum loss{.count = static_cast<double>(y.size())};
    for (Index i = 0; i < y.size(); ++i) {
      const T difference = y.data[i] - target.data[i];
      loss.sum += std::abs(static_cast<double>(difference));
      if (d_y) d_y[i] = (difference > 0 ? T{1} : T{-1}) / static_cast<T>(y.size());
    }
    return loss;
  }
};

struct Descent {
  double learning_rate = 0.02;
  static constexpr Index state_vectors = 0;
  template <class T>
  void update(const fkd::Update<T>& u) const {
    const T rate = static_cast<T>(learning_rate * u.rate_scale);
    for (Index i = 0; i < u.count; ++i) u.theta[i] -= rate * u.gradient[i];
  }
};

template <class T>
struct Ramp final : fkd::DataSource<T> {
  Index size() const override { return 16; }
  fkd::Shape input_shape() const override { return {1, 1, 3}; }
  fkd::Shape target_shape() const override { return {1, 1, 1}; }
  void sample(Index index, Index, std::span<T> x, std::span<T> y) const override {
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<T>((index + 5 * static_cast<Index>(i)) % 7) / 7;
    y[0] = x[0] - x[1] + 2 * x[2];
  }
};

template <class T>
bool learns() {
  constexpr fkd::Sequential network{fkd::Input{.height = 1, .width = 1, .channels = 3}, fkd::Dense{.units = 8}, Leaky{},
                                    Factor{}, fkd::Dense{.units = 1}};
  fkd::Model net{network, fkd::Seed{3}, fkd::scalar<T>};
  const bool fused = net.fused().ops.size() + 1 == net.program().ops.size();
  const double before = fkd::evaluate(net, Ramp<T>{}, AbsoluteError{}).mean();
  fkd::fit(net, Ramp<T>{}, {.epochs = 300, .batch_size = 4, .optimizer = Descent{}, .loss = AbsoluteError{}});
  const double after = fkd::evaluate(net, Ramp<T>{}, AbsoluteError{}).mean();
  std::printf("%zu bytes: %.4f -> %.4f, %s\n", sizeof(T), before, after, fused ? "fused" : "not fused");
  return fused && after < before / 3;
}

}  // namespace

int main() {
  double sum = 0;
  fkd::run_tasks(
      4, [&](Index task, int) { sum += static_cast<double>(task); }, 1);
  return learns<float>() && learns<double>() && sum == 6 && fkd::threads() > 0 ? 0 : 1;
}
