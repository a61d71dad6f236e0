/// Winograd's convolution: its error is held at 1e-5 * Σ|terms|, NaN is not lost, tiles and blocks are computed alone,
/// and it is chosen where winograd/choice.hpp says. (That it agrees with the reference on the case table, with every
/// epilogue, at every place of its operands: test_conv2d.cpp and test_epilogue.cpp.)
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <fkd/net.hpp>

#include <support/backends.hpp>
#include <support/compare.hpp>
#include <support/networks.hpp>

#if FKD_HAS_DIRECT
#include <fkd/backends/winograd/choice.hpp>

namespace {

using fkd::Backend, fkd::Conv2D, fkd::Conv2DDims, fkd::Index, fkd::Isa, fkd::Padding, fkd::Shape;
using support::Guarded, support::in_double;

struct Tiles {
  const Backend<float>* backend;
  Index m;
};
std::vector<Tiles> every_tile() {
  std::vector<Tiles> all;
  for (const Isa set : {Isa::baseline, Isa::avx2, Isa::avx512})
    for (const Index m : {Index{2}, Index{4}})
      if (fkd::machine_has(set)) all.push_back({&fkd::winograd::forced_backend(m, set), m});
  return all;
}

Conv2DDims same(Index H, Index W, Index IC, Index OC) {
  return Conv2D{.filters = OC, .kernel = {3, 3}, .padding = Padding::same}.dims({H, W, IC});
}
Conv2DDims valid(Index H, Index W, Index IC, Index OC) {
  return Conv2D{.filters = OC, .kernel = {3, 3}}.dims({H, W, IC});
}

Guarded<float> forward(const Backend<float>& backend, const Conv2DDims& d, const Guarded<float>& in,
                       const Guarded<float>& weight) {
  Guarded<float> out{d.OH * d.OW * d.OC}, scratch = support::scratch<float>(backend.conv2d_scratch_size(d));
  const Guarded<float> packed = support::packed(backend, weight, d, false);
  backend.conv2d_forward({.out = out.data(), .in = in.data(), .weight = weight.data(), .bias = nullptr}, d,
                         {.packed = packed.data(), .scratch = scratch.data()});
  CHECK(out.guards_intact());
  CHECK(scratch.guards_intact());
  return out;
}
Guarded<float> d_in(const Backend<float>& backend, const Conv2DDims& d, const Guarded<float>& d_out,
                    const Guarded<float>& weight) {
  Guarded<float> result{d.IH * d.IW * d.IC}, scratch = support::scratch<float>(backend.conv2d_scratch_size(d));
  const Guarded<float> packed = support::packed(backend, weight, d, true);
  backend.conv2d_d_in({.d_in = result.data(), .d_out = d_out.data(), .weight = weight.data()}, d,
                      {.packed = packed.data(), .scratch = scratch.data()});
  CHECK(result.guards_intact());
  CHECK(scratch.guards_intact());
  return result;
}

/// The largest |error| / Σ|terms| of a tensor (H, W, C).
struct Extents {
  Index H, W, C;
};
double worst(const Guarded<float>& got, const Guarded<double>& expected, Guarded<double> magnitudes, Index m,
             const Extents& e) {
  support::largest_of_tile(magnitudes, m, e.H, e.W, e.C);
  double largest = 0;
  for (Index i = 0; i < got.size(); ++i) {
    const double error = std::abs(static_cast<double>(got[i]) - expected[i]) / magnitudes[i];
    if (!(error <= largest)) largest = error;  // NaN, too
  }
  return largest;
}

/// Of forward and of d_in, which sees `image` as a gradient.
struct Errors {
  double forward, d_in;
};
Errors errors(const Tiles& tiles, const Conv2DDims& d, const Guarded<float>& image, const Guarded<float>& weight) {
  const auto reference = [&](bool magnitudes, bool backward) {
    Guarded<double> to{(backward ? d.IH * d.IW * d.IC : d.OH * d.OW * d.OC)};
    const Guarded<double> in = in_double(image, magnitudes), w = in_double(weight, magnitudes);
    if (backward) {
      fkd::reference::conv2d_d_in<double>({.d_in = to.data(), .d_out = in.data(), .weight = w.data()}, d);
    } else {
      fkd::reference::conv2d_forward<double>({.out = to.data(), .in = in.data(), .weight = w.data(), .bias = nullptr},
                                             d);
    }
    return to;
  };
  return {worst(forward(*tiles.backend, d, image, weight), reference(false, false), reference(true, false), tiles.m,
                {d.OH, d.OW, d.OC}),
          worst(d_in(*tiles.backend, d, image, weight), reference(false, true), reference(true, true), tiles.m,
                {d.IH, d.IW, d.IC})};
}

TEST_CASE("winograd: the error is below 1e-5 of the sum of magnitudes, of random and of adversarial operands") {
  const Conv2DDims d = same(13, 10, 32, 32);  // out and in alike, so that an image is a gradient, too
  const Index C = d.IC;
  struct Family {
    const char* name;
    float (*value)(float random, Index h, Index w, Index c);
  };
  const Family images[] = {
      {"random", [](float x, Index, Index, Index) { return x; }},
      {"large offset", [](float x, Index, Index, Index) { return 1000 + x; }},
      {"large offset of a channel's own sign",
       [](float x, Index, Index, Index c) { return c % 2 ? 1e4F + x : x - 1e4F; }},
      {"alternating signs", [](float x, Index h, Index w, Index) { return (h + w) % 2 ? 1 + x / 1000 : x / 1000 - 1; }},
      {"alternating columns", [](float x, Index, Index w, Index) { return w % 2 ? 10 + x : x - 10; }},
      {"a single spike", [](float x, Index h, Index w, Index) { return h == 5 && w == 6 ? 1e6F : x; }},
      {"spikes at corners of tiles",
       [](float x, Index h, Index w, Index) { return h % 4 == 3 && w % 4 == 0 ? -1e5F : x; }},
      {"one huge channel", [](float x, Index, Index, Index c) { return c == 7 ? 1e6F * x : x; }},
      {"a ramp", [](float x, Index h, Index w, Index) { return static_cast<float>(h * h * 10 + w) + x; }},
      {"powers",
       [](float x, Index h, Index w, Index c) { return std::ldexp(x, static_cast<int>((h + 3 * w + c) % 20)); }},
      {"tiny", [](float x, Index, Index, Index) { return 1e-30F * x; }},
      {"zeros but a few", [](float x, Index h, Index w, Index c) { return (h + w + c) % 7 == 0 ? x : 0.F; }},
  };
  const Family weights[] = {
      {"random", [](float x, Index, Index, Index) { return x; }},
      {"alternating", [](float x, Index h, Index w, Index) { return (h + w) % 2 ? 1 + x / 100 : x / 100 - 1; }},
      {"positive", [](float x, Index, Index, Index) { return 1.5F + x; }},
      {"the middle alone", [](float x, Index h, Index w, Index) { return h == 1 && w == 1 ? x : 1e-3F * x; }},
      {"one channel", [](float x, Index, Index, Index c) { return c % 32 == 3 ? 1e4F * x : x; }},
  };
  for (const Tiles& tiles : every_tile())
    for (const Family& of_image : images)
      for (const Family& of_weight : weights) {
        Guarded<float> image{d.IH * d.IW * C, 0}, weight{9 * C * C, 0};
        image.fill_at_random(1);
        weight.fill_at_random(2);
        for (Index i = 0; i < image.size(); ++i) image[i] = of_image.value(image[i], i / C / d.IW, i / C % d.IW, i % C);
        for (Index i = 0; i < weight.size(); ++i)
          weight[i] = of_weight.value(weight[i], i / C / C / 3, i / C / C % 3, i % (C * C));
        CAPTURE(tiles.m);
        CAPTURE(of_image.name);
        CAPTURE(of_weight.name);
        const Errors e = errors(tiles, d, image, weight);
        CHECK(e.forward < 1e-5);
        CHECK(e.d_in < 1e-5);
        CHECK(e.forward > 0);
      }
}

/// d_weight, added to zeros; of Winograd's tiles only 4x4 compute it.
Guarded<float> d_weight(const Backend<float>& backend, const Conv2DDims& d, const Guarded<float>& in,
                        const Guarded<float>& d_out, Guarded<float>* d_bias = nullptr) {
  Guarded<float> result{9 * d.IC * d.OC}, scratch = support::scratch<float>(backend.conv2d_scratch_size(d));
  for (Index i = 0; i < result.size(); ++i) result[i] = 0;
  backend.conv2d_d_weight({.d_weight = result.data(),
                           .d_bias = d_bias != nullptr ? d_bias->data() : nullptr,
                           .in = in.data(),
                           .d_out = d_out.data()},
                          d, scratch.data());
  CHECK(result.guards_intact());
  CHECK(scratch.guards_intact());
  return result;
}

/// The largest |error| / Σ|terms| of d_weight, each gradient's term being that with the largest pixel that its tile
/// sees: a tile is computed as one.
double error_of_d_weight(const Backend<float>& backend, const Conv2DDims& d, const Guarded<float>& in,
                         const Guarded<float>& d_out) {
  Guarded<double> expected{9 * d.IC * d.OC}, terms{9 * d.IC * d.OC};
  for (Index i = 0; i < expected.size(); ++i) expected[i] = terms[i] = 0;
  const Guarded<double> x = in_double(in, false), g = in_double(d_out, false);
  fkd::reference::conv2d_d_weight<double>(
      {.d_weight = expected.data(), .d_bias = nullptr, .in = x.data(), .d_out = g.data()}, d);
  std::vector<double> largest(static_cast<std::size_t>(d.IC)), sum(static_cast<std::size_t>(d.OC));
  for (Index h0 = 0; h0 < d.OH; h0 += 4)
    for (Index w0 = 0; w0 < d.OW; w0 += 4) {
      std::fill(largest.begin(), largest.end(), 0), std::fill(sum.begin(), sum.end(), 0);
      const auto each = [](Index begin, Index end, Index h_begin, Index h_end, Index W, auto f) {
        for (Index h = h_begin; h < h_end; ++h)
          for (Index w = begin; w < end; ++w) f(h * W + w);
      };
      const auto limits = [](Index at, Index length, Index L) {
        return std::pair{(std::max)(at, Index{0}), (std::min)(at + length, L)};
      };
      const auto [top, bottom] = limits(h0 - d.pad_top, 6, d.IH);
      const auto [left, right] = limits(w0 - d.pad_left, 6, d.IW);
      each(left, right, top, bottom, d.IW, [&](Index pixel) {
        for (Index c = 0; c < d.IC; ++c) {
          double& of = largest[static_cast<std::size_t>(c)];
          of = (std::max)(of, std::abs(x[pixel * d.IC + c]));
        }
      });
      each(w0, (std::min)(w0 + 4, d.OW), h0, (std::min)(h0 + 4, d.OH), d.OW, [&](Index pixel) {
        for (Index c = 0; c < d.OC; ++c) sum[static_cast<std::size_t>(c)] += std::abs(g[pixel * d.OC + c]);
      });
      for (Index i = 0; i < terms.size(); ++i)
        terms[i] += largest[static_cast<std::size_t>(i / d.OC % d.IC)] * sum[static_cast<std::size_t>(i % d.OC)];
    }
  return worst(d_weight(backend, d, in, d_out), expected, std::move(terms), 0, {9, 1, d.IC * d.OC});
}

TEST_CASE("winograd: the error of d_weight is below 1e-5 of the sum of magnitudes, also of adversarial operands") {
  using Value = float (*)(float random, Index h, Index w, Index c);
  const Value values[] = {
      [](float x, Index, Index, Index) { return x; },
      [](float x, Index, Index, Index) { return 1000 + x; },
      [](float x, Index h, Index w, Index) { return (h + w) % 2 ? 1 + x / 1000 : x / 1000 - 1; },
      [](float x, Index h, Index w, Index) { return h == 5 && w == 6 ? 1e6F : x; },
      [](float x, Index h, Index w, Index) { return h % 4 == 3 && w % 4 == 0 ? -1e5F : x; },
      [](float x, Index, Index, Index c) { return c == 7 ? 1e6F * x : x; },
      [](float x, Index h, Index w, Index c) { return std::ldexp(x, static_cast<int>((h + 3 * w + c) % 20)); },
      [](float x, Index h, Index w, Index c) { return (h + w + c) % 4 == 0 ? x : 0.F; },
  };
  for (const Conv2DDims& d : {same(13, 10, 17, 35), valid(15, 46, 200, 16)})  // one block, and several
    for (const Tiles& tiles : every_tile())
      for (const Value of_image : values)
        for (const Value of_gradient : values) {
          if (tiles.m != 4 || (d.IC == 200 && of_image != values[0])) continue;
          Guarded<float> image{d.IH * d.IW * d.IC, 0}, gradient{d.OH * d.OW * d.OC, 0};
          image.fill_at_random(1), gradient.fill_at_random(2);
          for (Index i = 0; i < image.size(); ++i)
            image[i] = of_image(image[i], i / d.IC / d.IW, i / d.IC % d.IW, i % d.IC);
          for (Index i = 0; i < gradient.size(); ++i)
            gradient[i] = of_gradient(gradient[i], i / d.OC / d.OW, i / d.OC % d.OW, i % d.OC);
          const double error = error_of_d_weight(*tiles.backend, d, image, gradient);
          CHECK(error < (of_image == values[0] && of_gradient == values[0] ? 1.5e-6 : 1e-5));
          CHECK(error > 0);
        }
}

TEST_CASE("winograd: NaN and infinity reach each gradient of a weight that sees them; d_bias is a plain sum") {
  const Conv2DDims d = same(7, 9, 3, 21);
  Guarded<float> image{d.IH * d.IW * d.IC, 0}, gradient{d.OH * d.OW * d.OC, 0};
  image.fill_at_random(5), gradient.fill_at_random(7);
  for (const Tiles& tiles : every_tile())
    for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
      if (tiles.m != 4) continue;
      Guarded<float> some = gradient, other = image, d_bias{d.OC, 0};
      some[(3 * d.OW + 4) * d.OC + 19] = bad;
      other[(3 * d.IW + 4) * d.IC + 1] = bad;
      for (Index c = 0; c < d.OC; ++c) d_bias[c] = 1;
      const Guarded<float> of_gradient = d_weight(*tiles.backend, d, image, some, &d_bias),
                           of_image = d_weight(*tiles.backend, d, other, gradient);
      int wrong = 0;
      for (Index i = 0; i < of_gradient.size(); ++i) {
        wrong += std::isfinite(of_gradient[i]) != (i % d.OC != 19);
        wrong += std::isfinite(of_image[i]) != (i / d.OC % d.IC != 1);
      }
      CHECK(wrong == 0);
      for (Index c = 0; c < d.OC; ++c) {
        double sum = 1;
        for (Index p = 0; p < d.OH * d.OW; ++p) sum += static_cast<double>(some[p * d.OC + c]);
        CHECK((c == 19 ? !std::isfinite(d_bias[c]) : std::abs(static_cast<double>(d_bias[c]) - sum) < 1e-5));
      }
    }
}

