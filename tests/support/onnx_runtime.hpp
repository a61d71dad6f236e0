/// \file
/// Models as ONNX files beside what fkd computes, for onnxruntime to compare: tests/io/check_onnx.py, run by the Python
/// that the environment variable FKD_ONNX_PYTHON names. Without it nothing is compared.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

#include <fkd/io/npz.hpp>
#include <fkd/io/onnx.hpp>
#include <fkd/net.hpp>

#include <support/networks.hpp>

namespace support {

/// Gives tensors that an initialiser fills with zeros or ones other values.
inline void fill_tensors(fkd::Model<float>& net) {
  for (std::size_t i = 0; i < net.layout().tensors().size(); ++i) {
    const fkd::TensorSpec& spec = net.layout().tensors()[i].spec;
    if (spec.name == "kernel" && spec.initialiser.kind != fkd::Initialiser::Kind::zeros) continue;
    const bool near_one = spec.name == "gamma" || spec.name == "moving_variance" || spec.name == "standard_deviation";
    fkd::Index k = 0;
    for (float& value : net.tensor(static_cast<fkd::Index>(i)))
      value = (near_one ? 1.0F : 0.0F) +
              0.3F * static_cast<float>((k++ * 7919 + static_cast<fkd::Index>(i) * 31) % 101 - 50) / 50;
  }
}

/// Writes NAME.onnx and NAME.npz, with channels first, and with channels last.
inline void write_for_onnxruntime(const std::filesystem::path& folder, const std::string& name,
                                  const fkd::Model<float>& net) {
  const fkd::Batch<float> x = random_batch<float>(net.input_shape(), 3, 5), y = net.predict(x);
  const auto array = [](const fkd::Batch<float>& batch, bool last) {
    fkd::io::NpyArray its = fkd::io::to_array(batch);
    if (last || its.extents.size() != 4) return its;
    const fkd::Index samples = its.extents[0], H = its.extents[1], W = its.extents[2], C = its.extents[3];
    std::vector<float> values;
    for (fkd::Index n = 0; n < samples; ++n)
      for (fkd::Index c = 0; c < C; ++c)
        for (fkd::Index p = 0; p < H * W; ++p) values.push_back(batch.data()[(n * H * W + p) * C + c]);
    return fkd::io::to_array<float>({samples, C, H, W}, values);
  };
  for (const bool last : {false, true}) {
    const std::string its = (folder / (name + (last ? "_last" : ""))).string();
    fkd::io::save_onnx(its + ".onnx", net, {.channels_last = last});
    fkd::io::write_npz(its + ".npz", {{"x", array(x, last)}, {"y", array(y, last)}});
  }
}

/// Whether there is a Python with onnxruntime to compare with.
inline bool has_onnxruntime() { return std::getenv("FKD_ONNX_PYTHON") != nullptr; }

/// Whether onnxruntime computes the same of all files in the folder.
inline bool onnxruntime_agrees(const std::filesystem::path& folder) {
  const std::filesystem::path script = std::filesystem::path{__FILE__}.parent_path().parent_path() / "io/check_onnx.py";
  const std::string command = "\"$FKD_ONNX_PYTHON\" '" + script.string() + "' '" + folder.string() + "'";
  return std::system(command.c_str()) == 0;
}

}  // namespace support
