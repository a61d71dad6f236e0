/// \file
/// Definitions of layer_registry.hpp: how each of fkd's layers is made from its hyper-parameters.
#pragma once

#include <algorithm>
#include <cmath>

#include <fkd/io/layer_registry.hpp>
#include <fkd/net.hpp>

namespace fkd::io {

FKD_FUNC LayerOptions::Value* LayerOptions::find(std::string_view name) {
  for (Value& value : values_)
    if (value.name == name) {
      value.taken = true;
      return &value;
    }
  return nullptr;
}

FKD_FUNC void LayerOptions::refuse(const Value& value, std::string_view expected) const {
  std::string got = value.text;
  for (const double real : value.reals) got.append(got.empty() ? "" : ", ").append(shortest(real));
  throw FileError{format_message({where_, ": expected ", expected, " under ", value.name, ", got ", got})};
}

FKD_FUNC Index LayerOptions::whole(std::string_view name, Index otherwise) {
  const Value* const value = find(name);
  if (value == nullptr) return otherwise;
  if (value->wholes.size() != 1) refuse(*value, "a whole number");
  return value->wholes[0];
}

FKD_FUNC double LayerOptions::real(std::string_view name, double otherwise) {
  const Value* const value = find(name);
  if (value == nullptr) return otherwise;
  if (value->reals.size() != 1) refuse(*value, "a number");
  return value->reals[0];
}

FKD_FUNC std::vector<double> LayerOptions::reals(std::string_view name, double otherwise) {
  const Value* const value = find(name);
  if (value == nullptr) return {otherwise};
  if (value->reals.empty()) refuse(*value, "numbers");
  return value->reals;
}

FKD_FUNC std::string LayerOptions::text(std::string_view name, std::string_view otherwise) {
  const Value* const value = find(name);
  if (value == nullptr) return std::string{otherwise};
  if (!value->reals.empty()) refuse(*value, "a text");
  return value->text;
}

FKD_FUNC std::size_t LayerOptions::choice(std::string_view name, std::initializer_list<std::string_view> texts) {
  const Value* const value = find(name);
  if (value == nullptr) return 0;
  for (std::size_t i = 0; i < texts.size(); ++i)
    if (value->reals.empty() && value->text == texts.begin()[i]) return i;
  std::string all;
  for (const std::string_view one : texts) all.append(all.empty() ? "" : " or ").append(one);
  refuse(*value, all);
}

FKD_FUNC bool LayerOptions::truth(std::string_view name, bool otherwise) {
  return otherwise ? choice(name, {"true", "false"}) == 0 : choice(name, {"false", "true"}) == 1;
}

FKD_FUNC Extent2D LayerOptions::extent(std::string_view name, Extent2D otherwise) {
  const Value* const value = find(name);
  if (value == nullptr) return otherwise;
  if (value->wholes.size() != 2) refuse(*value, "two whole numbers");
  return {value->wholes[0], value->wholes[1]};
}

FKD_FUNC Padding LayerOptions::padding(std::string_view name, const Padding& otherwise) {
  const Value* const value = find(name);
  if (value == nullptr) return otherwise;
  if (value->reals.empty() && value->text == "same") return Padding::same;
  if (value->reals.empty() && value->text == "valid") return Padding::valid;
  if (value->wholes.size() != 4) refuse(*value, "valid, same or four whole numbers");
  return {value->wholes[0], value->wholes[1], value->wholes[2], value->wholes[3]};
}

FKD_FUNC Initialiser LayerOptions::initialiser(std::string_view name, const Initialiser& otherwise) {
  Initialiser its = otherwise;
  its.value = real(std::string{name} + "_value", otherwise.value);
  const Value* const value = find(name);
  if (value == nullptr) return its;
  for (int kind = 0; kind <= static_cast<int>(Initialiser::Kind::truncated_normal); ++kind) {
    its.kind = static_cast<Initialiser::Kind>(kind);
    if (value->reals.empty() && name_of(its) == value->text) return its;
  }
  refuse(*value, "an initialiser's name");
}

FKD_FUNC void LayerOptions::check_all_taken() const {
  for (const Value& value : values_)
    if (!value.taken)
      throw FileError{
          format_message({where_, ": expected only options that this version of the layer has, got ", value.name})};
}

namespace detail {

/// One number for all channels, or one for each.
FKD_FUNC ChannelValues channel_values(const std::vector<double>& values) {
  ChannelValues its{0};
  its.count = static_cast<Index>(values.size());
  if (its.count > ChannelValues::most) throw channel_values_are_too_many(ChannelValues::most, its.count);
  std::copy(values.begin(), values.end(), its.values.begin());
  return its;
}

template <class L>
AnyLayer plain_layer(LayerOptions&) {
  return L{};
}

/// fkd's own layers. Null for a name that is none of theirs.
FKD_FUNC LayerFactory own_layer(std::string_view name) {
  using O = LayerOptions;
  static constexpr std::pair<std::string_view, LayerFactory> all[] = {
      {Conv2D::name,
       [](O& o) -> AnyLayer {
         return Conv2D{.filters = o.whole("filters", 0),
                       .kernel = o.extent("kernel", {}),
                       .stride = o.extent("stride", {1, 1}),
                       .padding = o.padding("padding"),
                       .dilation = o.extent("dilation", {1, 1}),
                       .groups = o.whole("groups", 1),
                       .initialiser = o.initialiser("initialiser", Initialiser::glorot_uniform),
                       .use_bias = o.truth("use_bias", true),
                       .bias_initialiser = o.initialiser("bias_initialiser", Initialiser::zeros)};
       }},
      {Conv2DTranspose::name,
       [](O& o) -> AnyLayer {
         return Conv2DTranspose{.filters = o.whole("filters", 0),
                                .kernel = o.extent("kernel", {}),
                                .stride = o.extent("stride", {1, 1}),
                                .padding = o.padding("padding"),
                                .output_padding = o.extent("output_padding", {0, 0}),
                                .dilation = o.extent("dilation", {1, 1}),
                                .groups = o.whole("groups", 1),
                                .initialiser = o.initialiser("initialiser", Initialiser::glorot_uniform),
                                .use_bias = o.truth("use_bias", true),
                                .bias_initialiser = o.initialiser("bias_initialiser", Initialiser::zeros)};
       }},
      {Dense::name,
       [](O& o) -> AnyLayer {
         return Dense{.units = o.whole("units", 0),
                      .initialiser = o.initialiser("initialiser", Initialiser::glorot_uniform),
                      .use_bias = o.truth("use_bias", true),
                      .bias_initialiser = o.initialiser("bias_initialiser", Initialiser::zeros)};
       }},
      {BatchNorm::name,
       [](O& o) -> AnyLayer {
         return BatchNorm{.momentum = o.real("momentum", 0.99),
                          .epsilon = o.real("epsilon", 1e-3),
                          .center = o.truth("center", true),
                          .scale = o.truth("scale", true),
                          .unbiased_variance = o.truth("unbiased_variance", false)};
       }},
      {LayerNorm::name,
       [](O& o) -> AnyLayer {
         return LayerNorm{.epsilon = o.real("epsilon", 1e-3),
                          .center = o.truth("center", true),
                          .scale = o.truth("scale", true),
                          .axes = o.choice("axes", {"channels", "sample"}) == 0 ? LayerNorm::Axes::channels
                                                                                : LayerNorm::Axes::sample};
       }},
      {GroupNorm::name,
       [](O& o) -> AnyLayer {
         return GroupNorm{.groups = o.whole("groups", 32),
                          .epsilon = o.real("epsilon", 1e-3),
                          .center = o.truth("center", true),
                          .scale = o.truth("scale", true)};
       }},
      {PReLU::name,
       [](O& o) -> AnyLayer {
         return PReLU{.num_parameters = o.whole("num_parameters", 0),
                      .initialiser = o.initialiser("initialiser", Initialiser::constant(0.25))};
       }},
      {LeakyReLU::name, [](O& o) -> AnyLayer { return LeakyReLU{.negative_slope = o.real("negative_slope", 0.01)}; }},
      {ELU::name, [](O& o) -> AnyLayer { return ELU{.alpha = o.real("alpha", 1)}; }},
      {Softplus::name, [](O& o) -> AnyLayer { return Softplus{.beta = o.real("beta", 1)}; }},
      {GELU::name, [](O& o) -> AnyLayer { return GELU{.approximate = o.truth("approximate", false)}; }},
      {Dropout::name, [](O& o) -> AnyLayer { return Dropout{.rate = o.real("rate", 0.5)}; }},
      {SpatialDropout2D::name, [](O& o) -> AnyLayer { return SpatialDropout2D{.rate = o.real("rate", 0.5)}; }},
      {MaxPool2D::name,
       [](O& o) -> AnyLayer {
         return MaxPool2D{
             .window = o.extent("window", {}), .stride = o.extent("stride", {}), .padding = o.padding("padding")};
       }},
      {AveragePool2D::name,
       [](O& o) -> AnyLayer {
         return AveragePool2D{.window = o.extent("window", {}),
                              .stride = o.extent("stride", {}),
                              .padding = o.padding("padding"),
                              .count_include_pad = o.truth("count_include_pad", false)};
       }},
      {UpSampling2D::name,
       [](O& o) -> AnyLayer {
         return UpSampling2D{.size = o.extent("size", {2, 2}),
                             .interpolation = o.choice("interpolation", {"nearest", "bilinear"}) == 0
                                                  ? Interpolation::nearest
                                                  : Interpolation::bilinear};
       }},
      {ZeroPadding2D::name, [](O& o) -> AnyLayer { return ZeroPadding2D{.padding = o.padding("padding")}; }},
      {Reshape::name,
       [](O& o) -> AnyLayer {
         return Reshape{
             .height = o.whole("height", 0), .width = o.whole("width", 0), .channels = o.whole("channels", 0)};
       }},
      {Rescale::name,
       [](O& o) -> AnyLayer {
         return Rescale{.mean = channel_values(o.reals("mean", 0)),
                        .standard_deviation = channel_values(o.reals("standard_deviation", 1))};
       }},
      {ReLU::name, plain_layer<ReLU>},
      {ReLU6::name, plain_layer<ReLU6>},
      {SELU::name, plain_layer<SELU>},
      {Sigmoid::name, plain_layer<Sigmoid>},
      {Tanh::name, plain_layer<Tanh>},
      {HardSigmoid::name, plain_layer<HardSigmoid>},
      {SiLU::name, plain_layer<SiLU>},
      {HardSwish::name, plain_layer<HardSwish>},
      {Mish::name, plain_layer<Mish>},
      {Softmax::name, plain_layer<Softmax>},
      {Flatten::name, plain_layer<Flatten>},
      {GlobalAveragePool2D::name, plain_layer<GlobalAveragePool2D>},
      {GlobalMaxPool2D::name, plain_layer<GlobalMaxPool2D>},
      {Add<>::name, plain_layer<Add<>>},
      {Concat<>::name, plain_layer<Concat<>>}};
  for (const auto& [its_name, factory] : all)
    if (its_name == name) return factory;
  return nullptr;
}

}  // namespace detail

FKD_FUNC void LayerRegistry::add(std::string_view name, LayerFactory factory) {
  for (auto& [its_name, its_factory] : own_)
    if (its_name == name) {
      its_factory = factory;
      return;
    }
  own_.emplace_back(name, factory);
}

FKD_FUNC AnyLayer LayerRegistry::make(const std::string& where, std::string_view name, LayerOptions& options) const {
  LayerFactory factory = detail::own_layer(name);
  for (const auto& [its_name, its_factory] : own_)
    if (its_name == name) factory = its_factory;
  if (factory == nullptr)
    throw FileError{
        format_message({where, ": expected a layer of fkd or one that LayerRegistry::add made known, got ", name})};
  try {
    AnyLayer layer = factory(options);
    options.check_all_taken();
    return layer;
  } catch (const ShapeError& error) {
    throw FileError{format_message({where, ": ", error.what()})};
  } catch (const ArgumentError& error) {
    throw FileError{format_message({where, ": ", error.what()})};
  }
}

}  // namespace fkd::io