TEST_CASE("winograd: of random operands the error is what its page says") {
  const Conv2DDims d = same(16, 16, 128, 128);
  Guarded<float> image{d.IH * d.IW * d.IC, 0}, weight{9 * d.IC * d.OC, 0};
  image.fill_at_random(3);
  weight.fill_at_random(4);
  for (const Tiles& tiles : every_tile()) {
    CAPTURE(tiles.m);
    const Errors e = errors(tiles, d, image, weight);
    // The points ±1 and ±2 have 12e-7.
    CHECK(e.forward < (tiles.m == 2 ? 2e-7 : 8e-7));
    CHECK(e.d_in < (tiles.m == 2 ? 2e-7 : 8e-7));
  }
}

/// Whether output pixel o of a convolution with a padding of 1 sees input pixel i.
bool sees(Index oh, Index ow, Index h, Index w) { return std::abs(oh - h) <= 1 && std::abs(ow - w) <= 1; }

TEST_CASE(
    "winograd: NaN reaches each output that sees it, infinity leaves none of these finite, other tiles are untouched") {
  const Conv2DDims d = same(7, 9, 3, 5);
  Guarded<float> image{d.IH * d.IW * d.IC, 0}, weight{9 * d.IC * d.OC, 0}, gradient{d.OH * d.OW * d.OC, 0};
  image.fill_at_random(5), weight.fill_at_random(6), gradient.fill_at_random(7);
  constexpr float nan = std::numeric_limits<float>::quiet_NaN(), infinity = std::numeric_limits<float>::infinity();
  for (const Tiles& tiles : every_tile()) {
    CAPTURE(tiles.m);
    const Guarded<float> out = forward(*tiles.backend, d, image, weight),
                         back = d_in(*tiles.backend, d, gradient, weight);
    for (const float bad : {nan, infinity, -infinity})
      for (Index h = 0; h < d.IH; ++h)
        for (Index w = 0; w < d.IW; ++w) {
          Guarded<float> some = image, some_gradient = gradient;
          some[(h * d.IW + w) * d.IC + 1] = bad;
          some_gradient[(h * d.OW + w) * d.OC + 2] = bad;
          const Guarded<float> got[] = {forward(*tiles.backend, d, some, weight),
                                        d_in(*tiles.backend, d, some_gradient, weight)};
          const Guarded<float>* without[] = {&out, &back};
          const Index channels[] = {d.OC, d.IC};
          int lost = 0, spread = 0;
          for (std::size_t which = 0; which < 2; ++which)
            for (Index i = 0; i < got[which].size(); ++i) {
              const Index oh = i / channels[which] / d.OW, ow = i / channels[which] % d.OW;
              const float x = got[which][i];
              if (sees(oh, ow, h, w)) lost += fkd::is_nan(bad) ? !fkd::is_nan(x) : std::isfinite(x);
              const auto beside = [&](Index o, Index at) {
                return at < o / tiles.m * tiles.m - 1 || at > o / tiles.m * tiles.m + tiles.m;
              };
              if (beside(oh, h) || beside(ow, w)) spread += x != (*without[which])[i];
            }
          CHECK(lost == 0);
          CHECK(spread == 0);
        }
  }
}

