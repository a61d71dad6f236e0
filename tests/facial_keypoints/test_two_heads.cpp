// Model 5's two heads: which outputs a row trains, which answer an image, how rows held out count.

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <numeric>

#include <fkd/loss/mean_squared_error.hpp>
#include <fkd/network/inspect.hpp>
#include <fkd/train/evaluate.hpp>

#include "data/groups.hpp"
#include "files.hpp"
#include "model/heads.hpp"
#include "model/models.hpp"
#include "predict/score.hpp"
#include "predict/submission.hpp"
#include "synthetic/synthetic_dataset.hpp"
#include "train/training.hpp"

using namespace facial_keypoints;
using namespace facial_keypoints_tests;

namespace {

constexpr float unknown = std::numeric_limits<float>::quiet_NaN();

/// 30 coordinates 0, 1, 2, ...
std::array<float, target_count> counting() {
  std::array<float, target_count> target;
  std::iota(target.begin(), target.end(), 0.0F);
  return target;
}

/// A network whose 38 outputs are what they are told to be, whatever it sees.
Network saying(std::span<const float> outputs) {
  Network net{fkd::Sequential{fkd::Input{.height = 96, .width = 96, .channels = 1}, fkd::MaxPool2D{.window = {96, 96}},
                              fkd::Flatten{}, fkd::Dense{.units = 38}}};
  std::fill(net.tensor(0).begin(), net.tensor(0).end(), 0.0F);
  std::copy(outputs.begin(), outputs.end(), net.tensor(1).begin());
  return net;
}

std::array<float, two_heads_count> some_outputs() {
  std::array<float, two_heads_count> outputs;
  for (std::size_t i = 0; i < outputs.size(); ++i) outputs[i] = 40 + static_cast<float>(i);
  return outputs;
}

}  // namespace

TEST_CASE("a row with more than eight known values is labelled in full, others know four points") {
  std::array<float, target_count> target;
  target.fill(unknown);
  for (std::size_t c = 0; c < 8; ++c) target[c] = 1;
  CHECK(head_of(target) == Head::four);
  target[20] = 1;
  CHECK(head_of(target) == Head::full);
}

TEST_CASE("a row trains one head: 30 targets, or the four keypoints in the order of always_labelled, by hand") {
  const auto target = counting();
  std::array<float, two_heads_count> out;
  spread_target(Head::full, target, out);
  for (std::size_t c = 0; c < target_count; ++c) CHECK(out[c] == target[c]);
  for (std::size_t c = target_count; c < two_heads_count; ++c) CHECK(fkd::is_nan(out[c]));

  spread_target(Head::four, target, out);
  for (std::size_t c = 0; c < target_count; ++c) CHECK(fkd::is_nan(out[c]));
  // left eye centre 0 1, right eye centre 2 3, nose tip 20 21, lower lip 28 29
  const std::array<float, 8> four{0, 1, 2, 3, 20, 21, 28, 29};
  for (std::size_t j = 0; j < 8; ++j) CHECK(out[target_count + j] == four[j]);
}

TEST_CASE("the second head answers its four keypoints, the first one the others") {
  const auto outputs = some_outputs();
  std::array<float, target_count> answer;
  gather_answer(Head::full, outputs, answer);
  for (std::size_t c = 0; c < target_count; ++c) CHECK(answer[c] == outputs[c]);
  gather_answer(Head::four, outputs, answer);
  CHECK(answer[0] == outputs[30]);
  CHECK(answer[3] == outputs[33]);
  CHECK(answer[2 * nose_tip] == outputs[34]);
  CHECK(answer[2 * mouth_center_bottom_lip + 1] == outputs[37]);
  CHECK(answer[2 * mouth_left_corner] == outputs[2 * mouth_left_corner]);
}

TEST_CASE("the lookup table chooses the head: images that ask for more than eight values, and others") {
  TestSet test;
  test.faces.resize(3);
  for (std::size_t c = 0; c < 9; ++c) test.lookup.push_back({1, 0, c});
  for (std::size_t c = 0; c < 8; ++c) test.lookup.push_back({1, 1, c});
  CHECK(heads_asked(test) == std::vector<Head>{Head::full, Head::four, Head::four});
}

