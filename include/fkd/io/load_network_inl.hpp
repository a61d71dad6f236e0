/// \file
/// Definitions of load_network.hpp.
#pragma once

#include <algorithm>
#include <optional>
#include <utility>

#include <fkd/io/architecture_text.hpp>
#include <fkd/io/count_non_finite.hpp>
#include <fkd/io/json.hpp>
#include <fkd/io/load_network.hpp>
#include <fkd/io/model_tensors.hpp>
#include <fkd/io/state_tensors.hpp>

namespace fkd::io {

/// Makes parts of an architecture's text.
class ArchitectureReader {
 public:
  ArchitectureReader(const std::string& where, const LayerRegistry& registry) : where_{where}, registry_{registry} {}

  [[noreturn]] void refuse(const std::string& expected, const std::string& got) const {
    throw FileError{where_ + ": expected " + expected + ", got " + got};
  }

  const detail::JsonValue& entry(const detail::JsonValue& object, const char* key) const {
    const detail::JsonValue* const value = object.find(key);
    if (value == nullptr) refuse(std::string{"an entry "} + key + " in each layer", shown(object));
    return *value;
  }

  /// A whole number of at least 0.
  Index number(const detail::JsonValue& value, const char* what) const {
    if (!value.is_whole) refuse(std::string{"a whole number under "} + what, shown(value));
    return static_cast<Index>(value.whole);
  }

  std::vector<RestoredNetwork::Part> parts(const detail::JsonValue& list) {
    if (!list.is(detail::JsonValue::Kind::array)) refuse("a list under layers", shown(list));
    std::vector<RestoredNetwork::Part> all;
    for (const detail::JsonValue& item : list.items) all.push_back(part(item));
    return all;
  }

  /// A value that is there by now.
  Index value(const detail::JsonValue& json, const char* what) const {
    const Index its = number(json, what);
    if (its >= values_) refuse("a value below " + std::to_string(values_) + " under " + what, std::to_string(its));
    return its;
  }

 private:
  /// The beginning of a text that may be long.
  static std::string shown(const detail::JsonValue& value) {
    std::string text = value.dump();
    if (text.size() > 80) text = text.substr(0, 77) + "...";
    return text;
  }

  RestoredNetwork::Part part(const detail::JsonValue& json) {
    RestoredNetwork::Part its;
    if (!json.is(detail::JsonValue::Kind::object)) refuse("an object for each layer", shown(json));
    if (const detail::JsonValue* const label = json.find("label")) {
      its.has_label = true;
      if (label->is(detail::JsonValue::Kind::string) && !label->text.empty()) {
        its.word = label->text;
      } else {
        its.number = number(*label, "label");
      }
    }
    const bool computes = json.find("layer") != nullptr;
    const detail::JsonValue& type = entry(json, computes ? "layer" : "of");
    if (!type.is(detail::JsonValue::Kind::string)) refuse("a layer's name", shown(type));
    its.type = type.text;
    if (computes) {
      const detail::JsonValue& reads = entry(json, "reads");
      if (!reads.is(detail::JsonValue::Kind::array) || reads.items.empty())
        refuse("a list of values under reads", shown(reads));
      for (const detail::JsonValue& read : reads.items) its.reads.push_back(value(read, "reads"));
      const std::string label = its.word.empty() ? std::to_string(its.number) : its.word;
      LayerOptions options{where_ + ": layer " + (its.has_label ? label + "." : "") + its.type, options_of(json)};
      its.layer = std::make_shared<const AnyLayer>(
          registry_.make(where_ + (its.has_label ? ": layer " + label : ""), its.type, options));
      ++values_;
    } else {
      its.parts = parts(entry(json, "layers"));
      its.value = value(entry(json, "value"), "value");
    }
    return its;
  }

  std::vector<LayerOptions::Value> options_of(const detail::JsonValue& layer) const {
    std::vector<LayerOptions::Value> all;
    const detail::JsonValue* const options = layer.find("hyper_parameters");
    for (std::size_t i = 0; options && i < options->keys.size(); ++i) {
      const detail::JsonValue& json = options->items[i];
      LayerOptions::Value value{.name = options->keys[i]};
      const auto add = [&](const detail::JsonValue& one) {
        if (!one.is(detail::JsonValue::Kind::number))
          refuse("a text, a number or numbers under " + value.name, shown(json));
        value.reals.push_back(one.number);
        bool whole = one.is_whole;
        Index its = static_cast<Index>(one.whole);
        if (!whole && one.text.size() <= 18 && one.text.front() == '-' &&
            one.text.find_first_not_of("0123456789", 1) == std::string::npos) {
          whole = true;
          its = static_cast<Index>(std::stoll(one.text));
        }
        if (whole && value.wholes.size() + 1 == value.reals.size()) value.wholes.push_back(its);
      };
      if (json.is(detail::JsonValue::Kind::string)) {
        value.text = json.text;
      } else if (json.is(detail::JsonValue::Kind::array)) {
        for (const detail::JsonValue& one : json.items) add(one);
        if (value.reals.empty()) refuse("numbers under " + value.name, "none");
      } else {
        add(json);
      }
      if (value.wholes.size() != value.reals.size()) value.wholes.clear();
      all.push_back(std::move(value));
    }
    return all;
  }

