/// Data sets with labels, labels of any data, and splits: sizes, seeds, strata, and what they refuse.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <vector>

#include <fkd/net.hpp>

namespace {

using fkd::ArgumentError, fkd::Batch, fkd::Index, fkd::LabelledDataset, fkd::Seed, fkd::SplitIndices;
using Labels = std::vector<Index>;

Batch<std::uint8_t> images(Index samples) {
  Batch<std::uint8_t> x{{2, 1, 1}, samples};
  for (Index i = 0; i < x.size(); ++i) x.data()[i] = static_cast<std::uint8_t>(i);
  return x;
}

std::string said(auto call) {
  try {
    call();
  } catch (const fkd::Error& error) {
    return error.what();
  }
  return "";
}

TEST_CASE("a labelled data set: one value a sample, or one-hot; unknown labels are NaN") {
  const std::vector<int> labels{2, 0, -100};
  const LabelledDataset data{images(3), labels, {.scale = 0.5}};
  static_assert(std::is_same_v<decltype(data), const LabelledDataset<float, std::uint8_t>>);
  CHECK(data.size() == 3);
  CHECK(data.classes() == 3);
  CHECK(data.target_shape() == fkd::Shape{1, 1, 1});
  CHECK(data.labels() == Labels{2, 0, -100});
  std::vector<float> x(2), y(1), hot(4);
  data.sample(1, 0, x, y);
  CHECK(x == std::vector<float>{1, 1.5});
  CHECK(y[0] == 0);
  data.sample(0, 7, x, y);
  CHECK(y[0] == 2);
  data.sample(2, 0, x, y);
  CHECK(std::isnan(y[0]));

  const LabelledDataset wide{images(3), std::span<const int>{labels}, {.classes = 4, .one_hot = true}};
  CHECK(wide.target_shape() == fkd::Shape{1, 1, 4});
  wide.sample(0, 0, x, hot);
  CHECK(hot == std::vector<float>{0, 0, 1, 0});
  wide.sample(2, 0, x, hot);
  CHECK(std::ranges::all_of(hot, [](float v) { return std::isnan(v); }));
  static_assert(std::is_same_v<decltype(LabelledDataset{Batch<double>{}, labels}), LabelledDataset<double, double>>);
  static_assert(std::is_same_v<decltype(LabelledDataset{Batch<float>{}, labels}), LabelledDataset<float, float>>);
}

TEST_CASE("what a labelled data set refuses") {
  const auto make = [](Labels labels, fkd::LabelOptions options = {}) {
    return said([&] { LabelledDataset{images(3), labels, options}; });
  };
  CHECK(make({0, 1}) == "LabelledDataset: sample counts differ: expected 3, got 2");
  CHECK(make({0, 1, 3}, {.classes = 3}) ==
        "LabelledDataset: label does not exist: expected a class from 0 to 2, or -100 for an unknown one, got 3 for "
        "sample 2; labels are counted from 0");
  CHECK(make({0, -1, 3}, {.classes = 4}).find("got -1 for sample 1") != std::string::npos);
  CHECK(make({0, 1, 2}, {.classes = -1}) ==
        "LabelledDataset: classes: option is out of range: expected 1 to 16777216, got -1");
  CHECK(make({0, 1, 16777216}) ==
        "LabelledDataset: classes: option is out of range: expected 1 to 16777216, got 16777217");
  CHECK(make({0, 1, 16777215}) == "");
  constexpr Index last = (std::numeric_limits<Index>::max)();
  CHECK(make({0, 1, last}).find("expected 1 to 16777216, got 9223372036854775807") != std::string::npos);
  CHECK(make({0, 1, last}, {.classes = 3}).find("got 9223372036854775807 for sample 2") != std::string::npos);
  // -100 as a number without a sign is no unknown label.
  const std::vector<std::uint64_t> wrapped{0, 1, static_cast<std::uint64_t>(-100)};
  CHECK(said([&] {
          LabelledDataset{images(3), wrapped, {.classes = 3}};
        }).find("label does not exist") != std::string::npos);
  CHECK(make({-100, -100, -100}) == "");  // one class, all of it unknown
  CHECK(said([] { LabelledDataset{images(0), Labels{}}; }).find("LabelledDataset: classes") == 0);
  const LabelledDataset data{images(3), Labels{0, 1, 2}};
  std::vector<float> x(2), wrong(3), y(1);
  CHECK_THROWS_AS(data.sample(3, 0, x, y), ArgumentError);
  CHECK_THROWS_AS(data.sample(0, 0, wrong, y), fkd::ShapeError);
  CHECK_THROWS_AS(data.sample(0, 0, x, wrong), fkd::ShapeError);
}

TEST_CASE("labels of any data: values, one-hot and soft weights, unknown ones") {
  const Labels labels{2, 0, -100, 1};
  CHECK(fkd::target_labels(LabelledDataset{images(4), labels}) == Labels{2, 0, fkd::unknown_label, 1});
  CHECK(fkd::target_labels(LabelledDataset{images(4), labels, {.one_hot = true}}) ==
        Labels{2, 0, fkd::unknown_label, 1});
  Batch<float> x{{1, 1, 1}, 200}, y{{1, 1, 2}, 200}, one{{1, 1, 1}, 2}, image{{1, 2, 1}, 200};
  for (Index n = 0; n < 200; ++n) y.sample(n)[static_cast<std::size_t>(n % 2)] = 0.7f, y.sample(n)[0] += 0.1f;
  const Labels soft = fkd::target_labels(fkd::Dataset<float>{x, y});
  CHECK(soft.size() == 200);
  CHECK(soft[198] == 0);
  CHECK(soft[199] == 1);
  one.data()[1] = 0.5f;
  CHECK(said([&] {
          (void)fkd::target_labels(fkd::Dataset<float>{Batch<float>{{1, 1, 1}, 2}, one});
        }) == "target_labels: target is no label: expected a whole number of at least 0, got 0.5 for sample 1");
  one.data()[1] = -1;
  CHECK_THROWS_AS(fkd::target_labels(fkd::Dataset<float>{Batch<float>{{1, 1, 1}, 2}, one}), ArgumentError);
  CHECK(fkd::target_labels(fkd::Dataset<float>{Batch<float>{{1, 1, 1}, 2}, one}, -1) == Labels{0, fkd::unknown_label});
  CHECK(said([&] {
          (void)fkd::target_labels(fkd::Dataset<float>{x, image});
        }) ==
        "target_labels: target has no single label: expected (1, 1, n), a label or a weight for each class, got (1, 2, "
        "1)");
}

void check_parts(const SplitIndices& parts, Index samples) {
  CHECK(std::ranges::is_sorted(parts.training));
  CHECK(std::ranges::is_sorted(parts.validation));
  std::set<Index> all(parts.training.begin(), parts.training.end());
  all.insert(parts.validation.begin(), parts.validation.end());
  CHECK(static_cast<Index>(all.size()) == samples);
  CHECK(static_cast<Index>(parts.training.size() + parts.validation.size()) == samples);
  CHECK(*all.begin() == 0);
  CHECK(*all.rbegin() == samples - 1);
}

TEST_CASE("sizes: the share, rounded to the nearest, a half up; every sample in one part") {
  struct Case {
    Index samples;
    double share;
    std::size_t expected;
  };
  for (const Case& c : {Case{10, 0.2, 2},
                        {10, 0.25, 3},
                        {10, 0.24, 2},
                        {3, 0.5, 2},
                        {2, 0.5, 1},
                        {1000, 0.1, 100},
                        {7, 0.9, 6},
                        {5, 0.1, 1}}) {
    CAPTURE(c.samples);
    CAPTURE(c.share);
    const SplitIndices parts = fkd::split_indices(c.samples, c.share, Seed{1});
    CHECK(parts.validation.size() == c.expected);
    check_parts(parts, c.samples);
  }
}

TEST_CASE("the seed decides which; without shuffling the last samples are held out") {
  const auto validation = [](std::uint64_t seed, bool shuffle = true) {
    return fkd::split_indices(100, 0.3, Seed{seed}, shuffle).validation;
  };
  CHECK(validation(1) == validation(1));
  CHECK(validation(1) != validation(2));
  Labels last(30);
  for (Index i = 0; i < 30; ++i) last[static_cast<std::size_t>(i)] = 70 + i;
  CHECK(validation(1, false) == last);
  std::vector<int> held_out(100);  // over many seeds every sample is
  for (std::uint64_t seed = 0; seed < 200; ++seed)
    for (const Index i : validation(seed)) ++held_out[static_cast<std::size_t>(i)];
  CHECK(std::ranges::min(held_out) > 25);
  CHECK(std::ranges::max(held_out) < 105);
  // Written down once: whoever changes the rule changes everybody's validation data.
  CHECK(fkd::split_indices(10, 0.3, Seed{7}).validation == Labels{1, 3, 8});
}

std::map<Index, Index> counts(const Labels& labels, const Labels& indices) {
  std::map<Index, Index> of;
  for (const Index i : indices) ++of[labels[static_cast<std::size_t>(i)]];
  return of;
}
Labels blocks(const std::vector<Index>& sizes) {  // interleaved
  Labels labels;
  std::vector<Index> left = sizes;
  for (bool more = true; more;) {
    more = false;
    for (std::size_t c = 0; c < left.size(); ++c)
      if (left[c] > 0) labels.push_back(static_cast<Index>(c)), --left[c], more = true;
  }
  return labels;
}

TEST_CASE("stratified: every class has its share, the total is exact, remainders go to the largest") {
  const auto held_out = [](const std::vector<Index>& sizes, double share) {
    const Labels labels = blocks(sizes);
    const SplitIndices parts = fkd::split_indices(labels, share, Seed{3});
    check_parts(parts, static_cast<Index>(labels.size()));
    std::vector<Index> of;
    for (const auto& [label, count] : counts(labels, parts.validation)) of.push_back(count);
    return of;
  };
  CHECK(held_out({50, 30, 20}, 0.2) == std::vector<Index>{10, 6, 4});
  CHECK(held_out({10, 10, 10}, 0.25) == std::vector<Index>{3, 3, 2});  // 8 of 2.5, 2.5, 2.5
  CHECK(held_out({11, 16, 3}, 0.3) == std::vector<Index>{3, 5, 1});    // 9 of 3.3, 4.8, 0.9
  CHECK(held_out({97, 2, 2}, 0.1) == std::vector<Index>{8, 1, 1});     // 10 of 9.7, 0.2, 0.2: at least one each
  CHECK(held_out({97, 2, 2}, 0.9) == std::vector<Index>{89, 1, 1});    // 91 of 87.3, 1.8, 1.8: at most all but one
  CHECK(held_out({2, 2}, 0.5) == std::vector<Index>{1, 1});
  CHECK(held_out({6}, 0.5) == std::vector<Index>{3});
}

TEST_CASE("stratified: the seed decides, without shuffling the last of each class; gaps between labels do not matter") {
  const Labels labels{5, 0, 5, 0, 5, 0, 5, 0};
  CHECK(fkd::split_indices(labels, 0.25, Seed{1}, false).validation == Labels{6, 7});
  const Labels many = blocks({40, 40});
  CHECK(fkd::split_indices(many, 0.5, Seed{1}).validation == fkd::split_indices(many, 0.5, Seed{1}).validation);
  CHECK(fkd::split_indices(many, 0.5, Seed{1}).validation != fkd::split_indices(many, 0.5, Seed{2}).validation);
}

TEST_CASE("split: two views of a source, which may be shared; stratified by its targets") {
  const Labels labels = blocks({30, 10});
  const LabelledDataset data{images(40), labels};
  const auto [training, validation] = fkd::split(data, 0.1, Seed{5}, {.stratify = true});
  CHECK(training.size() == 36);
  CHECK(validation.size() == 4);
  CHECK(counts(labels, validation.indices()) == std::map<Index, Index>{{0, 3}, {1, 1}});
  CHECK(validation.indices() == fkd::split_indices(labels, 0.1, Seed{5}).validation);
  const fkd::Split<float> plain = fkd::split(data, 0.1, Seed{5}),
                          last = fkd::split(data, 0.1, Seed{5}, {.shuffle = false});
  CHECK(plain.validation.indices() == fkd::split_indices(40, 0.1, Seed{5}).validation);
  CHECK(last.validation.indices() == Labels{36, 37, 38, 39});
  std::vector<float> x(2), y(1);
  validation.sample(0, 0, x, y);
  CHECK(x[0] == static_cast<float>(2 * validation.indices()[0]));

  std::shared_ptr<const fkd::DataSource<float>> shared =
      std::make_shared<LabelledDataset<float, std::uint8_t>>(images(40), labels);
  const std::weak_ptr<const fkd::DataSource<float>> alive = shared;
  auto parts = std::make_unique<fkd::Split<float>>(fkd::split(shared, 0.1, Seed{5}, {.stratify = true}));
  shared.reset();
  CHECK(parts->validation.indices() == validation.indices());
  parts->training.sample(0, 0, x, y);
  CHECK(!alive.expired());
  parts.reset();
  CHECK(alive.expired());
}

TEST_CASE("what a split refuses") {
  const Labels labels{0, 0, 0, 0, 1, 1, 1, 1, 2, 2};
  for (const double share : {0.0, 1.0, -0.5, 1.5, std::nan("")})
    CHECK(
        said([&] { fkd::split_indices(10, share, Seed{}); }) ==
        "split: share is out of range: expected the validation data's part of all samples, above 0 and below 1, got " +
            fkd::text(share));
  CHECK(said([] { fkd::split_indices(20, 0.01, Seed{}); }) ==
        "split: a part is empty: expected a share that leaves samples for training and for validation, got 0.01 of 20, "
        "that is 0 for validation");
  CHECK(said([] { fkd::split_indices(3, 0.9, Seed{}); }).ends_with("got 0.9 of 3, that is 3 for validation"));
  CHECK(said([] { fkd::split_indices(0, 0.5, Seed{}); }).find("split: a part is empty") == 0);
  CHECK(said([&] {
          fkd::split_indices(Labels{0, 0, 3, 0}, 0.5, Seed{});
        }) == "split: class has too few samples: expected at least 2 of class 3, one for each part, got 1");
  CHECK(said([&] { fkd::split_indices(labels, 0.2, Seed{}); }) ==
        "split: part has too few samples: expected at least one of each of 3 classes for validation, got 2 samples in "
        "all");
  CHECK(
      said([&] { fkd::split_indices(labels, 0.8, Seed{}); }) ==
      "split: part has too few samples: expected at least one of each of 3 classes for training, got 2 samples in all");
  CHECK(
      said([&] {
        fkd::split_indices(Labels{0, 0, -1, 0}, 0.5, Seed{});
      }) ==
      "split: label is unknown: expected a class of at least 0 for each sample, got -1 for sample 2; take such samples "
      "out (Subset) or split without stratify");
  std::shared_ptr<const fkd::DataSource<float>> none;
  CHECK_THROWS_AS(fkd::split(none, 0.5, Seed{}), ArgumentError);
}

}  // namespace
