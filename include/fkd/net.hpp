/// \file
/// fkd's core, all of it and nothing else. The order of the includes is the order in which to read them: no header of
/// this list needs a later one (a test holds that), and what is not named here is reached from what is. Under `behind
/// these` stands what the definitions of the others use: with FKD_COMPILED it is in the library.
#pragma once

#include <fkd/core/language.hpp>
#include <fkd/version.hpp>

// The order is made by hand.
// clang-format off

// Words and values.
#include <fkd/core/shape.hpp>
#include <fkd/core/padding.hpp>
#include <fkd/core/message.hpp>
#include <fkd/core/error.hpp>
#include <fkd/core/function.hpp>
#include <fkd/core/is_nan.hpp>
#include <fkd/core/argmax.hpp>
#include <fkd/core/buffer.hpp>
#include <fkd/core/batch.hpp>
#include <fkd/core/initialiser.hpp>
#include <fkd/core/parameters.hpp>
#include <fkd/core/random.hpp>
#include <fkd/core/initialise.hpp>
#include <fkd/core/nearest_names.hpp>

// The machine: instruction sets and threads.
#include <fkd/runtime/error.hpp>
#include <fkd/runtime/isa.hpp>
#include <fkd/runtime/threads.hpp>
#include <fkd/runtime/task.hpp>
#include <fkd/runtime/parallel.hpp>
#ifndef FKD_COMPILED  // behind these
#include <fkd/runtime/process_state.hpp>
#include <fkd/runtime/processors.hpp>
#include <fkd/runtime/team.hpp>
#include <fkd/runtime/task_queue.hpp>
#include <fkd/runtime/subnormals.hpp>
#endif

// What computes, and what a layer is.
#include <fkd/backends/operands.hpp>
#include <fkd/backends/epilogue.hpp>
#include <fkd/backends/backend.hpp>
#include <fkd/backends/default_backend.hpp>
#include <fkd/layers/error.hpp>
#include <fkd/layers/layer.hpp>
#include <fkd/layers/input.hpp>
#include <fkd/layers/conv2d.hpp>
#include <fkd/layers/conv2d_transpose.hpp>
#include <fkd/layers/relu.hpp>
#include <fkd/layers/activations.hpp>
#include <fkd/layers/prelu.hpp>
#include <fkd/layers/softmax.hpp>
#include <fkd/layers/dropout.hpp>
#include <fkd/layers/spatial_dropout2d.hpp>
#include <fkd/layers/pooling.hpp>
#include <fkd/layers/max_pool2d.hpp>
#include <fkd/layers/average_pool2d.hpp>
#include <fkd/layers/global_pool2d.hpp>
#include <fkd/layers/up_sampling2d.hpp>
#include <fkd/layers/zero_padding2d.hpp>
#include <fkd/layers/flatten.hpp>
#include <fkd/layers/reshape.hpp>
#include <fkd/layers/rescale.hpp>
#include <fkd/layers/add.hpp>
#include <fkd/layers/concat.hpp>
#include <fkd/layers/dense.hpp>
#include <fkd/layers/batch_norm.hpp>
#include <fkd/layers/layer_norm.hpp>
#include <fkd/layers/group_norm.hpp>
#include <fkd/layers/fused_conv2d.hpp>
#include <fkd/layers/fused_dense.hpp>

// Networks: what is computed.
#include <fkd/network/lower.hpp>
#include <fkd/network/complete_layer.hpp>
#include <fkd/network/sequential.hpp>
#include <fkd/network/branches.hpp>

