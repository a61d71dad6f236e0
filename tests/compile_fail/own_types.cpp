// A user-defined layer, loss, optimiser, callback and source, each with one mistake that CASE chooses; 0 is none. The
// compiler's first error must name the mistake.
#include <memory>

#include <fkd/net.hpp>

using fkd::Index, fkd::Shape;

#if CASE == 1
#define OUTPUT_SHAPE ouput_shape
#else
#define OUTPUT_SHAPE output_shape
#endif

struct Own {
#if CASE != 2
  static constexpr std::string_view name = "own";
#endif
  constexpr Shape OUTPUT_SHAPE(Shape in) const { return in; }
#if CASE == 22
  template <class T>
  void forward(const fkd::Forward<T>& f, Index, Index) const {
    f.out[0] = f.in[0];
  }
#elif CASE == 3
  template <class T>
  void forward(const T* in, T* out) const {
    out[0] = in[0];
  }
#elif CASE == 4
  template <class T>
  void forward(const fkd::Forward<T>& f) {
    f.out[0] = f.in[0];
  }
#else
  template <class T>
  void forward(const fkd::Forward<T>& f) const {
    f.out[0] = f.in[0];
  }
#endif
#if CASE != 5
  template <class T>
  void backward(const fkd::Backward<T>& b) const {
    if (b.d_in) b.d_in[0] = b.d_out[0];
  }
#endif
#if CASE == 6
  fkd::Requirements requirements(Index) const { return {}; }
#elif CASE == 7
  std::vector<fkd::TensorSpec> tensors() const { return {}; }
#elif CASE == 8
  static constexpr fkd::Kind kind() { return fkd::Kind::batch_wise; }
#elif CASE == 9
  static constexpr fkd::Kind kind = fkd::Kind::sample_wise;
#elif CASE == 10
  std::unique_ptr<int> weights = {};
#endif
};

struct OwnLoss {
#if CASE == 11
  template <class T>
  double measure(fkd::BatchView<const T>, fkd::BatchView<const T>, T*) const {
    return 0;
  }
#elif CASE == 12
  template <class T>
  fkd::LossSum mesure(fkd::BatchView<const T>, fkd::BatchView<const T>, T*) const {
    return {};
  }
#else
  template <class T>
  fkd::LossSum measure(fkd::BatchView<const T>, fkd::BatchView<const T>, T*) const {
    return {0, 1};
  }
#endif
};

struct OwnOptimizer {
#if CASE != 13
  static constexpr Index state_vectors = 0;
#endif
#if CASE != 14
  double learning_rate = 0;
#endif
#if CASE != 15
  template <class T>
  void update(const fkd::Update<T>&) const {}
#endif
};

struct FloatOnly {
  static constexpr std::string_view name = "float_only";
  constexpr Shape output_shape(Shape in) const { return in; }
  void forward(const fkd::Forward<float>& f) const { f.out[0] = f.in[0]; }
  void backward(const fkd::Backward<float>&) const {}
};

int main() {
  const fkd::Dataset<float> data{fkd::Batch<float>{{1, 1, 1}, 1}, fkd::Batch<float>{{1, 1, 1}, 1}};
  fkd::FitOptions options;
  options.loss = OwnLoss{};
  options.optimizer = OwnOptimizer{};
#if CASE == 16
  options.on_step = [](const fkd::StepReport&) { return true; };
#elif CASE == 17
  options.on_epoch = [](const fkd::StepReport&) {};
#elif CASE == 18
  const fkd::Model in_double{fkd::Sequential{fkd::Input{1, 1, 1}, FloatOnly{}}, fkd::Seed{}, fkd::scalar<double>};
  (void)in_double.predict(fkd::Batch<double>{{1, 1, 1}, 1});
#elif CASE == 19
  const fkd::Subset<float> dangling{fkd::Dataset<float>{data}, {0}};
#elif CASE == 20
  for (float value : fkd::Batch<float>{{1, 1, 1}, 1}.sample(0)) (void)value;
#endif
#if CASE == 21
  const fkd::Sequential text{fkd::Input{1, 1, 1}, "conv2d"};
#endif
#ifdef RUNTIME
  fkd::Model net{fkd::RuntimeSequential{fkd::Input{1, 1, 1}, {Own{}}}};
#else
  fkd::Model net{fkd::Sequential{fkd::Input{1, 1, 1}, Own{}}};
#endif
  fkd::fit(net, data, options);
}
