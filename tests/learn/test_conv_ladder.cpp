/// Every step of examples/learn/conv_ladder computes what its first one does, and the first what the reference does:
/// odd sizes, one channel, a kernel larger than the image, every instruction set of this machine, any number of
/// threads.
#include <doctest/doctest.h>

#include <cstring>
#include <limits>

#include <fkd/backends/reference/conv2d.hpp>

#include <learn/conv_ladder/steps.hpp>

namespace {

using ladder::Buffer, ladder::Dims, ladder::Index, ladder::Memory, ladder::Problem, ladder::Step;

const Dims cases[] = {
    {.N = 2, .H = 5, .W = 7, .IC = 3, .OC = 5},          {.N = 1, .H = 8, .W = 13, .IC = 16, .OC = 64},
    {.N = 1, .H = 6, .W = 6, .IC = 5, .OC = 70},         {.N = 2, .H = 1, .W = 1, .IC = 1, .OC = 1},
    {.N = 1, .H = 3, .W = 2, .IC = 2, .OC = 33, .K = 5}, {.N = 3, .H = 9, .W = 11, .IC = 7, .OC = 16, .K = 1},
    {.N = 1, .H = 12, .W = 12, .IC = 1, .OC = 96},       {.N = 1, .H = 4, .W = 9, .IC = 64, .OC = 24}};

template <class Operands>
void check(const std::vector<Step<Operands>>& steps, const Dims& d, Buffer<float> Problem::*result,
           Operands (Problem::*operands)(), bool zeros = false) {
  Problem p{d};
  if (zeros) p.zero_inputs(0.6);
  Problem terms = ladder::magnitudes(p);
  Memory memory = ladder::memory_for(d, 3);
  steps[0].run((p.*operands)(), d, memory);
  steps[0].run((terms.*operands)(), d, memory);
  const Buffer<float> expected = p.*result, of_tiles = ladder::terms_of_tiles(terms.out, d);
  for (const auto& step : steps) {
    CAPTURE(step.name);
    for (const int threads : {1, 2, 3, 8}) {
      if (threads != 3 && !step.many_threads) continue;
      memory.threads = threads;
      ladder::poison(memory.columns), ladder::poison(memory.packed), ladder::poison(memory.list),
          ladder::poison(memory.transformed);
      ladder::poison(p.*result);
      if (step.prepare != nullptr) step.prepare((p.*operands)(), d, memory);
      step.run((p.*operands)(), d, memory);
      const Buffer<float>& by = step.name == ladder::winograd_name ? of_tiles : terms.*result;
      CHECK(ladder::largest_error(p.*result, expected, by) <= ladder::error_allowed);
    }
  }
}

void check_all(const Dims& d) {
  INFO("H " << d.H << ", W " << d.W << ", IC " << d.IC << ", OC " << d.OC << ", K " << d.K);
  for (const bool zeros : {false, true}) check(ladder::forward_steps(), d, &Problem::out, &Problem::forward, zeros);
  check(ladder::d_in_steps(), d, &Problem::d_in, &Problem::backward);
  check(ladder::d_weight_steps(), d, &Problem::d_weight, &Problem::backward);
}

TEST_CASE("all steps agree, on every instruction set") {
  const fkd::Isa before = ladder::isa_in_use();
  for (const fkd::Isa isa : {fkd::Isa::baseline, fkd::Isa::avx2, fkd::Isa::avx512}) {
    if (!fkd::machine_has(isa)) continue;
    CAPTURE(std::string{fkd::name(isa)});
    ladder::isa_in_use() = isa;
    for (const Dims& d : cases) check_all(d);
  }
  ladder::isa_in_use() = before;
}

TEST_CASE("the first of each is the reference, and so is the library that they are compared with") {
  for (const Dims& d : cases) {
    Problem p{d}, q{d}, terms = ladder::magnitudes(p);
    Memory memory = ladder::memory_for(d, 1);
    ladder::seven_loops(p.forward(), d, memory), ladder::seven_loops(terms.forward(), d, memory);
    ladder::d_in_loops(p.backward(), d, memory), ladder::d_in_loops(terms.backward(), d, memory);
    ladder::d_weight_loops(p.backward(), d, memory), ladder::d_weight_loops(terms.backward(), d, memory);
    const auto agree = [&] {
      CHECK(ladder::largest_error(q.out, p.out, terms.out) <= ladder::error_allowed);
      CHECK(ladder::largest_error(q.d_in, p.d_in, terms.d_in) <= ladder::error_allowed);
      CHECK(ladder::largest_error(q.d_weight, p.d_weight, terms.d_weight) <= ladder::error_allowed);
    };
    for (Index n = 0; n < d.N; ++n) {
      const Index in = n * d.in_size(), out = n * d.out_size();
      const fkd::Conv2DDims dims = ladder::library_dims(d);
      fkd::reference::conv2d_forward<float>(
          {.out = q.out.data() + out, .in = q.in.data() + in, .weight = q.weight.data(), .bias = q.bias.data()}, dims);
      fkd::reference::conv2d_d_in<float>(
          {.d_in = q.d_in.data() + in, .d_out = q.d_out.data() + out, .weight = q.weight.data()}, dims);
      fkd::reference::conv2d_d_weight<float>(
          {.d_weight = q.d_weight.data(), .d_bias = nullptr, .in = q.in.data() + in, .d_out = q.d_out.data() + out},
          dims);
    }
    agree();
    ladder::poison(q.out), ladder::poison(q.d_in), ladder::poison(q.d_weight);
    ladder::Library library{q};
    library.forward(q.forward()), library.d_in(q.backward()), library.d_weight(q.backward());
    agree();
  }
}

TEST_CASE("threads: the same bits for every number of them") {
  const Dims d{.N = 2, .H = 7, .W = 9, .IC = 5, .OC = 40};
  Problem p{d};
  Memory memory = ladder::memory_for(d, 1);
  ladder::pack_weights(p.forward(), d, memory);
  ladder::packed_weights(p.forward(), d, memory);
  const Buffer<float> expected = p.out;
  for (const int count : {1, 2, 3, 8, 40}) {
    memory.threads = count;
    ladder::poison(p.out);
    ladder::threads(p.forward(), d, memory);
    CHECK(std::memcmp(p.out.data(), expected.data(), static_cast<std::size_t>(expected.size()) * sizeof(float)) == 0);
  }
}

TEST_CASE("the sparse step's condition: at most a third of the values is left") {
  Buffer<float> in{9};
  CHECK(ladder::is_worth_it(in.data(), 9));
  for (Index i = 0; i < 3; ++i) in[i] = 1;
  CHECK(ladder::is_worth_it(in.data(), 9));
  in[3] = -1;
  CHECK_FALSE(ladder::is_worth_it(in.data(), 9));
}

TEST_CASE("the comparator rejects zeros, a sign, a place and what is no number") {
  const Dims d{.N = 1, .H = 4, .W = 4, .IC = 2, .OC = 3};
  Problem p{d}, terms = ladder::magnitudes(p);
  Memory memory = ladder::memory_for(d, 1);
  ladder::seven_loops(p.forward(), d, memory), ladder::seven_loops(terms.forward(), d, memory);
  const Buffer<float> right = p.out;
  const auto error = [&](const Buffer<float>& got) { return ladder::largest_error(got, right, terms.out); };
  CHECK(error(right) == 0);
  Buffer<float> wrong = right;
  wrong[5] = -wrong[5];
  CHECK(error(wrong) > ladder::error_allowed);
  wrong = right, std::swap(wrong[6], wrong[7]);
  CHECK(error(wrong) > ladder::error_allowed);
  wrong = right, wrong[47] = std::numeric_limits<float>::quiet_NaN();
  CHECK_FALSE(error(wrong) <= ladder::error_allowed);
  CHECK(error(Buffer<float>{right.size()}) > ladder::error_allowed);
  CHECK_FALSE(error(Buffer<float>{}) <= ladder::error_allowed);
}

}  // namespace
