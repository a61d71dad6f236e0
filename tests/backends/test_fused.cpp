/// Every backend's fused convolution, ReLU and max-pooling against the three one after another, on the case table with
/// windows of every kind: forward bit by bit, backward against the reference in double, on un-pooled gradients.
///
/// Written because the fused kernels ran in networks only, where no layer had as many channels as the
/// nonzero lists want.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include <fkd/layers/relu.hpp>

#include <support/backends.hpp>
#include <support/cases.hpp>
#include <support/compare.hpp>

#if FKD_HAS_DIRECT
#include <fkd/backends/direct/backend.hpp>
#include <fkd/backends/direct/instances.hpp>
#endif

#if FKD_HAS_DIRECT
namespace {

using fkd::Conv2DDims, fkd::Index, fkd::MaxPool2DDims;
using support::Guarded, support::in_double;

using Bytes = std::vector<std::uint8_t>;
constexpr std::uint8_t byte_before = 77;

template <class T>
struct Operands {
  explicit Operands(const Conv2DDims& d)
      : in{d.IH * d.IW * d.IC},
        weight{d.KH * d.KW * d.group_IC() * d.OC, 0},
        bias{d.OC, 0},
        d_weight{weight.size(), 0},
        d_bias{d.OC, 0} {
    std::uint64_t which = 10;
    for (Guarded<T>* memory : {&in, &weight, &bias, &d_weight, &d_bias}) memory->fill_at_random(++which);
    for (Index i = 0; i < in.size(); ++i)  // ties: whole windows that see nothing but the bias
      if (i / d.IC / d.IW > d.IH / 2) in[i] = 0;
  }
  Guarded<T> in, weight, bias;
  Guarded<T> d_weight, d_bias;  // what is added to
};

/// What the three layers give one after another, the convolution by the same backend.
template <class T>
struct OneByOne {
  OneByOne(const fkd::Backend<T>& backend, const Operands<T>& o, const Conv2DDims& d, const MaxPool2DDims& p, bool relu)
      : pooled{p.OH * p.OW * p.C}, index(static_cast<std::size_t>(pooled.size())) {
    Guarded<T> out{d.OH * d.OW * d.OC}, scratch = support::scratch<T>(backend.conv2d_scratch_size(d));
    const Guarded<T> packed = support::packed(backend, o.weight, d);
    backend.conv2d_forward({.out = out.data(), .in = o.in.data(), .weight = o.weight.data(), .bias = o.bias.data()}, d,
                           {.packed = packed.data(), .scratch = scratch.data()});
    if (relu) fkd::reference::relu_forward(out.data(), out.data(), out.size());
    fkd::reference::max_pool2d_forward(pooled.data(), index.data(), out.data(), p);
    for (std::size_t i = 0; i < index.size(); ++i)
      if (relu && pooled[static_cast<Index>(i)] <= 0) index[i] = fkd::direct::dead;
  }
  Guarded<T> pooled;
  Bytes index;
};

/// Each pooled gradient where its byte says.
template <class T>
Guarded<double> unpooled(const Guarded<T>& d_pooled, const Bytes& index, const Conv2DDims& d, const MaxPool2DDims& p) {
  Guarded<double> d_out{d.OH * d.OW * d.OC};
  d_out.fill(0);
  for (Index i = 0; i < d_pooled.size(); ++i) {
    const Index place = index[static_cast<std::size_t>(i)];
    if (place == fkd::direct::dead) continue;
    const Index oh = i / p.C / p.OW * p.KH + place / p.KW, ow = i / p.C % p.OW * p.KW + place % p.KW;
    d_out[(oh * d.OW + ow) * d.OC + i % p.C] = static_cast<double>(d_pooled[i]);
  }
  return d_out;
}

struct Backward {
  Guarded<double> d_in, d_weight, d_bias;
};
template <class T>
Backward reference_backward(const Operands<T>& o, const Guarded<double>& d_out, const Conv2DDims& d, bool magnitudes) {
  Backward to{Guarded<double>{o.in.size()}, in_double(o.d_weight, magnitudes), in_double(o.d_bias, magnitudes)};
  const Guarded<double> gradients = in_double(d_out, magnitudes), in = in_double(o.in, magnitudes),
                        weight = in_double(o.weight, magnitudes);
  fkd::reference::conv2d_d_in<double>({.d_in = to.d_in.data(), .d_out = gradients.data(), .weight = weight.data()}, d);
  fkd::reference::conv2d_d_weight<double>(
      {.d_weight = to.d_weight.data(), .d_bias = to.d_bias.data(), .in = in.data(), .d_out = gradients.data()}, d);
  return to;
}

template <class T>
fkd::Epilogue<T> epilogue_of(bool relu, const MaxPool2DDims& p) {
  fkd::Epilogue<T> epilogue{.pool = p};
  if (relu) epilogue.activation = fkd::ReLU::activation<T>();
  return epilogue;
}

template <class T>
void check_forward(const fkd::Backend<T>& backend, const Operands<T>& o, const Conv2DDims& d, const MaxPool2DDims& p,
                   bool relu, const OneByOne<T>& expected) {
  for (const bool training : {true, false}) {
    CAPTURE(training);
    const Guarded<T> packed = support::packed(backend, o.weight, d, training);
    const fkd::Epilogue<T> epilogue = epilogue_of<T>(relu, p);
    Guarded<T> scratch = support::scratch<T>(backend.conv2d_epilogue_scratch_size(d, epilogue)),
               pooled{expected.pooled.size()};
    Bytes index(expected.index.size() + 64, byte_before);
    backend.conv2d_epilogue_forward({.out = pooled.data(),
                                     .index = training ? index.data() : nullptr,
                                     .in = o.in.data(),
                                     .weight = o.weight.data(),
                                     .bias = o.bias.data()},
                                    d, epilogue, {.packed = packed.data(), .scratch = scratch.data()});
    CHECK(support::bit_difference(pooled.values(), expected.pooled.values()) == "");
    CHECK(pooled.guards_intact());
    CHECK(scratch.guards_intact());
    if (!training) continue;
    CHECK(std::equal(expected.index.begin(), expected.index.end(), index.begin()));
    CHECK(std::all_of(index.end() - 64, index.end(), [](std::uint8_t byte) { return byte == byte_before; }));
  }
}

template <class T>
void check_backward(const fkd::Backend<T>& backend, const Operands<T>& o, const Guarded<T>& d_pooled,
                    const Bytes& index, const Conv2DDims& d, const MaxPool2DDims& p, const Backward& expected,
                    Backward magnitudes) {
  const Index tile = support::winograd_tile(backend.name, d);
  support::largest_of_tile(magnitudes.d_in, tile, d.IH, d.IW, d.IC);
  support::largest_of_kernel(magnitudes.d_weight, tile, d.IC * d.OC);
  const Guarded<T> packed = support::packed(backend, o.weight, d);
  for (const bool wants_d_in : {true, false}) {
    CAPTURE(wants_d_in);
    Guarded<T> scratch = support::scratch<T>(backend.conv2d_epilogue_scratch_size(d, {.pool = p})), d_in{o.in.size()};
    Guarded<T> d_weight = o.d_weight, d_bias = o.d_bias;
    backend.conv2d_pool_backward({.d_in = wants_d_in ? d_in.data() : nullptr,
                                  .d_weight = d_weight.data(),
                                  .d_bias = d_bias.data(),
                                  .d_pooled = d_pooled.data(),
                                  .index = index.data(),
                                  .in = o.in.data(),
                                  .weight = o.weight.data()},
                                 d, p, {.packed = packed.data(), .scratch = scratch.data()});
    CHECK(support::difference<T>(d_weight.values(), expected.d_weight.values(), magnitudes.d_weight.values(),
                                 support::error_bound(tile)) == "");
    CHECK(support::difference<T>(d_bias.values(), expected.d_bias.values(), magnitudes.d_bias.values()) == "");
    if (wants_d_in)
      CHECK(support::difference<T>(d_in.values(), expected.d_in.values(), magnitudes.d_in.values(),
                                   support::error_bound(tile)) == "");
    for (const Guarded<T>* memory : {&scratch, &d_in, &d_weight, &d_bias}) CHECK(memory->guards_intact());
  }
}

/// Windows that leave no row, one or two unread, tall, wide and of one place.
std::vector<MaxPool2DDims> pools(const Conv2DDims& d) {
  std::vector<MaxPool2DDims> all;
  for (const fkd::Extent2D window : {fkd::Extent2D{2, 2}, {3, 3}, {3, 2}, {1, 3}, {2, 1}, {1, 1}})
    if (window.height <= d.OH && window.width <= d.OW)
      all.push_back(fkd::MaxPool2D{.window = window}.dims({d.OH, d.OW, d.OC}));
  return all;
}

/// Padding beyond the kernel: columns of output that see no input, or that some values of the kernel do not see.
std::vector<support::Conv2DCase> with_wide_padding(std::vector<support::Conv2DCase> all) {
  for (const fkd::Index right : {1, 2, 3})
    for (const fkd::Extent2D kernel : {fkd::Extent2D{1, 1}, {2, 2}, {1, 3}})
      for (const fkd::Extent2D stride : {fkd::Extent2D{1, 1}, {1, 2}})
        all.push_back({{4, 7, 3}, {.filters = 8, .kernel = kernel, .stride = stride, .padding = {.right = right}}});
  return all;
}

template <class T>
void compare_all() {
  int by_lists = 0, rows_unread = 0;
  for (const support::Conv2DCase& c : with_wide_padding(support::conv2d_cases())) {
    const Conv2DDims d = c.layer.dims(c.in);
    if (d.OH * d.OW * d.OC * d.KH * d.KW * d.IC > 1'500'000) continue;  // and yet several bands of windows
    const Operands<T> o{d};
    for (const MaxPool2DDims& p : pools(d))
      for (const bool relu : {true, false})
        for (const fkd::Backend<T>* backend : support::backends<T>()) {
          if (!backend->can_fuse_pool(d, p) || support::is_another(backend->name, d)) continue;
          CAPTURE(c.text());
          CAPTURE(fkd::text(fkd::Extent2D{p.KH, p.KW}));
          CAPTURE(relu);
          CAPTURE(std::string{backend->name});
          const OneByOne<T> expected{*backend, o, d, p, relu};
          check_forward(*backend, o, d, p, relu, expected);
          Guarded<T> d_pooled{expected.pooled.size()};
          d_pooled.fill_at_random(20);
          for (Index i = 0; i < d_pooled.size(); i += 7) d_pooled[i] = 0;
          const Guarded<double> d_out = unpooled(d_pooled, expected.index, d, p);
          check_backward(*backend, o, d_pooled, expected.index, d, p, reference_backward(o, d_out, d, false),
                         reference_backward(o, d_out, d, true));
          by_lists += backend->name == "sparse" && fkd::direct::can_be_sparse<T>(d);
          rows_unread += p.OH * p.KH < d.OH;
        }
  }
  CHECK(by_lists > 100);
  CHECK(rows_unread > 100);
}

TEST_CASE("fused: every backend agrees with the layers one by one, float") { compare_all<float>(); }
TEST_CASE("fused: every backend agrees with the layers one by one, double") { compare_all<double>(); }

}  // namespace
#endif
