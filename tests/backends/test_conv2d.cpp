/// Every backend's convolution against the reference in double, on the whole case table, and every algorithm of those
/// that choose by the gradients.
///
/// Gradients were dense here once, so the algorithms that leave out zeros never ran on the table: d_in could keep what
/// had been in its memory where a stride leaves columns unread, and no test saw it.
#include <doctest/doctest.h>

#include <array>
#include <string>

#include <support/backends.hpp>
#include <support/cases.hpp>
#include <support/compare.hpp>

#if FKD_HAS_DIRECT
#include <fkd/backends/direct/backend.hpp>
#include <fkd/backends/direct/instances.hpp>
#endif

namespace {

using fkd::Conv2DDims, fkd::Index;
using support::Gradients, support::Guarded, support::in_double;

template <class T>
struct Operands {
  explicit Operands(const Conv2DDims& d, Gradients kind = Gradients::dense)
      : in{d.IH * d.IW * d.IC},
        weight{d.KH * d.KW * d.group_IC() * d.OC, 0},
        bias{d.OC, 0},
        d_out{d.OH * d.OW * d.OC},
        d_weight{weight.size(), 0},
        d_bias{d.OC, 0} {
    std::uint64_t which = 0;
    for (Guarded<T>* memory : {&in, &weight, &bias, &d_out, &d_weight, &d_bias}) memory->fill_at_random(++which);
    support::thin_out(d_out, kind, d);
  }
  Guarded<T> in, weight, bias, d_out;
  Guarded<T> d_weight, d_bias;  // what is added to

