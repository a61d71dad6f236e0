/// Batch normalisation, sums and activations as one op with a product: while training with the bits of the layers one
/// by one, in prediction folded into the weights, within the rounding of the terms that are summed.
#include <doctest/doctest.h>

#include <cmath>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <fkd/net.hpp>
#include <fkd/testing.hpp>

#include <support/activations.hpp>
#include <support/backends.hpp>
#include <support/compare.hpp>
#include <support/networks.hpp>

namespace {

using fkd::BatchNorm, fkd::Conv2D, fkd::Dense, fkd::Graph, fkd::Index, fkd::Input, fkd::ReLU, fkd::Residual,
    fkd::Sequential, fkd::Shape;

constexpr Conv2D conv{.filters = 5, .kernel = {3, 3}, .padding = fkd::Padding::same, .use_bias = false};
constexpr Conv2D biased{.filters = 5, .kernel = {3, 2}, .padding = fkd::Padding::same};
constexpr Conv2D pointwise{.filters = 5, .kernel = {1, 1}, .use_bias = false};
constexpr fkd::MaxPool2D pool{.window = {2, 2}};
constexpr Input image{.height = 6, .width = 7, .channels = 5};
constexpr Input narrow{.height = 6, .width = 7, .channels = 3};

/// A residual block (He et al. 2016, figure 2), with an activation of one's choice.
template <class A = ReLU>
constexpr auto block(A activation = {}) {
  return Sequential{Residual{Sequential{conv, BatchNorm{}, activation, conv, BatchNorm{}}}, activation};
}

struct Ops {
  std::size_t training, prediction;
  friend bool operator==(const Ops&, const Ops&) = default;
};
template <class A>
Ops ops(const A& network) {
  const fkd::Model net{network};
  return {net.fused(true).ops.size(), net.fused(false).ops.size()};
}

TEST_CASE("which ops become one") {
  CHECK(ops(Sequential{image, conv, BatchNorm{}}) == Ops{2, 1});
  CHECK(ops(Sequential{image, conv, BatchNorm{}, ReLU{}}) == Ops{2, 1});
  CHECK(ops(Sequential{image, conv, BatchNorm{}, ReLU{}, pool}) ==
        Ops{3, fkd::Model{Sequential{image, conv, ReLU{}, pool}}.fused().ops.size()});
  CHECK(ops(Sequential{image, block()}) == Ops{4, 2});
  CHECK(ops(Sequential{image, block(), block()}) == Ops{8, 4});
  CHECK(ops(Sequential{image, block(fkd::GELU{})}) == Ops{4, 2});
  // A projection: of the two branches the later one takes the sum.
  CHECK(ops(Sequential{narrow, Residual{Sequential{conv, BatchNorm{}}, Sequential{pointwise, BatchNorm{}}}, ReLU{}}) ==
        Ops{4, 2});
  CHECK(ops(Sequential{image, Residual{conv}, ReLU{}}) == Ops{1, 1});
  CHECK(ops(Sequential{image, fkd::Flatten{}, Dense{.units = 210}, BatchNorm{}, ReLU{}}) == Ops{3, 2});
  CHECK(ops(Sequential{Input{1, 1, 9}, Residual{Sequential{Dense{.units = 9}, BatchNorm{}}}, ReLU{}}) == Ops{2, 1});
  CHECK(ops(Sequential{image, BatchNorm{}, ReLU{}}) == Ops{1, 1});
  CHECK(ops(Sequential{image, conv, BatchNorm{}, BatchNorm{}}) == Ops{3, 2});
  CHECK(ops(Sequential{image, conv, ReLU{}, BatchNorm{}}) == Ops{2, 2});           // the activation comes first
  CHECK(ops(Sequential{image, Residual{Sequential{conv, ReLU{}}}}) == Ops{2, 2});  // and here, too
  CHECK(ops(Sequential{image, Residual{conv}, pool}) == Ops{2, 2});                // no pool behind a sum
  CHECK(ops(Sequential{image, conv, Residual{BatchNorm{}}}) == Ops{2, 2});         // two read the convolution's output
  CHECK(ops(Sequential{image, fkd::Add{conv, conv, conv}}) == Ops{4, 4});          // of three
  // A shortcut that is not there when the product is computed.
  CHECK(ops(Graph{
            image, {{"a", conv, {"input"}}, {"b", fkd::Sigmoid{}, {"input"}}, {"c", fkd::Add{}, {"b", "a"}}}, "c"}) ==
        Ops{3, 3});
  CHECK(ops(Graph{
            image, {{"b", fkd::Sigmoid{}, {"input"}}, {"a", conv, {"input"}}, {"c", fkd::Add{}, {"b", "a"}}}, "c"}) ==
        Ops{2, 2});
  // Tensors that are not side by side.
  CHECK(ops(Graph{
            image,
            {{"a", conv, {"input"}}, {"b", conv, {"input"}}, {"n", BatchNorm{}, {"a"}}, {"c", fkd::Add{}, {"n", "b"}}},
            "c"}) == Ops{3, 3});
}

TEST_CASE("names and keys stay; a network without a normalisation has one program for both") {
  const fkd::Model net{Sequential{image, block()}};
  CHECK(net.fused(false).network->name(net.fused(false).ops[1]) == net.network().name(net.program().ops[3]));
  CHECK(net.fused(false).ops[1].key == net.program().ops[3].key);
  const fkd::Model plain{Sequential{image, conv, ReLU{}}};
  CHECK(&plain.fused(true) == &plain.fused(false));
  CHECK(net.plan(2, true).ops.size() == 4);
  CHECK(net.plan(2, false).ops.size() == 2);
}

/// Parameters and statistics that are no round numbers.
template <class T>
void stir(fkd::Model<T>& net) {
  for (Index t = 0; t < static_cast<Index>(net.layout().tensors().size()); ++t)
    for (std::size_t i = 0; i < net.tensor(t).size(); ++i)
      net.tensor(t)[i] += static_cast<T>(0.3 * (std::sin(static_cast<double>(7 * t) + static_cast<double>(i)) + 0.5));
}

/// A training pass and its backward, then the state: all bits that there are.
template <class T, class A>
std::vector<T> trained(const A& network, Index samples, const fkd::PlanOptions& options,
                       const fkd::Backend<T>* backend = nullptr, bool d_x_wanted = true) {
  fkd::Model net{network, fkd::Seed{3}, fkd::scalar<T>};
  if (backend) net.use(*backend);
  stir(net);
  const fkd::Batch<T> x = support::random_batch<T>(net.input_shape(), samples, 1),
                      d_y = support::random_batch<T>(net.output_shape(), samples, 2);
  fkd::Batch<T> y{net.output_shape(), samples}, d_x{net.input_shape(), samples};
  fkd::Workspace<T> workspace;
  std::vector<T> all(net.trained().size());
  fkd::PlanOptions wanted = options;
  wanted.d_in = d_x_wanted;
  net.forward(x, y, workspace, {.training = true}, wanted);
  net.backward(x, y, d_y, all, d_x, workspace);
  for (const Index layer : options.frozen) {  // what stands there is not read
    if (layer > static_cast<Index>(net.layers().size())) continue;
    const fkd::Range range = net.layers()[static_cast<std::size_t>(layer) - 1].trained;
    std::fill_n(all.begin() + range.first, range.count, T{0});
  }
  all.insert(all.end(), net.parameters().begin(), net.parameters().end());
  all.insert(all.end(), y.data(), y.data() + y.size());
  if (d_x_wanted) all.insert(all.end(), d_x.data(), d_x.data() + d_x.size());
  return all;
}

template <class A>
void check_training(const A& network) {
  for (const Index samples : {1, 2, 9}) {
    CAPTURE(samples);
    for (const std::vector<Index>& frozen : {std::vector<Index>{}, {1}, {2}})
      for (const bool d_x : {true, false}) {
        const fkd::PlanOptions fuse{.frozen = frozen}, apart{.fuse = false, .frozen = frozen};
        CHECK(support::bit_difference(trained<float>(network, samples, fuse, nullptr, d_x),
                                      trained<float>(network, samples, apart, nullptr, d_x)) == "");
      }
    for (const fkd::Backend<double>* backend : support::backends<double>()) {
      CAPTURE(std::string{backend->name});
      CHECK(support::bit_difference(trained<double>(network, samples, {}, backend),
                                    trained<double>(network, samples, {.fuse = false}, backend)) == "");
    }
  }
}

TEST_CASE("while training, the bits are those of the layers one by one") {
  check_training(Sequential{image, block()});
  check_training(Sequential{image, block(fkd::GELU{}), conv});  // reads its input, which is computed again
  check_training(Sequential{image, conv, block(support::Square{})});
  check_training(Sequential{
      narrow, Residual{Sequential{conv, BatchNorm{}, ReLU{}, conv, BatchNorm{}}, Sequential{pointwise, BatchNorm{}}},
      ReLU{}, biased});
  check_training(Sequential{image, Residual{Sequential{conv, BatchNorm{.center = false}}}, conv});  // no activation
  check_training(Sequential{image, Residual{BatchNorm{}}, ReLU{}});  // normalises what it adds
  check_training(Sequential{image, Residual{biased}, ReLU{}, Residual{biased}, fkd::SiLU{}, Residual{conv}});
  check_training(Sequential{Input{1, 1, 30}, Residual{Dense{.units = 30}}, ReLU{}, Residual{Dense{.units = 30}},
                            fkd::SiLU{}, Residual{Dense{.units = 30}}});
  check_training(Sequential{Input{1, 1, 30}, Residual{Sequential{Dense{.units = 30}, BatchNorm{}}}, ReLU{}});
  check_training(
      Graph{image,
            {{"b", conv, {"input"}}, {"a", biased, {"input"}}, {"c", fkd::Add{}, {"b", "a"}}, {"d", ReLU{}, {"c"}}},
            "d"});
}

/// BatchNorm whose phases are all of their own, where BatchNorm's first and last run with what is around it.
struct Apart {
  BatchNorm norm = {};

