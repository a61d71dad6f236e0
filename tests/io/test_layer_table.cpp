// A file of another network with equal tensors was once loaded without an error: one for another input shape, with
// another stride or window, with other activations. And values that are NaN or infinite.
#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <string>

#include <fkd/io/safetensors.hpp>
#include <fkd/net.hpp>

#include <support/temporary_folder.hpp>

using namespace fkd;
using namespace tests;

namespace {

/// The error when a model of one network is loaded into another's, without the file's name.
template <class A, class B>
std::string loading(const A& saved, const B& into) {
  const TemporaryFolder folder;
  const std::filesystem::path path = folder / "f";
  io::save(path, Model{saved, Seed{1}});
  Model other{into, Seed{2}};
  const Model before = other;
  const std::string said = thrown([&] { io::load(path, other); });
  CHECK(std::ranges::equal(before.parameters(), other.parameters()) == (said != "no exception"));
  return said.substr((std::min)(said.size(), said.starts_with("/") ? path.string().size() + 2 : 0));
}

/// A user-defined layer with hyper_parameters().
struct Scaled {
  double factor = 1;
  static constexpr std::string_view name = "scaled";
  constexpr Shape output_shape(Shape in) const { return in; }
  std::vector<fkd::HyperParameter> hyper_parameters() const { return {{"factor", factor}}; }
  template <class T>
  void forward(const Forward<T>& f) const {
    for (Index i = 0; i < f.in_shape.size(); ++i) f.out[i] = static_cast<T>(factor) * f.in[i];
  }
  template <class T>
  void backward(const Backward<T>& b) const {
    for (Index i = 0; b.d_in && i < b.in_shape.size(); ++i) b.d_in[i] = static_cast<T>(factor) * b.d_out[i];
  }
};

Input input(Index height, Index width) { return {.height = height, .width = width, .channels = 1}; }

}  // namespace

TEST_CASE("a file of another network with equal tensors is refused, with both layers") {
  const Conv2D conv{.filters = 3, .kernel = {3, 3}};
  const std::string other = "belongs to another network: expected ";
  CHECK(loading(Sequential{input(6, 5), conv}, Sequential{input(6, 5), conv}) == "no exception");
  CHECK(loading(Sequential{input(6, 5), conv}, Sequential{input(5, 6), conv}) ==
        other + "layer 0.input with output shape [5,6,1], got [6,5,1]");
  const Conv2D no_bias{.filters = 3, .kernel = {3, 3}, .use_bias = false};
  CHECK(loading(Sequential{input(6, 5), no_bias}, Sequential{input(6, 5), no_bias}) == "no exception");
  CHECK(loading(Sequential{input(6, 5), conv}, Sequential{input(6, 5), no_bias}) ==
        "tensor 1.conv2d.bias: expected only tensors of the model, which has none of that name");
  const Conv2D by_2{.filters = 3, .kernel = {3, 3}, .stride = {2, 2}},
      by_3{.filters = 3, .kernel = {3, 3}, .stride = {3, 3}};
  CHECK(loading(Sequential{input(6, 6), by_2}, Sequential{input(6, 6), by_3}) ==
        other +
            "layer 1.conv2d with kernel (3, 3), stride (3, 3), padding valid, got kernel (3, 3), stride (2, 2), "
            "padding valid");
  const Conv2D point{.filters = 3, .kernel = {1, 1}};
  Conv2D padded = point;
  padded.padding = Padding::same;
  CHECK(loading(Sequential{input(6, 6), point}, Sequential{input(6, 6), padded})
            .starts_with(other + "layer 1.conv2d with "));
  Conv2D upper = point, lower = point;
  upper.padding = {.top = 1}, lower.padding = {.bottom = 1};
  CHECK(loading(Sequential{input(6, 6), upper}, Sequential{input(6, 6), upper}) == "no exception");
  CHECK(loading(Sequential{input(6, 6), upper}, Sequential{input(6, 6), lower}) ==
        other +
            "layer 1.conv2d with kernel (1, 1), stride (1, 1), padding (0, 1, 0, 0), got kernel (1, 1), stride (1, 1), "
            "padding (1, 0, 0, 0)");
  const Conv2D dilated{.filters = 3, .kernel = {2, 2}, .padding = Padding::same, .dilation = {2, 1}};
  const Conv2D undilated{.filters = 3, .kernel = {2, 2}, .padding = Padding::same};
  CHECK(loading(Sequential{input(6, 6), dilated}, Sequential{input(6, 6), dilated}) == "no exception");
  CHECK(loading(Sequential{input(6, 6), dilated}, Sequential{input(6, 6), undilated}) ==
        other +
            "layer 1.conv2d with kernel (2, 2), stride (1, 1), padding same, got kernel (2, 2), stride (1, 1), padding "
            "same, dilation (2, 1)");
  CHECK(loading(Sequential{input(5, 5), conv, MaxPool2D{.window = {2, 2}, .stride = {1, 1}}},
                Sequential{input(5, 5), conv, MaxPool2D{.window = {2, 2}}})
            .starts_with(other + "layer 2.max_pool2d with output shape"));
  CHECK(loading(Sequential{input(7, 7), conv, MaxPool2D{.window = {3, 3}, .stride = {2, 2}}},
                Sequential{input(7, 7), conv, MaxPool2D{.window = {2, 2}}}) ==
        other + "layer 2.max_pool2d with window (2, 2), stride (2, 2), got window (3, 3), stride (2, 2)");
  CHECK(loading(Sequential{input(7, 7), conv, MaxPool2D{.window = {2, 2}, .stride = {2, 2}}},
                Sequential{input(7, 7), conv, MaxPool2D{.window = {2, 2}}}) == "no exception");  // its default
  CHECK(loading(Sequential{input(6, 5), conv, ReLU{}}, Sequential{input(6, 5), conv}) == other + "1 layers, got 2");
  CHECK(loading(Sequential{input(6, 5), conv}, Sequential{input(6, 5), conv, ReLU{}}) == other + "2 layers, got 1");
  CHECK(loading(Sequential{input(6, 5), conv, ReLU{}}, Sequential{input(6, 5), conv, Flatten{}}) ==
        other + "layer 2.flatten, got 2.relu");
  CHECK(loading(Sequential{input(6, 5), conv, Scaled{2}}, Sequential{input(6, 5), conv, Scaled{3}}) ==
        other + "layer 2.scaled with factor 3, got factor 2");
  const Sequential inner_2{by_2, ReLU{}}, inner_3{by_3, ReLU{}};
  CHECK(loading(Sequential{input(6, 6), inner_2}, Sequential{input(6, 6), inner_3}).starts_with(other + "layer 1."));

  // Networks built at run time have the same table.
  const Sequential two{input(6, 6), by_2, MaxPool2D{.window = {2, 2}}};
  CHECK(loading(two, RuntimeSequential{two}) == "no exception");
  CHECK(loading(RuntimeSequential{two}, two) == "no exception");
  CHECK(loading(RuntimeSequential{two}, RuntimeSequential{Sequential{input(6, 6), by_3, MaxPool2D{.window = {2, 2}}}})
            .starts_with(other + "layer 1.conv2d with kernel (3, 3), stride (3, 3)"));
}

