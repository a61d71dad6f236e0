/// \file
/// Optimisers, clipping and the moving average of weights against PyTorch: 20 steps.
#include <golden/golden.hpp>

namespace {

using fkd::Adam, fkd::AdamW, fkd::Nadam, fkd::RMSprop, fkd::SGD;

constexpr fkd::Sequential network{fkd::Input{.height = 4, .width = 4, .channels = 2},
                                  fkd::Conv2D{.filters = 3, .kernel = {3, 3}}, fkd::SiLU{}, fkd::Flatten{},
                                  fkd::Dense{.units = 4}};

TEST_CASE("optimisers") {
  const golden::Fixture f{"optimizers"};
  const auto check = [&](const char* name, const fkd::Optimizer& optimizer) {
    golden::check_network(f, name, network, {.optimizer = optimizer});
  };
  check("sgd", SGD{.learning_rate = 0.1});
  check("sgd.momentum", SGD{.learning_rate = 0.05, .momentum = 0.9});
  check("sgd.nesterov", SGD{.learning_rate = 0.05, .momentum = 0.9, .nesterov = true});
  check("sgd.decay",
        SGD{.learning_rate = 0.05, .momentum = 0.9, .nesterov = true, .weight_decay = 0.1, .decay_biases = true});
  check("sgd.decay_weights", SGD{.learning_rate = 0.05, .momentum = 0.9, .weight_decay = 0.1});
  check("adam", Adam{.learning_rate = 0.01});
  check("adam.options", Adam{.learning_rate = 0.02, .beta_1 = 0.8, .beta_2 = 0.95, .epsilon = 1e-3});
  check("adamw", AdamW{.learning_rate = 0.01, .weight_decay = 0.2, .decay_biases = true});
  check("adamw.decay_weights", AdamW{.learning_rate = 0.01, .beta_1 = 0.8, .beta_2 = 0.95, .weight_decay = 0.2});
  check("nadam", Nadam{.learning_rate = 0.01});
  check("nadam.options", Nadam{.learning_rate = 0.01,
                               .beta_1 = 0.8,
                               .beta_2 = 0.95,
                               .momentum_decay = 1,
                               .weight_decay = 0.2,
                               .decay_biases = true});
  check("rmsprop", RMSprop{.learning_rate = 0.01});
  check("rmsprop.momentum", RMSprop{.learning_rate = 0.005, .rho = 0.9, .momentum = 0.5});
  check("rmsprop.centered", RMSprop{.learning_rate = 0.005,
                                    .rho = 0.9,
                                    .momentum = 0.5,
                                    .epsilon = 1e-3,
                                    .centered = true,
                                    .weight_decay = 0.1,
                                    .decay_biases = true});
}

TEST_CASE("clipping") {
  const golden::Fixture f{"optimizers"};
  const fkd::Optimizer sgd = SGD{.learning_rate = 0.5};
  golden::check_network(f, "clip_value", network, {.optimizer = sgd, .clip_value = 0.02});
  golden::check_network(f, "clip_norm", network, {.optimizer = sgd, .clip_norm = 0.1});
  golden::check_network(f, "clip_both", network, {.optimizer = sgd, .clip_value = 0.05, .clip_norm = 0.1});
}

TEST_CASE("the moving average of weights") {
  const golden::Fixture f{"optimizers"};
  fkd::Model<double> net{network, fkd::Seed{1}};
  golden::start(net);
  const fkd::Batch<double> x = golden::formula_batch<double>(1, net.input_shape(), 3),
                           target = golden::formula_batch<double>(3, net.output_shape(), 3);
  fkd::TrainingState<double> state;
  fkd::Gradients<double> gradients{net};
  for (int i = 0; i < 20; ++i)
    fkd::train_step(net, x, target, state, gradients, {.optimizer = SGD{.learning_rate = 0.1}, .ema = {.decay = 0.8}});
  for (const fkd::ParameterTensor& tensor : net.layout().tensors())
    golden::compare(f, "ema." + tensor.name,
                    std::span<const double>{state.ema.data() + tensor.offset, static_cast<std::size_t>(tensor.size)},
                    golden::tolerance<double>(true));
}

}  // namespace
