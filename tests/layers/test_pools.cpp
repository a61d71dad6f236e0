/// MaxPool2D with padding, AveragePool2D and the global pools: shapes, what they refuse, the whole contract, NaN, what
/// is fused, and the bits of networks of them for every number of threads.
#include <doctest/doctest.h>

#include <limits>
#include <string>
#include <vector>

#include <fkd/net.hpp>
#include <fkd/testing.hpp>

#include <support/cases.hpp>
#include <support/compare.hpp>
#include <support/networks.hpp>
#include <support/row.hpp>

namespace {

using fkd::AveragePool2D, fkd::GlobalAveragePool2D, fkd::GlobalMaxPool2D, fkd::Index, fkd::Input, fkd::MaxPool2D,
    fkd::Padding, fkd::Sequential, fkd::Shape, fkd::ShapeError;

// Keras and PyTorch: ResNet's first pool; "same" as TensorFlow has it.
static_assert(MaxPool2D{.window = {3, 3}, .stride = {2, 2}, .padding = Padding::sides(1)}.output_shape({112, 112,
                                                                                                        64}) ==
              Shape{56, 56, 64});
static_assert(AveragePool2D{.window = {3, 3}, .stride = {1, 1}, .padding = Padding::same}.output_shape({35, 35, 8}) ==
              Shape{35, 35, 8});
static_assert(GlobalAveragePool2D{}.output_shape({7, 5, 9}) == Shape{1, 1, 9});
constexpr Sequential classifier{Input{.height = 9, .width = 8, .channels = 3},
                                fkd::Conv2D{.filters = 5, .kernel = {3, 3}},
                                MaxPool2D{.window = {3, 3}, .stride = {2, 2}, .padding = Padding::sides(1)},
                                AveragePool2D{.window = {2, 2}, .stride = {1, 1}, .padding = Padding::same},
                                fkd::Concat{Sequential{GlobalAveragePool2D{}}, GlobalMaxPool2D{}},
                                fkd::Dense{.units = 2}};

void check(const fkd::AnyLayer& layer, Shape in, const fkd::CheckOptions& options = {.values = 40}) {
  const fkd::CheckResult result = fkd::check_layer(layer, in, options);
  CHECK_MESSAGE(result, result.text());
}

TEST_CASE("average and global pools under the contract") {
  for (const support::MaxPool2DCase& c : support::max_pool2d_cases())
    for (const bool count : {false, true}) {
      CAPTURE(c.text());
      check(AveragePool2D{.window = c.layer.window,
                          .stride = c.layer.stride,
                          .padding = c.layer.padding,
                          .count_include_pad = count},
            c.in);
    }
  for (const Shape in : {Shape{1, 1, 1}, Shape{1, 7, 3}, Shape{5, 4, 17}, Shape{18, 17, 2}}) {
    check(GlobalAveragePool2D{}, in);
    check(GlobalMaxPool2D{}, in);
  }
}

template <class F>
std::string said(F f) {
  try {
    f();
  } catch (const ShapeError& error) {
    return error.what();
  }
  return "";
}

TEST_CASE("what pools refuse, word for word") {
  const auto average = [](AveragePool2D pool, Shape in = {4, 5, 1}) {
    return said([&] { (void)pool.output_shape(in); });
  };
  CHECK(average({}) == "AveragePool2D: window must be positive: expected at least (1, 1), got (0, 0)");
  CHECK(average({.window = {2, 2}, .stride = {1, -1}}) ==
        "AveragePool2D: stride must not be negative: expected (0, 0) for the window's own size or at least (1, 1), got "
        "(1, -1)");
  CHECK(average({.window = {2, 6}}) ==
        "AveragePool2D: window is larger than its input: expected at most (4, 5), got (2, 6); input shape (4, 5, 1)");
  CHECK(
      average({.window = {2, 8}, .padding = Padding::sides(1)}) ==
      "AveragePool2D: window is larger than its padded input: expected at most (6, 7), got (2, 8); input shape (4, 5, "
      "1)");
  CHECK(average({.window = {2, 2}, .padding = Padding::sides(2)}) ==
        "AveragePool2D: window sees only padding: expected windows of (2, 2) that each have a place in the image, got "
        "(top, bottom, left, right) of (2, 2, 2, 2); input shape (4, 5, 1)");
  for (const Padding& side : {Padding{.top = 2}, Padding{.bottom = 2}, Padding{.left = 2}, Padding{.right = 3}})
    CHECK(average({.window = {2, 2}, .padding = side}).starts_with("AveragePool2D: window sees only padding"));
  for (const Padding& side : {Padding{.top = 1}, Padding{.bottom = 1}, Padding{.left = 1}, Padding{.right = 2}})
    CHECK(average({.window = {2, 2}, .padding = side}) == "");
  CHECK(average({.window = {2, 2}, .padding = {.right = 3}}).starts_with("AveragePool2D: window sees only padding"));
  CHECK(average({.window = {2, 2}, .padding = {.right = 2}}) == "");
  CHECK(average({.window = {2, 2}, .padding = {.top = -1}}).starts_with("AveragePool2D: padding must not be negative"));
  CHECK(average({.window = {2, 2}}, {0, 5, 1}).starts_with("AveragePool2D: input must be positive"));
  CHECK(said([] {
          (void)MaxPool2D{.window = {2, 2}, .padding = Padding::sides(2, 0)}.output_shape({4, 5, 1});
        }).starts_with("MaxPool2D: window sees only padding"));
  CHECK(said([] { (void)GlobalMaxPool2D{}.output_shape({0, 1, 1}); }).starts_with("GlobalMaxPool2D: input must be"));
  CHECK(said([] {
          (void)GlobalAveragePool2D{}.output_shape({65536, 65536, 1});
        }) ==
        "GlobalAveragePool2D: window has too many places: expected at most 2147483647 in all, got (65536, 65536)");
  constexpr Index most = std::numeric_limits<Index>::max();
  for (const Padding& padding : {Padding{.top = most}, Padding{.left = most, .right = most}, Padding::sides(most / 2)})
    CHECK(said([&] { (void)MaxPool2D{.window = {2, 2}, .padding = padding}.output_shape({4, 5, 1}); }) != "");
  CHECK((MaxPool2D{.window = {2, 2}, .stride = {most, most}, .padding = Padding::same}.output_shape({4, 5, 1}) ==
         Shape{1, 1, 1}));
}

TEST_CASE("hyper-parameters: all options") {
  std::string all;
  for (const fkd::HyperParameter& its :
       AveragePool2D{.window = {3, 3}, .padding = Padding::sides(1), .count_include_pad = true}.hyper_parameters())
    all += std::string{its.name} + " " + fkd::text(its.value) + ", ";
  CHECK(all == "window (3, 3), stride (3, 3), padding (1, 1, 1, 1), count_include_pad true, ");
  CHECK(MaxPool2D{.window = {2, 2}}.hyper_parameters()[2].is_default);  // files from before the option stay the same
  CHECK_FALSE(MaxPool2D{.window = {2, 2}, .padding = Padding::same}.hyper_parameters()[2].is_default);
}

TEST_CASE("saved places: a byte for each output of a small window, more only for large ones, none in prediction") {
  const auto saved = [](fkd::Extent2D window, bool training) {
    return MaxPool2D{.window = window}
        .requirements(fkd::LayerContext<float>{.in = {1024, 512, 3}, .training = training})
        .saved_bytes;
  };
  CHECK(saved({16, 16}, true) == 64 * 32 * 3);
  CHECK(saved({32, 16}, true) == 32 * 32 * 3 * 2);
  CHECK(saved({512, 512}, true) == 2 * 3 * 4);
  CHECK(saved({16, 16}, false) == 0);
}

TEST_CASE("behind a convolution a padded pool is an op of its own, one without padding is fused") {
  const fkd::Conv2D conv{.filters = 4, .kernel = {3, 3}, .padding = Padding::same};
  const auto ops = [&](MaxPool2D pool) {
    const fkd::Model net{support::row(Input{8, 8, 3}, conv, fkd::ReLU{}, pool)};
    const fkd::Batch<float> x = support::random_batch<float>({8, 8, 3}, 3);
    fkd::Batch<float> fused{net.output_shape(), 3}, plain = fused;
    fkd::Workspace<float> workspace;
    net.forward(x, fused, workspace, {});
    net.forward(x, plain, workspace, {}, {.fuse = false});
    CHECK(support::bit_difference(fused, plain) == "");
    return net.fused().ops.size();
  };
  const bool fuses = FKD_HAS_DIRECT;
  CHECK(ops({.window = {2, 2}}) == (fuses ? 1 : 2));
  CHECK(ops({.window = {3, 3}}) == (fuses ? 1 : 2));
  CHECK(ops({.window = {8, 8}, .stride = {99, 99}}) == (fuses ? 1 : 2));
  CHECK(ops({.window = {2, 2}, .padding = Padding::sides(1)}) == 2);
  CHECK(ops({.window = {3, 3}, .padding = Padding::same}) == 2);
  CHECK(ops({.window = {5, 5}, .padding = {.top = 1}}) == 2);  // a single window, which begins in the padding
  CHECK(ops({.window = {5, 5}, .padding = {.left = 1}}) == 2);
  CHECK(ops({.window = {2, 2}, .padding = {.bottom = 1}}) == (fuses ? 1 : 2));  // no window reaches it
}

TEST_CASE("a network of all pools: bits for every number of threads, and gradients in double") {
  std::vector<float> theta;
  for (const int threads : {1, 2, 3, 8}) {
    fkd::set_threads(threads);
    fkd::Model net{classifier, fkd::Seed{1}};
    fkd::fit(net, support::random_data<float>(classifier, 13), {.epochs = 2, .batch_size = 5});
    if (theta.empty()) theta.assign(net.parameters().begin(), net.parameters().end());
    CHECK(support::bit_difference<float>(theta, net.parameters()) == "");
  }
  fkd::set_threads(0);
  const fkd::Model net{classifier, fkd::Seed{4}, fkd::scalar<double>};
  const fkd::CheckResult result = fkd::check_gradients(net, support::random_batch<double>(net.input_shape(), 3, 3),
                                                       support::random_batch<double>(net.output_shape(), 3, 4),
                                                       fkd::MeanSquaredError{}, {.values = 25});
  CHECK_MESSAGE(result, result.text());
}

TEST_CASE("NaN reaches just the windows that see it") {
  for (const fkd::AnyLayer& pool : {fkd::AnyLayer{AveragePool2D{.window = {2, 2}}}, {MaxPool2D{.window = {2, 2}}}}) {
    const fkd::Model net{support::row(Input{4, 4, 16}, pool)};
    fkd::Batch<float> x{{4, 4, 16}, 1};
    x.data()[16 * 5 + 3] = fkd::unknown<float>;  // row 1, column 1, channel 3
    const fkd::Batch<float> y = net.predict(x);
    for (Index i = 0; i < y.size(); ++i) CHECK(fkd::is_nan(y.data()[i]) == (i == 3));
  }
}

}  // namespace