TEST_CASE("the mean of a face and its mirror image, by hand; a submission asks each image's head") {
  const auto outputs = some_outputs();
  const Network net = saying(outputs);
  REQUIRE(has_two_heads(net));
  Faces faces;
  faces.resize(1);
  const std::array<fkd::Index, 1> row{0};
  const std::array<Head, 1> full{Head::full}, four{Head::four};
  std::vector<float> answer = predict_rows(net, faces, row, {}, full);
  // left eye centre: it says x 40, and of the mirror image's right one, which is this eye, x 42
  CHECK(answer[2 * left_eye_center] == doctest::Approx((40 + (95 - 42)) / 2.0));
  CHECK(answer[2 * left_eye_center + 1] == doctest::Approx((41 + 43) / 2.0));
  CHECK(answer[2 * nose_tip] == doctest::Approx((60 + (95 - 60)) / 2.0));
  answer = predict_rows(net, faces, row, {}, four);
  CHECK(answer[2 * nose_tip + 1] == doctest::Approx(75));
  CHECK(answer[2 * right_eye_center] == doctest::Approx((72 + (95 - 70)) / 2.0));

  TestSet test;
  test.faces.resize(2);
  std::fill(test.faces.targets.begin(), test.faces.targets.end(), unknown);
  for (std::size_t c = 0; c < target_count; ++c) test.lookup.push_back({static_cast<std::int64_t>(c), 0, c});
  test.lookup.push_back({30, 1, 2 * nose_tip + 1});
  const Folder folder;
  CHECK(write_submission(folder / "s.csv", net, {}, test, false, "net").rows == 31);
  CHECK(read(folder / "s.csv").find("\n21,61.0000\n") != std::string::npos);
  CHECK(read(folder / "s.csv").find("\n30,75.0000\n") != std::string::npos);
}

TEST_CASE(
    "several networks answer their mean; one of another model may be among them, and one that says NaN is named") {
  auto outputs = some_outputs();
  const Network one = saying(outputs);
  for (float& value : outputs) value += 3;
  const Network other = saying(outputs);
  Network chain{architecture(3), fkd::Seed{1}};
  std::fill(chain.parameters().begin(), chain.parameters().end(), 0.0F);
  Faces faces;
  faces.resize(1);
  const std::array<fkd::Index, 1> row{0};
  const std::array<Head, 1> four{Head::four};
  const std::vector<Predictor> predictors{{&one, {}, "one"}, {&other, {}, "other"}, {&chain, {}, "chain"}};
  const std::vector<float> answer = mean_answers(predictors, faces, row, four);
  CHECK(answer[2 * nose_tip + 1] == doctest::Approx((75 + 78 + 0) / 3.0));
  outputs[37] = unknown;
  const Network broken = saying(outputs);
  const std::vector<Predictor> with_broken{{&one, {}, "one"}, {&broken, {}, "broken"}};
  CHECK(format_message([&] { mean_answers(with_broken, faces, row, four); }) ==
        "broken: expected a network with finite answers, got one that says NaN or infinity");
}

TEST_CASE(
    "what is not known of a row costs nothing and moves nothing: the other head, and a keypoint that is unknown") {
  Faces faces;
  faces.resize(2);
  std::fill(faces.targets.begin(), faces.targets.end(), unknown);
  for (const std::size_t k : always_labelled) faces.target(0)[2 * k] = faces.target(0)[2 * k + 1] = 50;
  for (std::size_t c = 0; c < target_count; ++c) faces.target(1)[c] = c == 7 ? unknown : 60;
  const FaceSource plain{faces, {0, 1}, {}};
  const TwoHeadSource source{plain, {Head::four, Head::full}};
  REQUIRE(source.target_shape().size() == 38);
  fkd::Batch<float> x, target, y{{1, 1, 38}, 2}, d_y{{1, 1, 38}, 2};
  const std::vector<fkd::Index> both{0, 1};
  fkd::read_batch<float>(source, both, 0, x, target);
  std::fill(y.data(), y.data() + y.size(), 48.0F);
  const fkd::LossSum loss = fkd::MeanSquaredError{}.measure<float>(y, target, d_y.data());
  CHECK(loss.count == 8 + 29);
  CHECK(loss.mean() == doctest::Approx((8 * 4 + 29 * 144) / 37.0));
  for (std::size_t i = 0; i < 38; ++i) {
    CHECK((d_y.sample(0)[i] != 0) == (i >= 30));
    CHECK((d_y.sample(1)[i] != 0) == (i < 30 && i != 7));
  }
}

