/// Every way out of a training leads back into it: whatever throws, in whatever moment, the state that is left goes on
/// bit-identical to an uninterrupted run; and it goes on with nothing that it does not belong to.
#include <doctest/doctest.h>

#include <atomic>
#include <functional>
#include <limits>
#include <new>
#include <stdexcept>
#include <string>
#include <vector>

#include <fkd/net.hpp>

#include <support/compare.hpp>
#include <support/layers.hpp>
#include <support/networks.hpp>

namespace {

using fkd::Batch, fkd::Continue, fkd::Dataset, fkd::FitOptions, fkd::History, fkd::Index, fkd::Input, fkd::Sequential;
using State = fkd::TrainingState<float>;
constexpr const fkd::DataSource<float>* none = nullptr;

const Sequential network{Input{.height = 6, .width = 5, .channels = 1},
                         fkd::Conv2D{.filters = 3, .kernel = {3, 3}, .padding = fkd::Padding::same},
                         fkd::ReLU{},
                         fkd::BatchNorm{},
                         support::Dropout{.rate = 0.25},
                         fkd::Flatten{},
                         fkd::Dense{.units = 4}};

/// A source that can be told to fail once.
struct Source final : fkd::DataSource<float> {
  explicit Source(Index samples) : data{support::random_data<float>(network, samples, true)} {}
  Index size() const override { return data.size(); }
  fkd::Shape input_shape() const override { return data.input_shape(); }
  fkd::Shape target_shape() const override { return data.target_shape(); }
  void sample(Index index, Index epoch, std::span<float> x, std::span<float> y) const override {
    data.sample(index, epoch, x, y);
    if (spoil && index == 7) spoil(epoch, x);
  }
  Dataset<float> data;
  std::function<void(Index epoch, std::span<float> x)> spoil = {};
};

/// 11 samples in batches of 4: 3 steps an epoch. The validation cost rises and falls.
struct Setting {
  Source data{11}, validation{9};
  FitOptions options{.epochs = 5,
                     .batch_size = 4,
                     .optimizer = fkd::Adam{.learning_rate = 0.05},
                     .seed = fkd::Seed{3},
                     .schedule = fkd::warm_up(2, fkd::on_plateau(1, 0.5))};
  auto model() const { return fkd::Model{network, fkd::Seed{2}}; }
};

void same(const fkd::Model<float>& a, const State& x, const fkd::Model<float>& b, const State& y) {
  CHECK(support::bit_difference(a.parameters(), b.parameters()) == "");
  CHECK(x.epoch == y.epoch);
  CHECK(x.step == y.step);
  CHECK(x.costs == y.costs);
  REQUIRE(x.optimizer_state.size() == y.optimizer_state.size());
  for (std::size_t s = 0; s < x.optimizer_state.size(); ++s)
    CHECK(support::bit_difference(x.optimizer_state[s], y.optimizer_state[s]) == "");
}

/// Trains without a stop, and again where `arm` makes something throw once: the second one is handed its state again.
/// Both must end alike; and in between, with early stopping, θ must be the best epoch's.
void interrupt(const std::function<void(Setting&, bool& armed)>& arm, bool early, Index average = 0) {
  CAPTURE(early);
  Setting calm, upset;
  for (Setting* s : {&calm, &upset}) {
    if (early) s->options.early_stopping = {.patience = 4};
    s->options.average_last = average;
  }
  bool armed = true;
  arm(upset, armed);
  std::vector<float> best;  // θ after the best epoch so far
  fkd::Model whole = calm.model(), part = calm.model();
  State state, resumed;
  std::vector<fkd::EpochReport> reports = fkd::fit(whole, calm.data, &calm.validation, calm.options, state).epochs;
  if (!upset.options.on_epoch)
    upset.options.on_epoch = [&](const fkd::EpochReport& report) {
      if (report.best) best.assign(part.parameters().begin(), part.parameters().end());
    };
  CHECK_THROWS(fkd::fit(part, upset.data, &upset.validation, upset.options, resumed));
  CHECK(!armed);
  for (const float value : part.parameters()) REQUIRE(fkd::is_finite(value));
  if (early && !best.empty()) CHECK(support::bit_difference<float>(part.parameters(), best) == "");
  const History rest = fkd::fit(part, upset.data, &upset.validation, upset.options, resumed);
  same(whole, state, part, resumed);
  REQUIRE(rest.epochs.size() <= reports.size());
  for (std::size_t i = 1; i <= rest.epochs.size(); ++i) {
    const fkd::EpochReport &a = reports[reports.size() - i], &b = rest.epochs[rest.epochs.size() - i];
    CHECK(a.epoch == b.epoch);
    CHECK(a.cost == b.cost);
    CHECK(a.rate_scale == b.rate_scale);
    CHECK(a.best == b.best);
  }
}

// A callback that threw in mid-epoch made the epoch start anew, with θ already moved.
// It took a null pointer of the right type.
TEST_CASE("fit with a state and no validation data, in every way to say so") {
  const fkd::Dataset<float> data = support::random_data<float>(network, 6);
  const fkd::FitOptions options{.epochs = 2, .batch_size = 4};
  fkd::Model short_form{network, fkd::Seed{2}}, null = short_form, typed = short_form;
  fkd::TrainingState<float> a, b, c;
  fkd::fit(short_form, data, options, a);
  fkd::fit(null, data, nullptr, options, b);
  fkd::fit(typed, data, static_cast<const fkd::DataSource<float>*>(nullptr), options, c);
  CHECK(a.epoch == 2);
  CHECK(support::bit_difference(short_form.parameters(), null.parameters()) == "");
  CHECK(support::bit_difference(short_form.parameters(), typed.parameters()) == "");
}

TEST_CASE("an exception of on_step, in any step") {
  for (const Index at : {1, 2, 3, 5, 6, 15})
    for (const bool early : {false, true})
      interrupt(
          [&](Setting& s, bool& armed) {
            s.options.on_step = [&armed, at](const fkd::StepReport& r) {
              if (armed && r.step == at) armed = false, throw std::runtime_error{"on_step"};
              return Continue::yes;
            };
          },
          early);
}

TEST_CASE("an exception of on_epoch") {
  for (const Index at : {1, 3, 5})
    for (const bool early : {false, true})
      for (const Index average : {0, 2})
        interrupt(
            [&](Setting& s, bool& armed) {
              s.options.on_epoch = [&armed, at](const fkd::EpochReport& r) {
                if (armed && r.epoch == at) armed = false, throw std::runtime_error{"on_epoch"};
                return Continue::yes;
              };
            },
            early, average);
}

TEST_CASE("an exception of a data source, no memory, and a sample that is no number once") {
  for (const Index at : {0, 2, 4})
    for (const bool early : {false, true})
      for (const int kind : {0, 1, 2}) {
        CAPTURE(at);
        CAPTURE(kind);
        interrupt(
            [&](Setting& s, bool& armed) {
              s.data.spoil = [&armed, at, kind](Index epoch, std::span<float> x) {
                if (epoch != at || !armed) return;
                armed = false;  // read once: the search for what was wrong looks at the batch in memory
                if (kind == 0) throw std::runtime_error{"the disk is gone"};
                if (kind == 1) throw std::bad_alloc{};
                x[3] = std::numeric_limits<float>::infinity();
              };
            },
            early);
      }
}

TEST_CASE("an exception of the validation source: the epoch is not trained again") {
  for (const int at : {2, 4})  // its sample 7 is read once an epoch, and once before all of it
    for (const bool early : {false, true})
      for (const bool throws : {true, false}) {
        CAPTURE(at);
        CAPTURE(throws);
        interrupt(
            [&](Setting& s, bool& armed) {
              s.validation.spoil = [&armed, at, throws, reads = std::make_shared<int>(0)](Index, std::span<float> x) {
                if (!armed || ++*reads < at) return;
                if (throws || *reads == at + 1) armed = false;
                if (throws) throw std::runtime_error{"the disk is gone"};
                x[0] = std::numeric_limits<float>::quiet_NaN();
              };
            },
            early);
      }
}

TEST_CASE("an exception of the schedule, and a factor that is no number once") {
  for (const bool throws : {true, false})
    for (const bool early : {false, true})
      interrupt(
          [&](Setting& s, bool& armed) {
            s.options.schedule = [&armed, throws, before = s.options.schedule](const fkd::TrainingProgress& m) {
              if (armed && m.epoch == 2 && m.within_epoch > 0.5) {
                armed = false;
                if (throws) throw std::runtime_error{"schedule"};
                return -1.0;
              }
              return before(m);
            };
          },
          early);
}

/// The mean squared error, until it fails.
struct FailingLoss {
  bool* armed;
  int* calls;
  int at;
  template <class T>
  fkd::LossSum measure(fkd::BatchView<const T> y, fkd::BatchView<const T> target, T* d_y) const {
    if (*armed && ++*calls == at) *armed = false, throw std::runtime_error{"loss"};
    return fkd::MeanSquaredError{}.measure(y, target, d_y);
  }
};

TEST_CASE("an exception of the loss, in training and in validation") {
  for (const int at : {2, 3, 5, 6, 9}) {
    int calls = 0;
    interrupt([&](Setting& s, bool& armed) { s.options.loss = FailingLoss{&armed, &calls, at}; }, true);
  }
}

TEST_CASE("an answer `stop` leaves θ as it is at that moment, and the state resumable") {
  Setting s;
  s.options.early_stopping = {.patience = 4};
  fkd::Model whole = s.model(), part = s.model();
  State state, resumed;
  fkd::fit(whole, s.data, &s.validation, s.options, state);
  FitOptions until = s.options;
  std::vector<float> theta;
  until.on_step = [&](const fkd::StepReport& r) {
    theta.assign(part.parameters().begin(), part.parameters().end());
    return r.step == 11 ? Continue::stop : Continue::yes;
  };
  CHECK(fkd::fit(part, s.data, &s.validation, until, resumed).stopped);
  CHECK(support::bit_difference<float>(theta, part.parameters()) == "");
  fkd::fit(part, s.data, &s.validation, s.options, resumed);
  same(whole, state, part, resumed);
}

// Ends, and what may follow.

// It trained one more epoch at every call.
// Room for the best epoch's θ was made in the first epoch with early stopping, and held zeros until an epoch was the
// best: where none was, θ ended as zeros.
TEST_CASE("early stopping that begins when the best epoch is over leaves θ as it is") {
  Setting s;
  s.options.schedule = {};
  s.options.epochs = 2;
  fkd::Model net = s.model();
  State state;
  fkd::fit(net, s.data, &s.validation, s.options, state);
  state.costs.assign(2, 0.0);  // no later epoch is better
  s.options.epochs = 4;
  s.options.early_stopping = {.patience = 9};
  std::vector<float> last;
  s.options.on_epoch = [&](const fkd::EpochReport&) { last.assign(net.parameters().begin(), net.parameters().end()); };
  fkd::fit(net, s.data, &s.validation, s.options, state);
  REQUIRE(state.epoch == 4);
  CHECK(state.best.size() == 0);
  CHECK(support::bit_difference<float>(net.parameters(), last) == "");
}

// The state tensors were looked at through a span into the old θ, and the options through a reference to what the
// caller still could change.
TEST_CASE("a callback may put another model in the place of the one that is trained, and change its own options") {
  Setting s;
  fkd::Model net = s.model();
  const fkd::Model keep = net;
  State state;
  FitOptions options = s.options;
  options.on_step = [&](const fkd::StepReport&) {
    options.batch_size = 0;
    options.average_last = 1000;
  };
  options.on_epoch = [&](const fkd::EpochReport&) { net = keep; };
  CHECK(fkd::fit(net, s.data, &s.validation, options, state).epochs.size() == 5);
  CHECK(support::bit_difference(net.parameters(), keep.parameters()) == "");
}

TEST_CASE("an average that overflows is refused, and so is a state whose unfinished epoch has no cost") {
  fkd::Model net{Sequential{Input{1, 1, 1}, fkd::Dense{.units = 1}}};
  net.tensor(0)[0] = 2e38F;
  const Dataset<float> data{Batch<float>{{1, 1, 1}, 2}, Batch<float>{{1, 1, 1}, 2}};
  State state;
  const FitOptions options{.epochs = 2, .optimizer = fkd::SGD{.learning_rate = 0}, .average_last = 2};
  CHECK_THROWS_WITH_AS(fkd::fit(net, data, none, options, state),
                       "fit: average is not finite: expected parameters whose sum is a number, got NaN or infinity "
                       "after epoch 2",
                       fkd::NonFiniteError);
  CHECK(net.tensor(0)[0] == 2e38F);
  CHECK(state.epoch == 1);
  const auto nan = std::numeric_limits<double>::quiet_NaN();
  for (const fkd::LossSum cost : {fkd::LossSum{nan, 1}, {1, nan}, {1, -3}, {1, 0}}) {
    State damaged;
    damaged.unfinished = {.samples = 1, .cost = cost};
    CHECK_THROWS_AS(fkd::fit(net, data, none, {.batch_size = 1}, damaged), fkd::ArgumentError);
  }
}

TEST_CASE("a state that stopped early is finished; more patience goes on from where it was") {
  Setting s;
  s.options.epochs = 40;
  s.options.optimizer = fkd::Adam{.learning_rate = 0.3};
  s.options.early_stopping = {.patience = 2};
  fkd::Model net = s.model(), patient = s.model();
  State state, other;
  const History first = fkd::fit(net, s.data, &s.validation, s.options, state);
  REQUIRE(first.stopped_early);
  REQUIRE(state.epoch < 30);
  const State before = state;
  const fkd::Model saved = net;
  for (int i = 0; i < 3; ++i) {
    const History again = fkd::fit(net, s.data, &s.validation, s.options, state);
    CHECK(again.epochs.empty());
    CHECK(again.stopped_early);
    same(net, state, saved, before);
  }
  s.options.early_stopping.patience = 6;
  CHECK(!fkd::fit(net, s.data, &s.validation, s.options, state).epochs.empty());
  fkd::fit(patient, s.data, &s.validation, s.options, other);
  same(net, state, patient, other);
}

TEST_CASE("more epochs after an end that restored the best, or averaged, go on as if they had been asked for at once") {
  for (const Index average : {0, 2}) {
    CAPTURE(average);
    Setting s;
    s.options.early_stopping = {.patience = 30};
    s.options.average_last = average;
    s.options.schedule = {};
    fkd::Model whole = s.model(), part = s.model();
    State state, resumed;
    s.options.epochs = 4;
    fkd::fit(part, s.data, &s.validation, s.options, resumed);
    fkd::fit(part, s.data, &s.validation, s.options, resumed);  // nothing is left, and nothing changes
    s.options.epochs = 9;
    fkd::fit(part, s.data, &s.validation, s.options, resumed);
    fkd::fit(whole, s.data, &s.validation, s.options, state);
    same(whole, state, part, resumed);
  }
}

TEST_CASE("an average that would need epochs that are in a sum already is refused") {
  Setting s;
  s.options.epochs = 4;
  s.options.average_last = 3;
  fkd::Model net = s.model();
  State state;
  fkd::fit(net, s.data, none, s.options, state);
  const fkd::Model before = net;
  s.options.epochs = 5;
  CHECK_THROWS_WITH_AS(
      fkd::fit(net, s.data, none, s.options, state),
      "fit: average_last: expected the mean after the last 3 of 5 epochs to begin after those that are "
      "summed already, got epochs 2 to 4 in the training state",
      fkd::ArgumentError);
  CHECK(support::bit_difference(net.parameters(), before.parameters()) == "");
  s.options.average_last = 0;
  CHECK(fkd::fit(net, s.data, none, s.options, state).epochs.size() == 1);
}

TEST_CASE("θ that was changed between two calls is what training goes on from") {
  Setting s;
  s.options.early_stopping = {.patience = 30};
  fkd::Model net = s.model();
  State state;
  fkd::fit(net, s.data, &s.validation, s.options, state);
  std::fill(net.tensor(0).begin(), net.tensor(0).end(), 100.0f);
  s.options.epochs = 6;
  s.options.optimizer = fkd::SGD{.learning_rate = 0};
  s.options.early_stopping.restore_best = false;
  state.optimizer_state.resize(1);
  fkd::fit(net, s.data, &s.validation, s.options, state);
  CHECK(net.tensor(0)[0] == doctest::Approx(100).epsilon(0.1));
}

// What a state belongs to.

// Samples were read twice or never, without a word.
TEST_CASE("a state goes on with nothing that it does not belong to; the sentence has both values") {
  for (const Index stop : {4, 6}) {  // in the middle of an epoch, and after one
    Setting s;
    fkd::Model net = s.model();
    State state;
    FitOptions until = s.options;
    until.on_step = [=](const fkd::StepReport& r) { return r.step == stop ? Continue::stop : Continue::yes; };
    fkd::fit(net, s.data, &s.validation, until, state);
    const fkd::Model before = net;
    const State saved = state;
    const auto refused = [&](const fkd::DataSource<float>& data, const FitOptions& options) {
      std::string what = "nothing was thrown";
      try {
        fkd::fit(net, data, &s.validation, options, state);
      } catch (const fkd::ArgumentError& error) {
        what = error.what();
      }
      same(net, state, before, saved);
      const std::string opening = "fit: training state belongs to another training: expected ";
      return what.starts_with(opening) ? what.substr(opening.size()) : what;
    };
    const auto with = [&](auto change) {
      FitOptions options = s.options;
      change(options);
      return options;
    };
    CHECK(refused(s.data, with([](FitOptions& o) { o.batch_size = 2; })) == "batch_size: 4, got 2");
    CHECK(refused(s.data, with([](FitOptions& o) { o.batch_size = 5; })) == "batch_size: 4, got 5");
    CHECK(refused(s.data, with([](FitOptions& o) { o.seed = fkd::Seed{4}; })) == "seed: 3, got 4");
    CHECK(refused(s.data, with([](FitOptions& o) { o.shuffle = false; })) == "shuffle: true, got false");
    CHECK(refused(Source{12}, s.options) == "samples: 11, got 12");
    CHECK(refused(Source{3}, s.options) == "samples: 11, got 3");
    const Batch<float> other{{1, 2, 2}, 11};
    CHECK(refused(Dataset<float>{s.data.data.x(), other}, s.options) == "target shape: (1, 1, 4), got (1, 2, 2)");
    if (state.epoch > 1) {
      std::string what;
      try {
        fkd::fit(net, s.data, none, with([](FitOptions& o) { o.early_stopping = {.patience = 2}; }), state);
      } catch (const fkd::ArgumentError& error) {
        what = error.what();
      }
      CHECK(what == "fit: training state belongs to another training: expected validation samples: 9, got 0");
    }
    // What may change.
    FitOptions longer = with([](FitOptions& o) { o.optimizer = fkd::Adam{.learning_rate = 1e-3}; });
    longer.epochs = 7;
    longer.schedule = fkd::cosine_decay();
    CHECK(fkd::fit(net, s.data, &s.validation, longer, state).epochs.back().epoch == 7);
  }
}

TEST_CASE("a state that does not say what it belongs to is held to whole batches and to the number of samples") {
  Setting s;
  fkd::Model net = s.model();
  State state;
  FitOptions until = s.options;
  until.on_step = [](const fkd::StepReport& r) { return r.step == 2 ? Continue::stop : Continue::yes; };
  fkd::fit(net, s.data, none, until, state);
  state.origin = {};
  State copy = state;
  until.batch_size = 5;
  CHECK_THROWS_WITH_AS(fkd::fit(net, s.data, none, until, copy),
                       "fit: training state belongs to another training: expected samples of the unfinished epoch, in "
                       "whole steps: 5, got 8",
                       fkd::ArgumentError);
  copy = state;
  CHECK_THROWS_AS(fkd::fit(net, Source{7}, none, s.options, copy), fkd::ArgumentError);
  copy = state;
  CHECK(fkd::fit(net, s.data, none, s.options, copy).epochs.size() == 5);
  copy.origin = {};  // between epochs, another batch size can be meant
  s.options.batch_size = 3;
  s.options.epochs = 6;
  CHECK(fkd::fit(net, s.data, none, s.options, copy).epochs.size() == 1);
}

TEST_CASE("a call that failed before its first step binds a state to nothing") {
  Setting s;
  fkd::Model net = s.model();
  State state;
  FitOptions bad = s.options;
  bad.batch_size = 2;
  bad.schedule = [](const fkd::TrainingProgress&) { return -1.0; };
  CHECK_THROWS_AS(fkd::fit(net, s.data, none, bad, state), fkd::ArgumentError);
  CHECK(fkd::fit(net, s.data, none, s.options, state).epochs.size() == 5);
}

TEST_CASE("a state with numbers that cannot be, or with NaN, is refused") {
  Setting s;
  fkd::Model net = s.model();
  State state;
  fkd::fit(net, s.data, none, s.options, state);
  s.options.epochs = 9;
  const auto refused = [&](auto spoil) {
    State copy = state;
    spoil(copy);
    CHECK_THROWS_AS(fkd::fit(net, s.data, none, s.options, copy), fkd::Error);
  };
  refused([](State& x) { x.epoch = -1; });
  refused([](State& x) { x.step = -1; });
  refused([](State& x) { x.costs.pop_back(); });
  refused([](State& x) { x.summed = 3, x.epoch = 2, x.costs.resize(2); });
  refused([](State& x) { x.unfinished.samples = -4; });
  refused([](State& x) { x.unfinished.samples = 12; });
  refused([](State& x) { x.unfinished.samples = 3; });
  refused([](State& x) { x.best = fkd::Buffer<float>(5); });
  refused([](State& x) { x.optimizer_state.pop_back(); });
  refused([](State& x) { x.optimizer_state[0][3] = std::numeric_limits<float>::quiet_NaN(); });
  refused([](State& x) { x.optimizer_state[1] = fkd::Buffer<float>(3); });
  refused([&](State& x) {
    x.best = fkd::Buffer<float>(net.layout().size());
    x.best[0] = std::numeric_limits<float>::infinity();
  });
  CHECK(fkd::fit(net, s.data, none, s.options, state).epochs.size() == 4);
}

}  // namespace