  static constexpr std::string_view name = "batch_norm";
  static constexpr fkd::Kind kind(bool trains) { return BatchNorm::kind(trains); }
  constexpr Shape output_shape(Shape in) const { return norm.output_shape(in); }
  auto tensors(Shape in) const { return norm.tensors(in); }
  template <class T>
  fkd::Requirements requirements(const fkd::LayerContext<T>& context) const {
    fkd::Requirements asked = norm.requirements(context);
    asked.ends_by_sample = false;
    return asked;
  }
  template <class T>
  void prepare(const fkd::Forward<T>& f) const {
    norm.prepare(f);
  }
  template <class T>
  void forward(const fkd::Forward<T>& f) const {
    norm.forward(f);
  }
  template <class T>
  void backward(const fkd::Backward<T>& b) const {
    norm.backward(b);
  }
  template <class T>
  void forward(fkd::Forward<T> f, Index phase, Index task) const {
    const Index at = begin_of(f, phase, task);
    f.in += at;
    f.out += at;
    norm.forward(f, phase, task);
  }
  template <class T>
  void backward(fkd::Backward<T> b, Index phase, Index task) const {
    const Index at = begin_of(b, phase, task);
    b.in += at;
    b.d_out += at;
    if (b.d_in != nullptr) b.d_in += at;
    norm.backward(b, phase, task);
  }

