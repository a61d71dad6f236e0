// Winograd's convolution beside the direct kernels, one image on one thread: each size forward and d_in, with tiles of
// both sizes, and the largest error / Σ|terms| against a sum in double.
//
// GFLOP/s count the products of the definition, so Winograd's exceed the FMA limit. Time is the processor's: one thread
// needs no more, and other programs' work does not count.
#include <cmath>
#include <ctime>

#include <fkd/backends/direct.hpp>
#include <fkd/backends/reference.hpp>
#include <fkd/backends/winograd.hpp>
#include <fkd/core/buffer.hpp>
#include <fkd/core/random.hpp>
#include <fkd/layers/conv2d.hpp>

#include "fma_limit.hpp"
#include "session.hpp"

#if FKD_HAS_DIRECT
#include <fkd/backends/winograd/choice.hpp>
#endif

namespace benchmarks {

#if FKD_HAS_DIRECT
namespace {

using fkd::Index;
using Values = fkd::Buffer<float>;

struct Size {
  Index H, IC, OC;
};
/// A trial's before this backend existed, in its order; then others.
constexpr Size sizes[] = {{24, 128, 128}, {48, 64, 128}, {8, 128, 128}, {12, 256, 256}, {16, 64, 64},
                          {48, 32, 64},   {32, 32, 32},  {32, 16, 16},  {14, 256, 256}, {7, 512, 512},
                          {8, 64, 64},    {4, 128, 128}, {56, 64, 64},  {28, 128, 128}, {32, 48, 96}};

Values some_values(Index count, std::uint64_t which) {
  Values values(count);
  const fkd::Random random{fkd::Seed{12}, fkd::Purpose::user, which};
  for (Index i = 0; i < count; ++i)
    values.data()[i] = static_cast<float>(2 * random.uniform(static_cast<std::uint64_t>(i)) - 1);
  return values;
}

/// One convolution, without a bias.
struct Problem {
  fkd::Conv2DDims d;
  Values in, weight, out, d_in;
};

/// One backend at work on it.
struct Worker {
  const fkd::Backend<float>& backend;
  Problem& p;
  Values packed, scratch;