TEST_CASE("winograd: NaN among the weights reaches each output of its channel") {
  const Conv2DDims d = valid(6, 7, 3, 5);
  Guarded<float> image{d.IH * d.IW * d.IC, 0}, weight{9 * d.IC * d.OC, 0};
  image.fill_at_random(5), weight.fill_at_random(6);
  for (const Tiles& tiles : every_tile())
    for (Index tap = 0; tap < 9; ++tap) {
      Guarded<float> some = weight;
      some[(tap * d.IC + 1) * d.OC + 2] = std::numeric_limits<float>::quiet_NaN();
      const Guarded<float> out = forward(*tiles.backend, d, image, some), back = d_in(*tiles.backend, d, out, some);
      int wrong = 0;
      for (Index i = 0; i < out.size(); ++i) wrong += fkd::is_nan(out[i]) != (i % d.OC == 2);
      CHECK(wrong == 0);
    }
}

TEST_CASE("winograd: a tile's bits do not depend on what lies around it, nor on how tiles are put into blocks") {
  // So many channels that a block holds a few tiles of a row; a part of the image fits in one.
  for (const Index IC : {Index{300}, Index{7}}) {
    const Conv2DDims whole = valid(10, 62, IC, 37), part = valid(10, 14, IC, 37);
    Guarded<float> weight{9 * IC * 37, 0}, image{whole.IH * whole.IW * IC, 0}, left{part.IH * part.IW * IC, 0};
    weight.fill_at_random(8), image.fill_at_random(9);
    for (Index i = 0; i < left.size(); ++i)
      left[i] = image[(i / IC / part.IW * whole.IW + i / IC % part.IW) * IC + i % IC];
    for (const Tiles& tiles : every_tile()) {
      const Guarded<float> all = forward(*tiles.backend, whole, image, weight),
                           some = forward(*tiles.backend, part, left, weight);
      int differ = 0;
      for (Index i = 0; i < some.size(); ++i)
        differ += some[i] != all[(i / 37 / part.OW * whole.OW + i / 37 % part.OW) * 37 + i % 37];
      CHECK(differ == 0);
    }
  }
}

