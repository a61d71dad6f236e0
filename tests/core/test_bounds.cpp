/// Indices out of range, and dangling views: refused at run time or at compile time.
#include <doctest/doctest.h>

#include <limits>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

#include <fkd/backends/im2col.hpp>
#include <fkd/eigen.hpp>
#include <fkd/net.hpp>

namespace {

using fkd::ArgumentError, fkd::Batch, fkd::BatchView, fkd::DataSource, fkd::Dataset, fkd::Dense, fkd::Index, fkd::Input,
    fkd::Sequential, fkd::Shape, fkd::ShapeError, fkd::Subset;

const Sequential tiny{Input{.height = 2, .width = 3, .channels = 1}, fkd::Flatten{}, Dense{.units = 2}};

Dataset<float> numbered(Index samples) {
  Batch<float> x{{2, 3, 1}, samples}, y{{1, 1, 2}, samples};
  for (Index i = 0; i < x.size(); ++i) x.data()[i] = static_cast<float>(i / 6);
  return {std::move(x), std::move(y)};
}

// A Subset of a temporary compiled, and read freed memory.
TEST_CASE("a subset refers to an lvalue source, or shares ownership of one") {
  using Indices = std::vector<Index>;
  static_assert(std::is_constructible_v<Subset<float>, const Dataset<float>&, Indices>);
  static_assert(std::is_constructible_v<Subset<float>, Subset<float>&, Indices>);
  static_assert(!std::is_constructible_v<Subset<float>, Dataset<float>, Indices>);
  static_assert(!std::is_constructible_v<Subset<float>, const Dataset<float>, Indices>);
  static_assert(!std::is_constructible_v<Subset<float>, Subset<float>, Indices>);
  float x[6], y[2];
  const auto owning = [] { return Subset<float>{std::make_shared<const Dataset<float>>(numbered(4)), {3, 1}}; }();
  owning.sample(0, 0, x, y);
  CHECK(x[5] == 3);
  const Subset<float> copy{owning};
  copy.sample(1, 0, x, y);
  CHECK(x[5] == 1);
  CHECK_THROWS_WITH_AS((Subset<float>{std::shared_ptr<const DataSource<float>>{}, {0}}),
                       "Subset: data must not be null: expected a pointer to 1 samples, got a null pointer",
                       ArgumentError);
}

TEST_CASE("a subset's indices are checked when it is made, a source's when it is read") {
  const Dataset<float> data = numbered(4);
  for (const Index bad : {Index{-1}, Index{4}, std::numeric_limits<Index>::max(), std::numeric_limits<Index>::min()})
    CHECK_THROWS_WITH_AS(
        (Subset<float>{data, {0, bad, 1}}),
        ("Subset: index: number is out of range: expected at least 0 and below 4, got " + fkd::text(bad)).c_str(),
        ArgumentError);
  const Subset<float> subset{data, {3, 0, 0}};
  CHECK_THROWS_AS((Subset<float>{subset, {3}}), ArgumentError);
  CHECK((Subset<float>{data, {}}.size() == 0));
  float x[7], y[3];
  for (const Index bad : {Index{-1}, Index{3}}) CHECK_THROWS_AS(subset.sample(bad, 0, {x, 6}, {y, 2}), ArgumentError);
  for (const Index bad : {Index{-1}, Index{4}}) CHECK_THROWS_AS(data.sample(bad, 0, {x, 6}, {y, 2}), ArgumentError);
  CHECK_THROWS_AS(data.sample(0, 0, {x, 7}, {y, 2}), ShapeError);
  CHECK_THROWS_AS(data.sample(0, 0, {x, 6}, {y, 1}), ShapeError);
  CHECK_THROWS_AS(data.sample(0, 0, {x, 5}, {y, 3}), ShapeError);
  CHECK_NOTHROW(data.sample(3, 0, {x, 6}, {y, 2}));
}

TEST_CASE("a batch's samples and a model's tensors, from the first to the last") {
  Batch<float> batch{{1, 1, 2}, 3};
  const Batch<float>& constant = batch;
  CHECK(batch.sample(2).data() == batch.data() + 4);
  for (const Index bad : {Index{-1}, Index{3}, Index{1} << 62}) {
    CHECK_THROWS_WITH_AS(
        batch.sample(bad),
        ("Batch: sample: number is out of range: expected at least 0 and below 3, got " + fkd::text(bad)).c_str(),
        ArgumentError);
    CHECK_THROWS_AS(constant.sample(bad), ArgumentError);
    CHECK_THROWS_AS(batch.view().sample(bad), ArgumentError);
  }

  fkd::Model net{tiny};
  CHECK(net.tensor(1).size() == 2);
  for (const Index bad : {Index{-1}, Index{2}, Index{1} << 62}) {
    CHECK_THROWS_AS(net.tensor(bad), ArgumentError);
    CHECK_THROWS_AS(std::as_const(net).tensor(bad), ArgumentError);
  }
}

// A moved-from batch still had its number of samples, without their values.
TEST_CASE("a batch that was moved from has no samples") {
  Batch<float> batch{{2, 3, 1}, 4};
  Batch<float> moved{std::move(batch)};
  CHECK(moved.samples() == 4);
  CHECK(batch.samples() == 0);  // NOLINT: that is the point
  CHECK(batch.view().samples == 0);
  CHECK(fkd::Model{tiny}.predict(batch).samples() == 0);
  batch = std::move(moved);
  CHECK(batch.samples() == 4);
  CHECK(moved.samples() == 0);  // NOLINT
}

/// A layer of one tensor that reads a second one: the next layer's, if there is one.
struct Greedy {
  static constexpr std::string_view name = "greedy";
  Shape output_shape(Shape in) const { return in; }
  std::vector<fkd::TensorSpec> tensors(Shape) const { return {{.name = "own"}}; }
  template <class T>
  void forward(const fkd::Forward<T>& f) const {
    f.out[0] = f.in[0] + f.parameters[1][0];
  }
  template <class T>
  void backward(const fkd::Backward<T>& b) const {
    b.gradients[-1][0] += b.d_out[0];
  }
};

// It received the next tensor's weights.
TEST_CASE("a layer that reads a tensor which it did not declare") {
  const fkd::Model net{Sequential{Input{1, 1, 1}, Greedy{}, Greedy{}}};
  CHECK_THROWS_WITH_AS((void)net.predict(Batch<float>{{1, 1, 1}, 1}),
                       "Tensors: number is out of range: expected at least 0 and below 1, got 1", ArgumentError);
}

TEST_CASE("invalid views") {
  const fkd::Model net{tiny};
  fkd::Workspace<float> workspace;
  const Shape in{2, 3, 1}, out{1, 1, 2};
  std::vector<float> values(64);
  const float* data = values.data();
  Batch<float> y{out, 2};
  CHECK_THROWS_WITH_AS((void)net.predict({nullptr, in, 2}),
                       "predict: input: data must not be null: expected a pointer to 2 samples, got a null pointer",
                       ArgumentError);
  CHECK_THROWS_WITH_AS((void)net.predict({data, in, -2}),
                       "predict: input: samples must not be negative: expected at least 0, got -2", ArgumentError);
  CHECK_THROWS_AS((void)net.predict({data, in, std::numeric_limits<Index>::max()}), ArgumentError);
  CHECK_THROWS_WITH_AS(net.predict({data, in, 2}, {nullptr, out, 2}, workspace),
                       "predict: output: data must not be null: expected a pointer to 2 samples, got a null pointer",
                       ArgumentError);
  CHECK((net.predict({nullptr, in, 0}).samples() == 0));
  CHECK_THROWS_AS(net.forward({data, in, -1}, y, workspace), ArgumentError);
  CHECK_THROWS_AS((void)net.plan(-1, false), ArgumentError);
  CHECK_THROWS_AS((void)fkd::matrix(BatchView<const float>{data, in, -1}), ArgumentError);
  CHECK_THROWS_AS((void)fkd::matrix(BatchView<const float>{nullptr, in, 2}), ArgumentError);
  CHECK_THROWS_AS((void)fkd::pixels(BatchView<const float>{data, in, -1}), ArgumentError);
  CHECK_THROWS_AS((void)fkd::pixels(BatchView<const float>{data, {-2, -3, 1}, 1}), ArgumentError);
}

TEST_CASE("backward: gradients of another shape") {
  fkd::Model net{tiny};
  fkd::Workspace<float> workspace;
  const Batch<float> x{{2, 3, 1}, 3};
  Batch<float> y{{1, 1, 2}, 3}, longer{{1, 1, 4}, 3}, d_x{{2, 3, 2}, 3};
  net.forward(x, y, workspace, {.training = true}, {.d_in = true});
  std::vector<float> gradient(static_cast<std::size_t>(net.layout().trained()));
  CHECK_THROWS_WITH_AS(net.backward(x, y, longer, gradient, {}, workspace),
                       "backward: d_y: shapes differ: expected samples of (1, 1, 2), got (1, 1, 4)", ShapeError);
  CHECK_THROWS_WITH_AS(net.backward(x, y, y, gradient, d_x, workspace),
                       "backward: d_x: shapes differ: expected samples of (2, 3, 1), got (2, 3, 2)", ShapeError);
  CHECK_NOTHROW(net.backward(x, y, y, gradient, {}, workspace));
}

// Its plan was run with the other model's layers.
TEST_CASE("a workspace in which another model went forward") {
  fkd::Model net{tiny};
  fkd::Model other{Sequential{Input{2, 3, 1}, fkd::Flatten{}, Dense{.units = 5}, Dense{.units = 2}}};
  fkd::Workspace<float> workspace;
  const Batch<float> x{{2, 3, 1}, 3};
  Batch<float> y{{1, 1, 2}, 3};
  net.forward(x, y, workspace, {.training = true});
  std::vector<float> gradient(static_cast<std::size_t>(other.layout().trained()));
  CHECK_THROWS_AS(other.backward(x, y, y, gradient, {}, workspace), ArgumentError);
  other.forward(x, y, workspace, {.training = true});
  CHECK_NOTHROW(other.backward(x, y, y, gradient, {}, workspace));
  fkd::Model moved{std::move(other)};
  CHECK_NOTHROW(moved.backward(x, y, y, gradient, {}, workspace));
}

/// A layer that predicts in the workspace of the pass which is running it.
struct Reentrant {
  static constexpr std::string_view name = "reentrant";
  const fkd::Model<float>* net = nullptr;
  fkd::Workspace<float>* workspace = nullptr;
  Shape output_shape(Shape in) const { return in; }
  template <class T>
  void forward(const fkd::Forward<T>& f) const {
    (void)net->predict(Batch<float>{{2, 3, 1}, 1}, *workspace);
    f.out[0] = f.in[0];
  }
  template <class T>
  void backward(const fkd::Backward<T>&) const {}
};

TEST_CASE("a workspace that another call is using") {
  const fkd::Model net{tiny};
  fkd::Workspace<float> workspace;
  const fkd::Model outer{Sequential{Input{1, 1, 1}, Reentrant{&net, &workspace}}};
  const Batch<float> x{{1, 1, 1}, 1};
  CHECK_THROWS_WITH_AS((void)outer.predict(x, workspace),
                       "predict: workspace is in use: expected one of its own for each thread, got one that "
                       "another call is using",
                       ArgumentError);
  CHECK(outer.predict(x).samples() == 1);  // the workspace is free again
  CHECK(net.predict(Batch<float>{{2, 3, 1}, 1}, workspace).samples() == 1);
  fkd::Workspace<float> copy{workspace};
  CHECK(net.predict(Batch<float>{{2, 3, 1}, 1}, copy).samples() == 1);
}

// Views of temporaries do not compile. (A temporary as an argument of predict is allowed.)
template <class B>
concept has_sample = requires(B&& b) {
  std::forward<B>(b).sample(0).size();
};
template <class B>
concept has_view = requires(B&& b) {
  std::forward<B>(b).view().samples;
};
template <class M>
concept has_spans = requires(M&& m) {
  std::forward<M>(m).tensor(0).size();
}
|| requires(M&& m) { std::forward<M>(m).parameters().size(); }
|| requires(M&& m) { std::forward<M>(m).trained().size(); };
template <class D>
concept has_x = requires(D&& d) {
  std::forward<D>(d).x().samples();
}
|| requires(D&& d) { std::forward<D>(d).y().samples(); };
template <class B>
concept has_matrix = requires(B&& b) {
  fkd::matrix(std::forward<B>(b)).rows();
}
|| requires(B&& b) { fkd::pixels(std::forward<B>(b)).rows(); };
template <class M>
concept is_batch = requires(M&& m) {
  fkd::as_batch(std::forward<M>(m), Shape{1, 1, 1}).samples;
};
template <class N>
concept uses = requires(N& net) {
  net.use(fkd::im2col::Im2col<float>{});
};

TEST_CASE("views of temporaries do not compile") {
  using Net = fkd::Model<float>;
  static_assert(has_sample<Batch<float>&> && has_sample<const Batch<float>&> && !has_sample<Batch<float>>);
  static_assert(has_view<Batch<float>&> && has_view<const Batch<float>&> && !has_view<Batch<float>>);
  static_assert(has_spans<Net&> && has_spans<const Net&> && !has_spans<Net>);
  static_assert(has_x<Dataset<float>&> && has_x<const Dataset<float>&> && !has_x<Dataset<float>>);
  static_assert(has_matrix<Batch<float>&> && has_matrix<const Batch<float>&> && !has_matrix<Batch<float>>);
  static_assert(is_batch<Eigen::MatrixXf&> && is_batch<const Eigen::MatrixXf&> && !is_batch<Eigen::MatrixXf>);
  static_assert(!uses<Net>);
  const Batch<float> answer = fkd::Model{tiny}.predict(Batch<float>{{2, 3, 1}, 1});
  CHECK(fkd::matrix(answer).cols() == 1);
}

}  // namespace
