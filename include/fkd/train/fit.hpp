/// \file
/// Training: the loop over epochs and batches.
#pragma once

#include <type_traits>

#include <fkd/network/model.hpp>
#include <fkd/train/data_source.hpp>
#include <fkd/train/fit_options.hpp>
#include <fkd/train/training_state.hpp>

namespace fkd {

/// Trains `net` on `data`. Results do not depend on the number of threads, not by a bit. A `validation` source is
/// measured after every epoch. Each sample counts by its weight (`DataSource::weight`), there and here. A step is of
/// one batch, or of `accumulate` batches as if they were one; without a known target it is none. With a moving average
/// of weights (`ema`) it is the average that is measured, that is the best epoch's, and that θ ends as.
///
/// `state` is all of the training beside θ; hand in the same one to go on, bit-identical to an uninterrupted run. More
/// epochs, another schedule or learning rate, other callbacks may come with it; another batch size, seed, order or
/// number of samples may not, because samples would be read twice or never. (Between epochs, `state.origin = {}` says
/// that this is meant.) A state that stopped early goes on only with more patience. Where early stopping begins, or
/// begins again, after the best epoch, or watches something else that was best after another one, that one's θ is not
/// known, and θ ends as it was after the last.
///
/// Throws ShapeError where data and model do not fit; ArgumentError for options out of range, for a state that belongs
/// to another training, and for data of which no target is known; NonFiniteError where the loss, a gradient or what a
/// step would leave is NaN or infinite, also in the validation data. That step is then not taken.
///
/// However `fit` is left, also by an exception of a callback, a data source or the memory, `state` and θ are as after
/// the last whole step, and can be handed in again. With early stopping that restores the best, θ is then the best
/// epoch's, if there is one, and `state.latest` holds θ to go on from; so it is at the end, and with an average. Only a
/// callback that returns `stop` leaves θ as it is at that moment: that of the last step, which callbacks see, too.
template <class T>
[[gnu::cold]] History fit(Model<T>& net, const DataSource<T>& data,
                          const std::type_identity_t<DataSource<T>>* validation, const FitOptions& options,
                          TrainingState<T>& state);
template <class T>
History fit(Model<T>& net, const DataSource<T>& data, const DataSource<T>& validation, const FitOptions& options,
            TrainingState<T>& state);
/// The same without validation data.
template <class T>
History fit(Model<T>& net, const DataSource<T>& data, const FitOptions& options, TrainingState<T>& state);

template <class T>
History fit(Model<T>& net, const DataSource<T>& data, const FitOptions& options = {});
template <class T>
History fit(Model<T>& net, const DataSource<T>& data, const DataSource<T>& validation, const FitOptions& options);

}  // namespace fkd

#ifndef FKD_COMPILED
#include <fkd/train/fit_inl.hpp>
#endif
