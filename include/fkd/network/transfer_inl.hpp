/// \file
/// Definitions of transfer.hpp.
#pragma once

#include <algorithm>
#include <utility>

#include <fkd/core/nearest_names.hpp>
#include <fkd/network/transfer.hpp>
#include <fkd/network/transfer_error.hpp>

namespace fkd::detail {

FKD_FUNC std::vector<Index> extents_of_tensor(const TensorSpec& spec) {
  return {spec.extents.begin(), spec.extents.begin() + spec.rank};
}

/// `(3, 3, 1, 8)`
[[gnu::cold]] FKD_FUNC std::string extents_text(std::span<const Index> extents) {
  std::string text = "(";
  for (std::size_t i = 0; i < extents.size(); ++i) text.append(i > 0 ? ", " : "").append(std::to_string(extents[i]));
  return text.append(")");
}

/// Whether a name is `beginning`, or continues it with a dot; every name begins with nothing.
[[gnu::cold]] FKD_FUNC bool continues(std::string_view name, std::string_view beginning) {
  return beginning.empty() ||
         (name.starts_with(beginning) && (name.size() == beginning.size() || name[beginning.size()] == '.'));
}

/// The names that tensors to copy from have in the other model. Throws ArgumentError for a mapping that fits none, and
/// for two tensors of one name.
[[gnu::cold]] FKD_FUNC std::vector<std::string> mapped_names(std::string_view who,
                                                             const std::vector<TransferTensor>& from,
                                                             const std::vector<NameMapping>& mappings) {
  std::vector<std::string> names, mapped;
  for (const TransferTensor& tensor : from) names.push_back(tensor.name);
  for (const NameMapping& mapping : mappings)
    if (std::none_of(names.begin(), names.end(),
                     [&](const std::string& name) { return continues(name, mapping.from); }))
      throw transfer_name_does_not_exist(who, mapping.from, nearest_names_text(mapping.from, names));
  for (const std::string& name : names) {
    mapped.push_back(name);
    for (const NameMapping& mapping : mappings) {
      if (!continues(name, mapping.from)) continue;
      std::string_view rest = std::string_view{name}.substr(mapping.from.size());
      if (rest.starts_with('.')) rest.remove_prefix(1);
      mapped.back() = mapping.to;
      mapped.back().append(mapping.to.empty() || rest.empty() ? "" : ".").append(rest);
      break;
    }
  }
  std::vector<std::size_t> order(mapped.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    const int by_name = mapped[a].compare(mapped[b]);
    return by_name < 0 || (by_name == 0 && a < b);
  });
  for (std::size_t i = 1; i < order.size(); ++i)
    if (mapped[order[i - 1]] == mapped[order[i]])
      throw transfer_names_are_equal(who, names[order[i - 1]], names[order[i]], mapped[order[i]]);
  return mapped;
}

FKD_FUNC TransferPlan plan_transfer(std::string_view who, const std::vector<TransferTensor>& from,
                                    const NetworkInfo& to, std::span<const OpInfo> ops,
                                    const TransferOptions& options) {
  const std::vector<ParameterTensor>& tensors = to.layout.tensors();
  std::vector<std::string> own;
  for (const ParameterTensor& tensor : tensors) own.push_back(tensor.name);
  const auto is_wanted = [&](const std::string& name) {
    return options.only.empty() || std::any_of(options.only.begin(), options.only.end(),
                                               [&](const std::string& only) { return continues(name, only); });
  };
  for (const std::string& only : options.only)
    if (std::none_of(own.begin(), own.end(), [&](const std::string& name) { return continues(name, only); }))
      throw transfer_name_does_not_exist(who, only, nearest_names_text(only, own));

  const std::vector<std::string> mapped = mapped_names(who, from, options.names);
  TransferPlan plan;
  TransferReport& report = plan.report;
  std::vector<char> is_taken(own.size());
  for (std::size_t t = 0; t < own.size(); ++t) {
    if (!is_wanted(own[t])) continue;
    const auto found = std::find(mapped.begin(), mapped.end(), own[t]);
    if (found == mapped.end()) {
      report.missing.push_back(own[t]);
      continue;
    }
    const auto number = static_cast<std::size_t>(found - mapped.begin());
    const std::vector<Index> extents = extents_of_tensor(tensors[t].spec);
    if (from[number].extents != extents) {
      report.differ.push_back({own[t], extents_text(extents), extents_text(from[number].extents)});
      continue;
    }
    report.taken.push_back(own[t]);
    report.values += tensors[t].size;
    plan.pairs.push_back({number, t});
    is_taken[t] = 1;
  }
  for (std::size_t i = 0; i < mapped.size(); ++i)
    if (is_wanted(mapped[i]) && std::find(own.begin(), own.end(), mapped[i]) == own.end())
      report.left_over.push_back(from[i].name);
  for (std::size_t i = 0; i < ops.size(); ++i) {
    const auto begin = is_taken.begin() + ops[i].first_tensor;
    if (ops[i].tensors > 0 && std::all_of(begin, begin + ops[i].tensors, [](char taken) { return taken != 0; }))
      report.layers.push_back(to.op_names[i]);
  }
  const auto in_one_line = [&] {
    std::string text = report.text();
    text.pop_back();
    for (std::size_t end = text.find('\n'); end != std::string::npos; end = text.find('\n')) text.replace(end, 1, "; ");
    return text;
  };
  if (report.taken.empty()) throw transfer_fits_nothing(who, in_one_line());
  if (options.strict && !(report.differ.empty() && report.missing.empty() && report.left_over.empty()))
    throw transfer_is_not_whole(who, in_one_line());
  return plan;
}

}  // namespace fkd::detail

namespace fkd {

FKD_FUNC std::string TransferReport::text() const {
  const auto count = [](std::size_t n) { return static_cast<Index>(n); };
  std::string all = format_message({count(taken.size()), " of ", count(taken.size() + differ.size() + missing.size()),
                                    " tensors taken, ", values, " values\n"});
  const auto line = [&](std::string_view what, const std::vector<std::string>& names) {
    if (names.empty()) return;
    all.append(what);
    for (std::size_t i = 0; i < names.size(); ++i) all.append(i > 0 ? ", " : "").append(printable(names[i]));
    all.push_back('\n');
  };
  std::vector<std::string> differences;
  for (const TransferDifference& its : differ)
    differences.push_back(format_message({its.name, ": expected ", its.expected, ", got ", its.got}));
  line("of another shape, left as they were: ", differences);
  line("missing, left as they were: ", missing);
  line("left over, not taken: ", left_over);
  return all;
}

template <class U, class T>
TransferReport copy_parameters(const Model<U>& from, Model<T>& to, const TransferOptions& options) {
  std::vector<detail::TransferTensor> tensors;
  for (const ParameterTensor& tensor : from.layout().tensors())
    tensors.push_back({tensor.name, detail::extents_of_tensor(tensor.spec)});
  detail::TransferPlan plan =
      detail::plan_transfer("copy_parameters", tensors, to.network(), to.program().ops, options);
  for (const detail::TransferPair& pair : plan.pairs) {
    const std::span<const U> values = from.tensor(static_cast<Index>(pair.from));
    const std::span<T> own = to.tensor(static_cast<Index>(pair.to));
    for (std::size_t i = 0; i < own.size(); ++i) own[i] = static_cast<T>(values[i]);
  }
  return std::move(plan.report);
}

}  // namespace fkd
