/// \file
/// Definitions of pytorch.hpp.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include <fkd/io/count_non_finite.hpp>
#include <fkd/io/foreign_tensors.hpp>
#include <fkd/io/model_tensors.hpp>
#include <fkd/io/pytorch.hpp>
#include <fkd/io/safetensors_file.hpp>

namespace fkd::io {
namespace detail {

/// A name in pieces between points; pieces of digits are numbers.
FKD_FUNC std::vector<std::string_view> pieces_of(std::string_view name) {
  std::vector<std::string_view> pieces;
  for (std::size_t begin = 0; begin <= name.size();) {
    const std::size_t end = (std::min)(name.find('.', begin), name.size());
    pieces.push_back(name.substr(begin, end - begin));
    begin = end + 1;
  }
  return pieces;
}
FKD_FUNC bool is_number(std::string_view piece) {
  return !piece.empty() && piece.find_first_not_of("0123456789") == piece.npos;
}

/// Whether a comes before b, numbers compared as numbers.
FKD_FUNC bool before_in_numbers(std::string_view a, std::string_view b) {
  const std::vector<std::string_view> left = pieces_of(a), right = pieces_of(b);
  for (std::size_t i = 0; i < left.size() && i < right.size(); ++i) {
    if (left[i] == right[i]) continue;
    if (is_number(left[i]) && is_number(right[i])) {
      const auto digits = [](std::string_view its) {
        return its.substr((std::min)(its.find_first_not_of('0'), its.size() - 1));
      };
      const std::string_view l = digits(left[i]), r = digits(right[i]);
      if (l != r) return l.size() != r.size() ? l.size() < r.size() : l < r;
    }
    return left[i] < right[i];
  }
  return left.size() < right.size();
}

/// The words of a name, without its numbers: two modules can be ordered where these are equal.
FKD_FUNC std::string words_of(std::string_view name) {
  std::string words;
  for (const std::string_view piece : pieces_of(name))
    if (!is_number(piece)) words.append(piece).append(".");
  return words;
}

FKD_FUNC std::string mapped_name(const std::vector<NameMapping>& names, const std::string& name, bool* fits = nullptr) {
  for (const NameMapping& mapping : names) {
    const bool whole = name == mapping.from, continues = name.starts_with(mapping.from + ".");
    if (!mapping.from.empty() && !whole && !continues) continue;
    if (fits) *fits = true;
    const std::string rest = mapping.from.empty() ? name : whole ? "" : name.substr(mapping.from.size() + 1);
    return mapping.to + (mapping.to.empty() || rest.empty() ? "" : ".") + rest;
  }
  return name;
}

/// A tensor of a state_dict.
struct StateTensor {
  std::size_t tensor = 0;  // of the file
  std::string module, role;
};

/// Which tensor of a file is which of the network's.
class StateMatch {
 public:
  StateMatch(const std::string& where, const TensorFile& file, const NetworkInfo& network,
             const std::vector<OpInfo>& ops, const std::vector<ForeignTensor>& wanted, const PyTorchOptions& options)
      : where_{where}, file_{file}, network_{network}, ops_{ops}, wanted_{wanted} {
    for (std::size_t i = 0; i < file.tensors.size(); ++i) {
      const std::string& name = file.tensors[i].name;
      const std::size_t point = name.rfind('.');
      StateTensor its{i, point == name.npos ? "" : name.substr(0, point),
                      name.substr(point == name.npos ? 0 : point + 1)};
      if (its.role == "num_batches_tracked") {
        passed_over.push_back(name);
        continue;
      }
      its.module = mapped_name(options.names, its.module);
      tensors_.push_back(std::move(its));
    }
    const std::vector<std::string> names = pytorch_names(network, ops.size());
    const auto by_name = [&](std::size_t op, const std::string& module) {
      return module == network_.name(ops_[op]) || module == names[op];
    };
    if (find_all(by_name)) return;
    const std::string first_missing = missing_;
    if (options.names.empty() && by_numbers()) return;
    throw FileError{where_ + ": expected " + first_missing + " under " + names[first_missing_op_] + " or " +
                    network_.name(ops_[first_missing_op_]) + ", got " + shown_names() + "; tried: the names" +
                    (options.names.empty() ? ", and the order of numbers, " + numbers_problem_ : " after the map") +
                    "; say in names which module is which layer, {\"" +
                    (tensors_.empty() ? "conv1" : tensors_[0].module) + "\", \"" +
                    network_.name(ops_[first_missing_op_]) + "\"}"};
  }

