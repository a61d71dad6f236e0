#include "predict/score.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

#include <fkd/metrics/classify.hpp>
#include <fkd/train/evaluate.hpp>

#include "predict/top_k.hpp"

namespace classify {
namespace {

/// Mirrors the samples of a batch.
void mirror(fkd::Batch<float>& x) {
  const fkd::Shape shape = x.shape();
  for (fkd::Index n = 0; n < x.samples(); ++n)
    for (fkd::Index y = 0; y < shape.height; ++y)
      for (fkd::Index left = 0, right = shape.width - 1; left < right; ++left, --right) {
        float* const row = x.sample(n).data() + y * shape.width * shape.channels;
        std::swap_ranges(row + left * shape.channels, row + (left + 1) * shape.channels, row + right * shape.channels);
      }
}

}  // namespace

int Answers::guess(fkd::Index i) const {
  const std::span<const float> p = of(i);
  return static_cast<int>(std::max_element(p.begin(), p.end()) - p.begin());
}

Answers answer(const Network& net, const Images& images, std::span<const fkd::Index> rows, const PixelScaling& scaling,
               bool mirrored) {
  constexpr std::size_t chunk = 128;
  const ImageSource source{images, {rows.begin(), rows.end()}, scaling};
  Answers answers;
  answers.classes = net.output_shape().channels;
  const auto classes = static_cast<std::size_t>(answers.classes);
  answers.probabilities.resize(rows.size() * classes);
  fkd::Workspace<float> workspace;
  fkd::Batch<float> x, y;
  std::vector<fkd::Index> indices(rows.size());
  std::iota(indices.begin(), indices.end(), fkd::Index{0});
  for (std::size_t first = 0; first < rows.size(); first += chunk) {
    const std::size_t count = (std::min)(chunk, rows.size() - first);
    fkd::read_batch<float>(source, std::span{indices}.subspan(first, count), 0, x, y);
    for (int pass = 0; pass < (mirrored ? 2 : 1); ++pass) {
      if (pass == 1) mirror(x);
      const fkd::Batch<float> p = fkd::predict_probabilities(net, x, workspace);
      const std::span<float> out = std::span{answers.probabilities}.subspan(first * classes, count * classes);
      for (std::size_t i = 0; i < out.size(); ++i) out[i] += p.data()[i] * (mirrored ? 0.5F : 1.0F);
    }
  }
  return answers;
}

double Score::top_k_accuracy() const {
  return images() > 0 ? static_cast<double>(right_in_top_k) / static_cast<double>(images())
                      : std::numeric_limits<double>::quiet_NaN();
}

Score score(const Images& images, const std::vector<std::string>& classes, std::span<const fkd::Index> rows,
            const Answers& answers) {
  Score result{fkd::ConfusionMatrix{answers.classes, classes}};
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto at = static_cast<fkd::Index>(i);
    const std::span<const float> p = answers.of(at);
    const auto truth = static_cast<std::size_t>(images.label(rows[i])),
               guess = static_cast<std::size_t>(answers.guess(at));
    result.confusion.add(static_cast<fkd::Index>(truth), static_cast<fkd::Index>(guess));
    fkd::Index before = 0;  // classes that are preferred to the truth
    for (std::size_t c = 0; c < p.size(); ++c) before += p[c] > p[truth] || (p[c] == p[truth] && c < truth) ? 1 : 0;
    if (before < top_k) ++result.right_in_top_k;
    if (truth != guess)
      result.mistakes.push_back({rows[i], static_cast<int>(truth), static_cast<int>(guess), p[guess], p[truth]});
  }
  std::stable_sort(result.mistakes.begin(), result.mistakes.end(),
                   [](const Mistake& a, const Mistake& b) { return a.probability > b.probability; });
  return result;
}

}  // namespace classify
