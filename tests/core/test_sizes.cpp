/// Sizes at the limit of 64 bits and below zero: each is refused with an error or computed correctly.
#include <doctest/doctest.h>

#include <limits>
#include <string>
#include <vector>

#include <fkd/net.hpp>

namespace {

using fkd::ArgumentError, fkd::Batch, fkd::Buffer, fkd::Conv2D, fkd::Dataset, fkd::Dense, fkd::Extent2D, fkd::Index,
    fkd::Input, fkd::MaxPool2D, fkd::Padding, fkd::Sequential, fkd::Shape, fkd::ShapeError;
constexpr Index most = std::numeric_limits<Index>::max();

constexpr bool operator==(const fkd::Sliding& a, const fkd::Sliding& b) {
  return a.out == b.out && a.before == b.before && a.after == b.after;
}

const Sequential line{Input{1, 1, 2}, Dense{.units = 1}};

// The number of steps, samples + batch_size - 1 over batch_size, overflowed: no step was taken, and fit ended well.
TEST_CASE("a batch size far above the number of samples is one batch") {
  const Dataset<float> data{Batch<float>{{1, 1, 2}, 3}, Batch<float>{{1, 1, 1}, 3}};
  for (const Index batch_size : {Index{3}, Index{4}, most - 1, most}) {
    CAPTURE(batch_size);
    fkd::Model net{line};
    fkd::TrainingState<float> state;
    const fkd::History history = fkd::fit(net, data, static_cast<const fkd::DataSource<float>*>(nullptr),
                                          {.epochs = 2, .batch_size = batch_size}, state);
    CHECK(state.step == 2);
    REQUIRE(history.epochs.size() == 2);
    CHECK(history.epochs[0].samples == 3);
  }
}

// Products of extents wrapped around: a shape of 2^64 values had none.
TEST_CASE("the size of an invalid shape is -1") {
  static_assert(Shape{3, 4, 5}.size() == 60 && Shape{0, 4, 5}.size() == 0);
  static_assert(Shape{Index{1} << 32, Index{1} << 32, 1}.size() == -1 && Shape{most, most, most}.size() == -1);
  static_assert(Shape{-1, 4, 5}.size() == -1 && Shape{-1, -4, 5}.size() == -1 && Shape{4, 5, -1}.size() == -1);
  CHECK(fkd::BatchView<float>{nullptr, {2, 3, 4}, most}.size() == -1);
  CHECK(fkd::BatchView<float>{nullptr, {2, 3, 4}, -1}.size() == -1);
  CHECK(fkd::TensorSpec{.name = {}, .extents = {Index{1} << 40, Index{1} << 40, 1, 1}}.size() == -1);
}

TEST_CASE("aligned") {
  static_assert(fkd::aligned(0) == 0 && fkd::aligned(1) == 64 && fkd::aligned(64) == 64 && fkd::aligned(65) == 128);
  static_assert(fkd::aligned(most) == -1 && fkd::aligned(-1) == -1);
  CHECK(fkd::aligned(most - 63) == most - 63);
}

// A negative number of values was written through a null pointer; 2^62 floats requested 0 bytes.
TEST_CASE("Buffer: negative and uncountable sizes") {
  for (const Index size : {Index{-1}, std::numeric_limits<Index>::min(), most, most / 4 + 1, Index{1} << 62}) {
    CAPTURE(size);
    CHECK_THROWS_AS(Buffer<float>{size}, ArgumentError);
  }
  CHECK_THROWS_WITH_AS(Buffer<double>(-7),
                       "Buffer: size is out of range: expected at least 0 values, and so many that their bytes can be "
                       "counted in 64 bits, got -7 of 8 bytes each",
                       ArgumentError);
  CHECK(Buffer<float>(0).size() == 0);
}

TEST_CASE("Batch: invalid shapes and numbers of samples") {
  CHECK_THROWS_WITH_AS((Batch<float>{{1, 1, 1}, -1}),
                       "Batch: is out of range: expected extents of at least 1, at least 0 samples, and so many values "
                       "that their bytes can be counted in 64 bits, got -1 samples of (1, 1, 1)",
                       ArgumentError);
  CHECK_THROWS_AS((Batch<float>{{1, 1, 4}, Index{1} << 60}), ArgumentError);  // 2^64 bytes
  CHECK_THROWS_AS((Batch<float>{{Index{1} << 30, Index{1} << 30, 4}, 1}), ArgumentError);
  CHECK_THROWS_AS((Batch<double>{{Index{1} << 32, Index{1} << 32, 1}, 1}), ArgumentError);  // 2^64 values
  CHECK_THROWS_AS((Batch<float>{{-2, 3, 1}, 1}), ArgumentError);
  CHECK_THROWS_AS((Batch<float>{{-2, -3, 1}, 1}), ArgumentError);
  CHECK_THROWS_AS((Batch<float>{{0, 3, 1}, 2}), ArgumentError);
  CHECK((Batch<float>{{0, 0, 0}, 0}.size() == 0));
  CHECK((Batch<float>{{5, 5, 5}, 0}.size() == 0));
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // they end the program instead
TEST_CASE("an allocation that fails: a std::bad_alloc that names the bytes requested") {
  std::string said;
  try {
    Batch<float>{{1, 1, 1}, Index{1} << 60};
  } catch (const std::bad_alloc& error) {
    said = error.what();
  }
  CHECK(said == "memory: there is not enough: expected 4611686018427387904 free bytes in one piece");
  CHECK_THROWS_AS((fkd::Model{Sequential{Input{1, 1, 1}, Dense{.units = Index{1} << 50}}}), fkd::MemoryError);
  CHECK_THROWS_AS((fkd::Model{Sequential{Input{1, 1, 1}, Dense{.units = Index{1} << 50}}}), std::bad_alloc);
}
#endif

/// Every function of a layer that needs no memory, for values at both ends of Index.
template <class L>
void refused(const L& layer, Shape in) {
  CAPTURE(fkd::text(in));
  CHECK_THROWS_AS(layer.output_shape(in), ShapeError);
  CHECK_THROWS_AS((fkd::RuntimeSequential{std::vector<fkd::AnyLayer>{layer}}.output_shape(in)), ShapeError);
}

TEST_CASE("a layer's input is at least (1, 1, 1) and fits in 64 bits") {
  const Conv2D same{.filters = 1, .kernel = {3, 3}, .stride = {2, 2}, .padding = Padding::same};
  for (const Shape in : {Shape{}, Shape{0, 5, 1}, Shape{5, 0, 1}, Shape{5, 5, 0}, Shape{-1, -5, 1}, Shape{-9, 9, 1},
                         Shape{9, 9, -1}, Shape{most, most, 1}, Shape{Index{1} << 31, Index{1} << 32, 2}}) {
    refused(same, in);
    refused(fkd::ReLU{}, in);
    refused(fkd::Flatten{}, in);
    refused(MaxPool2D{.window = {1, 1}}, in);
  }
  refused(Dense{.units = 1}, {1, 1, 0});
  refused(Dense{.units = 1}, {1, 1, -3});
  refused(Dense{.units = 1}, {1, 1, most});
  CHECK_THROWS_WITH_AS(same.output_shape({0, 5, 1}),
                       "Conv2D: input must be positive: expected a height, width and channels of at least 1, got (0, "
                       "5, 1)",
                       ShapeError);
}

// 2^61 values fit in 64 bits, their bytes do not: the network was built, and the model crashed.
TEST_CASE("weights whose bytes cannot be counted are refused with the layer") {
  CHECK_THROWS_WITH_AS(
      (Sequential{Input{1, 1, 1}, Dense{.units = Index{1} << 61}}),
      "1.dense: Dense: extents overflow 64 bits: input shape (1, 1, 1), output shape (1, 1, 2305843009213693952)",
      ShapeError);
  CHECK_THROWS_AS((Sequential{Input{1, 1, Index{1} << 30}, Dense{.units = Index{1} << 32}}), ShapeError);
  CHECK_THROWS_AS((Sequential{Input{1, 1, 1}, Conv2D{.filters = Index{1} << 61, .kernel = {1, 1}}}), ShapeError);
  CHECK_THROWS_AS((Sequential{Input{1, 1, Index{1} << 61}, fkd::ReLU{}}), ShapeError);
  // Weights of a few gigabytes and an input of one row that is as long: a padded input of that size overflows.
  CHECK_THROWS_AS((Conv2D{.filters = 1, .kernel = {1, Index{1} << 40}, .padding = Padding::same}.output_shape(
                      {Index{1} << 40, 1, 1})),
                  ShapeError);
}

TEST_CASE("kernels, windows and strides at both ends of Index") {
  constexpr Shape in{4, 5, 2};
  for (const Padding padding : {Padding::valid, Padding::same})
    for (const Index bad : {most, most - 1, Index{1} << 62, std::numeric_limits<Index>::min(), Index{-3}, Index{0}}) {
      CAPTURE(bad);
      refused(Conv2D{.filters = 1, .kernel = {bad, 3}, .padding = padding}, in);
      refused(Conv2D{.filters = 1, .kernel = {3, bad}, .padding = padding}, in);
      refused(Conv2D{.filters = bad, .kernel = {3, 3}, .padding = padding}, in);
      refused(MaxPool2D{.window = {bad, bad}}, in);
      refused(MaxPool2D{.window = {1, bad}}, in);
      if (bad > 0) continue;
      refused(Conv2D{.filters = 1, .kernel = {3, 3}, .stride = {1, bad}, .padding = padding}, in);
      refused(MaxPool2D{.window = {2, 2}, .stride = {1, bad}}, in);
    }
  static_assert(fkd::slide(5, 3, most, Padding::same.rows()) == fkd::Sliding{1, 0, 0});
  static_assert(fkd::slide(5, most, 1, Padding::same.rows()) ==
                fkd::Sliding{5, (most - 1) / 2, most - 1 - (most - 1) / 2});
  static_assert(fkd::slide(most, 3, most, Padding::same.rows()) == fkd::Sliding{1, 0, 0});
  static_assert(fkd::slide(most, 1, 1, Padding::same.rows()) == fkd::Sliding{most, 0, 0});
  static_assert(fkd::slide(most, 2, most, Padding::valid.rows()) == fkd::Sliding{1, 0, 0});
}

// A stride beyond the input has one position. It made rings of `stride` rows in scratch memory, and overflowed.
TEST_CASE("a stride beyond the input gives what a stride of the input's size gives") {
  for (const Padding padding : {Padding::valid, Padding::same})
    for (const Index stride : {Index{7}, Index{1} << 40, most}) {
      CAPTURE(stride);
      const auto run = [&](Index s) {
        fkd::Model net{
            Sequential{Input{6, 6, 16}, Conv2D{.filters = 3, .kernel = {3, 3}, .stride = {s, s}, .padding = padding},
                       MaxPool2D{.window = {1, 1}, .stride = {s, s}}, fkd::Flatten{}, Dense{.units = 2}},
            fkd::Seed{3}};
        Batch<float> x{{6, 6, 16}, 4}, y{{1, 1, 2}, 4};
        for (Index i = 0; i < x.size(); ++i) x.data()[i] = static_cast<float>(i % 7) - 3;
        for (Index i = 0; i < y.size(); ++i) y.data()[i] = static_cast<float>(i % 3);
        fkd::fit(net, Dataset<float>{std::move(x), std::move(y)}, {.epochs = 2, .batch_size = 2});
        return std::vector<float>(net.parameters().begin(), net.parameters().end());
      };
      CHECK(run(stride) == run(6));
    }
}

TEST_CASE("operations are counted up to what 64 bits hold") {
  const Conv2D wide{.filters = 1 << 20, .kernel = {1, 1}};
  CHECK(wide.flops({1 << 12, 1 << 12, 1 << 9}) == Index{1} << 54);
  const Conv2D huge{.filters = Index{1} << 26, .kernel = {3, 3}, .padding = Padding::same};
  const Shape in{1 << 12, 1 << 12, 1 << 20};
  CHECK(huge.flops(in) == most);
  const Conv2D small_one{.filters = 1, .kernel = {1, 1}};
  CHECK(fkd::lower<float>(fkd::RuntimeSequential{Input{in.height, in.width, in.channels}, {huge, small_one}})
            .network->flops == most);
}

/// A layer whose output shape, tensors and requirements are given.
struct Says {
  static constexpr std::string_view name = "says";
  Shape out = {1, 1, 1};
  fkd::TensorSpec tensor = {.name = "t"};
  fkd::Requirements answer = {};

  Shape output_shape(Shape) const { return out; }
  std::vector<fkd::TensorSpec> tensors(Shape) const { return {tensor}; }
  template <class T>
  fkd::Requirements requirements(const fkd::LayerContext<T>&) const {
    return answer;
  }
  template <class T>
  void forward(const fkd::Forward<T>& f) const {
    f.out[0] = f.in[0];
  }
  template <class T>
  void backward(const fkd::Backward<T>& b) const {
    if (b.d_in) b.d_in[0] = b.d_out[0];
  }
};

template <class L>
void predict_one(const L& layer) {
  const fkd::Model net{Sequential{Input{1, 1, 1}, layer}};
  (void)net.predict(Batch<float>{{1, 1, 1}, 1});
}

TEST_CASE("a user-defined layer with invalid requirements") {
  CHECK_NOTHROW(predict_one(Says{}));
  for (const Shape out : {Shape{}, Shape{1, 0, 1}, Shape{-1, -1, 1}, Shape{most, most, 1}, Shape{1, 1, Index{1} << 61}})
    CHECK_THROWS_AS(predict_one(Says{.out = out}), ShapeError);
  CHECK_THROWS_WITH_AS(
      predict_one(Says{.out = {1, 1, -4}}),
      "1.says: says: output must be positive: expected an output_shape of at least (1, 1, 1) that fits in 64 "
      "bits, got (1, 1, -4); input shape (1, 1, 1)",
      ShapeError);
  CHECK_THROWS_WITH_AS(predict_one(Says{.tensor = {.name = "t", .extents = {-2, 3, 1, 1}, .rank = 2}}),
                       "1.says.t: tensor is out of range: expected a rank from 1 to 4 and extents of at least 0 whose "
                       "product fits in 64 bits, got rank 2 and (-2, 3, 1, 1)",
                       ShapeError);
  CHECK_THROWS_AS(predict_one(Says{.tensor = {.name = "t", .rank = 7}}), ShapeError);
  CHECK_THROWS_AS(predict_one(Says{.tensor = {.name = "t", .extents = {most, 4, 1, 1}}}), ShapeError);
  CHECK_THROWS_AS(predict_one(Says{.tensor = {.name = "t", .extents = {Index{1} << 61, 1, 1, 1}}}), ShapeError);
  CHECK_THROWS_AS(predict_one(Says{.answer = {.saved_bytes = -1}}), ShapeError);
  CHECK_THROWS_AS(predict_one(Says{.answer = {.workspace_bytes = most}}), ShapeError);
  CHECK_THROWS_WITH_AS(
      predict_one(Says{.answer = {.scratch_bytes = -5}}),
      "1.says: memory of a pass overflows 64 bits: expected in every layer's requirements, and in all, bytes "
      "and tasks from 0 up to what 64 bits hold, got others for 1 samples",
      ShapeError);
}

TEST_CASE("the memory of a pass over more samples than 64 bits can hold") {
  const fkd::Model net{Sequential{Input{8, 8, 1}, Conv2D{.filters = 4, .kernel = {3, 3}}, fkd::ReLU{},
                                  MaxPool2D{.window = {2, 2}}, fkd::Flatten{}, Dense{.units = 3}}};
  for (const bool training : {false, true})
    for (const Index samples : {most, most / 2, most / 1024, Index{1} << 55}) {
      CAPTURE(samples);
      CHECK_THROWS_AS((void)net.plan(samples, training), ShapeError);
    }
  CHECK_THROWS_WITH_AS((void)net.plan(-1, true), "Model: samples must not be negative: expected at least 0, got -1",
                       ArgumentError);
}

TEST_CASE("random_order of fewer than none") {
  CHECK_THROWS_WITH_AS(fkd::random_order(-1, fkd::Random{fkd::Seed{}}),
                       "random_order: samples must not be negative: expected at least 0, got -1", ArgumentError);
  CHECK(fkd::random_order(0, fkd::Random{fkd::Seed{}}).empty());
}

}  // namespace
