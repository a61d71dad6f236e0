/// \file
/// Definitions of onnx_writer.hpp.
#pragma once

#include <algorithm>
#include <cstring>
#include <utility>

#include <fkd/core/error.hpp>
#include <fkd/core/padding.hpp>
#include <fkd/io/foreign_tensors.hpp>
#include <fkd/io/layer_registry.hpp>
#include <fkd/io/onnx_writer.hpp>
#include <fkd/layers/pooling.hpp>

namespace fkd::io::detail {

/// An op's hyper-parameters, by name.
FKD_FUNC LayerOptions options_of(const OpLayer& layer) {
  std::vector<LayerOptions::Value> values;
  for (const HyperParameter& its : layer.hyper_parameters) {
    LayerOptions::Value value{.name = std::string{its.name}, .text = std::string{its.value.text}};
    if (its.value.is_real) value.reals.push_back(its.value.real);
    for (int i = 0; i < its.value.count; ++i) {
      value.wholes.push_back(its.value.numbers[i]);
      value.reals.push_back(static_cast<double>(its.value.numbers[i]));
    }
    values.push_back(std::move(value));
  }
  return {layer.type, std::move(values)};
}

/// Builds the graph op by op.
class OnnxWriter {
 public:
  OnnxWriter(const NetworkInfo& network, const std::vector<OpInfo>& ops, const OpInputs& reads,
             const std::function<std::vector<float>(std::size_t)>& values)
      : network_{network}, ops_{ops}, reads_{reads}, values_{values} {}

  OnnxModel write(bool channels_last) {
    const Shape in = network_.values.front(), out = network_.values[static_cast<std::size_t>(network_.output)];
    written_.resize(network_.values.size());
    written_[0] = {"input", !in.is_flat()};
    std::vector<Index> dims{-1, in.channels};
    if (!in.is_flat()) {
      dims = {-1, in.channels, in.height, in.width};
      if (channels_last) {
        dims = {-1, in.height, in.width, in.channels};
        written_[0].name = node("Transpose", {"input"}, "input.channels_first", {wholes("perm", {0, 3, 1, 2})});
      }
    }
    model_.inputs.push_back({"input", OnnxType::float32, true, dims});
    for (std::size_t i = 0; i < ops_.size(); ++i) op(i);
    Written last = written_[static_cast<std::size_t>(network_.output)];
    if (out.is_flat()) last = {flat(last, out, "output.flat"), false};
    dims = {-1, out.channels};
    if (last.image) {
      dims = {-1, out.channels, out.height, out.width};
      if (channels_last) {
        dims = {-1, out.height, out.width, out.channels};
        last.name = node("Transpose", {last.name}, "output.channels_last", {wholes("perm", {0, 2, 3, 1})});
      }
    }
    if (last.name == "input") last.name = node("Identity", {"input"}, "output");
    for (OnnxNode& its : model_.nodes)
      for (std::vector<std::string>* names : {&its.inputs, &its.outputs})
        std::replace(names->begin(), names->end(), last.name, std::string{"output"});
    model_.outputs.push_back({"output", OnnxType::float32, true, dims});
    return std::move(model_);
  }

 private:
  /// A value of the network in the graph: its name, and whether it is (N, C, H, W) or (N, n).
  struct Written {
    std::string name = {};
    bool image = false;
  };

  static OnnxAttribute whole(std::string name, Index value) {
    OnnxAttribute its{.name = std::move(name), .type = OnnxAttribute::Type::whole};
    its.whole = value;
    return its;
  }
  static OnnxAttribute real(std::string name, double value) {
    OnnxAttribute its{.name = std::move(name), .type = OnnxAttribute::Type::real};
    its.real = static_cast<float>(value);
    return its;
  }
  static OnnxAttribute text(std::string name, std::string value) {
    OnnxAttribute its{.name = std::move(name), .type = OnnxAttribute::Type::text};
    its.text = std::move(value);
    return its;
  }
  static OnnxAttribute wholes(std::string name, std::vector<Index> value) {
    OnnxAttribute its{.name = std::move(name), .type = OnnxAttribute::Type::wholes};
    its.wholes = std::move(value);
    return its;
  }

