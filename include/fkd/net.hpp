/// \file
/// fkd's core, all of it and nothing else. The order of the includes is the order in which to read them: no header of
/// this list needs a later one (a test holds that), and what is not named here is reached from what is.
#pragma once

#include <fkd/language.hpp>
#include <fkd/version.hpp>

// The order is made by hand.
// clang-format off

// Words and values.
#include <fkd/shape.hpp>
#include <fkd/message.hpp>
#include <fkd/error.hpp>
#include <fkd/is_nan.hpp>
#include <fkd/buffer.hpp>
#include <fkd/batch.hpp>
#include <fkd/tensor.hpp>
#include <fkd/random.hpp>
#include <fkd/initialise.hpp>

// The machine: instruction sets and threads.
#include <fkd/process_state.hpp>
#include <fkd/isa.hpp>
#include <fkd/processors.hpp>
#include <fkd/threads.hpp>
#include <fkd/team.hpp>
#include <fkd/parallel.hpp>

// What computes, and what a layer is.
#include <fkd/kernels/rung.hpp>
#include <fkd/layer.hpp>
#include <fkd/complete_layer.hpp>
#include <fkd/layers/input.hpp>
#include <fkd/layers/conv2d.hpp>
#include <fkd/layers/relu.hpp>
#include <fkd/layers/max_pool2d.hpp>
#include <fkd/layers/flatten.hpp>
#include <fkd/layers/dense.hpp>
#include <fkd/layers/fused_conv2d.hpp>

// Layers in a row, and how they are run.
#include <fkd/layer_info.hpp>
#include <fkd/plan.hpp>
#include <fkd/steps.hpp>
#include <fkd/work.hpp>
#include <fkd/sequence.hpp>
#include <fkd/sequential.hpp>
#include <fkd/runtime_sequential.hpp>
#include <fkd/workspace.hpp>
#include <fkd/default_rung.hpp>
#include <fkd/model.hpp>

// Seeing inside.
#include <fkd/inspect.hpp>

// What training needs: losses, optimisers, data.
#include <fkd/loss/loss.hpp>
#include <fkd/loss/mean_squared_error.hpp>
#include <fkd/loss/softmax_cross_entropy.hpp>
#include <fkd/optim/optimizer.hpp>
#include <fkd/optim/sgd.hpp>
#include <fkd/optim/adam.hpp>
#include <fkd/train/data_source.hpp>
#include <fkd/train/one_hot.hpp>
#include <fkd/train/evaluate.hpp>

// Training.
#include <fkd/train/training_state.hpp>
#include <fkd/train/callback.hpp>
#include <fkd/train/early_stopping.hpp>
#include <fkd/train/schedule.hpp>
#include <fkd/train/fit_options.hpp>
#include <fkd/train/ranges.hpp>
#include <fkd/train/look.hpp>
#include <fkd/train/diagnose.hpp>
#include <fkd/train/optimizer_step.hpp>
#include <fkd/train/resume.hpp>
#include <fkd/train/fit.hpp>
// clang-format on
