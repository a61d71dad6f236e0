#include "report/confusion_text.hpp"

#include <algorithm>
#include <tuple>
#include <vector>

#include "shared/common/text_table.hpp"

namespace classify {
namespace {

std::string worst_pairs(const fkd::ConfusionMatrix& confusion) {
  constexpr std::size_t most = 20;
  std::vector<std::tuple<fkd::Index, fkd::Index, fkd::Index>> pairs;
  for (fkd::Index truth = 0; truth < confusion.classes(); ++truth)
    for (fkd::Index guess = 0; guess < confusion.classes(); ++guess)
      if (truth != guess && confusion.count(truth, guess) > 0)
        pairs.emplace_back(confusion.count(truth, guess), truth, guess);
  std::stable_sort(pairs.begin(), pairs.end(),
                   [](const auto& a, const auto& b) { return std::get<0>(a) > std::get<0>(b); });
  if (pairs.size() > most) pairs.resize(most);
  TextTable table{{"is", "named", "images"}};
  for (const auto& [count, truth, guess] : pairs)
    table.add({confusion.name(truth), confusion.name(guess), std::to_string(count)});
  return table.plain();
}

}  // namespace

std::string confusion_text(const fkd::ConfusionMatrix& confusion) {
  constexpr fkd::Index most_columns = 20;
  if (confusion.classes() <= most_columns) return confusion.table();
  TextTable table{{"class", "images", "recall %", "precision %"}};
  for (fkd::Index label = 0; label < confusion.classes(); ++label)
    table.add({confusion.name(label), std::to_string(confusion.samples_of(label)),
               fixed(100 * confusion.recall(label), 1), fixed(100 * confusion.precision(label), 1)});
  return table.plain() + "\n" + worst_pairs(confusion);
}

}  // namespace classify
