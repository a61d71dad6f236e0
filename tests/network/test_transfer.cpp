/// Copying parameters from one model into another one: what is taken, what is not, and what is said of it.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include <fkd/net.hpp>

#include <support/compare.hpp>
#include <support/layers.hpp>
#include <support/networks.hpp>

namespace {

using fkd::ArgumentError, fkd::Index, fkd::Input, fkd::Model, fkd::Sequential, fkd::TransferReport;
using Names = std::vector<std::string>;

constexpr Input image{.height = 6, .width = 5, .channels = 1};
constexpr fkd::Conv2D conv{.filters = 3, .kernel = {3, 3}, .padding = fkd::Padding::same};

auto classifier(Index classes) {
  return Sequential{
      image, conv, fkd::BatchNorm{}, fkd::ReLU{}, fkd::Flatten{}, fkd::Dense{.units = 4}, fkd::Dense{.units = classes}};
}

template <class T>
std::span<const T> tensor(const Model<T>& net, const std::string& name) {
  const auto& tensors = net.layout().tensors();
  for (std::size_t t = 0; t < tensors.size(); ++t)
    if (tensors[t].name == name) return net.tensor(static_cast<Index>(t));
  FAIL("no tensor " << name);
  return {};
}

/// Every tensor another one, state too.
template <class T = float, class A>
Model<T> filled(const A& network, T first) {
  Model<T> net{network, fkd::Seed{1}, fkd::scalar<T>};
  for (std::size_t t = 0; t < net.layout().tensors().size(); ++t)
    for (T& value : net.tensor(static_cast<Index>(t))) value = first++;
  return net;
}

std::string said(auto call) {
  try {
    call();
  } catch (const ArgumentError& error) {
    return error.what();
  }
  return "";
}

const Names all_but_last{"1.conv2d.kernel",          "1.conv2d.bias",
                         "2.batch_norm.gamma",       "2.batch_norm.beta",
                         "2.batch_norm.moving_mean", "2.batch_norm.moving_variance",
                         "5.dense.kernel",           "5.dense.bias"};

TEST_CASE("to another number of classes: everything but the last layer is taken, state too") {
  const Model from = filled(classifier(3), 1.0f);
  Model to = filled(classifier(5), -1000.0f);
  const Model before = to;
  const TransferReport report = fkd::copy_parameters(from, to);
  CHECK(report.taken == all_but_last);
  CHECK(report.layers == Names{"1.conv2d", "2.batch_norm", "5.dense"});
  REQUIRE(report.differ.size() == 2);
  CHECK(report.differ[0].name == "6.dense.kernel");
  CHECK(report.differ[0].expected == "(4, 5)");
  CHECK(report.differ[0].got == "(4, 3)");
  CHECK(report.missing.empty());
  CHECK(report.left_over.empty());
  CHECK(report.values == 27 + 3 + 4 * 3 + 90 * 4 + 4);
  for (const std::string& name : report.taken)
    CHECK(support::bit_difference(tensor(to, name), tensor(from, name)) == "");
  for (const std::string name : {"6.dense.kernel", "6.dense.bias"})
    CHECK(support::bit_difference(tensor(to, name), tensor(before, name)) == "");
  CHECK(report.text() ==
        "8 of 10 tensors taken, 406 values\n"
        "of another shape, left as they were: 6.dense.kernel: expected (4, 5), got (4, 3), 6.dense.bias: expected (5), "
        "got (3)\n");
}

TEST_CASE("gaps between tensors stay zero, and what was taken can be frozen as it is") {
  const Model from = filled(classifier(3), 1.0f);
  Model to{classifier(5), fkd::Seed{2}};
  const TransferReport report = fkd::copy_parameters(from, to);
  const Model before = to;
  fkd::fit(to, support::random_data<float>(classifier(5), 6), {.epochs = 2, .batch_size = 3, .frozen = report.layers});
  for (const std::string& name : report.taken)
    CHECK(support::bit_difference(tensor(to, name), tensor(before, name)) == "");
  CHECK(support::bit_difference(tensor(to, "6.dense.kernel"), tensor(before, "6.dense.kernel")) != "");
  std::vector<char> covered(to.parameters().size());
  for (const auto& its : to.layout().tensors()) std::fill_n(covered.begin() + its.offset, its.size, char{1});
  for (std::size_t i = 0; i < covered.size(); ++i)
    if (!covered[i]) CHECK(to.parameters()[i] == 0);
}

TEST_CASE("missing and left over") {
  const Model from = filled(Sequential{image, conv, fkd::Flatten{}, fkd::Dense{.units = 2}}, 1.0f);
  Model to = filled(Sequential{image, conv, fkd::ReLU{}, fkd::Flatten{}, fkd::Dense{.units = 2}}, 500.0f);
  const TransferReport report = fkd::copy_parameters(from, to);
  CHECK(report.taken == Names{"1.conv2d.kernel", "1.conv2d.bias"});
  CHECK(report.missing == Names{"4.dense.kernel", "4.dense.bias"});
  CHECK(report.left_over == Names{"3.dense.kernel", "3.dense.bias"});
  CHECK(report.text() ==
        "2 of 4 tensors taken, 30 values\n"
        "missing, left as they were: 4.dense.kernel, 4.dense.bias\n"
        "left over, not taken: 3.dense.kernel, 3.dense.bias\n");
  const TransferReport mapped = fkd::copy_parameters(from, to, {.names = {{"3.dense", "4.dense"}}, .strict = true});
  CHECK(mapped.taken.size() == 4);
  CHECK(mapped.left_over.empty());
  CHECK(support::bit_difference(tensor(to, "4.dense.kernel"), tensor(from, "3.dense.kernel")) == "");
  CHECK(mapped.text() == "4 of 4 tensors taken, 212 values\n");
}

TEST_CASE("names are mapped: a backbone into a nested network and out of it, only some of it") {
  const Sequential backbone{conv, fkd::ReLU{}, conv};
  const Sequential alone{image, conv, fkd::ReLU{}, conv};
  const Sequential nested{image, backbone, fkd::Flatten{}, fkd::Dense{.units = 2}};
  const Model from = filled(alone, 1.0f);
  Model to = filled(nested, 900.0f);
  const TransferReport in = fkd::copy_parameters(from, to, {.names = {{"", "1.sequential"}}});
  CHECK(in.taken == Names{"1.sequential.1.conv2d.kernel", "1.sequential.1.conv2d.bias", "1.sequential.3.conv2d.kernel",
                          "1.sequential.3.conv2d.bias"});
  CHECK(in.missing == Names{"3.dense.kernel", "3.dense.bias"});
  Model back = filled(alone, 5000.0f);
  const TransferReport out = fkd::copy_parameters(to, back, {.names = {{"1.sequential", ""}}});
  CHECK(support::bit_difference(back.parameters(), from.parameters()) == "");
  CHECK(out.left_over == Names{"3.dense.kernel", "3.dense.bias"});
  // The first mapping that fits a name counts; a whole name may be mapped.
  Model other = filled(alone, 5000.0f);
  const TransferReport first = fkd::copy_parameters(
      from, other, {.names = {{"1.conv2d.bias", "3.conv2d.bias"}, {"3.conv2d.bias", "1.conv2d.bias"}, {"1", "x.1"}}});
  CHECK(first.taken == Names{"1.conv2d.bias", "3.conv2d.kernel", "3.conv2d.bias"});
  CHECK(support::bit_difference(tensor(other, "3.conv2d.bias"), tensor(from, "1.conv2d.bias")) == "");
  CHECK(support::bit_difference(tensor(other, "1.conv2d.bias"), tensor(from, "3.conv2d.bias")) == "");
  CHECK(first.left_over == Names{"1.conv2d.kernel"});

  Model some = filled(alone, 5000.0f);
  const TransferReport only = fkd::copy_parameters(from, some, {.only = {"3.conv2d"}, .strict = true});
  CHECK(only.taken == Names{"3.conv2d.kernel", "3.conv2d.bias"});
  CHECK(only.missing.empty());
  CHECK(only.left_over.empty());
  CHECK(some.parameters()[0] == 5000);
  CHECK(fkd::copy_parameters(from, some, {.only = {"3.conv2d.bias", "1"}}).taken.size() == 3);
}

TEST_CASE("float and double; a model into itself; nothing is random") {
  const Model single = filled(classifier(3), 0.1f);
  Model<double> precise = filled<double>(classifier(3), 7.0);
  fkd::copy_parameters(single, precise, {.strict = true});
  CHECK(precise.parameters()[1] == static_cast<double>(single.parameters()[1]));
  precise.tensor(0)[0] = 0.1;
  Model<float> rounded = single;
  fkd::copy_parameters(precise, rounded);
  CHECK(rounded.tensor(0)[0] == 0.1f);
  Model same = single;
  CHECK(fkd::copy_parameters(same, same, {.strict = true}).values == 406 + 4 * 3 + 3);
  CHECK(support::bit_difference(same.parameters(), single.parameters()) == "");
}

TEST_CASE("what is refused, and then nothing is changed") {
  const Model from = filled(classifier(3), 1.0f);
  Model to = filled(classifier(5), 700.0f);
  const Model before = to;
  const auto refused = [&](const fkd::TransferOptions& options) {
    const std::string text = said([&] { fkd::copy_parameters(from, to, options); });
    CHECK(support::bit_difference(to.parameters(), before.parameters()) == "");
    return text;
  };
  CHECK(refused({.strict = true}) ==
        "copy_parameters: strict: is not whole: expected the same names and extents in both, got differences: 8 of 10 "
        "tensors taken, 406 values; of another shape, left as they were: 6.dense.kernel: expected (4, 5), got (4, 3), "
        "6.dense.bias: expected (5), got (3)");
  CHECK(refused({.names = {{"1.conv", "2.conv2d"}}}) ==
        "copy_parameters: name does not exist: expected the name of a tensor, or what comes before a dot in it, got "
        "1.conv; the nearest are 1.conv2d.bias, 1.conv2d.kernel, 5.dense.bias");
  CHECK(refused({.only = {"7.dense"}}).find("copy_parameters: name does not exist: ") == 0);
  CHECK(refused({.names = {{"5.dense", "6.dense"}}}) ==
        "copy_parameters: names are equal: expected a name of its own for each tensor, got 6.dense.bias for both "
        "5.dense.bias and 6.dense.bias");
  CHECK(
      refused({.only = {"6.dense"}}) ==
      "copy_parameters: nothing fits: expected a tensor of the same name and extents in both, got none: 0 of 2 tensors "
      "taken, 0 values; of another shape, left as they were: 6.dense.kernel: expected (4, 5), got (4, 3), "
      "6.dense.bias: "
      "expected (5), got (3)");
  CHECK(refused({.names = {{"", "model"}}}).find("copy_parameters: nothing fits: ") == 0);
  const Model none{Sequential{image, fkd::ReLU{}}};
  CHECK(said([&] { fkd::copy_parameters(none, to); }).find("copy_parameters: nothing fits: ") == 0);
  Model<float> empty;
  CHECK(said([&] { fkd::copy_parameters(empty, to); }).find("Model: has no network") == 0);
}

}  // namespace
