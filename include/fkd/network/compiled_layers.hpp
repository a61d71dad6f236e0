/// \file
/// With FKD_COMPILED fkd's own layers are compiled in the library, for float and double, and not again here.
#pragma once

#include <fkd/runtime/builder.hpp>

#ifdef FKD_COMPILED
#include <fkd/layers/activations.hpp>
#include <fkd/layers/add.hpp>
#include <fkd/layers/average_pool2d.hpp>
#include <fkd/layers/batch_norm.hpp>
#include <fkd/layers/concat.hpp>
#include <fkd/layers/conv2d.hpp>
#include <fkd/layers/conv2d_transpose.hpp>
#include <fkd/layers/dense.hpp>
#include <fkd/layers/dropout.hpp>
#include <fkd/layers/flatten.hpp>
#include <fkd/layers/global_pool2d.hpp>
#include <fkd/layers/group_norm.hpp>
#include <fkd/layers/layer_norm.hpp>
#include <fkd/layers/max_pool2d.hpp>
#include <fkd/layers/prelu.hpp>
#include <fkd/layers/relu.hpp>
#include <fkd/layers/rescale.hpp>
#include <fkd/layers/reshape.hpp>
#include <fkd/layers/softmax.hpp>
#include <fkd/layers/spatial_dropout2d.hpp>
#include <fkd/layers/up_sampling2d.hpp>
#include <fkd/layers/zero_padding2d.hpp>

#ifndef FKD_EXTERN
#define FKD_EXTERN extern  // the library's source defines it as nothing
#endif

namespace fkd {

#define FKD_LAYER(T, L) \
  FKD_EXTERN template BuilderBase::Value Builder<T>::add_op<L>(const L&, std::span<const BuilderBase::Value>);
#define FKD_LAYERS(T)               \
  FKD_LAYER(T, Conv2D)              \
  FKD_LAYER(T, Conv2DTranspose)     \
  FKD_LAYER(T, BatchNorm)           \
  FKD_LAYER(T, LayerNorm)           \
  FKD_LAYER(T, GroupNorm)           \
  FKD_LAYER(T, ReLU)                \
  FKD_LAYER(T, ReLU6)               \
  FKD_LAYER(T, LeakyReLU)           \
  FKD_LAYER(T, ELU)                 \
  FKD_LAYER(T, SELU)                \
  FKD_LAYER(T, Sigmoid)             \
  FKD_LAYER(T, Tanh)                \
  FKD_LAYER(T, Softplus)            \
  FKD_LAYER(T, HardSigmoid)         \
  FKD_LAYER(T, SiLU)                \
  FKD_LAYER(T, GELU)                \
  FKD_LAYER(T, HardSwish)           \
  FKD_LAYER(T, Mish)                \
  FKD_LAYER(T, Dropout)             \
  FKD_LAYER(T, SpatialDropout2D)    \
  FKD_LAYER(T, PReLU)               \
  FKD_LAYER(T, Softmax)             \
  FKD_LAYER(T, MaxPool2D)           \
  FKD_LAYER(T, Flatten)             \
  FKD_LAYER(T, Add<>)               \
  FKD_LAYER(T, Concat<>)            \
  FKD_LAYER(T, AveragePool2D)       \
  FKD_LAYER(T, GlobalAveragePool2D) \
  FKD_LAYER(T, GlobalMaxPool2D)     \
  FKD_LAYER(T, UpSampling2D)        \
  FKD_LAYER(T, ZeroPadding2D)       \
  FKD_LAYER(T, Reshape)             \
  FKD_LAYER(T, Rescale)             \
  FKD_LAYER(T, Dense)
FKD_LAYERS(float)
FKD_LAYERS(double)
#undef FKD_LAYERS
#undef FKD_LAYER

}  // namespace fkd
#endif