  /// Where the values begin that a task of BatchNorm's is handed.
  template <class Operands>
  static Index begin_of(const Operands& o, Index phase, Index task) {
    return phase != 1 && fkd::detail::BatchBlocks{o.in_shape, o.samples}.by_sample ? task * o.in_shape.size() : 0;
  }
};

constexpr Conv2D of_many{.filters = 16, .kernel = {3, 3}, .padding = fkd::Padding::same, .use_bias = false};
constexpr Input of_16{.height = 16, .width = 18, .channels = 16};

/// Samples so large that normalisations go by sample: alone, twice in a row, behind and before views and pools, with
/// shortcuts that others read, and as the first and the last layer; and between values of different sizes, of which one
/// sample's would overwrite another's if they shared memory for too short a time.
template <class Norm>
auto large_network(int which) {
  const auto block = Sequential{Residual{Sequential{of_many, Norm{}, ReLU{}, of_many, Norm{}}}, ReLU{}};
  const auto projection = Sequential{
      Residual{Sequential{of_many, Norm{}, fkd::GELU{}, of_many, Norm{}}, Sequential{of_many, Norm{}}}, ReLU{}};
  const Conv2D wide{.filters = 48, .kernel = {1, 1}, .use_bias = false};
  const fkd::RuntimeSequential all[] = {
      {of_16, {of_many, Norm{}, ReLU{}, block, block, fkd::GlobalAveragePool2D{}, Dense{.units = 3}}},
      {of_16, {Norm{}, of_many, projection, Norm{}, fkd::Flatten{}, Dense{.units = 3}}},
      {of_16, {of_many, Norm{}, Norm{}, ReLU{}, Residual{Norm{}}, fkd::MaxPool2D{.window = {1, 1}}, of_many, Norm{}}},
      {of_16, {wide, Norm{}, ReLU{}, of_many, Norm{}, ReLU{}, wide, Norm{}, of_many, Norm{}, wide, Norm{}, of_many}}};
  return all[which];
}

TEST_CASE("phases that run with the layers around a normalisation have the bits of those that do not") {
  for (const int which : {0, 1, 2, 3})
    for (const Index samples : {4, 7}) {
      CAPTURE(which);
      const std::vector<float> expected = trained<float>(large_network<Apart>(which), samples, {.fuse = false});
      for (const int threads : {1, 2, 3, 8}) {
        fkd::set_threads(threads);
        for (const bool fuse : {true, false}) {
          CHECK(support::bit_difference(trained<float>(large_network<BatchNorm>(which), samples, {.fuse = fuse}),
                                        expected) == "");
          CHECK(support::bit_difference(
                    trained<float>(large_network<BatchNorm>(which), samples, {.fuse = fuse, .record = true}),
                    expected) == "");
        }
      }
      fkd::set_threads(0);
      CHECK(support::bit_difference(
                trained<float>(large_network<BatchNorm>(which), samples, {.frozen = {2}}),
                trained<float>(large_network<Apart>(which), samples, {.fuse = false, .frozen = {2}})) == "");
    }
}

TEST_CASE("which phases run with the layers around a normalisation") {
  const auto own = [](const fkd::Plan& plan, const std::vector<fkd::Phase>& phases) {
    Index count = 0;
    for (const fkd::Phase& phase : phases)
      count +=
          phase.what == fkd::Phase::What::op &&
          plan.ops[static_cast<std::size_t>(plan.stages[static_cast<std::size_t>(phase.stage)].begin)].ends_by_sample;
    return count;
  };
  const fkd::Model net{Sequential{of_16, of_many, BatchNorm{}, ReLU{}, of_many, BatchNorm{}}};
  const fkd::Plan plan = net.plan(8, true);
  CHECK(own(plan, plan.forward) == 3);   // two totals, and the last normalisation, behind which nothing is
  CHECK(own(plan, plan.backward) == 3);  // and the first that backward comes to
  // What a normalisation reads has its gradient in a worker's memory: the stage before reads it at once.
  Index in_worker = 0;
  for (const fkd::PlannedOp& op : plan.ops)
    in_worker += op.ends_by_sample &&
                 plan.places[static_cast<std::size_t>(op.first_place + op.inputs)].where == fkd::Place::Where::worker;
  CHECK(in_worker == 2);
  const fkd::Plan few = net.plan(3, true);  // go by blocks of pixels
  CHECK(own(few, few.forward) == 0);
  CHECK(few.forward.size() == 2 * 2 + 6);  // weights are packed, samples computed; and three phases each
}

/// BatchNorm with an activation, and with a sum if `Sum`, as a layer of any scalar.
template <class Activation, bool Sum>
struct Joined {
  BatchNorm norm = {};
  Activation activation = {};