TEST_CASE(
    "files without a layer table, of older versions and of other programs, are loaded; an invalid table is refused") {
  const TemporaryFolder folder;
  const std::filesystem::path path = folder / "f";
  Model net{Sequential{input(6, 5), Conv2D{.filters = 3, .kernel = {3, 3}}}, Seed{1}};
  io::save(path, net);
  io::TensorFile file = io::read_tensors(path);
  const auto with = [&](const char* key, const std::string& text) {
    io::TensorFile changed = file;
    changed.metadata[key] = text;
    io::write_tensors(path, changed);
    return thrown([&] { io::load(path, net); });
  };
  std::string older = file.metadata["layers"];  // tables once held no hyper-parameters
  const std::size_t begin = older.find(",\"hyper_parameters\""), end = older.find('}', begin);
  REQUIRE(begin != std::string::npos);
  CHECK(with("layers", older.erase(begin, end - begin)) == "no exception");
  CHECK(with("format", "pt") == "no exception");
  const std::string list = path.string() + ": expected a list of layers under layers, got something else";
  for (const char* text : {"", "7", "{}", "[", "null"}) CHECK(with("layers", text) == list);
  CHECK(with("layers", std::string(1000000, '[')) == list);
  for (const char* text : {"[1,2]", "[[],[]]", "[{},{}]", "[{\"layer\":1}]"})
    CHECK(with("layers", text).ends_with("expected layer 0.input, got no layer's name"));
  CHECK(with("layers", "[]").ends_with("expected 1 layers, got 0"));
  file.metadata.clear();
  CHECK(with("made_by", "hand") == "no exception");
}

TEST_CASE("NaN and infinity: saved and loaded with a warning, refused as an option") {
  const TemporaryFolder folder;
  const std::filesystem::path path = folder / "f";
  const auto check_all = [&](auto scalar_type) {
    using T = decltype(scalar_type);
    Model net{Sequential{input(3, 3), Flatten{}, Dense{.units = 2}}, Seed{1}, scalar<T>}, other = net;
    CHECK(io::save(path, net).warning.empty());
    CHECK(io::load(path, other).non_finite == 0);
    net.tensor(1)[1] = std::numeric_limits<T>::infinity();
    const std::string warning =
        path.string() + ": expected finite values, got NaN or infinity in 1 of 20, the first in tensor 2.dense.bias";
    CHECK(thrown([&] { io::save(path, net, {.refuse_non_finite = true}); }) == warning);
    CHECK(io::load(path, other).non_finite == 0);  // the good file is still there
    CHECK(io::save(path, net).warning == warning);
    const Model before = other;
    CHECK_THROWS_AS(io::load(path, other, {.refuse_non_finite = true}), NonFiniteError);
    CHECK(std::ranges::equal(before.parameters(), other.parameters()));
    net.tensor(0)[3] = std::numeric_limits<T>::quiet_NaN();
    CHECK(io::save(path, net).non_finite == 2);
    const io::FileReport report = io::load(path, other);
    CHECK(report.non_finite == 2);
    CHECK(report.warning.ends_with("in 2 of 20, the first in tensor 2.dense.kernel"));

    // In a training's state, too: an optimiser's memory that is infinite ruins the next step.
    other = Model{Sequential{input(3, 3), Flatten{}, Dense{.units = 2}}, Seed{1}, scalar<T>};
    TrainingState<T> state;
    state.optimizer_state.emplace_back(net.layout().trained());
    CHECK(io::save(path, other, state).warning.empty());
    state.optimizer_state[0][0] = -std::numeric_limits<T>::infinity();
    CHECK(io::save(path, other, state).warning.ends_with("in 1 of 40, the first in tensor optimizer.0.2.dense.kernel"));
    CHECK(io::load(path, other, state).non_finite == 1);
    CHECK_THROWS_AS(io::load(path, other, state, {.refuse_non_finite = true}), NonFiniteError);
    CHECK_THROWS_AS(io::save(path, other, state, {.refuse_non_finite = true}), NonFiniteError);
  };
  check_all(float{});
  check_all(double{});
}

