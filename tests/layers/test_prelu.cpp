/// PReLU: by hand, one alpha for each channel, for all or for each value; the contract; every instruction set.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include <fkd/backends/reference/prelu.hpp>
#include <fkd/net.hpp>
#include <fkd/testing.hpp>

#include <support/compare.hpp>
#include <support/memory.hpp>

#if FKD_HAS_DIRECT
#include <fkd/backends/direct/instances.hpp>
#endif

namespace {

using fkd::Index, fkd::PReLU, fkd::Shape, fkd::ShapeError;
using support::Guarded;

TEST_CASE("by hand: (1, 2, 2), alpha 0.5 and -1 of the two channels") {
  fkd::Model net{fkd::Sequential{fkd::Input{.height = 1, .width = 2, .channels = 2}, PReLU{}}, fkd::Seed{},
                 fkd::scalar<double>};
  REQUIRE(net.tensor(0).size() == 2);
  CHECK((net.tensor(0)[0] == 0.25 && net.tensor(0)[1] == 0.25));
  net.tensor(0)[0] = 0.5, net.tensor(0)[1] = -1;
  fkd::Batch<double> x{{1, 2, 2}, 2}, y = x, d_y = x, d_x = x;
  const double in[] = {-4, -3, 2, 1, 0, 5, -6, -0.5}, gradient[] = {1, 2, 3, 4, 5, 6, 7, 8};
  std::copy_n(in, 8, x.data());
  std::copy_n(gradient, 8, d_y.data());
  fkd::Workspace<double> workspace;
  net.forward(x, y, workspace, {.training = true}, {.d_in = true});
  std::vector<double> d_theta(static_cast<std::size_t>(net.layout().trained()), 10.0);
  net.backward(x, y, d_y, d_theta, d_x, workspace);
  const double out[] = {-2, 3, 2, 1, 0, 5, -3, 0.5}, d_in[] = {0.5, -2, 3, 4, 2.5, 6, 3.5, -8};
  for (int i = 0; i < 8; ++i) {
    CAPTURE(i);
    CHECK(y.data()[i] == out[i]);
    CHECK(d_x.data()[i] == d_in[i]);
  }
  CHECK(d_theta[0] == 10 + 1 * -4 + 5 * 0 + 7 * -6);  // added to
  CHECK(d_theta[1] == 10 + 2 * -3 + 8 * -0.5);
}

TEST_CASE("the contract and gradients: one alpha for each channel, for all, for each value") {
  for (const Shape shape :
       {Shape{5, 4, 3}, Shape{1, 1, 1}, Shape{1, 1, 37}, Shape{9, 7, 64}, Shape{3, 2, 300}, Shape{17, 19, 1}})
    for (const Index parameters : {Index{0}, Index{1}, shape.channels, shape.size()}) {
      CAPTURE(fkd::text(shape));
      CAPTURE(parameters);
      const PReLU layer{.num_parameters = parameters};
      CHECK(layer.tensors(shape)[0].size() == (parameters == 0 ? shape.channels : parameters));
      const fkd::CheckResult result = fkd::check_layer(layer, shape);
      CHECK_MESSAGE(result, result.text());
    }
}

template <class T>
struct Functions {
  void (*forward)(T*, const T*, const T*, Index, Index);
  void (*backward)(const fkd::PReLUGradient<T>&, Index, Index);
};

template <class T>
void same_bits() {
  std::vector<Functions<T>> all;
#if FKD_HAS_DIRECT
  namespace direct = fkd::direct;
  all = {{direct::prelu_forward<T>, direct::prelu_backward<T>},
         {direct::baseline::prelu_forward<T>, direct::baseline::prelu_backward<T>}};
#if FKD_HAS_X86_TARGETS
  if (fkd::machine_has(fkd::Isa::avx2))
    all.push_back({direct::avx2::prelu_forward<T>, direct::avx2::prelu_backward<T>});
  if (fkd::machine_has(fkd::Isa::avx512))
    all.push_back({direct::avx512::prelu_forward<T>, direct::avx512::prelu_backward<T>});
#endif
#endif
  for (const Index size : {1, 3, 4, 7, 8, 15, 16, 17, 33, 100})
    for (const Index rows : {1, 2, 5}) {
      CAPTURE(size);
      CAPTURE(rows);
      Guarded<T> in{size * rows}, d_out{size * rows}, alpha{size}, before{size};
      in.fill_at_random(1), d_out.fill_at_random(2), alpha.fill_at_random(3), before.fill_at_random(4);
      in[size * rows / 2] = 0;
      if (size > 3) in[1] = fkd::unknown<T>, in[2] = -fkd::detail::infinity<T>;
      Guarded<T> out{size * rows}, d_in{size * rows}, sums = before;
      fkd::reference::prelu_forward(out.data(), in.data(), alpha.data(), size, rows);
      fkd::reference::prelu_backward<T>({d_in.data(), sums.data(), d_out.data(), in.data(), alpha.data()}, size, rows);
      if (size > 3) {
        CHECK((fkd::is_nan(out[1]) && fkd::is_nan(d_in[1]) && fkd::is_nan(sums[1])));
        CHECK(out[2] == -alpha[2] * fkd::detail::infinity<T>);
        out[1] = d_in[1] = sums[1] = 0;  // a NaN's bits may differ
      }
      for (const Functions<T>& f : all) {
        Guarded<T> fast{size * rows}, fast_d_in{size * rows}, in_place = d_out, fast_sums = before, without = before;
        f.forward(fast.data(), in.data(), alpha.data(), size, rows);
        f.backward({fast_d_in.data(), fast_sums.data(), d_out.data(), in.data(), alpha.data()}, size, rows);
        f.backward({nullptr, without.data(), d_out.data(), in.data(), alpha.data()}, size, rows);
        Guarded<T> again = before;
        f.backward({in_place.data(), again.data(), in_place.data(), in.data(), alpha.data()}, size, rows);
        if (size > 3) {
          CHECK((fkd::is_nan(fast[1]) && fkd::is_nan(fast_d_in[1]) && fkd::is_nan(fast_sums[1])));
          fast[1] = fast_d_in[1] = in_place[1] = fast_sums[1] = without[1] = 0;
        }
        CHECK(support::bit_difference(fast.values(), out.values()) == "");
        CHECK(support::bit_difference(fast_d_in.values(), d_in.values()) == "");
        CHECK(support::bit_difference(in_place.values(), d_in.values()) == "");
        CHECK(support::bit_difference(fast_sums.values(), without.values()) == "");
        for (Index i = 0; i < size; ++i)
          CHECK((fast_sums[i] == sums[i] ||
                 std::abs(fast_sums[i] - sums[i]) <= 8 * std::numeric_limits<T>::epsilon() * static_cast<T>(rows)));
        for (const Guarded<T>* memory : {&fast, &fast_d_in, &fast_sums, &without}) CHECK(memory->guards_intact());
      }
    }
}

TEST_CASE("every instruction set agrees with the plain loops; NaN passes") {
  same_bits<float>();
  same_bits<double>();
}

TEST_CASE("errors, constexpr networks, hyper-parameters") {
  CHECK_THROWS_WITH_AS(PReLU{.num_parameters = 5}.output_shape({4, 3, 2}),
                       "PReLU: parameters do not fit: expected num_parameters 1, 2 (one for each channel) or 24 (one "
                       "for each value), got 5; input shape (4, 3, 2)",
                       ShapeError);
  CHECK_THROWS_AS(PReLU{.num_parameters = -1}.output_shape({4, 3, 2}), ShapeError);
  CHECK_THROWS_AS(PReLU{}.output_shape({4, 3, 0}), ShapeError);
  constexpr fkd::Sequential net{fkd::Input{.height = 4, .width = 3, .channels = 2},
                                PReLU{.num_parameters = 1, .initialiser = fkd::Initialiser::constant(0.5)}};
  static_assert(net.output_shape({4, 3, 2}) == Shape{4, 3, 2});
  const fkd::Model model{net};
  CHECK(model.tensor(0).size() == 1);
  CHECK(model.tensor(0)[0] == 0.5F);
  std::string all;
  for (const fkd::HyperParameter& its : model.layers()[0].hyper_parameters)
    all.append(its.name).append(" ").append(fkd::text(its.value)).append("; ");
  CHECK(all == "num_parameters 1; initialiser constant; initialiser_value 0.5; ");
}

}  // namespace