TEST_CASE("winograd: blocks of the tests are parts of a row, whole rows, and the image") {
  fkd::direct::Loops<float> loops{};
  loops.lanes = 16, loops.registers = 4;
  const auto blocks = [&](const Conv2DDims& d) {
    return fkd::winograd::Blocks<float>{fkd::winograd::forward_of(d), 4, loops};
  };
  CHECK(blocks(valid(10, 62, 300, 37)).cols < blocks(valid(10, 62, 300, 37)).tile_cols);
  CHECK(blocks(valid(10, 62, 7, 37)).rows == 2);
  CHECK(blocks(same(40, 43, 40, 3)).rows < 10);
  CHECK(blocks(same(40, 43, 40, 3)).cols == 11);
}

TEST_CASE("winograd: chosen for convolutions that were measured to be faster") {
  using fkd::winograd::Pass;
  const auto by_size = [](const Conv2DDims& d, Index bytes) {
    return fkd::winograd::by_size<Pass::prediction>(d, bytes);
  };
  const auto while_training = [](const Conv2DDims& d, Index bytes) {
    return fkd::winograd::by_size<Pass::training>(d, bytes);
  };
  for (const Index bytes : {Index{16}, Index{32}, Index{64}}) {
    CAPTURE(bytes);
    struct Size {
      Index H, IC, OC;
    };
    for (const Size& s : {Size{24, 128, 128},
                          {48, 64, 128},
                          {8, 128, 128},
                          {12, 256, 256},
                          {16, 64, 64},
                          {48, 32, 64},
                          {32, 32, 32},
                          {32, 16, 16},
                          {8, 64, 64},
                          {4, 64, 64}}) {
      CAPTURE(s.H);
      CAPTURE(s.IC);
      CHECK(by_size(same(s.H, s.H, s.IC, s.OC), bytes).forward > 0);
      CHECK(by_size(same(s.H, s.H, s.IC, s.OC), bytes).d_in > 0);
    }
    CHECK(by_size(same(24, 24, 128, 128), bytes).forward == 4);
    CHECK(by_size(same(4, 4, 64, 64), bytes).forward == 2);
    CHECK(by_size(same(7, 7, 512, 512), bytes).forward != 4);  // whose weights would be read more than multiplied
    CHECK(by_size(same(32, 32, 3, 64), bytes).forward == 0);   // a first layer
    CHECK(by_size(same(32, 32, 3, 64), bytes).d_in == 4);
    CHECK(by_size(same(2, 2, 64, 64), bytes).forward == 2);
    CHECK(by_size(same(1, 1, 64, 64), bytes).forward == 0);
  }
  CHECK(by_size(same(2, 2, 256, 256), 64).forward == 0);
  CHECK(while_training(same(48, 48, 64, 128), 64).forward == 4);
  CHECK(while_training(same(48, 48, 64, 128), 64).d_in == 4);
  CHECK(while_training(same(8, 8, 128, 128), 64).forward == 2);
  CHECK(while_training(same(5, 5, 128, 128), 64).forward == 0);  // where the weights' transform would cost the gain
  CHECK(by_size(same(5, 5, 128, 128), 64).forward == 2);
  CHECK(by_size(same(8, 8, 128, 128), 64).forward == 2);
  CHECK(by_size(same(8, 8, 128, 128), 32).forward == 4);
  const auto weights = [&](Index H, Index IC, Index OC) { return while_training(same(H, H, IC, OC), 64).d_weight; };
  for (const Index H : {12, 14, 16, 24, 32, 48}) {
    CHECK(weights(H, 64, 64) == 4);
    CHECK(weights(H, 24, 20) == 4);
  }
  CHECK(weights(32, 16, 16) == 4);
  CHECK(weights(8, 64, 64) == 4);
  CHECK(weights(6, 64, 64) == 0);  // whose sums would be transformed back as long as they are made
  CHECK(weights(32, 3, 64) == 0);
}

