#include "train/split.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <numeric>

#include <fkd/core/random.hpp>

#include "common/shared.hpp"
#include "data/groups.hpp"
#include "model/heads.hpp"
#include "shared/common/data_error.hpp"

namespace facial_keypoints {
namespace {

std::size_t share_of(std::size_t count, double share) {
  return static_cast<std::size_t>(share * static_cast<double>(count) + 0.5);
}

/// The places of `count` rows in an order that the seed decides.
std::vector<std::ptrdiff_t> shuffled(std::size_t count, std::uint64_t seed) {
  const fkd::Random random{fkd::Seed{seed}, fkd::Purpose::user + 1};
  return fkd::random_order(static_cast<std::ptrdiff_t>(count), random);
}

std::vector<bool> held_out_at_random(std::size_t count, const Recipe& recipe) {
  const std::size_t held_out = share_of(count, recipe.validation);
  std::vector<bool> out(count);
  std::size_t so_far = 0;
  for (const std::ptrdiff_t i : shuffled(count, recipe.seed)) out[static_cast<std::size_t>(i)] = so_far++ < held_out;
  return out;
}

/// Whole groups in random order, while there is room for them among the rows of both labels. A group larger than a
/// tenth of what is held out would be most of what is measured: it is trained on.
std::vector<bool> held_out_in_groups(const Faces& faces, std::span<const fkd::Index> rows,
                                     std::span<const std::size_t> groups, const Recipe& recipe) {
  struct Group {
    std::vector<std::size_t> rows;
    std::array<std::size_t, 2> labelled{};  // by head
  };
  std::map<std::size_t, Group> members;
  std::array<std::size_t, 2> room{};
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto head = static_cast<std::size_t>(head_of(faces.target(rows[i])));
    Group& group = members[groups[i]];
    group.rows.push_back(i);
    ++group.labelled[head];
    ++room[head];
  }
  for (std::size_t& count : room) count = share_of(count, recipe.validation);
  const std::size_t largest = (std::max)(std::size_t{1}, (room[0] + room[1]) / 10);
  std::vector<const Group*> order;
  for (const auto& [first, group] : members) order.push_back(&group);
  std::vector<bool> out(rows.size());
  for (const std::ptrdiff_t i : shuffled(order.size(), recipe.seed)) {
    const Group& group = *order[static_cast<std::size_t>(i)];
    if (group.rows.size() > largest || group.labelled[0] > room[0] || group.labelled[1] > room[1]) continue;
    for (const std::size_t row : group.rows) out[row] = true;
    for (const std::size_t head : {0U, 1U}) room[head] -= group.labelled[head];
  }
  return out;
}

/// The same by groups that are as wide as `alike` says, or as narrow as it takes to hold out nearly the share that is
/// asked for: where most pictures are alike, as drawn faces are, wide groups leave nothing. In the end each row is its
/// own group.
std::vector<bool> held_out_in_groups(const Faces& faces, std::span<const fkd::Index> rows, const Recipe& recipe) {
  constexpr double enough = 0.8;
  const auto wanted = enough * static_cast<double>(share_of(rows.size(), recipe.validation));
  for (const double correlation : {alike, 0.93, 0.97}) {
    std::vector<bool> out = held_out_in_groups(faces, rows, groups_of(faces, rows, correlation), recipe);
    if (static_cast<double>(std::count(out.begin(), out.end(), true)) >= wanted) return out;
  }
  std::vector<std::size_t> alone(rows.size());
  std::iota(alone.begin(), alone.end(), std::size_t{0});
  return held_out_in_groups(faces, rows, alone, recipe);
}

}  // namespace

Split split_rows(const Faces& faces, const Recipe& recipe) {
  std::vector<fkd::Index> rows, others;
  const bool all = recipe.rows == "all";
  for (fkd::Index i = 0; i < faces.size(); ++i) {
    const bool complete = faces.is_complete(i);
    if (complete || (all && recipe.split != "complete")) {
      rows.push_back(i);
    } else if (all) {
      others.push_back(i);
    }
  }
  const std::vector<bool> held_out = recipe.split == "grouped" && recipe.validation > 0
                                         ? held_out_in_groups(faces, rows, recipe)
                                         : held_out_at_random(rows.size(), recipe);
  Split split{others, {}};
  for (std::size_t i = 0; i < rows.size(); ++i) (held_out[i] ? split.held_out : split.training).push_back(rows[i]);
  if (split.training.empty())
    throw DataError{"the training set: expected rows to train on (rows: " + recipe.rows + "), got " +
                    std::to_string(rows.size()) + " of which " + std::to_string(split.held_out.size()) +
                    " are to be held out"};
  std::sort(split.training.begin(), split.training.end());
  return split;
}

}  // namespace facial_keypoints
