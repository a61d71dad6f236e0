// What save_onnx writes, computed by onnxruntime: every network of examples/architectures.hpp and of the report.
// Skipped without FKD_ONNX_PYTHON, a Python with onnx and onnxruntime; tests/facial_keypoints/test_saved_model.cpp has
// model 5.
#include <doctest/doctest.h>

#include <fkd/net.hpp>
#include "../../examples/architectures.hpp"

#include <support/architectures.hpp>
#include <support/onnx_runtime.hpp>
#include <support/temporary_folder.hpp>

using namespace fkd;

namespace {

template <class A>
void write(const tests::TemporaryFolder& folder, const std::string& name, const A& network) {
  Model<float> net{network, Seed{3}};
  support::fill_tensors(net);
  support::write_for_onnxruntime(folder.path(), name, net);
}

}  // namespace

TEST_CASE("onnxruntime agrees on every network of the examples and of the report") {
  if (!support::has_onnxruntime()) return;
  const tests::TemporaryFolder folder;
  write(folder, "model_1", support::model_1);
  write(folder, "model_2", support::model_2);
  write(folder, "model_3", support::model_3);
  write(folder, "model_4", support::model_4);
  write(folder, "lenet5", architectures::lenet5_mnist);
  write(folder, "vgg", architectures::vgg_cifar);
  write(folder, "resnet20", architectures::resnet20_cifar);
  write(folder, "mobilenet_v2", architectures::mobilenet_v2_cifar);
  write(folder, "densenet", architectures::densenet_cifar);
  write(folder, "unet", architectures::unet_64);
  write(folder, "inception", support::inception);
  CHECK(support::onnxruntime_agrees(folder.path()));

  // A file that computes something else is told apart.
  write(folder, "wrong", support::inception);
  Model<float> other{support::inception, Seed{4}};
  io::save_onnx(folder / "wrong.onnx", other);
  CHECK_FALSE(support::onnxruntime_agrees(folder.path()));
}
