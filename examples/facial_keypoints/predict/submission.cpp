#include "predict/submission.hpp"

#include <charconv>
#include <numeric>

#include <fkd/core/is_nan.hpp>
#include <fkd/io/write_file.hpp>

#include "common/shared.hpp"
#include "predict/clip.hpp"
#include "predict/score.hpp"
#include "shared/common/data_error.hpp"

namespace facial_keypoints {

Submission write_submission(const std::filesystem::path& path, const Network& net, PixelScaling scaling,
                            const TestSet& test, bool clip, const std::string& who) {
  std::vector<fkd::Index> rows(static_cast<std::size_t>(test.faces.size()));
  std::iota(rows.begin(), rows.end(), fkd::Index{0});
  const std::vector<float> answers = predict_rows(net, test.faces, rows, scaling);
  for (const float answer : answers)
    if (!fkd::is_finite(answer))
      throw DataError{who + ": expected a network with finite answers, got one that says NaN or infinity"};

  Submission written;
  std::string text = "RowId,Location\n";
  for (const LookupRow& row : test.lookup) {
    float answer = answers[static_cast<std::size_t>(row.image) * target_count + row.column];
    written.outside += clip ? facial_keypoints::clip({&answer, 1}) : is_outside(answer);
    written.error.add(answer, test.faces.target(row.image)[row.column]);
    char number[64];
    const auto end = std::to_chars(number, number + sizeof number, answer, std::chars_format::fixed, 4).ptr;
    text += std::to_string(row.row_id) + ",";
    text.append(number, end);
    text += "\n";
  }
  written.rows = static_cast<fkd::Index>(test.lookup.size());
  fkd::io::write_file(path, [&](std::ostream& out) { out << text; });
  return written;
}

}  // namespace facial_keypoints
