#include "predict/mislabelled.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "data/statistics.hpp"
#include "picture/sheet.hpp"
#include "shared/common/text_table.hpp"

namespace facial_keypoints {
namespace {

/// The middle of some values; of an even number the upper one of the two.
double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// A row against the answer for it; an RMSE of NaN where nothing of it is known.
Suspect compared(const Faces& faces, fkd::Index row, bool held_out, std::span<const float> answer) {
  const std::span<const float> target = faces.target(row);
  Suspect suspect{.row = row, .head = head_of(target), .held_out = held_out};
  std::copy(answer.begin(), answer.end(), suspect.answer.begin());
  SquaredError error;
  for (std::size_t k = 0; k < keypoint_count; ++k) {
    SquaredError of_point;
    for (const std::size_t c : {2 * k, 2 * k + 1}) {
      error.add(answer[c], target[c]);
      of_point.add(answer[c], target[c]);
    }
    if (std::sqrt(of_point.sum) <= suspect.distance) continue;
    suspect.worst = k;
    suspect.distance = std::sqrt(of_point.sum);
  }
  suspect.rmse = error.rmse();
  return suspect;
}

}  // namespace

std::vector<Suspect> find_mislabelled(const Faces& faces, std::span<const fkd::Index> rows,
                                      const std::vector<bool>& held_out, std::span<const float> answers,
                                      double deviations) {
  constexpr std::size_t fewest = 20;
  std::array<std::vector<Suspect>, 4> kinds;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Suspect one = compared(faces, rows[i], held_out[i], answers.subspan(i * target_count, target_count));
    if (one.rmse > 0) kinds[2 * static_cast<std::size_t>(one.head) + (one.held_out ? 1 : 0)].push_back(one);
  }
  std::vector<Suspect> found;
  for (const std::vector<Suspect>& kind : kinds) {
    if (kind.size() < fewest) continue;
    std::vector<double> logs, distances;
    for (const Suspect& one : kind) logs.push_back(std::log(one.rmse));
    const double middle = median(logs);
    for (const double value : logs) distances.push_back(std::abs(value - middle));
    const double deviation = 1.4826 * median(distances);  // of a normal distribution, its standard deviation
    for (Suspect one : kind) {
      if (!(std::log(one.rmse) > middle + deviations * deviation)) continue;
      one.typical = std::exp(middle);
      found.push_back(one);
    }
  }
  std::sort(found.begin(), found.end(), [](const Suspect& a, const Suspect& b) {
    const double x = a.rmse / a.typical, y = b.rmse / b.typical;
    return x != y ? x > y : a.row < b.row;
  });
  return found;
}

Picture mislabelled_sheet(const Faces& faces, std::span<const Suspect> suspects, std::size_t most) {
  const std::span<const Suspect> shown = suspects.first((std::min)(most, suspects.size()));
  Sheet sheet{static_cast<fkd::Index>(shown.size()), static_cast<int>((std::min)(std::size_t{8}, shown.size())), 2};
  for (std::size_t i = 0; i < shown.size(); ++i) {
    const auto place = static_cast<fkd::Index>(i);
    sheet.face(place, faces.image(shown[i].row));
    sheet.dots(place, faces.target(shown[i].row), green);
    std::array<float, target_count> answer = shown[i].answer;  // of the keypoints that have a label
    for (std::size_t c = 0; c < target_count; ++c)
      if (fkd::is_nan(faces.target(shown[i].row)[c])) answer[c] = faces.target(shown[i].row)[c];
    sheet.rings(place, answer, red);
  }
  return sheet.picture();
}

std::string mislabelled_csv(std::span<const Suspect> suspects) {
  std::string text = "row,labelled,held_out,rmse,typical_rmse,worst_keypoint,distance\n";
  for (const Suspect& one : suspects) {
    text += std::to_string(one.row) + (one.head == Head::full ? ",in full" : ",four points") +
            (one.held_out ? ",yes," : ",no,") + fixed(one.rmse, 3) + "," + fixed(one.typical, 3) + ",";
    text.append(keypoint_name(one.worst)).append("," + fixed(one.distance, 3) + "\n");
  }
  return text;
}

}  // namespace facial_keypoints
