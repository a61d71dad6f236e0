/// \file
/// Weights from and to Keras, as .npz files.
///
///     np.savez("model.npz", *model.get_weights())                  Python
///     fkd::io::load_keras("model.npz", net);
///     fkd::io::save_keras("trained.npz", net);
///     model.set_weights([f[k] for k in f.files])                   with f = np.load("trained.npz")
///
/// `net` is the same network, built here. get_weights() has no names, only an order: layer by layer, as they were
/// added. That is fkd's order of a chain; for a model with branches `.layers` says which of fkd's layers are meant, in
/// Keras's order. A .weights.h5 file becomes an .npz with names by scripts/keras_weights_to_npz: `conv2d_1/0` is the
/// first weight of the second Conv2D, and is matched by the number of its class, or by `.names`.
///
/// Kernels, dense weights and flattened images are in fkd's order. The kernel of a DepthwiseConv2D is (KH, KW, C, M).
/// Transposed kernels are (KH, KW, OC, IC), as fkd's (foreign_tensors.hpp). A Rescale is left as `net` says.
///
/// Needs zlib. net.hpp does not include this file, and fkd::compiled does not contain it.
#pragma once

#include <fkd/core/language.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fkd/io/foreign_tensors.hpp>
#include <fkd/io/npy.hpp>
#include <fkd/io/npz.hpp>
#include <fkd/io/safetensors_file.hpp>
#include <fkd/network/model.hpp>
#include <fkd/network/transfer.hpp>