  const std::string& where_;
  const LayerRegistry& registry_;
  Index values_ = 1;
};

FKD_FUNC RestoredNetwork::RestoredNetwork(const std::string& where, std::string_view text,
                                          const LayerRegistry& layers) {
  ArchitectureReader reader{where, layers};
  const std::optional<detail::JsonValue> json = detail::parse_json(text);
  if (!json || !json->is(detail::JsonValue::Kind::object)) reader.refuse("a JSON object", "something else");
  const Index version = reader.number(reader.entry(*json, "version"), "version");
  if (version != detail::architecture_version)
    reader.refuse("version " + std::to_string(detail::architecture_version), std::to_string(version));
  const detail::JsonValue& extents = reader.entry(*json, "input");
  if (extents.items.size() != 3) reader.refuse("three extents under input", extents.dump());
  parts_ = reader.parts(reader.entry(*json, "layers"));
  output_ = reader.value(reader.entry(*json, "output"), "output");
  try {
    input = Input{.height = reader.number(extents.items[0], "input"),
                  .width = reader.number(extents.items[1], "input"),
                  .channels = reader.number(extents.items[2], "input")}
                .shape();
    (void)output_shape(input);
  } catch (const ShapeError& error) {
    throw FileError{where + ": " + error.what()};
  } catch (const ArgumentError& error) {
    throw FileError{where + ": " + error.what()};
  }
}

FKD_FUNC Shape RestoredNetwork::output_shape(Shape in) const { return checked_chain(*this, in); }

template <class B>
struct RestoredNetwork::Composite {
  std::string_view name;
  const Part* part;
  std::vector<typename B::Value>* values;

  typename B::Value lower(B& builder, std::span<const typename B::Value>) const {
    lower_parts(builder, part->parts, *values);
    return (*values)[static_cast<std::size_t>(part->value)];
  }
};

template <class B>
void RestoredNetwork::lower_parts(B& builder, const std::vector<Part>& parts, std::vector<typename B::Value>& values) {
  std::vector<typename B::Value> in;
  for (const Part& part : parts) {
    const LayerLabel label = part.word.empty() ? LayerLabel{part.number} : LayerLabel{std::string_view{part.word}};
    const auto add = [&](const auto& layer) {
      const std::span<const typename B::Value> reads{in};
      return part.has_label ? builder.add(label, layer, reads) : builder.add(layer, reads);
    };
    in.clear();
    if (part.layer) {
      for (const Index read : part.reads) in.push_back(values[static_cast<std::size_t>(read)]);
      values.push_back(add(*part.layer));
    } else {
      in.push_back(values.front());
      (void)add(Composite<B>{part.type, &part, &values});
    }
  }
}

template <class B>
typename B::Value RestoredNetwork::lower(B& builder, typename B::Value in) const {
  check_chain_input(input, builder.shape(in));
  std::vector<typename B::Value> values{in};
  lower_parts(builder, parts_, values);
  return values[static_cast<std::size_t>(output_)];
}

namespace detail {

/// The model without its values, after checking that the file has all of them.
template <class T>
[[gnu::cold]] Model<T> restore(const std::string& where, const TensorFile& file, const LayerRegistry& layers) {
  const auto text = file.metadata.find("architecture");
  if (text == nullptr)
    throw FileError{where +
                    ": expected an architecture in the file, got none: it is of an older version of fkd or of another "
                    "program; build the network and load its values with fkd::io::load or fkd::io::copy_parameters"};
  const RestoredNetwork network{where + ": architecture", *text, layers};
  try {
    const Program<T> program = fkd::lower<T>(network);
    check_contents(where, file, program.network->layout);
    for (const ParameterTensor& slot : program.network->layout.tensors())
      (void)tensor_of_file(where, file, slot.name, slot.spec, sizeof(T));
    return Model<T>{network};
  } catch (const ShapeError& error) {
    throw FileError{where + ": architecture: " + error.what()};
  } catch (const ArgumentError& error) {
    throw FileError{where + ": architecture: " + error.what()};
  }
}

template <class T>
[[gnu::cold]] void fill(const std::string& where, const TensorFile& file, Model<T>& net) {
  const Buffer<T> theta = model_values(where, file, net);
  std::copy(theta.begin(), theta.end(), net.parameters().begin());
}

}  // namespace detail

template <class T>
Model<T> load_network(const Source& from, const LayerRegistry& layers) {
  const TensorFile file = read_tensors(from);
  Model<T> net = detail::restore<T>(from.name(), file, layers);
  detail::fill(from.name(), file, net);
  return net;
}

template <class T>
Model<T> load_network(const Source& from, FileReport& report, FileOptions options, const LayerRegistry& layers) {
  const TensorFile file = read_tensors(from);
  Model<T> net = detail::restore<T>(from.name(), file, layers);
  detail::fill(from.name(), file, net);
  report = detail::report_of(from.name(), file, options);
  return net;
}

template <class T>
Model<T> load_network(const Source& from, TrainingState<T>& state, const LayerRegistry& layers) {
  const TensorFile file = read_tensors(from);
  Model<T> net = detail::restore<T>(from.name(), file, layers);
  TrainingState<T> loaded = detail::read_state<T>(from.name(), file, net.layout());
  detail::fill(from.name(), file, net);
  state = std::move(loaded);
  return net;
}

}  // namespace fkd::io
