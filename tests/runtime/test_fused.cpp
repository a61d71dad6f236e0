/// Neighbours that are computed together give the bits that they give one by one: on every backend that has such a way.
#include <doctest/doctest.h>

#include <limits>
#include <vector>

#include <fkd/net.hpp>

#include <support/backends.hpp>
#include <support/cases.hpp>
#include <support/compare.hpp>
#include <support/networks.hpp>

namespace {

using fkd::Index, fkd::Input, fkd::Sequential;

struct Count {
  int fused = 0, apart = 0;
};

/// A training pass and a prediction, fused if that is wanted.
template <class T, class A>
std::vector<std::vector<T>> pass(const A& architecture, const fkd::Backend<T>& backend, Index samples, bool fuse,
                                 Count& count, bool with_nan) {
  fkd::Model net{architecture, fkd::Seed{11}, fkd::scalar<T>};
  net.use(backend);
  fkd::Batch<T> x = support::random_batch<T>(net.input_shape(), samples, 1);
  for (Index i = 0; i < x.size(); i += 4) x.data()[i] = 0;  // ties
  if (with_nan) x.data()[x.size() / 2] = std::numeric_limits<T>::quiet_NaN();
  const fkd::Batch<T> d_y = support::random_batch<T>(net.output_shape(), samples, 2);
  fkd::Batch<T> y{net.output_shape(), samples}, d_x{net.input_shape(), samples}, predicted = y;
  fkd::Workspace<T> workspace;
  net.forward(x, y, workspace, {.training = true}, {.d_in = true, .fuse = fuse});
  std::vector<T> gradient(net.trained().size(), T{0});
  net.backward(x, y, d_y, gradient, d_x, workspace);
  const bool all_ops = workspace.plan()->ops.size() == net.layers().size();
  ++(all_ops ? count.apart : count.fused);
  net.forward(x, predicted, workspace, {}, {.fuse = fuse});
  const auto all = [](const fkd::Batch<T>& b) { return std::vector<T>(b.data(), b.data() + b.size()); };
  return {all(y), all(d_x), gradient, all(predicted)};
}

template <class T>
Count compare_all(bool with_nan) {
  Count together, apart;
  for (const support::MaxPool2DCase& c : support::max_pool2d_cases())
    for (const bool relu : {true, false})
      for (const Index filters : {1, 5, 16, 35}) {
        const Input input{.height = c.in.height, .width = c.in.width, .channels = c.in.channels};
        std::vector<fkd::AnyLayer> layers{
            fkd::Conv2D{.filters = filters, .kernel = {2, 3}, .padding = fkd::Padding::same}};
        if (relu) layers.push_back(fkd::ReLU{});
        layers.push_back(c.layer);
        layers.push_back(fkd::Flatten{});
        layers.push_back(fkd::Dense{.units = 2});
        const fkd::RuntimeSequential network{input, layers};
        for (const fkd::Backend<T>* backend : support::backends<T>()) {
          CAPTURE(c.text());
          CAPTURE(relu);
          CAPTURE(filters);
          CAPTURE(std::string{backend->name});
          const auto a = pass<T>(network, *backend, 3, true, together, with_nan),
                     b = pass<T>(network, *backend, 3, false, apart, with_nan);
          for (std::size_t i = 0; i < 4; ++i) {
            CAPTURE(i);
            std::size_t not_numbers = 0;
            for (std::size_t j = 0; j < a[i].size(); ++j) {
              const bool nan = fkd::is_nan(a[i][j]);
              not_numbers += nan;
              if (nan != fkd::is_nan(b[i][j]) || (!nan && a[i][j] != b[i][j])) {
                FAIL_CHECK(j << ": " << a[i][j] << " is not " << b[i][j]);
                break;
              }
            }
            if (!with_nan) CHECK(not_numbers == 0);
          }
        }
      }
  CHECK(apart.fused == 0);
  return together;
}

TEST_CASE("fused and unfused agree, float") {
  const Count count = compare_all<float>(false);
#if FKD_HAS_DIRECT
  CHECK(count.fused > 0);
#endif
  CHECK(count.apart > 0);
}
TEST_CASE("fused and unfused agree, double") { CHECK(compare_all<double>(false).apart > 0); }
TEST_CASE("fused and unfused agree where an input is NaN") { CHECK(compare_all<float>(true).apart > 0); }

}  // namespace