TEST_CASE("rows held out count as the test images ask for them") {
  Faces faces;
  faces.resize(3);
  std::fill(faces.targets.begin(), faces.targets.end(), unknown);
  for (std::size_t c = 0; c < target_count; ++c) faces.target(0)[c] = 50;
  for (const fkd::Index row : {1, 2})
    for (const std::size_t k : always_labelled) faces.target(row)[2 * k] = faces.target(row)[2 * k + 1] = 50;
  const std::vector<fkd::Index> rows{0, 1, 2};
  const std::vector<Head> heads{Head::full, Head::four, Head::four};
  const std::vector<double> weights = head_weights(faces, rows, heads, 0.75);
  // 30 values and 16: the first are to be three quarters
  CHECK(weights[0] * 30 / (weights[0] * 30 + weights[1] * 8 + weights[2] * 8) == doctest::Approx(0.75));
  CHECK(weights[1] == weights[2]);
  CHECK(head_weights(faces, rows, heads, 0).empty());
  CHECK(head_weights(faces, std::vector<fkd::Index>{0}, std::vector<Head>{Head::full}, 0.75).empty());

  std::vector<float> answers(3 * target_count, 50);
  for (std::size_t c = 0; c < target_count; ++c) answers[c] = 52;
  const Score scored = score(faces, rows, answers);
  CHECK(scored.heads[0].rmse() == 2);
  CHECK(scored.heads[1].rmse() == 0);
  CHECK(scored.rmse(0.75) == doctest::Approx(std::sqrt(0.75 * 4)));
  CHECK(scored.rmse(0) == doctest::Approx(std::sqrt(30 * 4 / 46.0)));
}

TEST_CASE("model 5: its answer begins in the picture's middle; 109 million multiply-adds, 38 outputs") {
  const Network net = make_network(default_recipe(5));
  CHECK(has_two_heads(net));
  fkd::Batch<float> x{net.input_shape(), 1};
  std::fill(x.data(), x.data() + x.size(), 0.5F);
  const fkd::Batch<float> y = net.predict(x);
  for (const float value : y.sample(0)) CHECK(value == 48);
  fkd::Index flops = 0, parameters = 0;
  for (const fkd::LayerLine& line : fkd::layer_table(net)) {
    flops += line.flops;
    parameters += line.parameters;
  }
  CHECK(flops / 2 > 108'000'000);
  CHECK(flops / 2 < 110'000'000);
  CHECK(parameters == 2'367'510);
}

TEST_CASE("a grouped split holds look-alikes out together, and as large a share of both kinds of rows") {
  // 60 faces in full and 40 with four points; every third is a copy of the one before it, a little brighter
  Faces faces = synthetic_training(fkd::Seed{4}, {.training = 100, .complete = 60, .lacking_one = 0});
  for (fkd::Index i = 2; i < 100; i += 3)
    for (std::size_t p = 0; p < image_pixels; ++p)
      faces.image(i)[p] = static_cast<std::uint8_t>((std::min)(255, faces.image(i - 1)[p] + 7));
  std::vector<fkd::Index> rows(100);
  std::iota(rows.begin(), rows.end(), fkd::Index{0});
  const std::vector<std::size_t> groups = groups_of(faces, rows, 0.99);
  for (std::size_t i = 0; i < 100; ++i) CHECK(groups[i] == (i % 3 == 2 ? i - 1 : i));
  // whoever looks like everybody is in one group with all
  const std::vector<std::size_t> one = groups_of(faces, rows, -1);
  CHECK(std::count(one.begin(), one.end(), std::size_t{0}) == 100);

  Recipe recipe = default_recipe(5);
  recipe.validation = 0.5;
  const Split split = split_rows(faces, recipe);
  CHECK(split.training.size() + split.held_out.size() == 100);
  const auto is_held_out = [&](fkd::Index row) {
    return std::binary_search(split.held_out.begin(), split.held_out.end(), row);
  };
  for (fkd::Index i = 2; i < 100; i += 3) CHECK(is_held_out(i) == is_held_out(i - 1));
  std::array<int, 2> held_out{};
  for (const fkd::Index row : split.held_out) ++held_out[static_cast<std::size_t>(head_of(faces.target(row)))];
  CHECK(held_out[0] <= 30);
  CHECK(held_out[1] <= 20);
  CHECK(held_out[0] + held_out[1] >= 20);
  CHECK(split_rows(faces, recipe).held_out == split.held_out);
  recipe.seed = 2;
  CHECK(split_rows(faces, recipe).held_out != split.held_out);
  recipe.validation = 0;
  CHECK(split_rows(faces, recipe).held_out.empty());

  // reproduce: the rows that the report's models hold out, and everything else is trained on
  recipe.split = "complete";
  recipe.validation = 0.2;
  Recipe of_report = default_recipe(3);
  of_report.seed = recipe.seed;
  CHECK(split_rows(faces, recipe).held_out == split_rows(faces, of_report).held_out);
  CHECK(split_rows(faces, recipe).training.size() == 100 - 12);
}
