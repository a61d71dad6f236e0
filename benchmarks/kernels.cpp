// Each kernel of each model on every backend, on all threads, beside the FMA limit.
//
// As in a network: a convolution's task is one image with memory of its own, a dense layer's a range of its inputs.
// GFLOP/s count what the dense (not sparse) operation needs, so a kernel that leaves out multiplications by zero may
// exceed the limit.
#include <algorithm>
#include <memory>

#include <fkd/net.hpp>

#include "backends.hpp"
#include "fma_limit.hpp"
#include "operations.hpp"
#include "session.hpp"
#include "steps.hpp"

namespace benchmarks {
namespace {

using Values = fkd::Buffer<float>;

/// Numbers in [-1, 1), half of them negative, without a pattern that a branch predictor could learn.
Values some_values(Index count, float scale = 1) {
  Values values(count);
  const fkd::Random random{fkd::Seed{11}, fkd::Purpose::layer, static_cast<std::uint64_t>(count)};
  for (Index i = 0; i < count; ++i)
    values.data()[i] = scale * static_cast<float>(2 * random.uniform(static_cast<std::uint64_t>(i)) - 1);
  return values;
}

/// A kernel under the names that the table shows, a function that runs it once, and what one run needs.
struct Kernel {
  std::string layer, name;
  double operations;  ///< of one task
  Index tasks;        ///< one after another on all threads make a run
  std::function<void(Index task, int worker)> run;
  double bytes = 0;  ///< that one run has to move, where memory is the bound; else 0
};

/// One worker's memory for one convolution.
struct ConvMemory {
  Values in, out, pooled, d_out, d_pooled, d_in, d_weight, d_bias, scratch;
  std::vector<std::uint8_t> index;
};

std::vector<Kernel> convolution_kernels(const ConvOperation& conv, const fkd::Backend<float>& backend, int threads) {
  const fkd::Conv2DDims d = conv.dims;
  const fkd::MaxPool2DDims p = conv.pool;
  const bool fuses = backend.can_fuse_pool(d, p);
  const fkd::Epilogue<float> epilogue{.activation = fkd::ReLU::activation<float>(), .pool = p};
  const Index weights = d.KH * d.KW * d.IC * d.OC, in = d.IH * d.IW * d.IC, out = d.OH * d.OW * d.OC;
  const Index pooled = p.OH * p.OW * p.C;
  const auto weight = std::make_shared<Values>(some_values(weights, 0.1F));
  const auto bias = std::make_shared<Values>(some_values(d.OC, 0.1F));
  const auto packed = std::make_shared<Values>(backend.conv2d_packed_size(d, true));
  backend.conv2d_pack(packed->data(), weight->data(), d, true);
  const Index scratch =
      std::max(backend.conv2d_scratch_size(d), fuses ? backend.conv2d_epilogue_scratch_size(d, epilogue) : 0);
  const auto fused_forward = [=, &backend](ConvMemory& m) {
    backend.conv2d_epilogue_forward({.out = m.pooled.data(),
                                     .index = m.index.data(),
                                     .in = m.in.data(),
                                     .weight = weight->data(),
                                     .bias = bias->data()},
                                    d, epilogue, {.packed = packed->data(), .scratch = m.scratch.data()});
  };
  const auto workers = std::make_shared<std::vector<ConvMemory>>();
  for (int t = 0; t < threads; ++t) {
    workers->push_back({some_values(in), Values(out), Values(pooled), some_values(out), some_values(pooled), Values(in),
                        Values(weights), Values(d.OC), Values(scratch),
                        std::vector<std::uint8_t>(static_cast<std::size_t>(pooled))});
    if (fuses) fused_forward(workers->back());
  }
  const auto memory = [workers](int worker) -> ConvMemory& { return (*workers)[static_cast<std::size_t>(worker)]; };
  const Index tasks = 4 * threads;
  const auto kernel = [&](const char* name, double operations, auto body) {
    return Kernel{conv.name, name, operations, tasks, [=](Index, int worker) { body(memory(worker)); }};
  };

  std::vector<Kernel> kernels{
      kernel("forward", conv.operations(),
             [=, &backend](ConvMemory& m) {
               backend.conv2d_forward(
                   {.out = m.out.data(), .in = m.in.data(), .weight = weight->data(), .bias = bias->data()}, d,
                   {.packed = packed->data(), .scratch = m.scratch.data()});
             }),
      kernel("d_weight", conv.operations(), [=, &backend](ConvMemory& m) {
        backend.conv2d_d_weight(
            {.d_weight = m.d_weight.data(), .d_bias = m.d_bias.data(), .in = m.in.data(), .d_out = m.d_out.data()}, d,
            m.scratch.data());
      })};
  if (conv.needs_d_in)
    kernels.push_back(kernel("d_in", conv.operations(), [=, &backend](ConvMemory& m) {
      backend.conv2d_d_in({.d_in = m.d_in.data(), .d_out = m.d_out.data(), .weight = weight->data()}, d,
                          {.packed = packed->data(), .scratch = m.scratch.data()});
    }));
  if (!fuses) return kernels;
  kernels.push_back(kernel("fused forward", conv.operations(), fused_forward));
  const bool wants_d_in = conv.needs_d_in;
  kernels.push_back(kernel("fused backward", conv.operations() * (wants_d_in ? 2 : 1), [=, &backend](ConvMemory& m) {
    backend.conv2d_pool_backward({.d_in = wants_d_in ? m.d_in.data() : nullptr,
                                  .d_weight = m.d_weight.data(),
                                  .d_bias = m.d_bias.data(),
                                  .d_pooled = m.d_pooled.data(),
                                  .index = m.index.data(),
                                  .in = m.in.data(),
                                  .weight = weight->data()},
                                 d, p, {.packed = packed->data(), .scratch = m.scratch.data()});
  }));
  return kernels;
}

struct DenseMemory {
  Values in, weight, d_out, partial, d_weight, d_in;
  Values packed_d_out;
  std::vector<Values> scratch;
};

std::vector<Kernel> dense_kernels(const DenseOperation& dense, const fkd::Backend<float>& backend, int threads) {
  const fkd::DenseDims d = dense.dims;
  const fkd::Dense::Ranges ranges = dense.layer.ranges(d.IU);
  const auto m = std::make_shared<DenseMemory>();
  *m = {some_values(d.N * d.IU),
        some_values(d.IU * d.OU, 0.01F),
        some_values(d.N * d.OU),
        Values(ranges.count * d.N * d.OU),
        Values(d.IU * d.OU),
        Values(d.N * d.IU),
        Values(backend.dense_d_out_packed_size(d)),
        {}};
  backend.dense_pack_d_out(m->packed_d_out.data(), m->d_out.data(), d, 0, d.N);
  for (int t = 0; t < threads; ++t) m->scratch.emplace_back(backend.dense_scratch_size(d));
  const double values_in = static_cast<double>(d.N * d.IU), values_weight = static_cast<double>(d.IU * d.OU);
  const auto kernel = [&](const char* name, double values, auto body) {
    const double operations = dense.operations() * static_cast<double>(d.N) / static_cast<double>(ranges.count);
    return Kernel{"dense",
                  name,
                  operations,
                  ranges.count,
                  [=](Index task, int worker) {
                    body(*m, task, ranges.begin(task), std::min(ranges.begin(task + 1), d.IU),
                         m->scratch[static_cast<std::size_t>(worker)].data());
                  },
                  4 * values};
  };
  return {kernel("forward", values_in + values_weight,
                 [=, &backend](DenseMemory& v, Index task, Index k0, Index k1, float* scratch) {
                   backend.dense_forward(
                       {.out = v.partial.data() + task * d.N * d.OU, .in = v.in.data(), .weight = v.weight.data()}, d,
                       k0, k1, {.scratch = scratch});
                 }),
          kernel("d_weight", values_in + 2 * values_weight,
                 [=, &backend](DenseMemory& v, Index, Index k0, Index k1, float* scratch) {
                   backend.dense_d_weight({.d_weight = v.d_weight.data(), .in = v.in.data(), .d_out = v.d_out.data()},
                                          d, k0, k1, {v.packed_d_out.data(), scratch});
                 }),
          kernel("d_in", values_in + values_weight,
                 [=, &backend](DenseMemory& v, Index, Index k0, Index k1, float* scratch) {
                   backend.dense_d_in({.d_in = v.d_in.data(), .d_out = v.d_out.data(), .weight = v.weight.data()}, d,
                                      k0, k1, scratch);
                 })};
}

/// Adam over all of a model's θ: reads θ, m, v and the gradient, writes the four (the gradient becomes zero).
Kernel adam_kernel(const Network& net) {
  Index count = 0;
  for (const ConvOperation& conv : net.convolutions)
    count += (conv.dims.KH * conv.dims.KW * conv.dims.IC + 1) * conv.dims.OC;
  for (const DenseOperation& dense : net.dense) count += (dense.dims.IU + 1) * dense.dims.OU;
  struct Memory {
    Values theta, gradient;
    fkd::TrainingState<float> state;
    fkd::Optimizer adam = fkd::Adam{.learning_rate = learning_rate};
    std::vector<fkd::detail::UpdateRange> pieces;
  };
  const auto m = std::make_shared<Memory>();
  m->theta = some_values(count), m->gradient = some_values(count);
  m->state.optimizer_state.assign(2, Values(count));
  for (Index i = 0; i < count; i += 8192) m->pieces.push_back({i, (std::min)(Index{8192}, count - i)});
  return {"Adam",
          "update",
          0,
          1,
          [=](Index, int) {
            fkd::detail::optimizer_step<float>(
                m->adam, m->pieces, 1, {m->theta.data(), static_cast<std::size_t>(count)}, m->gradient, m->state);
          },
          8 * 4 * static_cast<double>(count)};
}

std::vector<Kernel> kernels_of(const Network& net, const fkd::Backend<float>& backend, int threads) {
  std::vector<Kernel> kernels;
  const auto add = [&](std::vector<Kernel> more) {
    for (Kernel& kernel : more) kernels.push_back(std::move(kernel));
  };
  for (const ConvOperation& conv : net.convolutions) add(convolution_kernels(conv, backend, threads));
  for (const DenseOperation& dense : net.dense) add(dense_kernels(dense, backend, threads));
  return kernels;
}

/// Runs all tasks `repeats` times, as the networks do. A single task may use all threads itself.
Contestant contestant(const Kernel& kernel, std::string_view backend) {
  return {std::string{backend}, [kernel](int repeats) {
            return seconds_of([&] {
              for (int r = 0; r < repeats; ++r) {
                if (kernel.tasks == 1) {
                  kernel.run(0, 0);
                } else {
                  fkd::run_tasks(kernel.tasks, [&](Index task, int worker) { kernel.run(task, worker); });
                }
              }
            });
          }};
}

/// A row for one kernel: every backend that has it takes turns with the limit.
void measure_kernel(Session& session, TextTable& table, const Network& net,
                    const std::vector<const Kernel*>& on_backends, const std::vector<std::string>& names) {
  const fkd::Isa isa = fkd::isa();
  std::vector<Contestant> contestants{fma_contestant(isa, session.threads)};
  for (std::size_t r = 0; r < on_backends.size(); ++r)
    if (on_backends[r]) contestants.push_back(contestant(*on_backends[r], names[r]));
  interleave(contestants, session.quick ? Patience{5, 0.004, 0} : Patience{11, 0.03, 1});

  const double limit = fma_gflops(contestants.front(), isa, session.threads);
  const Kernel& any =
      **std::find_if(on_backends.begin(), on_backends.end(), [](const Kernel* k) { return k != nullptr; });
  std::vector<std::string> cells{std::to_string(net.number), any.layer, any.name};
  std::size_t at = 1;
  double last_seconds = 0;
  for (std::size_t r = 0; r < on_backends.size(); ++r) {
    if (!on_backends[r]) {
      cells.insert(cells.end(), {"-", "-"});
      continue;
    }
    last_seconds = contestants[at++].seconds();
    const double gflops = any.operations * static_cast<double>(any.tasks) / last_seconds * 1e-9;
    cells.insert(cells.end(),
                 {any.operations > 0 ? fixed(gflops, 1) : "-", any.operations > 0 ? percent(gflops / limit) : "-"});
    Json row{{"model", net.number}, {"layer", any.layer}, {"kernel", any.name}, {"backend", names[r]}};
    row["seconds"] = number(last_seconds);
    if (any.operations > 0) row["gflops"] = number(gflops), row["limit_share"] = number(gflops / limit);
    if (any.bytes > 0) row["gbytes_per_second"] = number(any.bytes / last_seconds * 1e-9);
    session.results["kernels"].push_back(row);
  }
  const double gbytes = any.bytes / last_seconds * 1e-9;
  cells.insert(cells.end(),
               {any.bytes > 0 ? fixed(gbytes, 1) : "", any.bytes > 0 ? percent(gbytes / session.bandwidth) : ""});
  table.add(cells);
}

}  // namespace

void measure_kernels(Session& session) {
  fkd::set_threads(session.threads);
  std::vector<const fkd::Backend<float>*> measured;
  for (const fkd::Backend<float>* backend : backends())
    if (backend->name != "reference" && !(session.quick && backend->name == "im2col")) measured.push_back(backend);
  session.leave_out("kernels, backend reference", "plain loops, tens of times too slow to measure beside the others");
  if (session.quick) session.leave_out("kernels, backend im2col", "a quick run");
  session.heading(
      "Kernels: GFLOP/s and share of the FMA limit for each backend; for the last one GB/s where memory is the bound");

  std::vector<std::string> names, header{"model", "layer", "kernel"};
  for (const fkd::Backend<float>* backend : measured) {
    names.emplace_back(backend->name);
    header.insert(header.end(), {names.back(), "share"});
  }
  header.insert(header.end(), {"GB/s", "of memory"});
  TextTable table{header};
  for (const Network& net : networks()) {
    std::vector<std::vector<Kernel>> on_backends;
    for (const fkd::Backend<float>* backend : measured)
      on_backends.push_back(kernels_of(net, *backend, session.threads));
    for (const Kernel& kernel : on_backends.back()) {  // the last backend has them all
      std::vector<const Kernel*> same;
      for (const std::vector<Kernel>& backend : on_backends) {
        const auto found = std::find_if(backend.begin(), backend.end(), [&](const Kernel& other) {
          return other.layer == kernel.layer && other.name == kernel.name;
        });
        same.push_back(found == backend.end() ? nullptr : &*found);
      }
      measure_kernel(session, table, net, same, names);
    }
    const Kernel adam = adam_kernel(net);
    std::vector<const Kernel*> alone(measured.size(), nullptr);
    alone.back() = &adam;
    measure_kernel(session, table, net, alone, names);
  }
  session.print(table);
}

}  // namespace benchmarks
