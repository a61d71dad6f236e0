/// Add and Concat as layers of several inputs: values by hand, shapes, errors word for word, the whole contract, and
/// the fast sum of every instruction set against the plain loop.
#include <doctest/doctest.h>

#include <limits>
#include <span>
#include <string>
#include <vector>

#include <fkd/net.hpp>
#include <fkd/testing.hpp>

#include <support/compare.hpp>
#include <support/networks.hpp>

#if FKD_HAS_DIRECT
#include <fkd/backends/direct/instances.hpp>
#endif

namespace {

using fkd::Add, fkd::Concat, fkd::Graph, fkd::Index, fkd::Input, fkd::Shape;

template <class T, class L>
std::vector<T> forward(const L& layer, const std::vector<std::vector<T>>& in, const std::vector<Shape>& shapes) {
  std::vector<const T*> inputs;
  for (const std::vector<T>& one : in) inputs.push_back(one.data());
  const Shape out_shape = layer.output_shape(std::span<const Shape>{shapes});
  std::vector<T> out(static_cast<std::size_t>(out_shape.size()), T{-1});
  fkd::Forward<T> f;
  f.in_shape = shapes[0], f.out_shape = out_shape;
  f.in = inputs[0], f.inputs = inputs, f.in_shapes = shapes;
  f.out = out.data();
  layer.forward(f);
  return out;
}

TEST_CASE("Add: sums by hand") {
  const std::vector<Shape> three(3, Shape{1, 2, 2});
  CHECK(forward<float>(Add{}, {{1, 2, 3, 4}, {10, 20, 30, 40}, {100, 200, 300, 400}}, three) ==
        std::vector<float>{111, 222, 333, 444});
  CHECK(forward<double>(Add{}, {{1, 2, 3, 4}}, {{1, 2, 2}}) == std::vector<double>{1, 2, 3, 4});
  const float nan = fkd::unknown<float>, infinity = std::numeric_limits<float>::infinity();
  const std::vector<float> out =
      forward<float>(Add{}, {{nan, 1, infinity}, {1, nan, -infinity}}, {{1, 1, 3}, {1, 1, 3}});
  for (const float x : out) CHECK(fkd::is_nan(x));
}

TEST_CASE("Concat: channels by hand, pixel by pixel") {
  CHECK(forward<float>(Concat{}, {{1, 2, 3, 4}, {10, 20}, {100, 200, 300, 400}}, {{2, 1, 2}, {2, 1, 1}, {2, 1, 2}}) ==
        std::vector<float>{1, 2, 10, 100, 200, 3, 4, 20, 300, 400});
  CHECK(forward<float>(Concat{}, {{1, 2}}, {{1, 1, 2}}) == std::vector<float>{1, 2});
  CHECK(fkd::is_nan(forward<float>(Concat{}, {{1}, {fkd::unknown<float>}}, {{1, 1, 1}, {1, 1, 1}})[1]));
}

TEST_CASE("the whole contract, gradients in double") {
  const auto check = [](const fkd::CheckResult& result) { CHECK_MESSAGE(result, result.text()); };
  for (const Shape shape : {Shape{1, 1, 1}, Shape{3, 2, 2}, Shape{1, 1, 67}, Shape{5, 3, 17}})
    for (const std::size_t inputs : {std::size_t{1}, std::size_t{2}, std::size_t{3}, std::size_t{5}})
      check(fkd::check_layer(Add{}, std::vector<Shape>(inputs, shape), {.values = 10}));
  check(fkd::check_layer(Concat{}, std::vector<Shape>{{3, 2, 2}, {3, 2, 4}, {3, 2, 1}}));
  check(fkd::check_layer(Concat{}, std::vector<Shape>{{1, 1, 1}, {1, 1, 1}}));
  check(fkd::check_layer(Concat{}, std::vector<Shape>{{2, 3, 5}}));
}

template <class L>
std::string refused(const L& layer, const std::vector<Shape>& in) {
  try {
    (void)layer.output_shape(std::span<const Shape>{in});
  } catch (const fkd::ShapeError& error) {
    return error.what();
  }
  return "";
}

TEST_CASE("what Add and Concat refuse, word for word") {
  CHECK(refused(Add{}, {{3, 2, 1}, {3, 2, 1}, {3, 2, 4}}) ==
        "Add: shapes differ: expected (3, 2, 1) of every input, as input 1 has it, got (3, 2, 4) of input 3");
  CHECK(refused(Concat{}, {{3, 2, 1}, {3, 4, 7}}) ==
        "Concat: extents differ: expected a height and width of (3, 2) of every input, as input 1 has them, got (3, 4, "
        "7) of input 2");
  CHECK(refused(Add{}, {}) == "Add: needs an input: expected at least one value, got none");
  CHECK(refused(Concat{}, {}) == "Concat: needs an input: expected at least one value, got none");
  CHECK(refused(Add{}, {{0, 1, 1}, {0, 1, 1}}).starts_with("Add: input must be positive"));
  CHECK(refused(Concat{}, {{1, 1, 1}, {1, -1, 1}}).starts_with("Concat: input must be positive"));
  constexpr Index many = fkd::most_values;
  CHECK(refused(Concat{}, {{1, 1, many}, {1, 1, 1}}).starts_with("Concat: extents overflow 64 bits"));
  CHECK(refused(Concat{}, std::vector<Shape>(3000, {1, 1, many})).starts_with("Concat: extents overflow 64 bits"));
  CHECK(refused(Add{}, {{1, 1, many + 1}}).starts_with("Add: extents overflow 64 bits"));
  CHECK(refused(Concat{}, {{3, 2, 1}, {3, 2, 9}}).empty());
}

TEST_CASE("names in a network") {
  const fkd::Model net{Graph{Input{1, 1, 3}, {{"a", Add{}, {"input", "input"}}, {"b", Concat{}, {"a", "input"}}}, "b"}};
  CHECK(net.network().op_names == std::vector<std::string>{"a.add", "b.concat"});
  CHECK(net.output_shape() == Shape{1, 1, 6});
}

#if FKD_HAS_DIRECT
template <class T>
void check_sums() {
  namespace direct = fkd::direct;
  using Sum = void (*)(T*, std::span<const T* const>, Index);
  std::vector<Sum> all{direct::add_forward<T>, direct::baseline::add_forward<T>};
#if FKD_HAS_X86_TARGETS
  if (fkd::machine_has(fkd::Isa::avx2)) all.push_back(direct::avx2::add_forward<T>);
  if (fkd::machine_has(fkd::Isa::avx512)) all.push_back(direct::avx512::add_forward<T>);
#endif
  for (const std::size_t count : {1, 2, 3, 6})
    for (const Index size : {1, 3, 16, 17, 64, 130, 1001}) {
      std::vector<fkd::Batch<T>> in;
      std::vector<const T*> inputs;
      for (std::size_t k = 0; k < count; ++k)
        in.push_back(support::random_batch<T>({1, 1, size}, 1, 10 * static_cast<std::uint64_t>(size) + k));
      in[0].data()[size - 1] = std::numeric_limits<T>::infinity();
      in[count - 1].data()[0] = T{-0.0};
      for (const fkd::Batch<T>& one : in) inputs.push_back(one.data());
      std::vector<T> expected(static_cast<std::size_t>(size));
      fkd::reference::add_forward<T>(expected.data(), inputs, size);
      for (const Sum sum : all) {
        std::vector<T> got(static_cast<std::size_t>(size) + 1, T{7});  // one more, which is to stay as it is
        sum(got.data(), inputs, size);
        CHECK(got.back() == T{7});
        got.pop_back();
        CHECK(support::bit_difference(got, expected) == "");
      }
    }
}

TEST_CASE("Add: the sums of every instruction set are the plain loop's, bit for bit") {
  check_sums<float>();
  check_sums<double>();
}
#endif

}  // namespace
