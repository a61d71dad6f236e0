/// The metrics of a training state in its file: saved, loaded, refused; files that have none still load.
#include <doctest/doctest.h>

#include <filesystem>
#include <limits>
#include <string>
#include <vector>

#include <fkd/io/safetensors.hpp>
#include <fkd/net.hpp>

#include <support/compare.hpp>
#include <support/networks.hpp>
#include <support/temporary_folder.hpp>

namespace {

using namespace fkd;

const Sequential network{Input{.height = 3, .width = 2, .channels = 1}, Flatten{}, Dense{.units = 3}};
using State = TrainingState<float>;

FitOptions options() { return {.epochs = 4, .batch_size = 2, .metrics = {MAE{}, RMSE{}, {"\"odd\" näme\n", MSE{}}}}; }

bool same(double a, double b) { return fkd::detail::bits_of(a) == fkd::detail::bits_of(b); }

TEST_CASE("a training that is saved and loaded, between epochs or in one, has the metrics of an uninterrupted one") {
  const tests::TemporaryFolder folder;
  const std::filesystem::path path = folder.path() / "state.safetensors";
  const Dataset<float> data = support::random_data<float>(network, 7, true);
  Model whole{network, Seed{1}};
  State whole_state;
  fit(whole, data, options(), whole_state);
  for (Index stop_after = 1; stop_after < 16; ++stop_after) {
    CAPTURE(stop_after);
    Model net{network, Seed{1}}, other{network, Seed{2}};
    State state, loaded;
    FitOptions stopping = options();
    stopping.on_step = [&](const StepReport& r) { return r.step == stop_after ? Continue::stop : Continue::yes; };
    fit(net, data, stopping, state);
    io::save(path, net, state);
    io::load(path, other, loaded);
    CHECK(loaded.metrics.size() == state.metrics.size());
    REQUIRE(loaded.unfinished.metrics.size() == (stop_after % 4 == 0 ? 0 : 3));
    for (std::size_t i = 0; i < loaded.unfinished.metrics.size(); ++i) {
      CHECK(loaded.unfinished.metrics[i].name == state.unfinished.metrics[i].name);
      CHECK(same(loaded.unfinished.metrics[i].total.sum, state.unfinished.metrics[i].total.sum));
      CHECK(loaded.unfinished.metrics[i].total.count == state.unfinished.metrics[i].total.count);
    }
    fit(other, data, options(), loaded);
    REQUIRE(loaded.metrics.size() == 4);
    for (std::size_t e = 0; e < 4; ++e)
      for (std::size_t i = 0; i < 3; ++i) {
        CHECK(loaded.metrics[e].at(i).name == whole_state.metrics[e][i].name);
        CHECK(same(loaded.metrics[e].at(i).training, whole_state.metrics[e][i].training));
        CHECK(std::isnan(loaded.metrics[e].at(i).validation));
      }
  }
}

TEST_CASE("a file says which epoch's the best weights are; of an older one that is not known") {
  const tests::TemporaryFolder folder;
  const std::filesystem::path path = folder.path() / "state.safetensors";
  const Dataset<float> data = support::random_data<float>(network, 7, true);
  Model net{network, Seed{1}};
  State state, loaded;
  FitOptions stopping = options();
  stopping.early_stopping = {.patience = 9};
  fit(net, data, stopping, state);
  CHECK(state.best_epoch == stopping.early_stopping.best_epoch(state.costs));
  io::save(path, net, state);
  io::load(path, net, loaded);
  CHECK(loaded.best_epoch == state.best_epoch);
  io::TensorFile file = io::read_tensors(path);
  CHECK(file.metadata.erase("best_epoch") == 1);
  io::write_tensors(path, file);
  io::load(path, net, loaded);
  CHECK(loaded.best_epoch == -1);
  CHECK(loaded.best.size() > 0);
}

TEST_CASE("a state without metrics has no text of them, and a file without that text loads") {
  const tests::TemporaryFolder folder;
  const std::filesystem::path path = folder.path() / "state.safetensors";
  const Dataset<float> data = support::random_data<float>(network, 7);
  Model net{network, Seed{1}};
  State state, loaded;
  FitOptions own = options();
  own.metrics = {};
  own.epochs = 2;
  fit(net, data, own, state);
  io::save(path, net, state);
  const io::TensorFile file = io::read_tensors(path);
  CHECK_FALSE(file.metadata.contains("metrics"));
  CHECK_FALSE(file.metadata.contains("unfinished_metrics"));
  io::load(path, net, loaded);
  CHECK(loaded.metrics.empty());
  fit(net, data, options(), loaded);
  REQUIRE(loaded.metrics.size() == 4);
  CHECK(loaded.metrics[1].empty());
  CHECK(loaded.metrics[2].size() == 3);
  io::save(path, net, loaded);  // some epochs with metrics, some without
  io::load(path, net, state);
  CHECK(state.metrics[1].empty());
  CHECK(state.metrics[3].size() == 3);
}

TEST_CASE("a text that is something else is refused") {
  const tests::TemporaryFolder folder;
  const std::filesystem::path path = folder.path() / "state.safetensors";
  Model net{network, Seed{1}};
  State state;
  FitOptions own = options();
  own.on_step = [&](const StepReport& r) { return r.step == 6 ? Continue::stop : Continue::yes; };
  fit(net, support::random_data<float>(network, 7), own, state);
  io::save(path, net, state);
  const io::TensorFile good = io::read_tensors(path);
  const auto said = [&](const char* key, const std::string& text) -> std::string {
    io::TensorFile file = good;
    file.metadata[key] = text;
    io::write_tensors(path, file);
    State loaded;
    try {
      io::load(path, net, loaded);
    } catch (const FileError& error) {
      return std::string{error.what()}.substr(path.string().size());
    }
    return "";
  };
  CHECK(said("metrics", good.metadata.at("metrics")) == "");
  CHECK(said("metrics", "[[]]") == "");
  CHECK(said("metrics", "no") == ": expected a list of metrics for each epoch under metrics, got no");
  CHECK(said("metrics", "[]") == ": expected 1 number under metrics, got 0");
  for (const char* text : {"[1]", "[[1]]", "[[{}]]", R"([[{"name":1,"training":1,"validation":1}]])",
                           R"([[{"name":"a","training":"1","validation":1}]])", R"([[{"name":"a","training":1}]])"})
    CHECK(said("metrics", text) != "");
  CHECK(said("unfinished_metrics", "7") == ": expected a list of sums and counts under unfinished_metrics, got 7");
  for (const char* text : {"no", "[1]", "[{}]", R"([{"name":"a","sum":1,"count":-1}])",
                           R"([{"name":"a","sum":1,"count":null}])", R"([{"name":"a","sum":[],"count":1}])"})
    CHECK(said("unfinished_metrics", text) != "");
  CHECK(said("unfinished_metrics", R"([{"name":"a","sum":null,"count":1}])") == "");  // a sum that is NaN
}

}  // namespace
