#include "shared/train/fit_watched.hpp"

#include <algorithm>
#include <span>

namespace shared {

Fitted fit_watched(Underway& underway, const fkd::DataSource<float>& training, const fkd::DataSource<float>* validation,
                   fkd::FitOptions options, const Watcher& watcher) {
  Network& net = underway.net;
  fkd::TrainingState<float>& state = underway.state;
  options.on_step = [&](const fkd::StepReport& step) {
    watcher.on_step(step);
    return watcher.stop() ? fkd::Continue::stop : fkd::Continue::yes;
  };
  options.on_epoch = [&](const fkd::EpochReport& epoch) {
    underway.curve.push_back(epoch);
    watcher.keep(net, state, epoch);
    watcher.on_epoch(epoch);
    return fkd::Continue::yes;
  };
  const fkd::History history = fkd::fit<float>(net, training, validation, options, state);

  Fitted fitted;
  fitted.stopped = history.stopped;
  fitted.stopped_early = history.stopped_early && state.epoch < options.epochs;
  if (history.stopped) {
    if (state.unfinished.samples > 0) watcher.keep_unfinished(net, state);
    if (options.early_stopping.restore_best && state.best.size() > 0) {
      std::copy(state.best.begin(), state.best.end(), net.parameters().begin());
    } else if (options.ema.decay > 0 && state.ema.size() > 0) {
      std::copy(state.ema.begin(), state.ema.end(), net.parameters().begin());
    }
  }
  for (const fkd::EpochReport& epoch : underway.curve) {
    fitted.final_cost = epoch.cost;
    fitted.seconds += epoch.seconds;
    fitted.images_per_second += static_cast<double>(epoch.samples);
    if (epoch.best) fitted.best_epoch = epoch.epoch;
  }
  if (fitted.seconds > 0) fitted.images_per_second /= fitted.seconds;
  return fitted;
}

}  // namespace shared