TEST_CASE("winograd: only 3x3 kernels without stride, dilation and groups, and no hostile sizes") {
  using fkd::winograd::can_compute;
  CHECK(can_compute(same(8, 8, 4, 4)));
  const auto can = [](const Conv2D& conv) { return can_compute(conv.dims({16, 16, 4})); };
  CHECK(can({.filters = 4, .kernel = {3, 3}, .padding = Padding::sides(0, 2)}));
  CHECK(!can({.filters = 4, .kernel = {3, 2}}));
  CHECK(!can({.filters = 4, .kernel = {1, 3}}));
  CHECK(!can({.filters = 4, .kernel = {5, 5}}));
  CHECK(!can({.filters = 4, .kernel = {3, 3}, .stride = {1, 2}}));
  CHECK(!can({.filters = 4, .kernel = {3, 3}, .stride = {2, 1}}));
  CHECK(!can({.filters = 4, .kernel = {3, 3}, .dilation = {2, 1}}));
  CHECK(!can({.filters = 4, .kernel = {3, 3}, .groups = 2}));
  CHECK(!can({.filters = 5000, .kernel = {3, 3}}));
}

/// Convolutions that Winograd is chosen for, with every epilogue: a pool, a sum, a batch normalisation, an activation.
const fkd::Sequential network{
    fkd::Input{.height = 17, .width = 18, .channels = 3},
    Conv2D{.filters = 16, .kernel = {3, 3}, .padding = Padding::same},
    fkd::ReLU{},
    Conv2D{.filters = 32, .kernel = {3, 3}, .padding = Padding::same},
    fkd::ReLU{},
    fkd::MaxPool2D{.window = {2, 2}},
    fkd::Residual{fkd::Sequential{Conv2D{.filters = 32, .kernel = {3, 3}, .padding = Padding::same}, fkd::BatchNorm{},
                                  fkd::ReLU{}, Conv2D{.filters = 32, .kernel = {3, 3}, .padding = Padding::same}}},
    fkd::GELU{},
    Conv2D{.filters = 35, .kernel = {3, 3}, .padding = Padding::same},
    fkd::Tanh{},
    fkd::MaxPool2D{.window = {3, 3}},
    fkd::Flatten{},
    fkd::Dense{.units = 5}};

