#include "report/report_sections.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "common/shared.hpp"
#include "model/heads.hpp"
#include "picture/sheet.hpp"
#include "shared/common/text_table.hpp"
#include "shared/report/html.hpp"
#include "shared/report/words.hpp"

namespace facial_keypoints::sections {
namespace {

/// One decimal is below a tenth of the picture's width in 1000 pixels: enough for a mark, and short.
std::string marks(std::span<const float> target, double radius, const char* style) {
  std::string text = std::string{"<g class=\""} + style + "\">";
  for (std::size_t c = 0; c + 1 < target.size(); c += 2) {
    const auto x = static_cast<double>(target[c]), y = static_cast<double>(target[c + 1]);
    if (!(std::abs(x) < 1e4 && std::abs(y) < 1e4)) continue;  // unknown, or gone wild
    text +=
        "<circle cx=\"" + fixed(x + 0.5, 1) + "\" cy=\"" + fixed(y + 0.5, 1) + "\" r=\"" + fixed(radius, 1) + "\"/>";
  }
  return text + "</g>";
}

Picture grey_picture(std::span<const std::uint8_t> image) {
  Picture picture{static_cast<int>(image_side), static_cast<int>(image_side)};
  picture.put(face_view(image), 0, 0, 1);
  return picture;
}

/// "32 (3,3), 64 (3,3)" with a line break at the comma only.
std::string unbroken(std::string_view layers) {
  std::string text{layers};
  for (std::size_t at = 0; (at = text.find(" (", at)) != std::string::npos;) text.replace(at, 1, "&nbsp;");
  return text;
}

enum Side : std::size_t { left_of_it, right_of_it, above_it, below_it };

/// Coordinates below 0 or above 96, by side and by keypoint.
struct Outside {
  std::array<fkd::Index, 4> sides{};
  std::array<fkd::Index, keypoint_count> keypoints{};
  fkd::Index all = 0;

