/// The layer contract, held by layers that the library does not have, and the checks of testing.hpp, which must catch
/// every mistake that is planted.
#include <doctest/doctest.h>

#include <stdexcept>

#include <fkd/net.hpp>
#include <fkd/testing.hpp>

#include <support/broken_layers.hpp>
#include <support/layers.hpp>
#include <support/row.hpp>

namespace {

using fkd::Index, support::Mistake;

/// `fkd::check_layer` is compiled once for AnyLayer, and for few other types.
fkd::CheckResult check(const fkd::AnyLayer& layer, fkd::Shape in, const fkd::CheckOptions& options = {}) {
  return fkd::check_layer(layer, in, options);
}
#define CHECK_RESULT(...)                        \
  {                                              \
    const fkd::CheckResult result = __VA_ARGS__; \
    CHECK_MESSAGE(result, result.text());        \
  }
#define CHECK_LAYER(...) CHECK_RESULT(check(__VA_ARGS__))
#define CHECK_STATIC_LAYER(...) CHECK_RESULT(fkd::check_layer(__VA_ARGS__))

TEST_CASE("a batch-wise layer with three phases and state") {
  for (const Index N : {1, 2, 5}) CHECK_LAYER(fkd::BatchNorm{}, {3, 2, 3}, {.samples = N});
}

TEST_CASE("a random layer") { CHECK_LAYER(support::Dropout{.rate = 0.4}, {3, 4, 2}, {.samples = 4}); }

TEST_CASE("a layer that prepares, keeps odd bytes and uses scratch") {
  CHECK_LAYER(support::SquaredScale{}, {3, 2, 5}, {.samples = 3});
}

TEST_CASE("a batch-wise layer without tensors") { CHECK_LAYER(support::Doubled{}, {2, 3, 1}); }

TEST_CASE("a layer made of layers, sample-wise") {
  const support::Row inner =
      support::row(fkd::Conv2D{.filters = 3, .kernel = {3, 2}, .padding = fkd::Padding::same}, fkd::ReLU{},
                   support::SquaredScale{}, fkd::Conv2D{.filters = 2, .kernel = {2, 3}, .padding = fkd::Padding::same});
  CHECK_LAYER(inner, {4, 5, 2});
  CHECK_LAYER(fkd::Residual{inner}, {4, 5, 2});
  CHECK_LAYER(fkd::Residual{support::row(fkd::ReLU{})}, {4, 5, 2});  // an inner layer that reads its output
}

TEST_CASE("a layer made of layers, batch-wise") {
  const support::Row inner =
      support::row(fkd::Dense{.units = 6}, fkd::ReLU{}, fkd::BatchNorm{}, fkd::Dense{.units = 4});
  CHECK_LAYER(inner, {1, 1, 4}, {.samples = 5});
  CHECK_LAYER(fkd::Residual{inner}, {1, 1, 4}, {.samples = 5});
  CHECK_LAYER(fkd::Residual{support::row(support::SquaredScale{}, support::Doubled{}, fkd::ReLU{})}, {2, 1, 4});
}

TEST_CASE("layers whose type is known") {
  CHECK_STATIC_LAYER(fkd::BatchNorm{}, {3, 2, 3});
  CHECK_STATIC_LAYER((fkd::Sequential{fkd::Conv2D{.filters = 2, .kernel = {2, 2}}, support::SquaredScale{}}),
                     {3, 4, 2});
  CHECK_STATIC_LAYER((fkd::Sequential{fkd::ReLU{}, fkd::Flatten{}, fkd::Dense{.units = 3}}), {3, 4, 2});
}

TEST_CASE("the same layers behind AnyLayer and in a RuntimeSequential") {
  CHECK_LAYER(fkd::AnyLayer{support::SquaredScale{}}, {3, 2, 3});
  CHECK_LAYER(fkd::AnyLayer{fkd::Residual{support::row(support::Dropout{}, fkd::Dense{.units = 5})}}, {1, 1, 5});
  CHECK_LAYER(
      fkd::RuntimeSequential{{fkd::Conv2D{.filters = 2, .kernel = {2, 2}}, fkd::Flatten{}, fkd::Dense{.units = 3}}},
      {3, 4, 2});
}

TEST_CASE("check_layer catches every planted mistake, and says which law was broken") {
  using enum Mistake;
  const auto complaint = [](Mistake mistake) {
    return check(support::Mixed{mistake}, {3, 2, 2}, {.samples = 3}).text();
  };
  const auto contains = [&](Mistake mistake, std::string_view words) {
    CAPTURE(static_cast<int>(mistake));
    const std::string text = complaint(mistake);
    CHECK_MESSAGE(text.find(words) != std::string::npos, text);
  };
  CHECK_LAYER(support::Mixed{}, {3, 2, 2});
  for (const Mistake m : {d_in_has_the_wrong_sign, d_in_is_off_by_one, d_in_lacks_a_factor})
    contains(m, "d_in[0]: gradient is wrong");
  for (const Mistake m :
       {gradient_has_the_wrong_sign, gradient_is_off_by_one, gradient_is_transposed, gradient_lacks_the_last_pixel})
    contains(m, "gradient is wrong: expected");
  contains(gradient_is_transposed, "mixed.weight[1]: gradient is wrong");
  contains(d_in_is_added_to, "d_in depends on what the memory that it assigns held before");
  contains(d_in_is_not_assigned_everywhere, "d_in depends on what the memory that it assigns held before");
  contains(gradient_is_assigned, "parameter gradients have to be added to");
  contains(gradient_depends_on_d_in, "a parameter gradient depends on whether d_in is wanted");
  contains(out_is_added_to, "out depends on what the memory that it assigns held before");
  contains(out_is_not_assigned_everywhere, "out depends on what the memory that it assigns held before");
  contains(out_depends_on_scratch, "out depends on what scratch, saved or workspace memory held before");
  contains(out_depends_on_worker, "out depends on what another task left in its scratch memory");
  contains(out_depends_on_thread, "out depends on the thread that runs it");
  contains(out_depends_on_address, "out depends on where its input and output lie in memory");
  contains(backward_depends_on_kept_that_nobody_wrote,
           "a parameter gradient depends on what scratch, saved or workspace memory held before");
  contains(writes_behind_out, "writes outside of the memory that it was handed");
  contains(writes_before_d_in, "writes outside of the memory that it was handed");
  contains(writes_behind_scratch, "writes outside of its scratch memory");
  contains(changes_its_input, "changes its input");
  contains(changes_d_out, "changes d_out");
  contains(changes_a_trained_tensor, "changes a trained tensor");
  contains(keeps_in_prediction, "asks for saved memory in prediction");
  for (int m = 1; m < static_cast<int>(last); ++m) CHECK(!check(support::Mixed{static_cast<Mistake>(m)}, {3, 2, 2}));
}

/// Reads what came in, and does not say so.
struct Unannounced {
  bool out = false;
  static constexpr std::string_view name = "unannounced";
  constexpr fkd::Shape output_shape(fkd::Shape in) const { return in; }
  template <class T>
  void forward(const fkd::Forward<T>& f) const {
    for (Index i = 0; i < f.in_shape.size(); ++i) f.out[i] = f.in[i] * f.in[i];
  }
  template <class T>
  void backward(const fkd::Backward<T>& b) const {
    for (Index i = 0; b.d_in && i < b.in_shape.size(); ++i) b.d_in[i] = b.d_out[i] * (out ? b.out[i] : 2 * b.in[i]);
  }
};

// It ended in a crash: what a layer does not ask for is null in a network.
TEST_CASE("check_layer says of a layer that it reads what it did not ask for") {
  for (const bool out : {false, true}) {
    const std::string text = check(Unannounced{out}, {2, 3, 1}).text();
    CHECK_MESSAGE(text.find("on an input or output that requirements() did not ask for") != std::string::npos, text);
  }
}

/// Writes d_in whether it is wanted or not.
struct AlwaysWritesDIn {
  static constexpr std::string_view name = "always_writes";
  constexpr fkd::Shape output_shape(fkd::Shape in) const { return in; }
  template <class T>
  void forward(const fkd::Forward<T>& f) const {
    for (Index i = 0; i < f.in_shape.size(); ++i) f.out[i] = 2 * f.in[i];
  }
  template <class T>
  void backward(const fkd::Backward<T>& b) const {
    for (Index i = 0; i < b.in_shape.size(); ++i) b.d_in[i] = 2 * b.d_out[i];
  }
};

// It ended in a crash: d_in is null where nothing wants it, as of a network's first layer.
TEST_CASE("check_layer says of a layer that it writes d_in where it is null") {
  for (int twice = 0; twice < 2; ++twice) {
    const std::string text = check(AlwaysWritesDIn{}, {2, 3, 1}).text();
    CHECK_MESSAGE(
        text.find("backward reads or writes d_in where it is null, because nothing wants it") != std::string::npos,
        text);
  }
}

/// Ends by sample, and assigns d_in in a phase that is not the last.
struct EndsTooEarly {
  static constexpr std::string_view name = "too_early";
  static constexpr fkd::Kind kind() { return fkd::Kind::batch_wise; }
  constexpr fkd::Shape output_shape(fkd::Shape in) const { return in; }
  template <class T>
  fkd::Requirements requirements(const fkd::LayerContext<T>& context) const {
    return {.forward_phases = {context.samples, context.samples},
            .backward_phases = {context.samples, 1, context.samples},
            .ends_by_sample = true};
  }
  template <class T>
  void forward(const fkd::Forward<T>& f, Index phase, Index) const {
    for (Index i = 0; phase == 1 && i < f.in_shape.size(); ++i) f.out[i] = 2 * f.in[i];
  }
  template <class T>
  void backward(const fkd::Backward<T>& b, Index phase, Index) const {
    for (Index i = 0; phase == 1 && i < b.samples * b.in_shape.size(); ++i) b.d_in[i] = 2 * b.d_out[i];
  }
};

// d_in of the batch was written where one sample's is: silently wrong, or a crash.
TEST_CASE("check_layer says of a layer that ends by sample that it assigns d_in before its last phase") {
  const std::string text = check(EndsTooEarly{}, {2, 3, 1}).text();
  CHECK_MESSAGE(text.find("backward reads or writes d_in before its last phase, where it is null, because the layer "
                          "ends by sample") != std::string::npos,
                text);
}

/// Throws where d_in is null.
struct ThrowsForNoDIn {
  static constexpr std::string_view name = "throws";
  constexpr fkd::Shape output_shape(fkd::Shape in) const { return in; }
  template <class T>
  void forward(const fkd::Forward<T>& f) const {
    for (Index i = 0; i < f.in_shape.size(); ++i) f.out[i] = 2 * f.in[i];
  }
  template <class T>
  void backward(const fkd::Backward<T>& b) const {
    if (!b.d_in) throw std::runtime_error{"no d_in"};
    for (Index i = 0; i < b.in_shape.size(); ++i) b.d_in[i] = 2 * b.d_out[i];
  }
};

#if FKD_HAS_SIGNALS
TEST_CASE("check_layer leaves the program's handlers of signals as they were, also where a layer throws") {
  const auto handler = [] {
    struct sigaction its = {};
    sigaction(SIGSEGV, nullptr, &its);
    return its.sa_handler;
  };
  const auto before = handler();
  CHECK(!check(AlwaysWritesDIn{}, {2, 3, 1}));
  CHECK((handler() == before));
  CHECK_THROWS_WITH_AS(check(ThrowsForNoDIn{}, {2, 3, 1}), "no d_in", std::runtime_error);
  CHECK((handler() == before));
  CHECK((fkd::detail::after_fault == nullptr));
}
#endif

/// Claims that nothing happens in prediction.
struct NotAView {
  bool well = false;
  static constexpr std::string_view name = "not_a_view";
  static constexpr bool is_view(bool training) { return !training; }
  constexpr fkd::Shape output_shape(fkd::Shape in) const { return in; }
  template <class T>
  void forward(const fkd::Forward<T>& f) const {
    for (Index i = 0; i < f.in_shape.size(); ++i) f.out[i] = f.pass.training || !well ? 2 * f.in[i] : f.in[i];
  }
  template <class T>
  void backward(const fkd::Backward<T>& b) const {
    for (Index i = 0; b.d_in && i < b.in_shape.size(); ++i) b.d_in[i] = 2 * b.d_out[i];
  }
};

TEST_CASE("check_layer says of a layer that is a view in prediction only") {
  const std::string text = check(NotAView{}, {2, 3, 1}).text();
  CHECK_MESSAGE(text.find("is a view in prediction, but its output there is not its input") != std::string::npos, text);
  CHECK(check(NotAView{.well = true}, {2, 3, 1}));
}

TEST_CASE("check_gradients catches wrong gradients in the middle of a network") {
  using enum Mistake;
  const auto in_a_network = [](Mistake mistake) {
    const support::Row network =
        support::row(fkd::Input{.height = 3, .width = 2, .channels = 3}, fkd::Conv2D{.filters = 2, .kernel = {1, 1}},
                     support::Mixed{mistake}, fkd::Flatten{}, fkd::Dense{.units = 3});
    const fkd::Model net{network, fkd::Seed{3}, fkd::scalar<double>};
    fkd::Batch<double> x{{3, 2, 3}, 2}, y{{1, 1, 3}, 2};
    for (Index i = 0; i < x.size(); ++i)
      x.data()[i] = fkd::Random{fkd::Seed{4}}.uniform(static_cast<std::uint64_t>(i)) - 0.5;
    return fkd::check_gradients(net, x, y);
  };
  const fkd::CheckResult good = in_a_network(none);
  CHECK_MESSAGE(good, good.text());
  CHECK(good.compared == 36 + 6 + 2 + 4 + 36 + 3);
  CHECK(good.unresolved == 0);
  for (const Mistake m : {d_in_has_the_wrong_sign, d_in_is_off_by_one, d_in_lacks_a_factor, gradient_has_the_wrong_sign,
                          gradient_is_off_by_one, gradient_is_transposed, gradient_lacks_the_last_pixel}) {
    CAPTURE(static_cast<int>(m));
    CHECK(!in_a_network(m));
  }
}

/// |in|: its derivative is compared away from the kink, and not at it.
struct Magnitude {
  double shift = 0;
  static constexpr std::string_view name = "magnitude";
  constexpr fkd::Shape output_shape(fkd::Shape in) const { return in; }
  template <class T>
  fkd::Requirements requirements(const fkd::LayerContext<T>&) const {
    return {.input = true};
  }
  template <class T>
  void forward(const fkd::Forward<T>& f) const {
    for (Index i = 0; i < f.in_shape.size(); ++i) f.out[i] = std::abs(f.in[i] * static_cast<T>(shift));
  }
  template <class T>
  void backward(const fkd::Backward<T>& b) const {
    if (!b.d_in) return;
    for (Index i = 0; i < b.in_shape.size(); ++i)
      b.d_in[i] = b.in[i] < 0 ? -b.d_out[i] * static_cast<T>(shift) : b.d_out[i] * static_cast<T>(shift);
  }
};

TEST_CASE("a derivative at a kink is counted, not compared; too many of them are a complaint") {
  CHECK_LAYER(Magnitude{.shift = 1}, {3, 3, 1});
  // A step so wide that every second difference straddles zero.
  const fkd::CheckResult result = check(Magnitude{.shift = 1}, {5, 5, 1}, {.samples = 2, .values = 50, .step = 0.3});
  CHECK(!result);
  CHECK(result.unresolved > 10);
  CHECK(result.text().find("too few derivatives could be compared") != std::string::npos);
}

TEST_CASE("a result that compared nothing is not good") {
  CHECK(!fkd::CheckResult{});
  CHECK(fkd::CheckResult{.compared = 1});
  CHECK(!fkd::CheckResult{.complaints = {"no"}, .compared = 1});
}

}  // namespace