  std::string node(std::string op, std::vector<std::string> inputs, const std::string& output,
                   std::vector<OnnxAttribute> attributes = {}) {
    model_.nodes.push_back({.name = output,
                            .op = std::move(op),
                            .inputs = std::move(inputs),
                            .outputs = {output},
                            .attributes = std::move(attributes)});
    return output;
  }
  template <class T>
  std::string initializer(const std::string& name, OnnxType type, std::vector<Index> dims,
                          const std::vector<T>& values) {
    OnnxTensor its{.name = name, .type = type, .dims = std::move(dims)};
    its.raw.resize(values.size() * sizeof(T));
    if (!values.empty()) std::memcpy(its.raw.data(), values.data(), its.raw.size());
    model_.initializers.push_back(std::move(its));
    return name;
  }
  std::string floats(const std::string& name, std::vector<Index> dims, const std::vector<float>& values) {
    return initializer(name, OnnxType::float32, std::move(dims), values);
  }
  std::string numbers(const std::string& name, const std::vector<std::int64_t>& values) {
    return initializer(name, OnnxType::int64, {static_cast<Index>(values.size())}, values);
  }

  /// The value as (N, n), which its shape allows; values in a row are in fkd's order.
  std::string flat(const Written& value, Shape shape, const std::string& name) {
    if (!value.image) return value.name;
    std::string from = value.name;
    if (!shape.is_flat() && shape.channels > 1)
      from = node("Transpose", {from}, name + ".channels_last", {wholes("perm", {0, 2, 3, 1})});
    return node("Flatten", {from}, name, {whole("axis", 1)});
  }
  /// The value as (N, C, H, W).
  std::string image(const Written& value, Shape shape, const std::string& name) {
    if (value.image) return value.name;
    return node("Reshape", {value.name, numbers(name + ".shape", {-1, shape.channels, 1, 1})}, name + ".image");
  }

  std::vector<float> tensor(std::size_t i, std::string_view its_name) const {
    for (Index t = ops_[i].first_tensor; t < ops_[i].first_tensor + ops_[i].tensors; ++t)
      if (network_.layout.tensors()[static_cast<std::size_t>(t)].spec.name == its_name)
        return values_(static_cast<std::size_t>(t));
    return {};
  }
  /// A tensor with a value for each channel; `otherwise` where there is none.
  std::string channels(std::size_t i, std::string_view its_name, float otherwise, std::vector<Index> dims) {
    std::vector<float> its = tensor(i, its_name);
    if (its.empty()) its.assign(static_cast<std::size_t>(ops_[i].in.channels), otherwise);
    return floats(network_.name(ops_[i]) + "." + std::string{its_name}, std::move(dims), its);
  }

  /// (A, B, KH, KW) from fkd's (KH, KW, B, A).
  std::string kernel(std::size_t i, Extent2D size) {
    const std::vector<float> ours = tensor(i, "kernel");
    const auto taps = static_cast<std::size_t>(size.height * size.width);
    const Index last = network_.op_layers[i].type == "conv2d" ? ops_[i].out.channels : ops_[i].in.channels;
    const auto A = static_cast<std::size_t>(last), B = ours.size() / taps / A;
    std::vector<float> theirs(ours.size());
    for (std::size_t p = 0; p < taps; ++p)
      for (std::size_t b = 0; b < B; ++b)
        for (std::size_t a = 0; a < A; ++a) theirs[(a * B + b) * taps + p] = ours[(p * B + b) * A + a];
    return floats(network_.name(ops_[i]) + ".kernel", {last, static_cast<Index>(B), size.height, size.width}, theirs);
  }
  /// (C, H, W) from fkd's (H, W, C).
  static std::vector<float> channels_first(const std::vector<float>& ours, Shape s) {
    std::vector<float> theirs;
    for (Index c = 0; c < s.channels; ++c)
      for (Index p = 0; p < s.height * s.width; ++p)
        theirs.push_back(ours[static_cast<std::size_t>(p * s.channels + c)]);
    return theirs;
  }

  /// top, left, bottom, right: no more than a window reaches.
  static OnnxAttribute pads(Shape in, Extent2D reach, Extent2D stride, const Padding& padding) {
    const Sliding rows = slide(in.height, reach.height, stride.height, padding.rows());
    const Sliding cols = slide(in.width, reach.width, stride.width, padding.cols());
    return wholes("pads", {rows.before, cols.before, rows.after, cols.after});
  }