  Worker(const fkd::Backend<float>& its_backend, Problem& problem)
      : backend{its_backend},
        p{problem},
        packed(backend.conv2d_packed_size(p.d, true)),
        scratch(backend.conv2d_scratch_size(p.d)) {
    pack();
  }
  void pack() { backend.conv2d_pack(packed.data(), p.weight.data(), p.d, true); }
  void forward() {
    backend.conv2d_forward({.out = p.out.data(), .in = p.in.data(), .weight = p.weight.data(), .bias = nullptr}, p.d,
                           {.packed = packed.data(), .scratch = scratch.data()});
  }
  void backward() {
    backend.conv2d_d_in({.d_in = p.d_in.data(), .d_out = p.out.data(), .weight = p.weight.data()}, p.d,
                        {.packed = packed.data(), .scratch = scratch.data()});
  }
};

/// The largest |error| / Σ|terms| of what stands in `out`.
double error_of(const Problem& p, const fkd::Buffer<double>& expected, const fkd::Buffer<double>& magnitudes) {
  double largest = 0;
  for (Index i = 0; i < p.out.size(); ++i)
    largest =
        std::max(largest, std::abs(static_cast<double>(p.out.data()[i]) - expected.data()[i]) / magnitudes.data()[i]);
  return largest;
}

fkd::Buffer<double> sum_in_double(const Problem& p, bool magnitudes) {
  fkd::Buffer<double> in(p.in.size()), weight(p.weight.size()), out(p.out.size());
  const auto convert = [&](fkd::Buffer<double>& to, const Values& from) {
    for (Index i = 0; i < from.size(); ++i) {
      const double x = static_cast<double>(from.data()[i]);
      to.data()[i] = magnitudes ? std::abs(x) : x;
    }
  };
  convert(in, p.in), convert(weight, p.weight);
  fkd::reference::conv2d_forward<double>({.out = out.data(), .in = in.data(), .weight = weight.data(), .bias = nullptr},
                                         p.d);
  return out;
}

template <class F>
double processor_seconds(F f) {
  const std::clock_t start = std::clock();
  f();
  return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
}

std::string scientific(double x) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1e", x);
  return text;
}

void measure_size(Session& session, TextTable& table, const Size& s) {
  const fkd::Conv2D conv{.filters = s.OC, .kernel = {3, 3}, .padding = fkd::Padding::same};
  Problem p{conv.dims({s.H, s.H, s.IC}), {}, {}, {}, {}};
  p.in = some_values(s.H * s.H * s.IC, 1), p.weight = some_values(9 * s.IC * s.OC, 2);
  p.out = Values(s.H * s.H * s.OC), p.d_in = Values(s.H * s.H * s.IC);
  Worker workers[] = {
      {fkd::direct::backend<float>(), p}, {fkd::winograd::forced_backend(2), p}, {fkd::winograd::forced_backend(4), p}};
  const fkd::Buffer<double> expected = sum_in_double(p, false), magnitudes = sum_in_double(p, true);
  double errors[3];
  for (std::size_t i = 0; i < 3; ++i) {
    workers[i].forward();
    errors[i] = error_of(p, expected, magnitudes);
  }
  const char* names[] = {"direct", "2x2", "4x4"};
  const Contestant limit{"FMA limit", [](int repeats) {
                           return processor_seconds([&] {
                             volatile float sink = run_fma_loop(fkd::isa(), fma_repeat * repeats);
                             (void)sink;
                           });
                         }};
  std::vector<Contestant> forward{limit}, backward;
  const auto contestant = [](const char* name, Worker& worker, void (Worker::*run)()) {
    return Contestant{name, [&worker, run](int repeats) {
                        return processor_seconds([&] {
                          for (int r = 0; r < repeats; ++r) (worker.*run)();
                        });
                      }};
  };
  for (std::size_t i = 0; i < 3; ++i) forward.push_back(contestant(names[i], workers[i], &Worker::forward));
  for (std::size_t i = 0; i < 3; ++i) backward.push_back(contestant(names[i], workers[i], &Worker::backward));
  const Patience patience = session.quick ? Patience{5, 0.004, 0} : Patience{15, 0.01, 0};
  interleave(forward, patience);
  interleave(backward, patience);

  const double operations = 2 * 9 * static_cast<double>(s.H * s.H) * static_cast<double>(s.IC * s.OC);
  const auto gflops = [&](const Contestant& of) { return operations / of.seconds() * 1e-9; };
  const Index bytes = register_bytes(fkd::isa());
  const fkd::winograd::Choice chosen = fkd::winograd::by_size<fkd::winograd::Pass::prediction>(p.d, bytes);
  const auto ratio = [](const std::vector<Contestant>& all, std::size_t direct, std::size_t i) {
    return fixed(speed_ratio(all[direct + i], all[direct]), 2);
  };
  const auto tile = [](Index m) {
    return m == 0 ? std::string{"direct"} : std::to_string(m) + "x" + std::to_string(m);
  };
  table.add(
      {std::to_string(s.H) + "x" + std::to_string(s.H) + ", " + std::to_string(s.IC) + " to " + std::to_string(s.OC),
       fixed(gflops(forward[1]), 1), percent(gflops(forward[1]) / fma_gflops(forward[0], fkd::isa(), 1)),
       fixed(gflops(forward[2]), 1), ratio(forward, 1, 1), fixed(gflops(forward[3]), 1), ratio(forward, 1, 2),
       ratio(backward, 0, 1), ratio(backward, 0, 2), scientific(errors[0]), scientific(errors[1]),
       scientific(errors[2]), tile(chosen.forward), tile(chosen.d_in)});
  Json row{{"height", s.H}, {"width", s.H}, {"in_channels", s.IC}, {"out_channels", s.OC}};
  row["limit_gflops"] = number(fma_gflops(forward[0], fkd::isa(), 1));
  for (std::size_t i = 0; i < 3; ++i)
    row[names[i]] = {{"forward_gflops", number(gflops(forward[1 + i]))},
                     {"d_in_gflops", number(gflops(backward[i]))},
                     {"forward_ratio", number(speed_ratio(forward[1 + i], forward[1]))},
                     {"d_in_ratio", number(speed_ratio(backward[i], backward[0]))},
                     {"error", number(errors[i])}};
  row["chosen_forward"] = tile(chosen.forward), row["chosen_d_in"] = tile(chosen.d_in);
  session.results["winograd"].push_back(row);
}

}  // namespace

void measure_winograd(Session& session) {
  session.heading(
      "Winograd: effective GFLOP/s of one 3x3 convolution, one image on one thread; ratios to the direct kernels, "
      "largest "
      "error / Σ|terms|, and what is chosen");
  TextTable table{{"map, channels", "direct", "of limit", "F(2x2)", "ratio", "F(4x4)", "ratio", "d_in 2x2", "d_in 4x4",
                   "error direct", "2x2", "4x4", "forward", "d_in"}};
  for (const Size& size : sizes) measure_size(session, table, size);
  session.print(table);
}
#else
void measure_winograd(Session& session) { session.leave_out("winograd", "this compiler has no vector types"); }
#endif

}  // namespace benchmarks