  std::vector<std::size_t> from = {};  ///< of each wanted tensor, which of the file's
  std::vector<std::string> passed_over = {};
  std::string way = {};  ///< how they were found

 private:
  template <class F>
  bool find_all(const F& is_module) {
    from.assign(wanted_.size(), 0);
    for (std::size_t w = 0; w < wanted_.size(); ++w) {
      const auto found = std::find_if(tensors_.begin(), tensors_.end(), [&](const StateTensor& its) {
        return its.role == wanted_[w].role && is_module(wanted_[w].op, its.module);
      });
      if (found == tensors_.end()) {
        missing_ = "a tensor " + wanted_[w].role + " for " + network_.layout.tensors()[wanted_[w].tensor].name;
        first_missing_op_ = wanted_[w].op;
        return false;
      }
      from[w] = found->tensor;
    }
    if (way.empty()) way = "by name";
    check_left_over();
    return true;
  }

  /// Modules with tensors, in the order of their numbers, are layers with tensors.
  bool by_numbers() {
    std::vector<std::string> modules;
    for (const StateTensor& its : tensors_)
      if (std::find(modules.begin(), modules.end(), its.module) == modules.end()) modules.push_back(its.module);
    std::sort(modules.begin(), modules.end(), before_in_numbers);
    for (const std::string& module : modules)
      if (words_of(module) != words_of(modules[0])) {
        numbers_problem_ = "which needs the same words in all names, got " + modules[0] + " and " + module;
        return false;
      }
    std::vector<std::size_t> layers;
    for (const ForeignTensor& its : wanted_)
      if (layers.empty() || layers.back() != its.op) layers.push_back(its.op);
    if (layers.size() != modules.size()) {
      numbers_problem_ = "which needs as many modules as layers with tensors, " + std::to_string(layers.size()) +
                         ", got " + std::to_string(modules.size());
      return false;
    }
    way = "by the order of numbers";
    const bool all = find_all([&](std::size_t op, const std::string& module) {
      const auto place = std::find(layers.begin(), layers.end(), op) - layers.begin();
      return modules[static_cast<std::size_t>(place)] == module;
    });
    if (!all) numbers_problem_ = "by which there is no " + missing_.substr(2);
    return all;
  }

  void check_left_over() const {
    for (const StateTensor& its : tensors_)
      if (std::find(from.begin(), from.end(), its.tensor) == from.end())
        throw FileError{where_ + ": tensor " + file_.tensors[its.tensor].name +
                        ": expected only tensors of the model, which has none for it (matched " + way + ")"};
  }

  std::string shown_names() const {
    std::string text;
    for (std::size_t i = 0; i < tensors_.size() && i < 6; ++i)
      text += (i > 0 ? ", " : "") + file_.tensors[tensors_[i].tensor].name;
    if (tensors_.size() > 6) text += ", ...";
    return tensors_.empty() ? "no tensors" : text;
  }