  void op(std::size_t i) {
    const OpInfo& op = ops_[i];
    const std::string name = network_.name(op), type = network_.op_layers[i].type;
    LayerOptions o = options_of(network_.op_layers[i]);
    std::vector<Written> in;
    for (const Index value : reads_.inputs(op)) in.push_back(written_[static_cast<std::size_t>(value)]);
    written_[static_cast<std::size_t>(op.output)] =
        is_one_of(type, {"conv2d", "conv2d_transpose"}) ? convolution(i, o, in[0])
        : is_one_of(type, {"max_pool2d", "average_pool2d", "global_average_pool2d", "global_max_pool2d",
                           "up_sampling2d", "zero_padding2d"})
            ? spatial(i, o, in[0])
        : is_one_of(type, {"batch_norm", "layer_norm", "group_norm"}) ? normalisation(i, o, in[0])
        : is_one_of(type, {"add", "concat"})                          ? joint(i, in)
        : is_one_of(type, {"dense", "flatten", "reshape"})            ? row(i, o, in[0])
                                                                      : value_wise(i, o, in[0]);
  }

  Written convolution(std::size_t i, LayerOptions& o, const Written& in) {
    const OpInfo& op = ops_[i];
    const std::string name = network_.name(op);
    const bool transposed = network_.op_layers[i].type == "conv2d_transpose";
    const Extent2D size = o.extent("kernel", {}), stride = o.extent("stride", {1, 1}),
                   by = o.extent("dilation", {1, 1});
    const Extent2D reach{(size.height - 1) * by.height + 1, (size.width - 1) * by.width + 1};
    const Padding padding = o.padding("padding");
    std::vector<OnnxAttribute> all{wholes("kernel_shape", {size.height, size.width}),
                                   wholes("strides", {stride.height, stride.width}),
                                   wholes("dilations", {by.height, by.width}), whole("group", o.whole("groups", 1))};
    if (!transposed) {
      all.push_back(pads(op.in, reach, stride, padding));
    } else if (!padding.is_same) {
      const Extent2D more = o.extent("output_padding", {0, 0});
      all.push_back(wholes("pads", {padding.top, padding.left, padding.bottom, padding.right}));
      all.push_back(wholes("output_padding", {more.height, more.width}));
    } else {  // in · stride rows: what the kernel covers beyond that is cut off, the smaller half before
      const Index rows = (std::max)(reach.height - stride.height, Index{0});
      const Index cols = (std::max)(reach.width - stride.width, Index{0});
      all.push_back(wholes("pads", {rows / 2, cols / 2, rows - rows / 2, cols - cols / 2}));
      all.push_back(wholes("output_padding", {(std::max)(stride.height - reach.height, Index{0}),
                                              (std::max)(stride.width - reach.width, Index{0})}));
    }
    std::vector<std::string> inputs{image(in, op.in, name), kernel(i, size)};
    if (const std::vector<float> bias = tensor(i, "bias"); !bias.empty())
      inputs.push_back(floats(name + ".bias", {op.out.channels}, bias));
    return {node(transposed ? "ConvTranspose" : "Conv", std::move(inputs), name, std::move(all)), true};
  }

  Written spatial(std::size_t i, LayerOptions& o, const Written& in) {
    const OpInfo& op = ops_[i];
    const std::string name = network_.name(op), type = network_.op_layers[i].type, from = image(in, op.in, name);
    if (type == "global_average_pool2d") return {node("GlobalAveragePool", {from}, name), true};
    if (type == "global_max_pool2d") return {node("GlobalMaxPool", {from}, name), true};
    const Padding padding = o.padding("padding");
    if (type == "zero_padding2d")
      return {
          node("Pad",
               {from, numbers(name + ".pads", {0, 0, padding.top, padding.left, 0, 0, padding.bottom, padding.right})},
               name),
          true};
    if (type == "up_sampling2d") {
      const Extent2D by = o.extent("size", {2, 2});
      const bool nearest = o.text("interpolation", "nearest") == "nearest";
      const std::string scales =
          floats(name + ".scales", {4}, {1, 1, static_cast<float>(by.height), static_cast<float>(by.width)});
      std::vector<OnnxAttribute> all{text("mode", nearest ? "nearest" : "linear"),
                                     text("coordinate_transformation_mode", nearest ? "asymmetric" : "half_pixel")};
      if (nearest) all.push_back(text("nearest_mode", "floor"));
      return {node("Resize", {from, "", scales}, name, std::move(all)), true};
    }
    const Extent2D window = o.extent("window", {});
    Extent2D stride = o.extent("stride", {});
    if (stride.height == 0) stride = window;
    std::vector<OnnxAttribute> all{wholes("kernel_shape", {window.height, window.width}),
                                   wholes("strides", {stride.height, stride.width}),
                                   pads(op.in, window, stride, padding)};
    if (type == "average_pool2d")
      all.push_back(whole("count_include_pad", o.truth("count_include_pad", false) ? 1 : 0));
    return {node(type == "max_pool2d" ? "MaxPool" : "AveragePool", {from}, name, std::move(all)), true};
  }