  Operands<double> converted(const Conv2DDims& d, bool magnitudes) const {
    Operands<double> to{d};
    to.in = in_double(in, magnitudes), to.weight = in_double(weight, magnitudes);
    to.bias = in_double(bias, magnitudes), to.d_out = in_double(d_out, magnitudes);
    to.d_weight = in_double(d_weight, magnitudes), to.d_bias = in_double(d_bias, magnitudes);
    return to;
  }
  bool guards_intact() const {
    return in.guards_intact() && weight.guards_intact() && bias.guards_intact() && d_out.guards_intact();
  }
};

/// What one backend makes of the operands. `out` and `d_in` are NaN before.
template <class T>
struct Results {
  Results(const fkd::Backend<T>& backend, const Operands<T>& o, const Conv2DDims& d, bool bias = true)
      : out{d.OH * d.OW * d.OC}, d_in{d.IH * d.IW * d.IC}, d_weight{o.d_weight}, d_bias{o.d_bias} {
    const Guarded<T> packed = support::packed(backend, o.weight, d);
    const Index scratch_size = backend.conv2d_scratch_size(d);
    Guarded<T> scratch[] = {support::scratch<T>(scratch_size), support::scratch<T>(scratch_size),
                            support::scratch<T>(scratch_size)};
    const auto forward = [&](Guarded<T>& to, const Guarded<T>& weights, Guarded<T>& memory) {
      backend.conv2d_forward(
          {.out = to.data(), .in = o.in.data(), .weight = o.weight.data(), .bias = bias ? o.bias.data() : nullptr}, d,
          {.packed = weights.data(), .scratch = memory.data()});
    };
    forward(out, packed, scratch[0]);
    backend.conv2d_d_in({.d_in = d_in.data(), .d_out = o.d_out.data(), .weight = o.weight.data()}, d,
                        {.packed = packed.data(), .scratch = scratch[1].data()});
    backend.conv2d_d_weight({.d_weight = d_weight.data(),
                             .d_bias = bias ? d_bias.data() : nullptr,
                             .in = o.in.data(),
                             .d_out = o.d_out.data()},
                            d, scratch[2].data());
    // What is packed for prediction is enough to go forward.
    const Guarded<T> less = support::packed(backend, o.weight, d, false);
    Guarded<T> again{out.size()}, more_scratch = support::scratch<T>(scratch_size);
    forward(again, less, more_scratch);
    CHECK(support::bit_difference(again.values(), out.values()) == "");
    intact = less.guards_intact() && again.guards_intact() && more_scratch.guards_intact() && packed.guards_intact() &&
             out.guards_intact() && d_in.guards_intact() && d_weight.guards_intact() && d_bias.guards_intact() &&
             o.guards_intact();
    for (const Guarded<T>& memory : scratch) intact = intact && memory.guards_intact();
  }
  std::array<const Guarded<T>*, 4> tensors() const { return {&out, &d_in, &d_weight, &d_bias}; }
  Guarded<T> out, d_in, d_weight, d_bias;
  bool intact = false;
};
constexpr const char* tensor_names[] = {"out", "d_in", "d_weight", "d_bias"};

/// "" if everything is close to the reference, else what is not. All but d_bias may come from Winograd's tiles.
template <class T>
std::string wrong(const Results<T>& got, const Results<double>& expected, Results<double> magnitudes,
                  const Conv2DDims& d, Index tile) {
  support::largest_of_tile(magnitudes.out, tile, d.OH, d.OW, d.OC);
  support::largest_of_tile(magnitudes.d_in, tile, d.IH, d.IW, d.IC);
  support::largest_of_kernel(magnitudes.d_weight, tile, d.group_IC() * d.OC);
  std::string all = got.intact ? "" : "something is written beside its memory; ";
  for (std::size_t i = 0; i < 4; ++i) {
    const std::string difference =
        support::difference<T>(got.tensors()[i]->values(), expected.tensors()[i]->values(),
                               magnitudes.tensors()[i]->values(), support::error_bound(i < 3 ? tile : 0));
    if (difference != "") all += std::string{tensor_names[i]} + ", " + difference + "; ";
  }
  return all;
}

template <class T>
void compare_all() {
  for (const support::Conv2DCase& c : support::conv2d_cases()) {
    const Conv2DDims d = c.layer.dims(c.in);
    for (const Gradients kind : support::every_gradients) {
      const Operands<T> operands{d, kind};
      const Results<double> expected{fkd::reference::backend<double>, operands.converted(d, false), d};
      const Results<double> magnitudes{fkd::reference::backend<double>, operands.converted(d, true), d};
      CAPTURE(c.text());
      CAPTURE(std::string{text(kind)});
      for (const fkd::Backend<T>* backend : support::backends<T>()) {
        if (support::is_another(backend->name, d)) continue;
        CAPTURE(std::string{backend->name});
        CHECK(wrong(Results<T>{*backend, operands, d}, expected, magnitudes, d,
                    support::winograd_tile(backend->name, d)) == "");
      }
    }
  }
}

TEST_CASE("conv2d: every backend agrees with the reference, float") { compare_all<float>(); }
TEST_CASE("conv2d: every backend agrees with the reference, double") { compare_all<double>(); }

/// Without a bias: as with one of zeros, and its gradient is not written.
template <class T>
void without_bias() {
  for (const support::Conv2DCase& c : support::conv2d_cases()) {
    const Conv2DDims d = c.layer.dims(c.in);
    for (const Gradients kind : {Gradients::dense, Gradients::pooled}) {
      Operands<T> operands{d, kind};
      for (Index oc = 0; oc < d.OC; ++oc) operands.bias[oc] = 0;
      CAPTURE(c.text());
      for (const fkd::Backend<T>* backend : support::backends<T>()) {
        if (support::is_another(backend->name, d)) continue;
        CAPTURE(std::string{backend->name});
        const Results<T> with{*backend, operands, d}, without{*backend, operands, d, false};
        CHECK(without.intact);
        CHECK(support::bit_difference(without.out.values(), with.out.values()) == "");
        CHECK(support::bit_difference(without.d_weight.values(), with.d_weight.values()) == "");
        CHECK(support::bit_difference(without.d_bias.values(), operands.d_bias.values()) == "");
      }
    }
  }
}

TEST_CASE("conv2d: the bias may be null") {
  without_bias<float>();
  without_bias<double>();
}

template <class T>
void same_bits_again() {
  for (const support::Conv2DCase& c : support::conv2d_cases()) {
    const Conv2DDims d = c.layer.dims(c.in);
    for (const Gradients kind : {Gradients::dense, Gradients::pooled}) {
      const Operands<T> operands{d, kind};
      Operands<T> moved = operands;
      moved.in = Guarded<T>{operands.in.size(), 3};
      moved.d_out = Guarded<T>{operands.d_out.size(), 2};
      moved.in.fill_at_random(1);
      moved.d_out.fill_at_random(4);
      support::thin_out(moved.d_out, kind, d);
      CAPTURE(c.text());
      CAPTURE(std::string{text(kind)});
      for (const fkd::Backend<T>* backend : support::backends<T>()) {
        if (support::is_another(backend->name, d)) continue;
        CAPTURE(std::string{backend->name});
        const Results<T> a{*backend, operands, d}, b{*backend, moved, d};
        for (std::size_t i = 0; i < 4; ++i) {
          CAPTURE(tensor_names[i]);
          CHECK(support::bit_difference(a.tensors()[i]->values(), b.tensors()[i]->values()) == "");
        }
      }
    }
  }
}

TEST_CASE("conv2d: bits do not depend on where operands lie") {
  same_bits_again<float>();
  same_bits_again<double>();
}

#if FKD_HAS_DIRECT
TEST_CASE("conv2d: the table takes every kernel of convolutions that are dilated or in groups") {
  int lanes = 0, parts = 0, forward_alone = 0, d_in_alone = 0, in_place = 0, no_part_of_some_rows = 0;
  for (const support::Conv2DCase& c : support::conv2d_cases()) {
    const Conv2DDims d = c.layer.dims(c.in);
    if (d.is_plain()) continue;
    const bool forward = fkd::direct::forward_by_lanes<float>(d), d_in = fkd::direct::d_in_by_lanes<float>(d);
    lanes += forward && d_in;
    parts += !forward && !d_in;
    forward_alone += forward && !d_in;
    d_in_alone += !forward && d_in;
    in_place += forward && fkd::direct::forward_lanes<float>(d).in_place();
    no_part_of_some_rows += fkd::direct::rows_of(d).phases() < d.dilation_h;
  }
  CHECK(lanes > 10);
  CHECK(parts > 15);
  CHECK(forward_alone > 0);
  CHECK(d_in_alone > 1);
  CHECK(in_place > 1);
  CHECK(no_part_of_some_rows > 3);
}
#endif

#if FKD_HAS_DIRECT
/// How often the table takes each algorithm of the backend that leaves out zeros; and how often nonzero lists where a
/// stride leaves something unread.
struct Algorithms {
  int whole = 0, lists = 0, windows = 0, lists_rows_unread = 0, lists_columns_unread = 0;
};

template <class T>
Algorithms algorithms(const fkd::Backend<T>& sparse, const fkd::Backend<T>& direct) {
  Algorithms n;
  for (const support::Conv2DCase& c : support::conv2d_cases()) {
    const Conv2DDims d = c.layer.dims(c.in);
    for (const Gradients kind : support::every_gradients) {
      const Operands<T> o{d, kind};
      if (fkd::direct::can_be_sparse<T>(d)) {
        const bool lists = fkd::direct::is_sparse(o.d_out.data(), o.d_out.size());
        ++(lists ? n.lists : n.whole);
        n.lists_rows_unread += lists && support::leaves_rows_unread(d);
        n.lists_columns_unread += lists && support::leaves_columns_unread(d);
      } else {  // another order of the sum, so other bits
        const Results<T> a{sparse, o, d}, b{direct, o, d};
        ++(support::bit_difference(a.d_weight.values(), b.d_weight.values()) == "" ? n.whole : n.windows);
      }
    }
  }
  return n;
}
TEST_CASE("conv2d: the table takes every algorithm of the backend that leaves out zeros") {
  for (const fkd::Isa set : {fkd::Isa::baseline, fkd::Isa::avx2, fkd::Isa::avx512}) {
    if (!fkd::machine_has(set)) continue;
    CAPTURE(std::string{fkd::name(set)});
    const Algorithms of_float =
        algorithms<float>(fkd::direct::sparse_backend<float>(set), fkd::direct::backend<float>(set));
    const Algorithms of_double =
        algorithms<double>(fkd::direct::sparse_backend<double>(set), fkd::direct::backend<double>(set));
    for (const Algorithms& n : {of_float, of_double}) {
      CHECK(n.whole > 50);
      CHECK(n.lists > 100);
      CHECK(n.lists_rows_unread > 50);
      CHECK(n.lists_columns_unread > 50);
    }
    CHECK((of_float.windows > 20) == (set != fkd::Isa::baseline));  // which has no byte shuffle
  }
}
#endif

}  // namespace
