/// Sizes at the edge of 64 bits and below zero: each is refused where it enters, or computed right.
#include <doctest/doctest.h>

#include <limits>

#include <fkd/net.hpp>

#include <support/instances.hpp>

namespace {

using fkd::Batch, fkd::Dataset, fkd::Index, fkd::Input, fkd::Sequential;
constexpr Index most = std::numeric_limits<Index>::max();

const Sequential line{Input{1, 1, 2}, fkd::Dense{.units = 1}};

// The number of steps, samples + batch_size - 1 over batch_size, overflowed: no step was taken, and fit ended well.
TEST_CASE("a batch size far above the number of samples is one batch") {
  const Dataset<float> data{Batch<float>{{1, 1, 2}, 3}, Batch<float>{{1, 1, 1}, 3}};
  for (const Index batch_size : {Index{3}, Index{4}, most - 1, most}) {
    CAPTURE(batch_size);
    fkd::Model net{line};
    fkd::TrainingState<float> state;
    const fkd::History history = fkd::fit(net, data, static_cast<const fkd::DataSource<float>*>(nullptr),
                                          {.epochs = 2, .batch_size = batch_size}, state);
    CHECK(state.step == 2);
    REQUIRE(history.epochs.size() == 2);
    CHECK(history.epochs[0].samples == 3);
  }
}

}  // namespace