  static constexpr std::string_view name = "joined";
  static constexpr fkd::Kind kind(bool trains) { return BatchNorm::kind(trains); }
  constexpr Shape output_shape(Shape in) const requires(!Sum) { return norm.output_shape(in); }
  constexpr Shape output_shape(std::span<const Shape> in) const requires(Sum) { return norm.output_shape(in[0]); }
  auto tensors(Shape in) const requires(!Sum) { return norm.tensors(in); }
  auto tensors(std::span<const Shape> in) const requires(Sum) { return norm.tensors(in[0]); }
  template <class T>
  auto fused(const fkd::Backend<T>& backend) const {
    fkd::Epilogue<T> epilogue = fkd::epilogue_of<T>(activation, {});
    epilogue.sum = Sum;
    return norm.with(epilogue, {}, backend).value();
  }
  template <class T>
  fkd::Requirements requirements(const fkd::LayerContext<T>& context) const {
    return fused(*context.backend).requirements(context);
  }
  template <class T>
  void prepare(const fkd::Forward<T>& f) const {
    fused(*f.backend).prepare(f);
  }
  template <class T, class... Task>
  void forward(const fkd::Forward<T>& f, Task... task) const {
    fused(*f.backend).forward(f, task...);
  }
  template <class T, class... Task>
  void backward(const fkd::Backward<T>& b, Task... task) const {
    fused(*b.backend).backward(b, task...);
  }
};

TEST_CASE("a batch normalisation with an epilogue keeps the contract") {
  const auto check = [](const auto& layer, const std::vector<Shape>& in) {
    const fkd::CheckResult result = fkd::check_layer(layer, in);
    CHECK_MESSAGE(result, result.text());
  };
  for (const Shape shape : {Shape{4, 5, 3}, Shape{3, 2, 17}, Shape{1, 1, 6}}) {
    check(Joined<fkd::Sigmoid, false>{}, {shape});
    check(Joined<fkd::SiLU, false>{}, {shape});
    check(Joined<fkd::Sigmoid, true>{}, {shape, shape});
    check(Joined<fkd::SiLU, true>{}, {shape, shape});
  }
}

TEST_CASE("gradients of fused blocks by central differences") {
  for (const fkd::AnyLayer& layer : {fkd::AnyLayer{block()}, fkd::AnyLayer{block(fkd::SiLU{})}}) {
    fkd::Model net{fkd::RuntimeSequential{image, {conv, layer, fkd::Flatten{}, Dense{.units = 3}}}, fkd::Seed{4},
                   fkd::scalar<double>};
    stir(net);
    const fkd::CheckResult result = fkd::check_gradients(net, support::random_batch<double>(net.input_shape(), 3, 1),
                                                         support::random_batch<double>(net.output_shape(), 3, 2));
    CHECK_MESSAGE(result, result.text());
  }
}

template <class T, class A>
std::vector<T> predicted(const A& network, const std::vector<double>& theta, const fkd::Batch<double>& x, bool fuse,
                         const fkd::Backend<T>* backend, bool magnitudes = false) {
  fkd::Model net{network, fkd::Seed{3}, fkd::scalar<T>};
  if (backend) net.use(*backend);
  for (std::size_t t = 0, at = 0; t < net.layout().tensors().size(); ++t)
    for (T& value : net.tensor(static_cast<Index>(t))) value = static_cast<T>(theta[at++]);
  fkd::Batch<T> in{x.shape(), x.samples()}, y{net.output_shape(), x.samples()};
  for (Index i = 0; i < x.size(); ++i) in.data()[i] = static_cast<T>(magnitudes ? std::abs(x.data()[i]) : x.data()[i]);
  const std::vector<T> before(net.parameters().begin(), net.parameters().end());
  fkd::Workspace<T> workspace;
  net.forward(in, y, workspace, {}, {.fuse = fuse});
  CHECK(support::bit_difference<T>(before, net.parameters()) == "");  // θ stays as it is
  return {y.data(), y.data() + y.size()};
}

/// θ as values of float, all of them; and Σ|terms| of the folded product: of a network of magnitudes, whose means are
/// added, not taken off.
template <class A>
struct Theta {
  explicit Theta(const A& network) {
    fkd::Model net{network, fkd::Seed{3}};
    stir(net);
    for (std::size_t t = 0; t < net.layout().tensors().size(); ++t)
      for (const float value : net.tensor(static_cast<Index>(t))) {
        const bool mean = net.layout().tensors()[t].name.find("moving_mean") != std::string::npos;
        values.push_back(static_cast<double>(value));
        magnitudes.push_back(mean ? -std::abs(values.back()) : std::abs(values.back()));
      }
  }
  std::vector<double> values, magnitudes;
};

/// One product, the layers behind it and what it adds: folded is within c · eps · Σ|terms| of the layers one by one in
/// double.
template <class A>
void check_folding(const A& network, double c = 16) {
  const Theta<A> theta{network};
  for (const Index samples : {1, 3, 20}) {
    CAPTURE(samples);
    fkd::Batch<double> x = support::random_batch<double>(fkd::Model{network}.input_shape(), samples, 1);
    for (Index i = 0; i < x.size(); ++i) x.data()[i] = static_cast<double>(static_cast<float>(x.data()[i]));
    const auto expected = predicted<double>(network, theta.values, x, false, &fkd::reference::backend<double>);
    const auto magnitudes =
        predicted<double>(network, theta.magnitudes, x, false, &fkd::reference::backend<double>, true);
    for (const fkd::Backend<float>* backend : support::backends<float>()) {
      CAPTURE(std::string{backend->name});
      const auto got = predicted<float>(network, theta.values, x, true, backend);
      CHECK(support::difference<float>(got, expected, magnitudes, c) == "");
    }
    for (const fkd::Backend<double>* backend : support::backends<double>())
      CHECK(support::difference<double>(predicted<double>(network, theta.values, x, true, backend), expected,
                                        magnitudes, c) == "");
  }
}

TEST_CASE("in prediction, folded weights are within the rounding of their terms") {
  check_folding(Sequential{image, conv, BatchNorm{}});
  check_folding(Sequential{image, conv, BatchNorm{}, ReLU{}});
  check_folding(Sequential{image, Conv2D{.filters = 10, .kernel = {3, 2}, .groups = 5}, BatchNorm{}, ReLU{}});
  check_folding(
      Sequential{image, Conv2D{.filters = 4, .kernel = {2, 2}, .dilation = {2, 3}}, BatchNorm{}, ReLU{}, pool});
  check_folding(Sequential{image, biased, BatchNorm{.center = false}, ReLU{}});
  check_folding(Sequential{image, biased, BatchNorm{.scale = false}, ReLU{}, pool});
  check_folding(Sequential{image, biased, BatchNorm{.center = false, .scale = false}});
  check_folding(Sequential{image, Residual{Sequential{conv, BatchNorm{}}}, ReLU{}});
  check_folding(
      Sequential{narrow, Residual{Sequential{conv, BatchNorm{}}, Sequential{pointwise, BatchNorm{}}}, ReLU{}});
  check_folding(Sequential{Input{1, 1, 40}, Dense{.units = 33, .use_bias = false}, BatchNorm{}, ReLU{}});
  check_folding(Sequential{Input{1, 1, 1500}, Dense{.units = 3}, BatchNorm{}});
  check_folding(Sequential{Input{1, 1, 30}, Residual{Sequential{Dense{.units = 30}, BatchNorm{}}}, ReLU{}});
  check_folding(Sequential{image, conv, ReLU{}, BatchNorm{}, ReLU{}});  // behind an activation: not folded
}

TEST_CASE("whole residual networks: folded and not folded agree, float and double") {
  const Sequential network{narrow,  conv,           BatchNorm{},       ReLU{},      block(), block(fkd::SiLU{}), pool,
                           block(), fkd::Flatten{}, Dense{.units = 9}, BatchNorm{}, ReLU{},  Dense{.units = 4}};
  const Theta theta{network};
  const fkd::Batch<double> x = support::random_batch<double>(narrow.shape(), 5, 1);
  const auto expected = predicted<double>(network, theta.values, x, false, nullptr);
  double largest = 0;
  for (const double value : expected) largest = std::max(largest, std::abs(value));
  const std::vector<double> bound(expected.size(), largest);
  CHECK(support::difference<double>(predicted<double>(network, theta.values, x, true, nullptr), expected, bound,
                                    1000) == "");
  CHECK(support::difference<float>(predicted<float>(network, theta.values, x, true, nullptr), expected, bound, 1000) ==
        "");
}

TEST_CASE("a sum without a normalisation has the same bits in prediction, too") {
  const Sequential network{image, Residual{biased}, ReLU{}, Residual{conv}, fkd::SiLU{}};
  const Theta theta{network};
  const fkd::Batch<double> x = support::random_batch<double>(image.shape(), 4, 1);
  for (const fkd::Backend<float>* backend : support::backends<float>())
    CHECK(support::bit_difference(predicted<float>(network, theta.values, x, true, backend),
                                  predicted<float>(network, theta.values, x, false, backend)) == "");
}

TEST_CASE("NaN passes through a folded block, of the input and of the statistics") {
  const Sequential network{image, block()};
  Theta theta{network};
  fkd::Batch<double> x = support::random_batch<double>(image.shape(), 2, 1);
  x.data()[17] = fkd::unknown<double>;
  const auto count = [&](bool fuse) {
    Index nan = 0;
    for (const float value : predicted<float>(network, theta.values, x, fuse, nullptr)) nan += fkd::is_nan(value);
    return nan;
  };
  CHECK(count(true) > 0);
  CHECK(count(true) == count(false));
  x.data()[17] = 0;
  CHECK(count(true) == 0);
  theta.values.back() = fkd::unknown<double>;  // the last channel's moving variance
  CHECK(count(true) == 2 * 42);
  CHECK(count(false) == 2 * 42);
}

TEST_CASE("the same bits for every number of threads, training and predicting") {
  const Sequential network{
      narrow,      conv,  BatchNorm{}, ReLU{}, block(), block(fkd::GELU{}), fkd::Flatten{}, Dense{.units = 9},
      BatchNorm{}, ReLU{}};
  const auto data = support::random_data<float>(network, 40);
  std::vector<std::vector<float>> all;
  for (const int threads : {1, 2, 3, 8}) {
    fkd::set_threads(threads);
    fkd::Model net{network, fkd::Seed{5}};
    fkd::fit(net, data, {.epochs = 2, .batch_size = 16});
    std::vector<float> bits(net.parameters().begin(), net.parameters().end());
    const fkd::Batch<float> y = net.predict(support::random_batch<float>(narrow.shape(), 7));
    bits.insert(bits.end(), y.data(), y.data() + y.size());
    all.push_back(bits);
  }
  fkd::set_threads(0);
  for (std::size_t i = 1; i < all.size(); ++i) CHECK(support::bit_difference(all[0], all[i]) == "");
}

TEST_CASE("one workspace for training and prediction by turns") {
  const Sequential network{image, block(), fkd::Flatten{}, Dense{.units = 2}};
  fkd::Model net{network, fkd::Seed{6}};
  const fkd::Batch<float> x = support::random_batch<float>(image.shape(), 3);
  fkd::Batch<float> y{net.output_shape(), 3};
  fkd::Workspace<float> workspace;
  const fkd::Batch<float> before = net.predict(x);
  CHECK(support::bit_difference(std::span{before.data(), 6}, std::span{net.predict(x, workspace).data(), 6}) == "");
  net.forward(x, y, workspace, {.training = true});
  const fkd::Batch<float> after = net.predict(x, workspace);
  CHECK(support::bit_difference(std::span{after.data(), 6}, std::span{net.predict(x).data(), 6}) == "");
  CHECK(support::bit_difference(std::span{after.data(), 6}, std::span{before.data(), 6}) !=
        "");  // the statistics moved
}

}  // namespace
