/// \file
/// Definitions of onnx.hpp.
#pragma once

#include <string>
#include <vector>

#include <fkd/io/onnx.hpp>
#include <fkd/io/onnx_writer.hpp>

namespace fkd::io {

template <class T>
void save_onnx(const Sink& to, const Model<T>& net, const OnnxOptions& options) {
  if (net.layout().size() > (Index{1} << 31) / 4 - (Index{1} << 20))
    throw ArgumentError{"save_onnx: expected a model below 2 GB, protobuf's limit, got " +
                        std::to_string(net.layout().size()) + " values of 4 bytes"};
  const auto values = [&](std::size_t i) {
    const std::span<const T> its = net.tensor(static_cast<Index>(i));
    std::vector<float> all;
    for (const T value : its) all.push_back(static_cast<float>(value));
    return all;
  };
  const detail::OnnxModel model =
      detail::to_onnx(net.network(), net.program().ops, net.program().reads, values, options.channels_last);
  const std::string bytes = detail::write_onnx(model);
  const std::span<const char> pieces[] = {bytes};
  to.write(pieces);
}

}  // namespace fkd::io
