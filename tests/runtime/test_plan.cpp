/// Plans: which values share memory, and what is left out where it is not wanted.
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <limits>
#include <vector>

#include <fkd/net.hpp>
#include <fkd/runtime/places.hpp>

#include <support/layers.hpp>
#include <support/networks.hpp>

namespace {

using fkd::Index, fkd::Input, fkd::Sequential, fkd::detail::give_places, fkd::detail::Lifetime;

TEST_CASE("places: values that live at the same time never share a byte, at random") {
  const fkd::Random random{fkd::Seed{7}};
  std::uint64_t drawn = 0;
  const auto below = [&](Index n) { return static_cast<Index>(random.uniform(drawn++) * static_cast<double>(n)); };
  for (int round = 0; round < 300; ++round) {
    std::vector<Lifetime> values(static_cast<std::size_t>(1 + below(20)));
    Index all = 0, largest = 0;
    for (Lifetime& value : values) {
      value.first = below(10);
      value.last = value.first + below(6);
      value.bytes = 64 * below(40);
      all += value.bytes;
      largest = std::max(largest, value.bytes);
    }
    const Index end = give_places(values);
    CHECK(end >= largest);
    CHECK(end <= all);
    for (std::size_t i = 0; i < values.size(); ++i) {
      const Lifetime& a = values[i];
      CHECK((a.at >= 0 && a.at + a.bytes <= end));
      for (std::size_t j = 0; j < i; ++j) {
        const Lifetime& b = values[j];
        const bool together = a.first <= b.last && b.first <= a.last;
        const bool overlap = a.at < b.at + b.bytes && b.at < a.at + a.bytes;
        CHECK_FALSE((together && overlap));
      }
    }
  }
}

TEST_CASE("places: a chain takes its two largest neighbours, and no more than 64 bits are refused") {
  std::vector<Lifetime> chain;
  const Index bytes[] = {64, 640, 128, 1280, 320, 64};
  for (Index i = 0; i < 6; ++i) chain.push_back({i, i + 1, bytes[i]});
  CHECK(give_places(chain) == 1280 + 320);
  std::vector<Lifetime> none;
  CHECK(give_places(none) == 0);
  constexpr Index most = std::numeric_limits<Index>::max() / 64 * 64;
  std::vector<Lifetime> huge{{0, 1, most}, {1, 2, most}};
  CHECK(give_places(huge) == -1);
  std::vector<Lifetime> apart{{0, 1, most}, {2, 3, most}};
  CHECK(give_places(apart) == most);
  std::vector<Lifetime> not_a_number{{0, 1, 64}, {0, 1, -1}};
  CHECK(give_places(not_a_number) == -1);
}

/// Ops that the plan's backward runs.
Index backward_ops(const fkd::Plan& plan) {
  Index count = 0;
  for (const fkd::PlannedOp& op : plan.ops) count += op.backward;
  return count;
}

TEST_CASE("only gradients that are wanted are computed") {
  const fkd::Model net{Sequential{Input{9, 9, 2}, fkd::ReLU{}, fkd::Conv2D{.filters = 4, .kernel = {3, 3}},
                                  fkd::Residual{fkd::Conv2D{.filters = 4, .kernel = {1, 1}}}, fkd::Flatten{},
                                  fkd::Dense{.units = 3}}};
  const Index ops = static_cast<Index>(net.fused().ops.size());
  CHECK(ops == 5);  // relu, conv2d, conv2d with the sum, flatten, dense
  CHECK(backward_ops(net.plan(4, true)) == 4);
  CHECK(backward_ops(net.plan(4, true, {.d_in = true})) == 5);
  CHECK(backward_ops(net.plan(4, true, {.frozen = {2}})) == 3);
  CHECK(backward_ops(net.plan(4, true, {.frozen = {2, 3}})) == 1);
  CHECK(backward_ops(net.plan(4, true, {.d_in = true, .frozen = {2, 3, 5}})) == 5);
  CHECK(backward_ops(net.plan(4, false)) == 0);
  CHECK(net.plan(4, false).backward.empty());
  const fkd::Plan one_reader = net.plan(4, true), two = net.plan(4, true, {.frozen = {2, 3}});
  CHECK(one_reader.additions.size() == 1);  // what the residual reads
  CHECK(two.additions.empty());
  CHECK(two.saved_bytes < one_reader.saved_bytes);
  CHECK(two.size_bytes(3) == two.saved_bytes + two.workspace_bytes + 3 * two.scratch_bytes);
}

/// Batch-wise, and says nothing of its phases; or of those of one direction.
struct Silent {
  bool forward_says = false;
  static constexpr std::string_view name = "silent";
  static constexpr fkd::Kind kind() { return fkd::Kind::batch_wise; }
  constexpr fkd::Shape output_shape(fkd::Shape in) const { return in; }
  template <class T>
  fkd::Requirements requirements(const fkd::LayerContext<T>&) const {
    return forward_says ? fkd::Requirements{.forward_phases = {1}} : fkd::Requirements{};
  }
  template <class T>
  void forward(const fkd::Forward<T>&, Index, Index) const {}
  template <class T>
  void backward(const fkd::Backward<T>&, Index, Index) const {}
};

TEST_CASE("a batch-wise layer without phases would compute nothing, and is refused") {
  const fkd::Model net{Sequential{Input{1, 1, 3}, fkd::Dense{.units = 3}, Silent{}}};
  CHECK_THROWS_WITH_AS((void)net.plan(2, false),
                       "2.silent: batch-wise layer needs phases: expected requirements with at least one in "
                       "forward_phases, got none, so nothing would be computed",
                       fkd::ArgumentError);
  const fkd::Model half{Sequential{Input{1, 1, 3}, fkd::Dense{.units = 3}, Silent{.forward_says = true}}};
  CHECK_NOTHROW((void)half.plan(2, false));
  CHECK_THROWS_AS((void)half.plan(2, true), fkd::ArgumentError);
}

/// Ends by sample, and has so many tasks in its phases.
struct Ending {
  Index first, last;
  static constexpr std::string_view name = "ending";
  static constexpr fkd::Kind kind() { return fkd::Kind::batch_wise; }
  constexpr fkd::Shape output_shape(fkd::Shape in) const { return in; }
  template <class T>
  fkd::Requirements requirements(const fkd::LayerContext<T>&) const {
    return {.forward_phases = {first, 1, last}, .backward_phases = {first, last}, .ends_by_sample = true};
  }
  template <class T>
  void forward(const fkd::Forward<T>& f, Index phase, Index) const {
    if (phase == 2) std::copy_n(f.in, f.in_shape.size(), f.out);
  }
  template <class T>
  void backward(const fkd::Backward<T>& b, Index phase, Index) const {
    if (b.d_in == nullptr) return;
    ++with_d_in[phase];
    std::copy_n(b.d_out, b.in_shape.size(), b.d_in);
  }
  static inline std::atomic<Index> with_d_in[2] = {};  // tasks of each phase that are handed d_in
};

TEST_CASE("a layer that ends by sample is handed d_in in its last phase alone") {
  fkd::Model<float> net{Sequential{Input{1, 1, 3}, fkd::Dense{.units = 3}, Ending{4, 4}}};
  const fkd::Batch<float> x{net.input_shape(), 4}, target{net.output_shape(), 4};
  fkd::TrainingState<float> state;
  for (std::atomic<Index>& count : Ending::with_d_in) count = 0;
  (void)fkd::train_step(net, x, target, state);
  CHECK(Ending::with_d_in[0] == 0);
  CHECK(Ending::with_d_in[1] == 4);
}

TEST_CASE("a layer that ends by sample has a task for each sample in its first and last phase, or is refused") {
  const auto plan = [](Index first, Index last) {
    return fkd::Model{Sequential{Input{1, 1, 3}, fkd::Dense{.units = 3}, Ending{first, last}}}.plan(4, true);
  };
  CHECK_NOTHROW((void)plan(4, 4));
  CHECK_THROWS_WITH_AS((void)plan(4, 2),
                       "2.ending: batch-wise layer ends by sample: expected requirements with two phases or more, the "
                       "first and the last of 4 tasks, one for each sample, got 3, of 4 and 2 tasks",
                       fkd::ArgumentError);
  CHECK_THROWS_AS((void)plan(2, 4), fkd::ArgumentError);
}

TEST_CASE("fusion: what follows a product, as long as one op reads it") {
  const auto ops = [](const auto& network) { return fkd::Model{network}.fused().ops.size(); };
  constexpr fkd::Conv2D conv{.filters = 4, .kernel = {3, 3}, .padding = fkd::Padding::same};
  constexpr fkd::MaxPool2D pool{.window = {2, 2}}, sliding{.window = {3, 3}, .stride = {1, 1}};
  constexpr fkd::ReLU relu;
  constexpr Input image{8, 8, 4};
  CHECK(ops(Sequential{image, conv, relu, pool}) == 1);
  CHECK(ops(Sequential{image, conv, pool}) == 1);
  CHECK(ops(Sequential{image, conv, relu}) == 1);
  CHECK(ops(Sequential{image, conv, pool, relu}) == 2);  // the activation comes first, always
  CHECK(ops(Sequential{image, conv, relu, relu}) == 2);
  CHECK(ops(Sequential{image, conv, relu, sliding}) == 2);  // windows that overlap
  CHECK(ops(Sequential{image, relu, pool}) == 2);
  CHECK(ops(Sequential{image, fkd::Flatten{}, fkd::Dense{.units = 5}, relu, fkd::Dense{.units = 2}}) == 3);
  CHECK(ops(Sequential{image, conv, Sequential{relu, Sequential{pool}}}) == 1);  // nested, too
  CHECK(ops(Sequential{image, conv, fkd::Residual{relu}}) == 3);                 // two read the convolution's output
  fkd::Model net{Sequential{image, conv, relu, pool, fkd::Flatten{}, fkd::Dense{.units = 5}}};
  CHECK(net.program().ops.size() == 5);
  CHECK(net.fused().network->name(net.fused().ops[0]) == "1.conv2d");
  CHECK(net.fused().ops[0].key == net.program().ops[0].key);
  CHECK(net.plan(2, true).ops.size() == 3);
  CHECK(net.plan(2, true, {.fuse = false}).ops.size() == 5);
  CHECK(net.plan(2, false, {.record = true}).ops.size() == 5);
}

TEST_CASE("a pass of a const model does not train, and a training pass saves what backward reads") {
  fkd::Model net{Sequential{Input{6, 6, 1}, fkd::Conv2D{.filters = 3, .kernel = {3, 3}}, fkd::ReLU{},
                            fkd::MaxPool2D{.window = {2, 2}}, fkd::Flatten{}, fkd::Dense{.units = 2}}};
  const fkd::Model<>& fixed = net;
  const fkd::Batch<float> x = support::random_batch<float>({6, 6, 1}, 5);
  fkd::Batch<float> y{{1, 1, 2}, 5};
  fkd::Workspace<float> workspace;
  std::vector<float> gradient(net.trained().size());
  CHECK_THROWS_AS(fixed.forward(x, y, workspace, {.training = true}), fkd::ArgumentError);
  fixed.forward(x, y, workspace);
  CHECK_THROWS_AS(net.backward(x, y, y, gradient, {}, workspace), fkd::ArgumentError);
  net.forward(x, y, workspace, {.training = true});  // in memory that was made for a prediction
  CHECK_NOTHROW(net.backward(x, y, y, gradient, {}, workspace));
  net.forward(x, y, workspace, {.training = false});
  CHECK_THROWS_AS(net.backward(x, y, y, gradient, {}, workspace), fkd::ArgumentError);
}

}  // namespace