TEST_CASE("a training state's file has exactly the tensors that it declares") {
  const TemporaryFolder folder;
  const std::filesystem::path path = folder / "f";
  Model net{Sequential{input(3, 3), Flatten{}, Dense{.units = 2}}, Seed{1}};
  TrainingState<float> state;
  state.epoch = 2;
  state.costs = {3, 2};
  state.optimizer_state.emplace_back(net.layout().trained());
  state.best = Buffer<float>(net.layout().size());
  io::save(path, net, state);
  const io::TensorFile file = io::read_tensors(path);
  const auto with = [&](const auto& change) {
    io::TensorFile changed = file;
    change(changed);
    io::write_tensors(path, changed);
    TrainingState<float> loaded;
    loaded.epoch = 77;
    const std::string said = thrown([&] { io::load(path, net, loaded); });
    CHECK(loaded.epoch == (said == "no exception" ? 2 : 77));
    return said.substr((std::min)(said.size(), said.starts_with("/") ? path.string().size() + 2 : 0));
  };
  const auto tensor_named = [](io::TensorFile& f, const std::string& name) {
    return std::ranges::find(f.tensors, name, &io::FileTensor::name);
  };
  CHECK(with([](io::TensorFile&) {}) == "no exception");
  for (const char* name : {"optimizer.1.2.dense.bias", "optimizer.00.2.dense.bias", "optimizer.", "best.3.dense.bias",
                           "best.", "latest.x", "2.dense.weight"}) {
    const std::string expected =
        std::string{"tensor "} + name + ": expected only tensors of the model, which has none of that name";
    CHECK(with([&](io::TensorFile& f) { f.tensors.push_back({name, "F32", {1}, std::vector<char>(4)}); }) == expected);
    CHECK(thrown([&] { io::load(path, net); }) == path.string() + ": " + expected);  // as a model, too
  }
  for (const std::string name : {"optimizer.0.2.dense.bias", "best.2.dense.kernel", "2.dense.bias"})
    CHECK(with([&](io::TensorFile& f) {
            f.tensors.erase(tensor_named(f, name));
          }).starts_with("tensor " + name + ": expected shape ("));
  CHECK(with([&](io::TensorFile& f) {
          tensor_named(f, "best.2.dense.bias")->extents = {1, 2};
        }) == "tensor best.2.dense.bias: expected shape (2), got (1, 2)");
  CHECK(with([&](io::TensorFile& f) { tensor_named(f, "best.2.dense.bias")->type = "I32"; }) ==
        "tensor best.2.dense.bias: expected type F32, got I32");
  const auto with_text = [&](const char* key, const std::string& text) {
    return with([&](io::TensorFile& f) { f.metadata[key] = text; });
  };
  for (const char* key : {"epoch", "step", "slots", "summed"})
    for (const char* text : {"", "-1", "1.5", " 1", "0x1", "99999999999999999999"})
      CHECK(with_text(key, text) ==
            std::string{"expected a training state with a whole number under "} + key + ", got " + text);
  CHECK(with_text("slots", "5") == "expected at most 4 state vectors of an optimiser, got 5");
  CHECK(with_text("epoch", "3") == "expected 3 numbers under costs, got 2");
  CHECK(with_text("costs", "[3]") == "expected 2 numbers under costs, got 1");
  for (const char* text : {"3", "{\"a\":3}", "[3,true]", "[3,\"2\"]", "[3,[2]]", "[3,2"})
    CHECK(with_text("costs", text) == std::string{"expected a list of numbers under costs, got "} + text);
  CHECK(with_text("summed", "1") == "expected tensors of a sum of weights for 1 epochs, got none");

  state.best = Buffer<float>(3);  // another model's: once read beyond its end
  CHECK_THROWS_AS(io::save(path, net, state), ArgumentError);
  state.best = {};
  state.optimizer_state[0] = Buffer<float>(1);
  CHECK_THROWS_AS(io::save(path, net, state), ArgumentError);
}
