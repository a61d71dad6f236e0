/// Every ShapeError of a network says, once, in which layer of which branch it is: static, at run time, in graphs, and
/// nested; and what only lowering finds, too.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include <fkd/net.hpp>

#include <support/row.hpp>

namespace {

using fkd::Add, fkd::AnyLayer, fkd::Concat, fkd::Conv2D, fkd::Graph, fkd::Index, fkd::Input, fkd::ReLU, fkd::Residual,
    fkd::Sequential, fkd::Shape;
using support::row;

template <class F>
std::string said(F f) {
  try {
    f();
  } catch (const fkd::ShapeError& error) {
    return error.what();
  }
  return "";
}

constexpr Input image{.height = 4, .width = 4, .channels = 3};
constexpr Conv2D same{.filters = 3, .kernel = {3, 3}, .padding = fkd::Padding::same};
constexpr Conv2D large{.filters = 3, .kernel = {5, 5}};
const std::string too_large =
    "Conv2D: kernel is larger than its input: expected at most (4, 4), got (5, 5); input shape (4, 4, 3)";

TEST_CASE("in a chain, and in chains inside of it") {
  CHECK(said([] { (void)Sequential{image, same, large}; }) == "2.conv2d: " + too_large);
  CHECK(said([] { (void)row(image, same, ReLU{}, large); }) == "3.conv2d: " + too_large);
  CHECK(said([] {
          (void)Sequential{image, Sequential{same, Sequential{large}}};
        }) == "1.sequential.2.sequential.1.conv2d: " + too_large);
  CHECK(said([] { (void)row(image, row(same, row(large))); }) == "1.sequential.2.sequential.1.conv2d: " + too_large);
  CHECK(said([] { (void)Sequential{large}.output_shape({4, 4, 3}); }) == "1.conv2d: " + too_large);
  CHECK(said([] { (void)AnyLayer{large}.output_shape({4, 4, 3}); }) == too_large);  // inside of nothing
  CHECK(said([] { (void)large.output_shape({4, 4, 3}); }) == too_large);
}

TEST_CASE("in a branch") {
  CHECK(said([] {
          (void)Sequential{image, same, Residual{Sequential{same, large}}};
        }) == "2.residual.main.2.conv2d: " + too_large);
  CHECK(said([] { (void)Sequential{image, Residual{same, large}}; }) == "1.residual.shortcut.conv2d: " + too_large);
  CHECK(said([] {
          (void)row(image, Residual{row(same), AnyLayer{large}});
        }) == "1.residual.shortcut.conv2d: " + too_large);
  CHECK(said([] {
          (void)Sequential{image, Concat{same, Sequential{}, Sequential{same, Add{ReLU{}, large}}}};
        }) == "1.concat.3.sequential.2.add.2.conv2d: " + too_large);
  CHECK(said([] {
          (void)Sequential{image, Residual{Residual{Residual{large}}}};
        }) == "1.residual.main.main.main.conv2d: " + too_large);
}

TEST_CASE("where branches meet: which branch had which shape") {
  constexpr Conv2D wide{.filters = 5, .kernel = {1, 1}};
  CHECK(said([&] {
          (void)Sequential{image, same, Add{same, same, wide}};
        }) ==
        "2.add: Add: shapes differ: expected (4, 4, 3) of every branch, as branch 1 has it, got (4, 4, 5) of branch 3");
  CHECK(said([&] {
          (void)Sequential{image, Residual{Residual{wide}}};
        }) ==
        "1.residual.main: Residual: shapes differ: expected main to end in (4, 4, 3), as the shortcut does, got (4, 4, "
        "5); without a shortcut that is the input's own shape");
  CHECK(said([&] {
          (void)Graph{image, {{"a", wide, {"input"}}, {"b", Add{}, {"input", "a"}}}, "b"};
        }) ==
        "b.add: Add: shapes differ: expected (4, 4, 3) of every input, as input 1 has it, got (4, 4, 5) of input 2");
}

TEST_CASE("in a node of a graph, and what stands inside of it") {
  CHECK(said([] {
          (void)Graph{image, {{"stem", same, {"input"}}, {"head", large, {"stem"}}}, "head"};
        }) == "head.conv2d: " + too_large);
  CHECK(said([] {
          (void)Graph{image, {{"stem", Residual{Sequential{ReLU{}, large}}, {"input"}}}, "stem"};
        }) == "stem.main.2.conv2d: " + too_large);
  CHECK(said([] {
          (void)Graph{image, {{"a", same, {"input", "input"}}}, "a"};
        }) == "a.conv2d: conv2d: has a single input: expected one value, got 2");
}

TEST_CASE("an error of the network itself has no path, and a hint stands at the end") {
  CHECK(said([] {
          (void)Sequential{image, same}.output_shape({1, 1, 48});
        }) == "Sequential: has another Input: expected (4, 4, 3), got (1, 1, 48)");
  CHECK(said([] {
          (void)Sequential{Input{3, 32, 32}, Residual{large}};
        }) ==
        "1.residual.main.conv2d: Conv2D: kernel is larger than its input: expected at most (3, 32), got (5, 5); "
        "input shape (3, 32, 32); images are height, width, channels: did you mean Input{32, 32, 3}?");
}

TEST_CASE("a network twenty levels deep names the outermost levels and the layer") {
  AnyLayer deep = large;
  for (int level = 0; level < 19; ++level) deep = row(deep);
  const std::string what = said([&] { (void)row(image, deep); });
  CHECK(what.starts_with("1.sequential.1.sequential.1.sequential."));
  CHECK(what.ends_with(".1.sequential...1.conv2d: " + too_large));
}

/// A network that checks nothing by itself: what is wrong is found while it is lowered.
struct Unchecked {
  Shape input = {4, 4, 3};
  static constexpr std::string_view name = "unchecked";
  template <class B>
  typename B::Value lower(B& builder, typename B::Value in) const {
    const typename B::Value a = builder.add("left", AnyLayer{ReLU{}}, in);
    return builder.add(2, Residual{Sequential{same, large}}, a);
  }
};

/// Finds something wrong only when it is asked for its tensors.
struct BadTensors : ReLU {
  static std::vector<fkd::TensorSpec> tensors(Shape in) { throw fkd::dense_expects_a_flat_input(in); }
};
struct AlsoUnchecked {
  Shape input = {4, 4, 3};
  static constexpr std::string_view name = "unchecked";
  template <class B>
  typename B::Value lower(B& builder, typename B::Value in) const {
    return builder.add("right", BadTensors{}, builder.add("left", ReLU{}, in));
  }
};

TEST_CASE("what only lowering finds has its path too") {
  CHECK(said([] { (void)fkd::lower<float>(Unchecked{}); }) == "2.residual.main.2.conv2d: " + too_large);
  CHECK(said([] { (void)fkd::lower<double>(AlsoUnchecked{}); }).starts_with("right.relu: Dense: expects a flat input"));
  CHECK(said([] { (void)fkd::lower<float>(Sequential{same}); }).starts_with("Sequential: needs an Input"));
}

}  // namespace
