/// \file
/// Definitions of freezing.hpp.
#pragma once

#include <algorithm>

#include <fkd/core/nearest_names.hpp>
#include <fkd/train/error.hpp>
#include <fkd/train/freezing.hpp>

namespace fkd::detail {

FKD_FUNC bool begins_with(std::string_view name, std::string_view beginning) {
  return name.starts_with(beginning) && (name.size() == beginning.size() || name[beginning.size()] == '.');
}

FKD_FUNC std::vector<std::string> names_to_freeze(const NetworkInfo& network) {
  std::vector<std::string> names;
  const auto add = [&](std::string_view name) {
    if (std::find(names.begin(), names.end(), name) == names.end()) names.emplace_back(name);
  };
  for (const std::string& op : network.op_names) {
    for (std::size_t dot = op.find('.'); dot != std::string::npos; dot = op.find('.', dot + 1))
      if (const std::string_view begin = std::string_view{op}.substr(0, dot);
          begin.find_first_not_of("0123456789", begin.rfind('.') + 1) != std::string_view::npos)
        add(begin);  // but not "5" of "5.residual", nor "5.residual.main.1"
    add(op);
  }
  for (const ParameterTensor& tensor : network.layout.tensors())
    if (tensor.spec.role == Role::trained) add(tensor.name);
  return names;
}

/// What of a network is frozen: a mark for each op and each tensor.
class FreezingMarks {
 public:
  FreezingMarks(const NetworkInfo& network, std::span<const OpInfo> ops, const char* who)
      : network_{network}, infos_{ops}, who_{who}, ops_(ops.size()), tensors_(network.layout.tensors().size()) {}

  [[gnu::cold]] void freeze_number(Index number) {
    if (number < 1 || number > static_cast<Index>(network_.layers.size()))
      throw frozen_layer_does_not_exist(who_, static_cast<Index>(network_.layers.size()), number);
    const LayerInfo& layer = network_.layers[static_cast<std::size_t>(number) - 1];
    for (Index i = layer.first_op; i < layer.first_op + layer.ops; ++i) freeze_op(static_cast<std::size_t>(i));
  }

  [[gnu::cold]] void freeze_name(const std::string& name) {
    bool exists = false;
    for (std::size_t i = 0; i < ops_.size() && !name.empty(); ++i)
      if (begins_with(network_.op_names[i], name)) freeze_op(i), exists = true;
    for (std::size_t t = 0; t < tensors_.size() && !exists; ++t) {
      const ParameterTensor& tensor = network_.layout.tensors()[t];
      if (tensor.name != name) continue;
      if (tensor.spec.role == Role::state)
        throw state_tensor_is_frozen_with_its_layer(who_, name, name.substr(0, name.rfind('.')));
      tensors_[t] = 1;
      exists = true;
    }
    if (!exists) throw frozen_name_does_not_exist(who_, name, nearest_names_text(name, names_to_freeze(network_)));
  }

  [[gnu::cold]] FrozenParts parts() const {
    FrozenParts parts;
    for (std::size_t i = 0; i < ops_.size(); ++i)
      if (ops_[i]) parts.ops.push_back(static_cast<Index>(i));
    for (const LayerInfo& layer : network_.layers) add_trained(layer, parts.trained);
    for (std::size_t t = 0; t < tensors_.size(); ++t)
      if (const ParameterTensor& tensor = network_.layout.tensors()[t];
          tensors_[t] && tensor.spec.role == Role::state && tensor.size > 0)
        parts.state.push_back({tensor.offset, tensor.size});
    return parts;
  }

 private:
  void freeze_op(std::size_t i) {
    ops_[i] = 1;
    std::fill_n(tensors_.begin() + infos_[i].first_tensor, infos_[i].tensors, char{1});
  }

  /// A layer's trained tensors stand one after the other: what is not frozen of them is cut where frozen ones stand.
  void add_trained(const LayerInfo& layer, std::vector<Range>& to) const {
    const Index end = layer.trained.first + layer.trained.count;
    Range range{layer.trained.first, 0};
    for (Index t = layer.first_tensor; t < layer.first_tensor + layer.tensors; ++t) {
      const ParameterTensor& tensor = network_.layout.tensors()[static_cast<std::size_t>(t)];
      if (!tensors_[static_cast<std::size_t>(t)] || tensor.spec.role != Role::trained) continue;
      range.count = tensor.offset - range.first;
      if (range.count > 0) to.push_back(range);
      range.first = end;
      for (Index next = t + 1; next < layer.first_tensor + layer.tensors && range.first == end; ++next)
        if (const ParameterTensor& other = network_.layout.tensors()[static_cast<std::size_t>(next)];
            other.spec.role == Role::trained)
          range.first = other.offset;
    }
    range.count = end - range.first;
    if (range.count > 0) to.push_back(range);
  }

  const NetworkInfo& network_;
  const std::span<const OpInfo> infos_;
  const char* who_;
  std::vector<char> ops_, tensors_;
};

}  // namespace fkd::detail

namespace fkd {

[[gnu::cold]] FKD_FUNC Frozen::Frozen(std::initializer_list<FrozenLayer> layers) : layers_{layers} {}

[[gnu::cold]] FKD_FUNC void Frozen::add(FrozenLayer layer) { layers_.push_back(std::move(layer)); }

FKD_FUNC FrozenParts frozen_parts(const NetworkInfo& network, std::span<const OpInfo> ops, const Frozen& frozen,
                                  const char* who) {
  detail::FreezingMarks marks{network, ops, who};
  for (const FrozenLayer& layer : frozen) {
    if (layer.by_name) {
      marks.freeze_name(layer.name);
    } else {
      marks.freeze_number(layer.number);
    }
    if (std::count(frozen.begin(), frozen.end(), layer) > 1)
      throw frozen_layer_is_named_twice(who, layer.by_name ? layer.name : text(layer.number));
  }
  FrozenParts parts = marks.parts();
  if (parts.trained.empty() && !frozen.empty()) throw every_layer_is_frozen(who);
  return parts;
}

template <class T>
FrozenParts frozen_parts(const Model<T>& net, const Frozen& frozen, const char* who) {
  return frozen_parts(net.network(), net.program().ops, frozen, who);
}

template <class T>
std::vector<Range> trained_ranges(const Model<T>& net, const Frozen& frozen, const char* who) {
  return frozen_parts(net, frozen, who).trained;
}

}  // namespace fkd
