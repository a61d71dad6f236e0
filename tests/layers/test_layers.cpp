/// fkd's own layers under the whole contract, every option varied: check_layer poisons, pre-loads, fences, and compares
/// gradients with central differences.
#include <doctest/doctest.h>

#include <array>

#include <fkd/net.hpp>
#include <fkd/testing.hpp>

#include <support/cases.hpp>

namespace {

using fkd::check_layer, fkd::CheckOptions, fkd::CheckResult, fkd::Index;

void check(const fkd::AnyLayer& layer, fkd::Shape in, const CheckOptions& options = {}) {
  const CheckResult result = check_layer(layer, in, options);
  CHECK_MESSAGE(result, result.text());
}

TEST_CASE("Conv2D") {
  for (const support::Conv2DCase& c : support::conv2d_cases()) {
    CAPTURE(c.text());
    if (c.layer.flops(c.in) < 100'000) check(c.layer, c.in, {.samples = 2, .values = 25});
  }
}

TEST_CASE("Conv2D: weights, fans and flops of groups") {
  constexpr fkd::Conv2D conv{.filters = 12, .kernel = {3, 5}, .groups = 3};
  constexpr fkd::Shape in{9, 8, 6};
  static_assert(conv.tensors(in)[0].extents == std::array<Index, 4>{3, 5, 2, 12});
  static_assert(conv.tensors(in)[0].fan_in == 3 * 5 * 2 && conv.tensors(in)[0].fan_out == 3 * 5 * 12);
  static_assert(conv.flops(in) == 2 * (7 * 4 * 12) * (3 * 5 * 2));
  constexpr fkd::Conv2D depthwise{.filters = 12, .kernel = {3, 5}, .groups = 6};
  static_assert(depthwise.tensors(in)[0].extents == std::array<Index, 4>{3, 5, 1, 12});
  CHECK(depthwise.flops(in) == 2 * (7 * 4 * 12) * (3 * 5));
}

TEST_CASE("Conv2D and Dense without a bias have one tensor") {
  const fkd::Conv2D conv{.filters = 5, .kernel = {3, 2}, .padding = fkd::Padding::same, .use_bias = false};
  static_assert(fkd::Conv2D{.filters = 5, .kernel = {3, 2}, .use_bias = false}.tensors({7, 6, 3}).size() == 1);
  static_assert(fkd::Conv2D{.filters = 5, .kernel = {3, 2}}.tensors({7, 6, 3})[1].name == "bias");
  static_assert(fkd::Dense{.units = 5, .use_bias = false}.tensors({1, 1, 3}).size() == 1);
  static_assert(fkd::Dense{.units = 5}.tensors({1, 1, 3}).size() == 2);
  check(conv, {7, 6, 3});
  check(fkd::Conv2D{.filters = 3, .kernel = {1, 1}, .use_bias = false}, {1, 1, 1});
  for (const Index N : {1, 17}) {
    check(fkd::Dense{.units = 7, .use_bias = false}, {1, 1, 5}, {.samples = N});
    check(fkd::Dense{.units = 3, .use_bias = false}, {1, 1, 1500}, {.samples = N, .values = 15});
  }
  const fkd::Model net{fkd::Sequential{fkd::Input{.height = 7, .width = 6, .channels = 3}, conv, fkd::Flatten{},
                                       fkd::Dense{.units = 2, .use_bias = false}},
                       fkd::Seed{1}};
  CHECK(net.layout().trained_parameters() == 5 * 3 * 2 * 3 + 7 * 6 * 5 * 2);
}

TEST_CASE("MaxPool2D") {
  for (const support::MaxPool2DCase& c : support::max_pool2d_cases()) {
    CAPTURE(c.text());
    check(c.layer, c.in, {.values = 60});
  }
}

TEST_CASE("Dense") {
  for (const Index N : {1, 2, 17}) {
    CAPTURE(N);
    check(fkd::Dense{.units = 1}, {1, 1, 1}, {.samples = N});
    check(fkd::Dense{.units = 7}, {1, 1, 5}, {.samples = N});
    check(fkd::Dense{.units = 3}, {1, 1, 1500}, {.samples = N, .values = 15});  // several ranges
  }
}

TEST_CASE("Dense: 300 units, so that ranges are few") { check(fkd::Dense{.units = 300}, {1, 1, 70}, {.values = 10}); }

TEST_CASE("ReLU and Flatten") {
  for (const Index N : {1, 3}) {
    check(fkd::ReLU{}, {5, 4, 3}, {.samples = N});
    check(fkd::Flatten{}, {5, 4, 3}, {.samples = N});
    check(fkd::Flatten{}, {1, 1, 1}, {.samples = N});
  }
}

TEST_CASE("Dense: tasks cover every input, output and sample once, whatever the size") {
  for (const Index units : {1, 30, 64, 65, 256, 257, 1000})
    for (const Index IU : {1, 16, 300, 784, 1025, 36864})
      for (const Index N : {1, 2, 7, 8, 23, 24, 100, 128, 130})
        for (const bool packed : {false, true}) {
          CAPTURE(units);
          CAPTURE(IU);
          CAPTURE(N);
          const fkd::Dense dense{.units = units};
          const fkd::Dense::Tasks tasks = dense.forward_tasks({N, IU, units}, packed);
          const auto covers = [](const fkd::Dense::Ranges& r, Index all) {
            return r.count >= 1 && r.begin(r.count - 1) < all && r.begin(r.count) >= all;
          };
          CHECK(covers(tasks.ranges, IU));
          CHECK(covers(tasks.bands, units));
          CHECK(covers(tasks.samples, N));
          CHECK(covers(dense.d_in_parts(IU), IU));
          CHECK(covers(dense.d_weight_parts(IU), IU));
          CHECK(tasks.bands.length % 64 == 0);
          if (N >= 100 && units >= 10 && IU >= 300) CHECK(tasks.count() >= 4);
        }
}

TEST_CASE("Dense: ranges cover every input once, whatever the size") {
  for (const Index units : {1, 30, 256, 257, 1000})
    for (const Index I : {1, 15, 16, 17, 511, 512, 1023, 1024, 1025, 36864, 73728, 135424, 1 << 22}) {
      const fkd::Dense::Ranges r = fkd::Dense{.units = units}.ranges(I);
      CAPTURE(units);
      CAPTURE(I);
      CHECK((r.count >= 1 && r.count <= (units <= 256 ? 64 : 8)));
      CHECK(r.begin(0) == 0);
      CHECK(r.begin(r.count - 1) < I);
      CHECK(r.begin(r.count) >= I);
    }
}

}  // namespace
