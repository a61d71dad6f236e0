#include "predict/submission.hpp"

#include <charconv>
#include <numeric>

#include <fkd/io/write_file.hpp>

#include "common/shared.hpp"
#include "predict/clip.hpp"

namespace facial_keypoints {

Submission write_submission(const std::filesystem::path& path, std::span<const Predictor> predictors,
                            const TestSet& test, bool clip) {
  std::vector<fkd::Index> rows(static_cast<std::size_t>(test.faces.size()));
  std::iota(rows.begin(), rows.end(), fkd::Index{0});
  const std::vector<Head> heads = heads_asked(test);
  const std::vector<float> answers = mean_answers(predictors, test.faces, rows, heads);

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

Submission write_submission(const std::filesystem::path& path, const Network& net, PixelScaling scaling,
                            const TestSet& test, bool clip, const std::string& who) {
  const Predictor one{&net, scaling, who};
  return write_submission(path, std::span{&one, 1}, test, clip);
}

}  // namespace facial_keypoints