TEST_CASE("winograd: the default predicts with it, and `exact` does without") {
  fkd::Model<float> net{network, fkd::Seed{3}};
  CHECK(&net.backend() == &fkd::default_backend<float>());
  const fkd::Batch<float> x = support::random_batch<float>(net.input_shape(), 9);
  const fkd::Batch<float> fast = net.predict(x);
  const auto& exact = fkd::default_backend<float>({.exact = true});
  CHECK(&exact == &fkd::direct::sparse_backend<float>());
  CHECK(&exact.for_prediction() == &exact);
  CHECK(&fkd::default_backend<double>() == &fkd::direct::sparse_backend<double>());
  net.use(exact);
  const fkd::Batch<float> slow = net.predict(x);
  CHECK(support::bit_difference(fast, slow) != "");
  for (Index i = 0; i < fast.size(); ++i) CHECK(std::abs(fast.data()[i] - slow.data()[i]) < 1e-4F);
}

/// The gradients of one training pass.
std::vector<float> gradients(fkd::Model<float>& net, const fkd::Batch<float>& x) {
  fkd::Workspace<float> workspace;
  fkd::Batch<float> y{net.output_shape(), x.samples()};
  net.forward(x, y, workspace, {.training = true});
  std::vector<float> d_trained(static_cast<std::size_t>(net.layout().trained()));
  net.backward(x, y, y, d_trained, {}, workspace);
  return d_trained;
}

