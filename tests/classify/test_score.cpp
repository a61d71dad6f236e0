// Scores by hand: accuracy, top 3, the confusion matrix, mistakes in their order.

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include <fkd/layers/dense.hpp>
#include <fkd/layers/flatten.hpp>
#include <fkd/network/runtime_sequential.hpp>
#include <fkd/network/sequential.hpp>

#include "data_files.hpp"
#include "predict/score.hpp"
#include "report/confusion_text.hpp"
#include "report/image_sheet.hpp"

using namespace classify;
using namespace classify_tests;

namespace {

/// Four images of 1 x 2 grey pixels, labels 0, 1, 1, 2.
Images four() {
  Images images;
  images.shape = {1, 2, 1};
  images.pixels = {10, 20, 30, 40, 50, 60, 70, 80};
  images.labels = {0, 1, 1, 2};
  return images;
}

}  // namespace

TEST_CASE("score: by hand") {
  const std::vector<std::string> names{"a", "b", "c", "d"};
  const Images images = four();
  Answers answers{4,
                  {0.7F, 0.1F, 0.1F, 0.1F,        // right
                   0.6F, 0.3F, 0.05F, 0.05F,      // 1 named 0, second
                   0.2F, 0.1F, 0.3F, 0.4F,        // 1 named 3, last
                   0.25F, 0.25F, 0.25F, 0.25F}};  // 2 named 0: the first of equal ones, and third
  const std::vector<fkd::Index> rows{0, 1, 2, 3};
  const Score result = score(images, names, rows, answers);
  CHECK(result.images() == 4);
  CHECK(result.confusion.correct() == 1);
  CHECK(result.right_in_top_k == 3);
  CHECK(result.accuracy() == 0.25);
  CHECK(result.top_k_accuracy() == 0.75);
  CHECK(result.confusion.count(0, 0) == 1);
  CHECK(result.confusion.count(1, 0) == 1);
  CHECK(result.confusion.count(1, 3) == 1);
  CHECK(result.confusion.count(2, 0) == 1);
  REQUIRE(result.mistakes.size() == 3);
  CHECK(result.mistakes[0].row == 1);
  CHECK(result.mistakes[1].row == 2);
  CHECK(result.mistakes[1].probability == 0.4F);
  CHECK(result.mistakes[1].truth_probability == 0.1F);
  CHECK(result.mistakes[2].row == 3);
  CHECK(std::isnan(score(images, names, {}, {4, {}}).accuracy()));

  const std::string text = confusion_text(result.confusion);
  CHECK(text == result.confusion.table());
  const Picture sheet = mistake_sheet(images, names, result.mistakes);
  CHECK(sheet.width() == 8 + 3 * 104);
  CHECK(mistake_sheet(images, names, {}).width() > 0);
}

TEST_CASE("confusion_text: more than twenty classes become pairs") {
  std::vector<std::string> names;
  for (int c = 0; c < 25; ++c) names.push_back("n" + std::to_string(c));
  Images images;
  images.shape = {1, 1, 1};
  Answers answers{25, {}};
  std::vector<fkd::Index> rows;
  for (int i = 0; i < 25; ++i) {
    images.pixels.push_back(0);
    images.labels.push_back(i);
    rows.push_back(i);
    for (int c = 0; c < 25; ++c) answers.probabilities.push_back(c == (i < 3 ? 7 : i) ? 1.0F : 0.0F);
  }
  const std::string text = confusion_text(score(images, names, rows, answers).confusion);
  CHECK(holds(text, "n7"));
  CHECK(text.size() < 2000);
}

TEST_CASE("answer: softmax of the logits; the mean with the mirror image") {
  const Images images = four();
  Network net{fkd::RuntimeSequential{fkd::Sequential{fkd::Input{.height = 1, .width = 2, .channels = 1}, fkd::Flatten{},
                                                     fkd::Dense{.units = 2}}},
              fkd::Seed{1}};
  // logits (x0, 0): the weights are (in, out)
  const std::span<float> theta = net.parameters();
  std::fill(theta.begin(), theta.end(), 0.0F);
  theta[0] = 1;
  PixelScaling scaling;
  scaling.scale[0] = 0.1F;
  const std::vector<fkd::Index> rows{3, 0};
  const auto sigmoid = [](double z) { return 1 / (1 + std::exp(-z)); };
  const Answers plain = answer(net, images, rows, scaling);
  CHECK(static_cast<double>(plain.of(0)[0]) == doctest::Approx(sigmoid(7)));
  CHECK(static_cast<double>(plain.of(1)[0]) == doctest::Approx(sigmoid(1)));
  CHECK(static_cast<double>(plain.of(1)[1]) == doctest::Approx(sigmoid(-1)));
  CHECK(plain.guess(0) == 0);
  const Answers mirrored = answer(net, images, rows, scaling, true);
  CHECK(static_cast<double>(mirrored.of(1)[0]) == doctest::Approx((sigmoid(1) + sigmoid(2)) / 2));
  CHECK(answer(net, images, {}, scaling).size() == 0);
}
