// Trains a network that comes through every inner loop, on each instruction set that FKD_ISA names, and prints a hash
// of its parameters.
#include <fkd/net.hpp>

#include <cstdint>
#include <cstdio>

int main() {
  constexpr fkd::Sequential layers{fkd::Input{.height = 13, .width = 12, .channels = 1},
                                   fkd::Conv2D{.filters = 33, .kernel = {3, 3}, .padding = fkd::Padding::same},
                                   fkd::ReLU{},
                                   fkd::MaxPool2D{.window = {2, 2}},
                                   fkd::Conv2D{.filters = 16, .kernel = {3, 3}},
                                   fkd::GELU{},
                                   fkd::SpatialDropout2D{.rate = 0.05},
                                   fkd::PReLU{},
                                   fkd::MaxPool2D{.window = {2, 2}},
                                   fkd::Flatten{},
                                   fkd::Dense{.units = 40},
                                   fkd::ELU{},
                                   fkd::Dropout{.rate = 0.05},
                                   fkd::Dense{.units = 30}};
  fkd::Model net{layers, fkd::Seed{7}};
  fkd::Batch<float> x{net.input_shape(), 24}, y{net.output_shape(), 24};
  for (fkd::Index i = 0; i < x.size(); ++i) x.data()[i] = static_cast<float>(i * 37 % 101) / 50 - 1;
  for (fkd::Index i = 0; i < y.size(); ++i) y.data()[i] = static_cast<float>(i * 53 % 89) / 44 - 1;
  const fkd::Dataset<float> data{x, y};
  const double before = fkd::evaluate(net, data).mean();
  fkd::fit(net, data, {.epochs = 12, .batch_size = 8, .optimizer = fkd::Adam{.learning_rate = 3e-3}});
  const double after = fkd::evaluate(net, data).mean();
  std::uint64_t hash = 14695981039346656037U;
  for (const float value : net.parameters()) {
    std::uint32_t bits = 0;
    static_assert(sizeof bits == sizeof value);
    __builtin_memcpy(&bits, &value, sizeof bits);
    hash = (hash ^ bits) * 1099511628211U;
  }
  std::printf("%016llx\n", static_cast<unsigned long long>(hash));
  std::fprintf(stderr, "error %.4f -> %.4f\n", before, after);
  return after < 0.9 * before ? 0 : 1;
}