namespace fkd::io {

struct KerasOptions {
  std::vector<std::string> layers = {};  ///< `{"1.conv2d", "4.dense"}`: fkd's layers with tensors, in Keras's order
  std::vector<NameMapping> names = {};   ///< of a file with names: {{"conv2d_1", "4.conv2d"}}
};

namespace detail {

/// What Keras calls a layer of this type in a file.
[[gnu::cold]] inline std::string keras_class(const OpLayer& layer, const ForeignTensor& tensor) {
  if (layer.type == "conv2d" && tensor.extents.size() == 4 && tensor.extents[2] > 1) {
    for (const HyperParameter& its : layer.hyper_parameters)
      if (its.name == "groups" && its.value.numbers[0] == tensor.extents[2]) return "depthwise_conv2d";
  }
  if (layer.type == "batch_norm") return "batch_normalization";
  if (layer.type == "layer_norm") return "layer_normalization";
  if (layer.type == "group_norm") return "group_normalization";
  if (layer.type == "prelu") return "p_re_lu";
  return layer.type;
}

/// The tensors in the order that a caller asks for. Throws ArgumentError for a name that is no layer with tensors.
[[gnu::cold]] inline std::vector<ForeignTensor> in_keras_order(std::vector<ForeignTensor> all,
                                                               const NetworkInfo& network,
                                                               const std::vector<OpInfo>& ops,
                                                               const std::vector<std::string>& layers) {
  if (layers.empty()) return all;
  std::vector<ForeignTensor> ordered;
  for (const std::string& layer : layers) {
    const std::size_t before = ordered.size();
    for (const ForeignTensor& its : all)
      if (network.name(ops[its.op]) == layer) ordered.push_back(its);
    if (ordered.size() == before)
      throw ArgumentError{"KerasOptions: layers: expected names of layers with tensors, got " + layer};
  }
  if (ordered.size() != all.size())
    throw ArgumentError{"KerasOptions: layers: expected each layer with tensors once, " + std::to_string(all.size()) +
                        " tensors in all, got " + std::to_string(ordered.size())};
  return ordered;
}

/// The name of each tensor's array: arr_0, arr_1 and so on, or names of classes and numbers.
[[gnu::cold]] inline std::vector<std::string> keras_keys(const std::vector<ForeignTensor>& wanted,
                                                         const NetworkInfo& network, const std::vector<OpInfo>& ops,
                                                         const NpzArrays& arrays, const KerasOptions& options) {
  const bool numbered =
      std::all_of(arrays.begin(), arrays.end(), [](const auto& its) { return its.first.starts_with("arr_"); });
  std::vector<std::string> keys;
  std::vector<std::pair<std::string, Index>> counts;  // of each class
  std::string module;
  Index variable = 0;
  for (std::size_t w = 0; w < wanted.size(); ++w) {
    const ForeignTensor& its = wanted[w];
    if (w == 0 || wanted[w - 1].op != its.op) {
      const std::string name = network.name(ops[its.op]), of_class = keras_class(network.op_layers[its.op], its);
      const auto count =
          std::find_if(counts.begin(), counts.end(), [&](const auto& one) { return one.first == of_class; });
      const Index number = count == counts.end() ? 0 : ++count->second;
      if (count == counts.end()) counts.emplace_back(of_class, 0);
      module = of_class + (number == 0 ? "" : "_" + std::to_string(number));
      for (const NameMapping& mapping : options.names)
        if (mapping.to == name) module = mapping.from;
      variable = 0;
    }
    keys.push_back(numbered ? "arr_" + std::to_string(w) : module + "/" + std::to_string(variable++));
  }
  return keys;
}

[[gnu::cold]] inline std::string keys_text(const NpzArrays& arrays) {
  std::string text;
  std::size_t shown = 0;
  for (const auto& [name, array] : arrays)
    if (shown++ < 6) text += (text.empty() ? "" : ", ") + name;
  return arrays.empty() ? "none" : text + (shown > 6 ? ", ..." : "");
}

}  // namespace detail

/// Reads every tensor of `net` but those of Rescale. Throws FileError, which names the array, both shapes and the
/// layer, for a file with fewer or more arrays or with other extents, and ArgumentError for options that do not fit,
/// and for a layer that Keras does not have; then `net` is unchanged.
template <class T>
[[gnu::cold]] TransferReport load_keras(const Source& from, Model<T>& net, const KerasOptions& options = {}) {
  const std::vector<OpInfo>& ops = net.program().ops;
  const std::vector<detail::ForeignTensor> wanted = detail::in_keras_order(
      detail::keras_tensors("load_keras", net.network(), ops), net.network(), ops, options.layers);
  const NpzArrays arrays = read_npz(from);
  const std::vector<std::string> keys = detail::keras_keys(wanted, net.network(), ops, arrays, options);
  TransferReport report;
  std::vector<std::vector<T>> values;
  for (std::size_t w = 0; w < wanted.size(); ++w) {
    const ParameterTensor& ours = net.layout().tensors()[wanted[w].tensor];
    const std::string expected = from.name() + ": array " + keys[w] + ": expected shape " +
                                 detail::extents_text(wanted[w].extents) + " for " + ours.name;
    const auto found = arrays.find(keys[w]);
    if (found == arrays.end())
      throw FileError{expected + ", got no array of that name; there are " + detail::keys_text(arrays)};
    // Conv2D(groups=C) has the values of a DepthwiseConv2D under fkd's extents.
    if (found->second.extents != wanted[w].extents &&
        found->second.extents != fkd::detail::extents_of_tensor(ours.spec))
      throw FileError{expected + ", got " + detail::extents_text(found->second.extents)};
    values.push_back(values_of<T>(found->second));
    report.taken.push_back(ours.name);
    report.values += ours.size;
  }
  for (const auto& [name, array] : arrays)
    if (std::find(keys.begin(), keys.end(), name) == keys.end())
      throw FileError{from.name() + ": array " + name + ": expected only arrays of the model's " +
                      std::to_string(wanted.size()) + " tensors, which has none for it"};
  for (std::size_t w = 0; w < wanted.size(); ++w)
    std::copy(values[w].begin(), values[w].end(), net.tensor(static_cast<Index>(wanted[w].tensor)).begin());
  for (const ParameterTensor& ours : net.layout().tensors())
    if (std::find(report.taken.begin(), report.taken.end(), ours.name) == report.taken.end())
      report.missing.push_back(ours.name);
  return report;
}

/// Writes arr_0, arr_1 and so on, which `model.set_weights` takes in this order. A convolution with as many groups as
/// channels is a DepthwiseConv2D. Throws FileError and ArgumentError.
template <class T>
[[gnu::cold]] void save_keras(const Sink& to, const Model<T>& net, const KerasOptions& options = {}) {
  const std::vector<OpInfo>& ops = net.program().ops;
  const std::vector<detail::ForeignTensor> all = detail::in_keras_order(
      detail::keras_tensors("save_keras", net.network(), ops), net.network(), ops, options.layers);
  NpzArrays arrays;
  std::vector<std::string> order;
  for (std::size_t w = 0; w < all.size(); ++w) {
    order.push_back("arr_" + std::to_string(w));
    arrays.emplace(order.back(), to_array<T>(all[w].extents, net.tensor(static_cast<Index>(all[w].tensor))));
  }
  write_npz(to, arrays, {.order = order});
}

}  // namespace fkd::io