  const std::string& where_;
  const TensorFile& file_;
  const NetworkInfo& network_;
  const std::vector<OpInfo>& ops_;
  const std::vector<ForeignTensor>& wanted_;
  std::vector<StateTensor> tensors_;
  std::string missing_, numbers_problem_;
  std::size_t first_missing_op_ = 0;
};

/// Values of a file's tensor into a tensor of the network.
template <class T>
void place_values(const FileTensor& tensor, const std::vector<Index>& places, std::span<T> to) {
  if (places.empty()) return widen(tensor, to.data());
  std::vector<T> values(to.size());
  widen(tensor, values.data());
  for (std::size_t i = 0; i < values.size(); ++i) to[static_cast<std::size_t>(places[i])] = values[i];
}

/// The reverse.
template <class T>
std::vector<T> placed_values(std::span<const T> from, const std::vector<Index>& places) {
  std::vector<T> values{from.begin(), from.end()};
  for (std::size_t i = 0; i < places.size(); ++i) values[i] = from[static_cast<std::size_t>(places[i])];
  return values;
}

}  // namespace detail

template <class T>
TransferReport load_pytorch(const Source& from, Model<T>& net, const PyTorchOptions& options) {
  const std::string where = from.name();
  const std::vector<OpInfo>& ops = net.program().ops;
  const std::vector<detail::ForeignTensor> wanted =
      detail::pytorch_tensors("load_pytorch", net.network(), ops, net.program().reads);
  const TensorFile file = read_tensors(from);
  const detail::StateMatch match{where, file, net.network(), ops, wanted, options};
  TransferReport report;
  report.left_over = match.passed_over;
  for (std::size_t w = 0; w < wanted.size(); ++w) {
    const FileTensor& tensor = file.tensors[match.from[w]];
    const ParameterTensor& ours = net.layout().tensors()[wanted[w].tensor];
    const std::string to = " for " + ours.name + " " + detail::extents_text(detail::extents_of(ours.spec));
    if (tensor.extents != wanted[w].extents)
      throw FileError{where + ": tensor " + tensor.name + ": expected shape " +
                      detail::extents_text(wanted[w].extents) + to + ", got " + detail::extents_text(tensor.extents) +
                      " (matched " + match.way + ")"};
    if (!detail::is_floating(tensor.type))
      throw FileError{where + ": tensor " + tensor.name + ": expected type F32, F64, F16 or BF16" + to + ", got " +
                      tensor.type};
    report.taken.push_back(ours.name);
    report.values += ours.size;
  }
  for (std::size_t w = 0; w < wanted.size(); ++w)
    detail::place_values<T>(file.tensors[match.from[w]], wanted[w].places,
                            net.tensor(static_cast<Index>(wanted[w].tensor)));
  for (const ParameterTensor& ours : net.layout().tensors())
    if (std::find(report.taken.begin(), report.taken.end(), ours.name) == report.taken.end())
      report.missing.push_back(ours.name);
  return report;
}

template <class T>
FileReport save_pytorch(const Sink& to, const Model<T>& net, const PyTorchOptions& options) {
  const std::vector<OpInfo>& ops = net.program().ops;
  const std::vector<std::string> names = detail::pytorch_names(net.network(), ops.size());
  TensorFile file;
  file.metadata["format"] = "pt";
  std::string counted;
  for (const detail::ForeignTensor& its :
       detail::pytorch_tensors("save_pytorch", net.network(), ops, net.program().reads)) {
    bool mapped = false;
    std::string module = detail::mapped_name(options.names, net.network().name(ops[its.op]), &mapped);
    if (!mapped) module = names[its.op];
    const auto full = [&](const std::string& role) { return module.empty() ? role : module + "." + role; };
    const std::vector<T> values = detail::placed_values<T>(net.tensor(static_cast<Index>(its.tensor)), its.places);
    TensorSpec spec;
    spec.extents = {static_cast<Index>(values.size()), 1, 1, 1};
    detail::add_tensor(file, full(its.role), spec, values.data(), sizeof(T), options.stored);
    file.tensors.back().extents = its.extents;
    if (its.role == "running_var")
      file.tensors.push_back({full("num_batches_tracked"), "I64", {}, std::vector<char>(8)});
  }
  FileReport report = detail::report_of(to.name(), file, {});
  write_tensors(to, file);
  return report;
}

}  // namespace fkd::io