  explicit Outside(std::span<const float> answers) {
    for (std::size_t i = 0; i < answers.size(); ++i) {
      const bool below = answers[i]<0, above = answers[i]> static_cast<float>(image_side);
      if (!below && !above) continue;
      ++sides[i % 2 == 0 ? (below ? left_of_it : right_of_it) : (below ? above_it : below_it)];
      ++keypoints[i % target_count / 2];
      ++all;
    }
  }
};

/// The answers outside, around a square that is the image.
std::string map_of(const AnswersOfModel& model, std::span<const float> mean_face) {
  constexpr double margin = 24, shown = static_cast<double>(image_side) + margin;
  constexpr fkd::Index most = 1500;  // more would hide each other
  std::vector<float> outside;
  for (std::size_t i = 0; i + 1 < model.answers.size(); i += 2) {
    const float x = model.answers[i], y = model.answers[i + 1];
    const bool is_out = x < 0 || y < 0 || x > static_cast<float>(image_side) || y > static_cast<float>(image_side);
    if (!is_out || static_cast<fkd::Index>(outside.size()) >= 2 * most) continue;
    outside.push_back(std::clamp(x, static_cast<float>(1 - margin), static_cast<float>(shown - 2)));
    outside.push_back(std::clamp(y, static_cast<float>(1 - margin), static_cast<float>(shown - 2)));
  }
  const std::string size = fixed(static_cast<double>(image_side) + 2 * margin, 0);
  const std::string svg =
      "<svg class=\"map\" viewBox=\"-24 -24 " + size + " " + size +
      "\" role=\"img\" aria-label=\"The image as a square, predicted points outside it as rings\">"
      "<rect width=\"96\" height=\"96\" fill=\"none\" stroke=\"currentColor\" stroke-width=\"0.5\"/>" +
      marks(mean_face, 1.2, "true") + marks(outside, 1.2, "predicted") + "</svg>";
  return figure(svg, "The points that " + escaped(model.name) +
                         " sees outside the image (rings), which is the square, and the mean face (dots). "
                         "Points further away are drawn at the frame.");
}

}  // namespace

std::string face_key() {
  return "<span class=\"nowrap\"><span class=\"key dot\"></span> truth,</span> "
         "<span class=\"nowrap\"><span class=\"key ring\"></span> prediction.</span>";
}

std::string face_grid(std::span<const ShownFace> faces) {
  std::string text = "<div class=\"faces\">\n";
  for (const ShownFace& face : faces)
    text +=
        figure("<div class=\"face\">" + image(grey_picture(face.image), "A face with its keypoints: " + face.caption) +
                   "<svg viewBox=\"0 0 96 96\" aria-hidden=\"true\">" + marks(face.truth, 1.5, "true") +
                   marks(face.answer, 2.1, "predicted") + "</svg></div>",
               escaped(face.caption));
  return text + "</div>\n";
}

std::string models_table(std::span<const ModelRow> rows) {
  Table all{
      {"model", "filters (kernel)", "batch", "epochs, report", "epochs, here", "final cost, report", "final cost, here",
       "score, report (px)", "RMSE held out, here (px)", "training", "images/s", "outside 0–96"},
      {},
      true};
  for (const ModelRow& row : rows) {
    const ReportModel& model = *row.report;
    const Results& ours = *row.ours;
    all.rows.push_back({"Model " + std::to_string(model.number), unbroken(model.layers),
                        std::to_string(model.batch_size), std::string{model.epochs_text},
                        std::to_string(ours.curve.size()), fixed(model.final_cost, 2), fixed(ours.final_cost, 2),
                        fixed(model.kaggle_score, 2), "<strong>" + fixed(ours.validation_rmse, 2) + "</strong>",
                        fixed(ours.seconds, 1) + " s", grouped(std::llround(ours.images_per_second)),
                        grouped(ours.outside_image)});
  }
  return table(all);
}

std::string loss_curves(std::span<const NamedCurve> curves, double mean_face_cost) {
  std::vector<Series> training, held_out;
  for (const NamedCurve& curve : curves) {
    Series costs{curve.name, {}}, validation{curve.name, {}};
    for (const fkd::EpochReport& epoch : curve.epochs) {
      costs.points.emplace_back(static_cast<double>(epoch.epoch), epoch.cost);
      if (fkd::is_finite(epoch.validation_cost))
        validation.points.emplace_back(static_cast<double>(epoch.epoch), epoch.validation_cost);
    }
    training.push_back(std::move(costs));
    if (!validation.points.empty()) held_out.push_back(std::move(validation));
  }
  double last = 1;
  for (const NamedCurve& curve : curves) last = (std::max)(last, static_cast<double>(curve.epochs.size()));
  const bool with_mean = fkd::is_finite(mean_face_cost) && last > 1;
  if (with_mean) held_out.push_back({"mean face", {{1.0, mean_face_cost}, {last, mean_face_cost}}});
  const std::string sentence =
      "Cost is the mean squared error in square pixels. Over the training faces it is taken as met while the network "
      "changed, "
      "over those held out after each epoch." +
      std::string{with_mean ? " To answer the mean face every time costs as much as the level line." : ""};
  const auto draw = [](std::vector<Series> series, const std::string& id) {
    const bool log = wants_log_axis(series);
    return plot(Curves{"epoch", log ? "cost, px² (log scale)" : "cost, px²", std::move(series), log}, id);
  };
  if (curves.size() == 1) {
    std::vector<Series> both{{"training", training[0].points}};
    for (const Series& one : held_out) both.push_back({one.name == curves[0].name ? "held out" : one.name, one.points});
    return paragraph(sentence) + figure(draw(both, "loss"), "Cost by epoch, for training and held-out faces", "");
  }
  std::string text =
      paragraph(sentence) + "<div class=\"columns\">" +
      figure(draw(training, "lossTraining"), "Training cost by epoch, a line for each model", "Training faces.");
  if (!held_out.empty())
    text += figure(draw(held_out, "lossHeldOut"), "Cost on held-out faces by epoch, a line for each model",
                   "Held-out faces.");
  return text + "</div>\n";
}

std::string keypoint_errors(std::span<const KeypointErrors> models) {
  Bars bars{"RMSE, px", {}};
  std::vector<std::string> names;
  for (std::size_t k = 0; k < keypoint_count; ++k) {
    std::string name{keypoint_name(k)};
    std::replace(name.begin(), name.end(), '_', ' ');
    names.push_back(name);
    if (fkd::is_finite(models[0].rmse[k])) bars.bars.emplace_back(name, models[0].rmse[k]);
  }
  std::stable_sort(bars.bars.begin(), bars.bars.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  std::string text =
      figure(plot(bars, "keypoints"), "Error of each keypoint in pixels, the largest first",
             escaped(models[0].name) + ", the hardest keypoint first. The table holds the same errors, in pixels.");
  Table all{{"keypoint"}, {}};
  for (const KeypointErrors& model : models) all.header.push_back(escaped(model.name));
  for (std::size_t k = 0; k < keypoint_count; ++k) {
    all.rows.push_back({names[k]});
    for (const KeypointErrors& model : models) all.rows.back().push_back(fixed(model.rmse[k], 2));
  }
  return "<div class=\"columns\">" + text + table(all) + "</div>\n";
}

std::string outside_image(std::span<const AnswersOfModel> models, std::span<const float> mean_face) {
  Table all{{"model", "coordinates", "outside", "left", "right", "above", "below", "most often"}, {}, true};
  const AnswersOfModel* worst = nullptr;
  fkd::Index largest = 0;
  for (const AnswersOfModel& model : models) {
    const Outside outside{model.answers};
    if (outside.all > largest) {
      worst = &model;
      largest = outside.all;
    }
    const auto often = static_cast<std::size_t>(std::max_element(outside.keypoints.begin(), outside.keypoints.end()) -
                                                outside.keypoints.begin());
    std::string name{keypoint_name(often)};
    std::replace(name.begin(), name.end(), '_', ' ');
    all.rows.push_back({escaped(model.name), grouped(static_cast<long long>(model.answers.size())),
                        grouped(outside.all), grouped(outside.sides[left_of_it]), grouped(outside.sides[right_of_it]),
                        grouped(outside.sides[above_it]), grouped(outside.sides[below_it]),
                        outside.all > 0 ? name : "–"});
  }
  std::string text = paragraph(
                         "A network does not know where the image ends: nothing keeps an answer between 0 and 96. "
                         "Counted over the faces trained on "
                         "and those held out.") +
                     table(all);
  return text + (worst ? map_of(*worst, mean_face) : paragraph("No predicted coordinate left the image."));
}

std::string answer_as_points(const Network& net, fkd::BatchView<const float> image) {
  const fkd::Shape input{image_side, image_side, 1};
  const bool known = net.output_shape().size() == static_cast<fkd::Index>(target_count) || has_two_heads(net);
  if (image.shape != input || !known) return "";
  const fkd::Batch<float> answer = net.predict(image);
  const std::span<const float> pixels{image.data, image_pixels};
  const auto [least, largest] = std::minmax_element(pixels.begin(), pixels.end());
  const float range = *largest > *least ? *largest - *least : 1;
  std::vector<std::uint8_t> grey(image_pixels);
  for (std::size_t i = 0; i < image_pixels; ++i) grey[i] = grey_byte(255 * (pixels[i] - *least) / range + 0.5F);
  const ShownFace face{grey, {}, answer.sample(0).first(target_count), "the 30 values as 15 points"};
  return face_grid(std::span{&face, 1});
}

}  // namespace facial_keypoints::sections
