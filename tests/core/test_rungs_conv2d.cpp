/// Every rung's convolution against the reference in double, on the whole case table.
#include <doctest/doctest.h>

#include <support/cases.hpp>
#include <support/compare.hpp>
#include <support/rungs.hpp>

namespace {

using fkd::Conv2DDims, fkd::Index;
using support::Guarded, support::in_double;

template <class T>
struct Operands {
  explicit Operands(const Conv2DDims& d)
      : in{d.IH * d.IW * d.IC},
        weight{d.KH * d.KW * d.IC * d.OC, 0},
        bias{d.OC, 0},
        d_out{d.OH * d.OW * d.OC},
        d_weight{weight.size(), 0},
        d_bias{d.OC, 0} {
    std::uint64_t which = 0;
    for (Guarded<T>* memory : {&in, &weight, &bias, &d_out, &d_weight, &d_bias}) memory->fill_at_random(++which);
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

/// What one rung makes of the operands. `out` and `d_in` are NaN before.
template <class T>
struct Results {
  Results(const fkd::Rung<T>& rung, const Operands<T>& o, const Conv2DDims& d)
      : out{d.OH * d.OW * d.OC}, d_in{d.IH * d.IW * d.IC}, d_weight{o.d_weight}, d_bias{o.d_bias} {
    const Guarded<T> prepared = support::prepared(rung, o.weight, d);
    const Index scratch_size = rung.conv2d_scratch_size(d);
    Guarded<T> scratch[] = {support::scratch<T>(scratch_size), support::scratch<T>(scratch_size),
                            support::scratch<T>(scratch_size)};
    rung.conv2d_forward(out.data(), o.in.data(), o.weight.data(), o.bias.data(), prepared.data(), d, scratch[0].data());
    rung.conv2d_d_in(d_in.data(), o.d_out.data(), o.weight.data(), prepared.data(), d, scratch[1].data());
    rung.conv2d_d_weight(d_weight.data(), d_bias.data(), o.in.data(), o.d_out.data(), d, scratch[2].data());
    // What is prepared for prediction is enough to go forward.
    const Guarded<T> less = support::prepared(rung, o.weight, d, false);
    Guarded<T> again{out.size()}, more_scratch = support::scratch<T>(scratch_size);
    rung.conv2d_forward(again.data(), o.in.data(), o.weight.data(), o.bias.data(), less.data(), d, more_scratch.data());
    CHECK(support::bit_difference(again.values(), out.values()) == "");
    intact = less.guards_intact() && again.guards_intact() && more_scratch.guards_intact() &&
             prepared.guards_intact() && out.guards_intact() && d_in.guards_intact() && d_weight.guards_intact() &&
             d_bias.guards_intact() && o.guards_intact();
    for (const Guarded<T>& memory : scratch) intact = intact && memory.guards_intact();
  }
  Guarded<T> out, d_in, d_weight, d_bias;
  bool intact = false;
};

template <class T>
void compare_all() {
  for (const support::Conv2DCase& c : support::conv2d_cases()) {
    const Conv2DDims d = c.layer.dims(c.in);
    const Operands<T> operands{d};
    const Results<double> expected{fkd::reference::rung<double>, operands.converted(d, false), d};
    const Results<double> magnitudes{fkd::reference::rung<double>, operands.converted(d, true), d};
    for (const fkd::Rung<T>* rung : support::rungs<T>()) {
      CAPTURE(c.text());
      CAPTURE(std::string{rung->name});
      const Results<T> got{*rung, operands, d};
      CHECK(got.intact);
      CHECK(support::difference<T>(got.out.values(), expected.out.values(), magnitudes.out.values()) == "");
      CHECK(support::difference<T>(got.d_in.values(), expected.d_in.values(), magnitudes.d_in.values()) == "");
      CHECK(support::difference<T>(got.d_weight.values(), expected.d_weight.values(), magnitudes.d_weight.values()) ==
            "");
      CHECK(support::difference<T>(got.d_bias.values(), expected.d_bias.values(), magnitudes.d_bias.values()) == "");
    }
  }
}

TEST_CASE("conv2d: every rung agrees with the reference, float") { compare_all<float>(); }
TEST_CASE("conv2d: every rung agrees with the reference, double") { compare_all<double>(); }

template <class T>
void same_bits_again() {
  for (const support::Conv2DCase& c : support::conv2d_cases()) {
    const Conv2DDims d = c.layer.dims(c.in);
    const Operands<T> operands{d};
    Operands<T> moved = operands;
    moved.in = Guarded<T>{operands.in.size(), 3};
    moved.d_out = Guarded<T>{operands.d_out.size(), 2};
    moved.in.fill_at_random(1);
    moved.d_out.fill_at_random(4);
    for (const fkd::Rung<T>* rung : support::rungs<T>()) {
      CAPTURE(c.text());
      CAPTURE(std::string{rung->name});
      const Results<T> a{*rung, operands, d}, b{*rung, moved, d};
      CHECK(support::bit_difference(a.out.values(), b.out.values()) == "");
      CHECK(support::bit_difference(a.d_in.values(), b.d_in.values()) == "");
      CHECK(support::bit_difference(a.d_weight.values(), b.d_weight.values()) == "");
      CHECK(support::bit_difference(a.d_bias.values(), b.d_bias.values()) == "");
    }
  }
}

TEST_CASE("conv2d: bits do not depend on where operands lie") {
  same_bits_again<float>();
  same_bits_again<double>();
}

}  // namespace