  Written normalisation(std::size_t i, LayerOptions& o, const Written& in) {
    const OpInfo& op = ops_[i];
    const std::string name = network_.name(op), type = network_.op_layers[i].type;
    const OnnxAttribute epsilon = real("epsilon", o.real("epsilon", 1e-3));
    const Index C = op.in.channels;
    if (type == "batch_norm") {
      std::vector<std::string> inputs{in.name};
      for (const char* its : {"gamma", "beta", "moving_mean", "moving_variance"})
        inputs.push_back(channels(i, its, its[0] == 'g' ? 1.f : 0.f, {C}));
      return {
          node("BatchNormalization", std::move(inputs), name, {epsilon, real("momentum", o.real("momentum", 0.99))}),
          in.image};
    }
    if (type == "group_norm") {
      const std::string gamma = channels(i, "gamma", 1, {C}), beta = channels(i, "beta", 0, {C});
      return {node("GroupNormalization", {image(in, op.in, name), gamma, beta}, name,
                   {epsilon, whole("num_groups", o.whole("groups", 32))}),
              true};
    }
    if (!in.image || o.text("axes", "channels") == "sample") {
      // Over all of a sample: one axis, or (C, H, W).
      const std::vector<Index> dims =
          in.image ? std::vector<Index>{C, op.in.height, op.in.width} : std::vector<Index>{C};
      std::vector<std::string> inputs{in.name};
      for (const char* its : {"gamma", "beta"}) {
        std::vector<float> values = tensor(i, its);
        if (values.empty()) values.assign(static_cast<std::size_t>(op.in.size()), its[0] == 'g' ? 1.f : 0.f);
        inputs.push_back(floats(name + "." + its, dims, channels_first(values, op.in)));
      }
      return {node("LayerNormalization", std::move(inputs), name, {epsilon, whole("axis", 1)}), in.image};
    }
    const std::string last = node("Transpose", {in.name}, name + ".channels_last", {wholes("perm", {0, 2, 3, 1})});
    const std::string gamma = channels(i, "gamma", 1, {C}), beta = channels(i, "beta", 0, {C});
    const std::string normal =
        node("LayerNormalization", {last, gamma, beta}, name + ".normal", {epsilon, whole("axis", -1)});
    return {node("Transpose", {normal}, name, {wholes("perm", {0, 3, 1, 2})}), true};
  }

  Written joint(std::size_t i, const std::vector<Written>& in) {
    const OpInfo& op = ops_[i];
    const std::string name = network_.name(op);
    const bool all_flat = std::none_of(in.begin(), in.end(), [](const Written& its) { return its.image; });
    std::vector<std::string> inputs;
    for (std::size_t k = 0; k < in.size(); ++k)
      inputs.push_back(all_flat ? in[k].name
                                : image(in[k], reads_.in_shapes(op)[k], name + "." + std::to_string(k + 1)));
    if (network_.op_layers[i].type == "concat")
      return {node("Concat", std::move(inputs), name, {whole("axis", 1)}), !all_flat};
    const char* const which = inputs.size() == 1 ? "Identity" : inputs.size() == 2 ? "Add" : "Sum";
    return {node(which, std::move(inputs), name), !all_flat};
  }

  /// Layers of values in a row, and those that make them.
  Written row(std::size_t i, LayerOptions&, const Written& in) {
    const OpInfo& op = ops_[i];
    const std::string name = network_.name(op), type = network_.op_layers[i].type;
    if (type == "dense") {
      std::vector<std::string> inputs{flat(in, op.in, name + ".flat"),
                                      floats(name + ".kernel", {op.in.channels, op.out.channels}, tensor(i, "kernel"))};
      if (const std::vector<float> bias = tensor(i, "bias"); !bias.empty())
        inputs.push_back(floats(name + ".bias", {op.out.channels}, bias));
      return {node("Gemm", std::move(inputs), name), false};
    }
    const std::string all = flat(in, op.in, op.out.is_flat() ? name : name + ".flat");
    if (op.out.is_flat()) return {all, false};
    const Shape out = op.out;
    const bool one_channel = out.channels == 1;
    std::vector<std::int64_t> shape{-1, out.height, out.width, out.channels};
    if (one_channel) shape = {-1, 1, out.height, out.width};
    const std::string image =
        node("Reshape", {all, numbers(name + ".shape", shape)}, one_channel ? name : name + ".channels_last");
    return {one_channel ? image : node("Transpose", {image}, name, {wholes("perm", {0, 3, 1, 2})}), true};
  }