TEST_CASE("winograd: training takes it, too; gradients are those of `exact` but for rounding, on any threads") {
  const fkd::Batch<float> x = support::random_batch<float>({17, 18, 3}, 20);
  fkd::Model<float> net{network, fkd::Seed{3}}, exact = net;
  exact.use(fkd::default_backend<float>({.exact = true}));
  fkd::set_threads(1);
  const std::vector<float> expected = gradients(exact, x), got = gradients(net, x);
  CHECK(support::bit_difference(got, expected) != "");
  double largest = 0, difference = 0;
  for (std::size_t i = 0; i < got.size(); ++i) {
    largest = (std::max)(largest, std::abs(static_cast<double>(expected[i])));
    difference = (std::max)(difference, std::abs(static_cast<double>(got[i] - expected[i])));
  }
  CHECK(difference < 1e-4 * largest);
  for (const int threads : {2, 3, 8}) {
    fkd::set_threads(threads);
    fkd::Model<float> again{network, fkd::Seed{3}};
    CHECK(support::bit_difference(gradients(again, x), got) == "");
  }
  fkd::set_threads(0);
}

TEST_CASE("winograd: a prediction's bits do not depend on threads, on the batch, or on what is fused") {
  fkd::Model<float> net{network, fkd::Seed{3}};
  const fkd::Batch<float> x = support::random_batch<float>(net.input_shape(), 9);
  fkd::set_threads(1);
  const fkd::Batch<float> one = net.predict(x);
  for (const int threads : {2, 3, 8}) {
    fkd::set_threads(threads);
    CHECK(support::bit_difference(net.predict(x), one) == "");
  }
  fkd::set_threads(0);
  for (Index n = 0; n < 9; ++n) {
    const fkd::Batch<float> alone = net.predict({x.data() + n * x.shape().size(), x.shape(), 1});
    CHECK(support::bit_difference<float>({alone.data(), 5}, {one.data() + n * 5, 5}) == "");
  }
}

}  // namespace
#endif