// From a network to a run: program, plan, executor.
#include <fkd/runtime/erased_layer.hpp>
#include <fkd/runtime/program.hpp>
#include <fkd/runtime/builder.hpp>
#include <fkd/network/any_layer.hpp>
#include <fkd/network/runtime_sequential.hpp>
#include <fkd/network/graph.hpp>
#include <fkd/runtime/plan.hpp>
#include <fkd/runtime/frames.hpp>
#include <fkd/runtime/workspace.hpp>
#include <fkd/network/model.hpp>
#ifndef FKD_COMPILED  // behind these
#include <fkd/runtime/fuse.hpp>
#include <fkd/runtime/places.hpp>
#include <fkd/runtime/shards.hpp>
#include <fkd/runtime/planner.hpp>
#include <fkd/runtime/executor.hpp>
#endif

#include <fkd/network/predictor.hpp>

// Seeing inside, and parameters from another model.
#include <fkd/network/inspect.hpp>
#include <fkd/network/transfer_error.hpp>
#include <fkd/network/transfer.hpp>

// What training needs: losses, metrics, optimisers, data.
#include <fkd/loss/error.hpp>
#include <fkd/loss/loss.hpp>
#include <fkd/loss/mean_squared_error.hpp>
#include <fkd/loss/mean_absolute_error.hpp>
#include <fkd/loss/huber.hpp>
#include <fkd/loss/softmax_cross_entropy.hpp>
#include <fkd/loss/sigmoid_cross_entropy.hpp>
#include <fkd/metrics/error.hpp>
#include <fkd/metrics/metric.hpp>
#include <fkd/metrics/sum_samples.hpp>
#include <fkd/metrics/class_targets.hpp>
#include <fkd/metrics/accuracy.hpp>
#include <fkd/metrics/top_k_accuracy.hpp>
#include <fkd/metrics/binary_accuracy.hpp>
#include <fkd/metrics/errors_of_values.hpp>
#include <fkd/metrics/classify.hpp>
#include <fkd/metrics/confusion_matrix.hpp>
#include <fkd/optim/optimizer.hpp>
#include <fkd/optim/sgd.hpp>
#include <fkd/optim/rmsprop.hpp>
#include <fkd/optim/adam.hpp>
#include <fkd/optim/adamw.hpp>
#include <fkd/optim/nadam.hpp>
#include <fkd/train/error.hpp>
#include <fkd/train/data_source.hpp>
#include <fkd/train/weighted.hpp>
#include <fkd/train/one_hot.hpp>
#include <fkd/train/data_error.hpp>
#include <fkd/train/labelled_dataset.hpp>
#include <fkd/train/evaluate.hpp>
#include <fkd/train/evaluate_labels.hpp>
#include <fkd/train/split.hpp>
#include <fkd/train/epoch_batches.hpp>
#include <fkd/train/batches.hpp>

// A training step.
#include <fkd/train/training_state.hpp>
#include <fkd/train/freezing.hpp>
#include <fkd/train/moving_average.hpp>
#include <fkd/train/optimizer_step.hpp>
#include <fkd/train/gradients.hpp>
#include <fkd/train/step_options.hpp>
#include <fkd/train/clip_value.hpp>
#include <fkd/train/clip_norm.hpp>
#include <fkd/train/compute_gradients.hpp>
#include <fkd/train/apply_gradients.hpp>
#include <fkd/train/train_step.hpp>
#ifndef FKD_COMPILED  // behind these
#include <fkd/train/optimizer_state.hpp>
#include <fkd/train/magnitudes.hpp>
#include <fkd/train/diagnose.hpp>
#include <fkd/train/norm.hpp>
#endif

// Training: the loop over steps.
#include <fkd/train/callback.hpp>
#include <fkd/train/early_stopping.hpp>
#include <fkd/train/schedule.hpp>
#include <fkd/train/fit_options.hpp>
#include <fkd/train/fit.hpp>
#ifndef FKD_COMPILED  // behind these
#include <fkd/train/epoch_metrics.hpp>
#include <fkd/train/fit_step.hpp>
#include <fkd/train/averaging.hpp>
#include <fkd/train/finalize_weights.hpp>
#include <fkd/train/record_epoch.hpp>
#include <fkd/train/resume.hpp>
#endif
// clang-format on
