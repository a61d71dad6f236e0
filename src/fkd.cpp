/// \file
/// The library fkd::compiled, its second part: everything but kernels and files.
#ifndef FKD_COMPILED
#error "fkd: compile the library with FKD_COMPILED defined, like all that links it (CMake: fkd::compiled)"
#endif
#define FKD_EXTERN  // instantiates what is declared in the headers

#include <fkd/net.hpp>

#include <fkd/core/error_inl.hpp>
#include <fkd/core/initialise_inl.hpp>
#include <fkd/core/message_inl.hpp>
#include <fkd/core/nearest_names_inl.hpp>
#include <fkd/core/parameters_inl.hpp>
#include <fkd/layers/error_inl.hpp>
#include <fkd/loss/error_inl.hpp>
#include <fkd/metrics/classify_inl.hpp>
#include <fkd/metrics/confusion_matrix_inl.hpp>
#include <fkd/metrics/error_inl.hpp>
#include <fkd/network/graph_inl.hpp>
#include <fkd/network/inspect_inl.hpp>
#include <fkd/network/lower_inl.hpp>
#include <fkd/network/model_inl.hpp>
#include <fkd/network/predictor_inl.hpp>
#include <fkd/network/transfer_error_inl.hpp>
#include <fkd/network/transfer_inl.hpp>
#include <fkd/runtime/builder_inl.hpp>
#include <fkd/runtime/error_inl.hpp>
#include <fkd/runtime/isa_inl.hpp>
#include <fkd/runtime/parallel_inl.hpp>
#include <fkd/runtime/threads_inl.hpp>
#include <fkd/runtime/workspace_inl.hpp>
#include <fkd/train/apply_gradients_inl.hpp>
#include <fkd/train/clip_norm_inl.hpp>
#include <fkd/train/clip_value_inl.hpp>
#include <fkd/train/compute_gradients_inl.hpp>
#include <fkd/train/data_error_inl.hpp>
#include <fkd/train/early_stopping_inl.hpp>
#include <fkd/train/error_inl.hpp>
#include <fkd/train/evaluate_inl.hpp>
#include <fkd/train/evaluate_labels_inl.hpp>
#include <fkd/train/fit_inl.hpp>
#include <fkd/train/fit_options_inl.hpp>
#include <fkd/train/freezing_inl.hpp>
#include <fkd/train/gradients_inl.hpp>
#include <fkd/train/moving_average_inl.hpp>
#include <fkd/train/optimizer_step_inl.hpp>
#include <fkd/train/schedule_inl.hpp>
#include <fkd/train/split_inl.hpp>
#include <fkd/train/step_options_inl.hpp>
#include <fkd/train/train_step_inl.hpp>
#include <fkd/train/training_state_inl.hpp>