  Written value_wise(std::size_t i, LayerOptions& o, const Written& in) {
    const OpInfo& op = ops_[i];
    const std::string name = network_.name(op), type = network_.op_layers[i].type;
    const auto result = [&](const char* its, std::vector<OnnxAttribute> attributes = {}) -> Written {
      return {node(its, {in.name}, name, std::move(attributes)), in.image};
    };
    const auto number = [&](const char* its, double value) {
      return floats(name + "." + its, {}, {static_cast<float>(value)});
    };
    if (type == "dropout" || type == "spatial_dropout2d") return in;
    if (type == "relu") return result("Relu");
    if (type == "leaky_relu") return result("LeakyRelu", {real("alpha", o.real("negative_slope", 0.01))});
    if (type == "elu") return result("Elu", {real("alpha", o.real("alpha", 1))});
    if (type == "selu") return result("Selu");
    if (type == "sigmoid") return result("Sigmoid");
    if (type == "tanh") return result("Tanh");
    if (type == "hard_sigmoid") return result("HardSigmoid", {real("alpha", 1.0 / 6), real("beta", 0.5)});
    if (type == "hard_swish") return result("HardSwish");
    if (type == "mish") return result("Mish");
    if (type == "softmax") return result("Softmax", {whole("axis", 1)});
    if (type == "gelu") return result("Gelu", {text("approximate", o.truth("approximate", false) ? "tanh" : "none")});
    if (type == "relu6") {
      const std::string low = number("min", 0), high = number("max", 6);
      return {node("Clip", {in.name, low, high}, name), in.image};
    }
    if (type == "silu") return {node("Mul", {in.name, node("Sigmoid", {in.name}, name + ".sigmoid")}, name), in.image};
    if (type == "softplus") {
      const double beta = o.real("beta", 1);
      if (beta == 1) return result("Softplus");
      const std::string scaled = node("Mul", {in.name, number("beta", beta)}, name + ".scaled");
      const std::string soft = node("Softplus", {scaled}, name + ".soft");
      return {node("Div", {soft, name + ".beta"}, name), in.image};
    }
    const std::vector<Index> each =
        in.image ? std::vector<Index>{op.in.channels, 1, 1} : std::vector<Index>{op.in.channels};
    if (type == "prelu") {
      const std::vector<float> alpha = tensor(i, "alpha");
      const auto count = static_cast<Index>(alpha.size());
      if (count == op.in.channels)
        return {node("PRelu", {in.name, floats(name + ".alpha", each, alpha)}, name), in.image};
      if (count == 1) return {node("PRelu", {in.name, floats(name + ".alpha", {1}, alpha)}, name), in.image};
      const std::string slope =
          floats(name + ".alpha", {op.in.channels, op.in.height, op.in.width}, channels_first(alpha, op.in));
      return {node("PRelu", {in.name, slope}, name), in.image};
    }
    if (type == "rescale") {
      const std::string mean = channels(i, "mean", 0, each), deviation = channels(i, "standard_deviation", 1, each);
      return {node("Div", {node("Sub", {in.name, mean}, name + ".centred"), deviation}, name), in.image};
    }
    throw ArgumentError{
        format_message({"save_onnx: ", name, ": expected a layer of fkd, which has operators in ONNX, got ", type})};
  }

  const NetworkInfo& network_;
  const std::vector<OpInfo>& ops_;
  const OpInputs& reads_;
  const std::function<std::vector<float>(std::size_t)>& values_;
  OnnxModel model_;
  std::vector<Written> written_;  // of each value
};

FKD_FUNC OnnxModel to_onnx(const NetworkInfo& network, const std::vector<OpInfo>& ops, const OpInputs& reads,
                           const std::function<std::vector<float>(std::size_t)>& values, bool channels_last) {
  return OnnxWriter{network, ops, reads, values}.write(channels_last);
}

}  // namespace fkd::io::detail
