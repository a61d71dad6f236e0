/// \file
/// Layers made from their names and hyper-parameters, as files have them.
///
/// fkd's own are all there. A layer of your own is made known before the file is read:
///
///     fkd::io::LayerRegistry layers;
///     layers.add("scaled", [](fkd::io::LayerOptions& o) { return fkd::AnyLayer{Scaled{.factor = o.real("factor", 1)}};
///     }); fkd::Model net = fkd::io::load_network("model.safetensors", layers);
///
/// where `"scaled"` is its `name`, and its `hyper_parameters()` say `factor`: what they leave out is lost in the file.
#pragma once

#include <fkd/core/language.hpp>

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fkd/core/initialiser.hpp>
#include <fkd/core/padding.hpp>
#include <fkd/network/any_layer.hpp>

namespace fkd::io {

/// A layer's hyper-parameters by name. Each function gives back the default where there is none of that name, and
/// throws FileError where its value is something else.
class LayerOptions {
 public:
  /// A value: a text, or one or more numbers. Whole ones stand in both lists.
  struct Value {
    std::string name;
    std::string text = {};
    std::vector<double> reals = {};
    std::vector<Index> wholes = {};  ///< as many as reals, if all of them are whole
    bool taken = false;
  };

  /// `where` opens the sentences of errors.
  LayerOptions(std::string where, std::vector<Value> values) : where_{std::move(where)}, values_{std::move(values)} {}

  [[gnu::cold]] Index whole(std::string_view name, Index otherwise);
  [[gnu::cold]] double real(std::string_view name, double otherwise);
  [[gnu::cold]] bool truth(std::string_view name, bool otherwise);
  [[gnu::cold]] std::string text(std::string_view name, std::string_view otherwise);
  [[gnu::cold]] Extent2D extent(std::string_view name, Extent2D otherwise);
  [[gnu::cold]] Padding padding(std::string_view name, const Padding& otherwise = Padding::valid);
  /// Of its kind, `name`, and its value, `name_value`.
  [[gnu::cold]] Initialiser initialiser(std::string_view name, const Initialiser& otherwise);
  /// One number or several.
  [[gnu::cold]] std::vector<double> reals(std::string_view name, double otherwise);
  /// One of these texts, by its number.
  [[gnu::cold]] std::size_t choice(std::string_view name, std::initializer_list<std::string_view> texts);

  /// Throws FileError where there is an option that no function was asked for: the file is of a newer version, whose
  /// layer computes something else.
  [[gnu::cold]] void check_all_taken() const;

 private:
  Value* find(std::string_view name);
  [[noreturn]] void refuse(const Value& value, std::string_view expected) const;

  std::string where_;
  std::vector<Value> values_;
};

/// Makes a layer. May throw FileError.
using LayerFactory = AnyLayer (*)(LayerOptions&);

/// Factories by the layers' names.
class LayerRegistry {
 public:
  /// Replaces one of the same name.
  [[gnu::cold]] void add(std::string_view name, LayerFactory factory);

  /// The layer. Throws FileError where none of that name is known, or its options are wrong.
  [[gnu::cold]] AnyLayer make(const std::string& where, std::string_view name, LayerOptions& options) const;

 private:
  std::vector<std::pair<std::string, LayerFactory>> own_;
};

}  // namespace fkd::io

#ifndef FKD_COMPILED
#include <fkd/io/layer_registry_inl.hpp>
#endif
