/// \file
/// fkd's core, all of it and nothing else. The order of the includes is the order in which to read them.
#pragma once

#include <fkd/language.hpp>

#include <fkd/version.hpp>

// Words and values.
#include <fkd/batch.hpp>
#include <fkd/buffer.hpp>
#include <fkd/error.hpp>
#include <fkd/initialise.hpp>
#include <fkd/is_nan.hpp>
#include <fkd/isa.hpp>
#include <fkd/parallel.hpp>
#include <fkd/random.hpp>
#include <fkd/shape.hpp>
#include <fkd/tensor.hpp>
#include <fkd/threads.hpp>

// What a layer is, and the layers.
#include <fkd/layer.hpp>
#include <fkd/layers/conv2d.hpp>
#include <fkd/layers/dense.hpp>
#include <fkd/layers/flatten.hpp>
#include <fkd/layers/fused_conv2d.hpp>
#include <fkd/layers/input.hpp>
#include <fkd/layers/max_pool2d.hpp>
#include <fkd/layers/relu.hpp>

// Layers in a row, and how they are run.
#include <fkd/layer_info.hpp>
#include <fkd/model.hpp>
#include <fkd/plan.hpp>
#include <fkd/runtime_sequential.hpp>
#include <fkd/sequence.hpp>
#include <fkd/sequential.hpp>
#include <fkd/steps.hpp>
#include <fkd/work.hpp>
#include <fkd/workspace.hpp>

// Training.
#include <fkd/loss/loss.hpp>
#include <fkd/loss/mean_squared_error.hpp>
#include <fkd/loss/softmax_cross_entropy.hpp>
#include <fkd/optim/adam.hpp>
#include <fkd/optim/optimizer.hpp>
#include <fkd/optim/sgd.hpp>
#include <fkd/train/callback.hpp>
#include <fkd/train/data_source.hpp>
#include <fkd/train/early_stopping.hpp>
#include <fkd/train/evaluate.hpp>
#include <fkd/train/fit.hpp>
#include <fkd/train/one_hot.hpp>
#include <fkd/train/ranges.hpp>
#include <fkd/train/schedule.hpp>
#include <fkd/train/training_state.hpp>

// Seeing inside.
#include <fkd/inspect.hpp>
