/// Buffers, batches, layouts of θ and data sources.
#include <doctest/doctest.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <fkd/core/parameters.hpp>
#include <fkd/eigen.hpp>
#include <fkd/train/data_source.hpp>

namespace {

using fkd::Batch, fkd::Buffer, fkd::Index, fkd::Role, fkd::Shape, fkd::TensorSpec;

TEST_CASE("Buffer: aligned, zero at first, deep copies, moves leave nothing behind") {
  for (const Index size : {1, 3, 16, 1000}) {
    const Buffer<float> buffer(size);
    CHECK(reinterpret_cast<std::uintptr_t>(buffer.data()) % 64 == 0);
    CHECK(buffer.size() == size);
    for (const float x : buffer) REQUIRE(x == 0);
  }
  Buffer<double> a(3);
  a[1] = 5;
  Buffer<double> b = a;
  b[1] = 6;
  CHECK(a[1] == 5);
  const double* where = b.data();
  a = std::move(b);
  CHECK(a.data() == where);
  CHECK(a[1] == 6);
  CHECK(Buffer<double>{}.size() == 0);
  CHECK(Buffer<double>(0).begin() == Buffer<double>(0).end());
  Buffer<double>& self = a;
  a = self;
  CHECK(a[1] == 6);
  const std::span<const double> seen = a;
  CHECK(seen.size() == 3);
}

TEST_CASE("Batch: one sample a column, one pixel a column") {
  Batch<float> batch{{2, 3, 4}, 5};
  CHECK(batch.size() == 120);
  for (Index i = 0; i < 120; ++i) batch.data()[i] = static_cast<float>(i);
  CHECK(batch.sample(2)[7] == 2 * 24 + 7);
  CHECK(matrix(batch).rows() == 24);
  CHECK(matrix(batch).cols() == 5);
  CHECK(matrix(batch)(7, 2) == 55);
  CHECK(pixels(batch).rows() == 4);
  CHECK(pixels(batch).cols() == 30);
  CHECK(pixels(batch)(3, 1) == 7);  // channel 3 of the second pixel of the first row
  CHECK(batch.view().sample(1) == batch.data() + 24);
  const fkd::BatchView<const float> view = batch;
  CHECK(matrix(view)(0, 4) == 96);
  const Batch<float>& fixed = batch;
  CHECK(matrix(fixed).data() == batch.data());
  CHECK(pixels(fixed)(1, 6) == 25);
  matrix(batch)(7, 2) = -1;
  pixels(batch)(3, 1) = -2;
  CHECK(batch.sample(2)[7] == -1);
  CHECK(batch.sample(0)[7] == -2);
}

TEST_CASE("as_batch views an Eigen matrix or map without copying") {
  Eigen::MatrixXf columns(6, 4);
  for (Index i = 0; i < 24; ++i) columns.data()[i] = static_cast<float>(i);
  const auto view = fkd::as_batch(columns, {1, 2, 3});
  CHECK(view.data == columns.data());
  CHECK(view.samples == 4);
  CHECK(view.sample(2)[1] == 13);
  const Eigen::Map<const Eigen::MatrixXf> map{columns.data(), 3, 8};
  CHECK(fkd::as_batch(map, {1, 1, 3}).samples == 8);
}

TEST_CASE("ParameterLayout: trained tensors first, each at a multiple of 64 bytes") {
  const std::vector<TensorSpec> specs{{.name = "a", .extents = {3, 1, 1, 1}},
                                      {.name = "b", .extents = {17, 1, 1, 1}, .role = Role::state},
                                      {.name = "c", .extents = {2, 2, 2, 2}, .rank = 4},
                                      {.name = "d", .extents = {5, 4, 1, 1}, .rank = 2}};
  std::vector<fkd::ParameterTensor> slots;
  for (const TensorSpec& spec : specs) slots.push_back({.name = "layer", .spec = spec});
  const fkd::ParameterLayout in_float{slots, 4}, in_double{slots, 8};
  const auto offsets = [](const fkd::ParameterLayout& layout) {
    std::vector<Index> all;
    for (const fkd::ParameterTensor& slot : layout.tensors()) all.push_back(slot.offset);
    return all;
  };
  CHECK(offsets(in_float) == std::vector<Index>{0, 64, 16, 32});
  CHECK(offsets(in_double) == std::vector<Index>{0, 48, 8, 24});
  CHECK(in_float.trained() == 64);
  CHECK(in_float.size() == 96);
  CHECK(in_double.trained() == 48);
  CHECK(in_double.size() == 72);
  CHECK(in_float.trained_parameters() == 3 + 16 + 20);
  CHECK(in_float.state_values() == 17);
  CHECK(fkd::ParameterLayout{}.size() == 0);
  CHECK(specs[3].size() == 20);

  std::vector<float> theta(96);
  const fkd::Tensors<float> tensors = in_float.of(theta.data());
  CHECK(tensors[1] == theta.data() + 64);
  CHECK(tensors.size(1) == 17);
  CHECK(tensors.count == 4);
  const fkd::Tensors<float> part = tensors.part(2, 1);
  CHECK(part[0] == theta.data() + 16);
  const fkd::Tensors<float> shard{theta.data(), in_float.tensors().data(), 4, 16};
  CHECK(shard[3] == theta.data() + 16);
  CHECK(shard.part(2, 2)[0] == theta.data());
}

TEST_CASE("Dataset scales its pixels; Subset picks samples") {
  Batch<std::uint8_t> x{{1, 2, 1}, 3};
  Batch<float> y{{1, 1, 1}, 3};
  for (Index i = 0; i < 6; ++i) x.data()[i] = static_cast<std::uint8_t>(50 * i);
  for (Index i = 0; i < 3; ++i) y.data()[i] = static_cast<float>(i);
  const fkd::Dataset<float, std::uint8_t> data{x, y, 1.0f / 250};
  CHECK(data.size() == 3);
  CHECK(data.input_shape() == Shape{1, 2, 1});
  CHECK(data.target_shape() == Shape{1, 1, 1});
  float in[2], target[1];
  data.sample(2, 9, in, target);
  CHECK(in[0] == 200 * (1.0f / 250));
  CHECK(in[1] == 250 * (1.0f / 250));
  CHECK(target[0] == 2);
  const fkd::Subset<float> subset{data, {2, 0}};
  CHECK(subset.size() == 2);
  CHECK(subset.input_shape() == Shape{1, 2, 1});
  subset.sample(1, 0, in, target);
  CHECK(target[0] == 0);
  subset.sample(0, 0, in, target);
  CHECK(target[0] == 2);
}

}  // namespace
