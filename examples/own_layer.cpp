// A user-defined layer: the leaky ReLU (Maas, Hannun, Ng 2013), and a check that it fulfils the layer contract, its
// gradient included. Prints:
//
//     leaky_relu keeps the laws of a layer: yes
//     the network with leaky_relu fits x -> |x|: yes
#include <cmath>
#include <cstdio>

#include <fkd/net.hpp>
#include <fkd/testing.hpp>

struct LeakyReLU {
  float slope = 0.1f;  // of the negative half

  static constexpr std::string_view name = "leaky_relu";
  constexpr fkd::Shape output_shape(fkd::Shape in) const { return in; }

  template <class T>
  fkd::Requirements requirements(const fkd::LayerContext<T>&) const {
    return {.input = true};
  }  // for backward
  template <class T>
  void forward(const fkd::Forward<T>& f) const {  // one sample: assign out
    for (fkd::Index i = 0; i < f.in_shape.size(); ++i)
      f.out[i] = f.in[i] < 0 ? static_cast<T>(slope) * f.in[i] : f.in[i];
  }
  template <class T>
  void backward(const fkd::Backward<T>& b) const {  // one sample: assign d_in unless it is null
    for (fkd::Index i = 0; b.d_in && i < b.in_shape.size(); ++i)
      b.d_in[i] = b.in[i] < 0 ? static_cast<T>(slope) * b.d_out[i] : b.d_out[i];
  }
};

constexpr fkd::Sequential net_description{fkd::Input{.height = 1, .width = 1, .channels = 1}, fkd::Dense{.units = 8},
                                          LeakyReLU{.slope = 0.2f}, fkd::Dense{.units = 1}};

int main(int argc, char** argv) {
  const bool help = argc > 1 && std::string_view{argv[1]} == "--help";
  const char* usage = "own_layer takes no argument: it checks a layer, and trains a network with it\n";
  if (argc > 1) return std::fputs(usage, help ? stdout : stderr), help ? 0 : 2;
  const fkd::CheckResult check = fkd::check_layer(LeakyReLU{.slope = 0.2f}, {.height = 3, .width = 5, .channels = 2});
  std::printf("leaky_relu keeps the laws of a layer: %s\n", check ? "yes" : check.text().c_str());

  fkd::Batch<float> x{{1, 1, 1}, 41}, y{{1, 1, 1}, 41};
  for (fkd::Index n = 0; n < 41; ++n)
    x.data()[n] = static_cast<float>(n - 20) / 20, y.data()[n] = std::abs(x.data()[n]);
  fkd::Model net{net_description, fkd::Seed{1}};
  const fkd::History history =
      fkd::fit(net, fkd::Dataset{x, y}, {.epochs = 500, .optimizer = fkd::Adam{.learning_rate = 1e-2}});
  std::printf("the network with leaky_relu fits x -> |x|: %s\n", history.epochs.back().cost < 1e-3 ? "yes" : "no");
}