namespace fkd {

template Shape Graph::lower(ShapeBuilder&, Shape) const;

#define FKD_LIBRARY(T)                                                                                               \
  template class Builder<T>;                                                                                         \
  template BuilderBase::Value Graph::lower(Builder<T>&, BuilderBase::Value) const;                                   \
  template class Workspace<T>;                                                                                       \
  template class Predictor<T>;                                                                                        \
  template class Model<T>;                                                                                           \
  template std::vector<LayerLine> layer_table(const Model<T>&);                                                      \
  template std::string summary(const Model<T>&);                                                                     \
  template Batch<T> detail::record(const Model<T>&, BatchView<const T>, Workspace<T>&, std::vector<double>*);        \
  template BatchView<const T> detail::recorded(const Model<T>&, BatchView<const T>, BatchView<const T>,              \
                                               const Workspace<T>&, Index);                                          \
  template std::vector<Batch<T>> activations(const Model<T>&, BatchView<const T>);                                   \
  template ValueStatistics statistics(BatchView<const T>);                                                           \
  template ValueStatistics statistics(const Batch<T>&);                                                              \
  template std::vector<double> layer_seconds(const Model<T>&, BatchView<const T>, int);                              \
  template Index first_non_finite_layer(const Model<T>&, BatchView<const T>, Workspace<T>&);                         \
  template std::string first_non_finite(const Model<T>&, BatchView<const T>);                                        \
  template void read_batch(const DataSource<T>&, std::span<const Index>, Index, Batch<T>&, Batch<T>&);               \
  template void read_weights(const DataSource<T>&, std::span<const Index>, std::vector<double>&);                    \
  template void check_data(std::string_view, const Model<T>&, const DataSource<T>&, const Loss&);                    \
  template void check_targets(std::string_view, Shape, const DataSource<T>&, const Loss&);                           \
  template LossSum evaluate(const Model<T>&, const DataSource<T>&, const Loss&);                                     \
  template Evaluation evaluate(const Model<T>&, const DataSource<T>&, const Loss&, const std::vector<Metric>&);      \
  template TransferReport copy_parameters(const Model<float>&, Model<T>&, const TransferOptions&);                   \
  template TransferReport copy_parameters(const Model<double>&, Model<T>&, const TransferOptions&);                  \
  template Batch<T> probabilities(BatchView<const T>, Probabilities);                                                \
  template Batch<T> probabilities(const Batch<T>&, Probabilities);                                                   \
  template std::vector<Index> argmax(BatchView<const T>);                                                            \
  template std::vector<Index> argmax(const Batch<T>&);                                                               \
  template Batch<T> predict_probabilities(const Model<T>&, BatchView<const T>, Probabilities);                       \
  template Batch<T> predict_probabilities(const Model<T>&, BatchView<const T>, Workspace<T>&, Probabilities);        \
  template std::vector<Index> predict_labels(const Model<T>&, BatchView<const T>);                                   \
  template std::vector<Index> predict_labels(const Model<T>&, BatchView<const T>, Workspace<T>&);                    \
  template ConfusionMatrix confusion_matrix(const Model<T>&, const DataSource<T>&, std::vector<std::string>, Index); \
  template std::vector<Index> target_labels(const DataSource<T>&, Index);                                            \
  template Split<T> split(const DataSource<T>&, double, Seed, SplitOptions);                                         \
  template Split<T> split(std::shared_ptr<const DataSource<T>>, double, Seed, SplitOptions);                         \
  template FrozenParts frozen_parts(const Model<T>&, const Frozen&, const char*);                                    \
  template std::vector<Range> trained_ranges(const Model<T>&, const Frozen&, const char*);                           \
  template class detail::StateTensors<T>;                                                                            \
  template class detail::FiniteStep<T>;                                                                              \
  template void detail::optimizer_step(const Optimizer&, std::span<const UpdateRange>, double, std::span<T>,         \
                                       Buffer<T>&, TrainingState<T>&);                                               \
  template struct detail::StepMemory<T>;                                                                             \
  template detail::StepMemory<T>& detail::StepAccess::memory(const char*, Gradients<T>&, const Model<T>&);           \
  template class Gradients<T>;                                                                                       \
  template double clip_norm(Gradients<T>&, double);                                                                  \
  template void clip_value(Gradients<T>&, double);                                                                   \
  template class AveragedWeights<T>;                                                                                 \
  template LossSum compute_gradients(Model<T>&, BatchView<const T>, BatchView<const T>, const TrainingState<T>&,     \
                                     Gradients<T>&, const StepOptions&);                                             \
  template void apply_gradients(Model<T>&, TrainingState<T>&, Gradients<T>&, const StepOptions&);                    \
  template LossSum train_step(Model<T>&, BatchView<const T>, BatchView<const T>, TrainingState<T>&, Gradients<T>&,   \
                              const StepOptions&);                                                                   \
  template LossSum train_step(Model<T>&, BatchView<const T>, BatchView<const T>, TrainingState<T>&,                  \
                              const StepOptions&);                                                                   \
  template History fit(Model<T>&, const DataSource<T>&, const DataSource<T>*, const FitOptions&, TrainingState<T>&); \
  template History fit(Model<T>&, const DataSource<T>&, const FitOptions&, TrainingState<T>&);                       \
  template History fit(Model<T>&, const DataSource<T>&, const FitOptions&);                                          \
  template History fit(Model<T>&, const DataSource<T>&, const DataSource<T>&, const FitOptions&, TrainingState<T>&); \
  template History fit(Model<T>&, const DataSource<T>&, const DataSource<T>&, const FitOptions&);
FKD_LIBRARY(float)
FKD_LIBRARY(double)

template struct Loss::Held<MeanSquaredError>;
template struct Loss::Held<MeanAbsoluteError>;
template struct Loss::Held<Huber>;
template struct Loss::Held<SoftmaxCrossEntropy>;
template struct Loss::Held<SigmoidCrossEntropy>;
template struct Metric::Held<Accuracy>;
template struct Metric::Held<TopKAccuracy>;
template struct Metric::Held<BinaryAccuracy>;
template struct Metric::Held<MAE>;
template struct Metric::Held<MSE>;
template struct Metric::Held<RMSE>;
template struct Optimizer::Held<Adam>;
template struct Optimizer::Held<AdamW>;
template struct Optimizer::Held<Nadam>;
template struct Optimizer::Held<RMSprop>;
template struct Optimizer::Held<SGD>;

}  // namespace fkd
