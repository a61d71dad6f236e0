// metrics.jsonl and state.safetensors: written while a run trains, read to resume it.

#include <cmath>
#include <fstream>
#include <iterator>

#include <nlohmann/json.hpp>

#include <fkd/io/append_file.hpp>
#include <fkd/io/safetensors.hpp>
#include <fkd/io/write_file.hpp>

#include "shared/common/data_error.hpp"
#include "shared/train/json_values.hpp"
#include "shared/train/run_files.hpp"

namespace shared {
namespace {

namespace fs = std::filesystem;

std::string line_of(const fkd::EpochReport& epoch) {
  Json json{{"epoch", epoch.epoch},
            {"cost", number_or_null(epoch.cost)},
            {"validation_cost", number_or_null(epoch.validation_cost)},
            {"seconds", epoch.seconds},
            {"samples", epoch.samples},
            {"rate_scale", epoch.rate_scale},
            {"best", epoch.best}};
  for (const fkd::MetricValue& metric : epoch.metrics)
    json["metrics"][metric.name] = {{"training", number_or_null(metric.training)},
                                    {"validation", number_or_null(metric.validation)}};
  return json.dump() + "\n";
}

fkd::EpochReport report_of(const std::string& line, const std::string& where) {
  try {
    const Json json = Json::parse(line);
    const auto number = [](const Json& from, const char* key) {
      return from.at(key).is_null() ? std::numeric_limits<double>::quiet_NaN() : from.at(key).get<double>();
    };
    fkd::EpochReport epoch{.epoch = json.at("epoch").get<fkd::Index>(),
                           .cost = number(json, "cost"),
                           .validation_cost = number(json, "validation_cost"),
                           .seconds = number(json, "seconds"),
                           .samples = json.at("samples").get<fkd::Index>(),
                           .rate_scale = number(json, "rate_scale"),
                           .best = json.at("best").get<bool>()};
    if (json.contains("metrics"))
      for (const auto& [name, values] : json.at("metrics").items())
        epoch.metrics.push_back({name, number(values, "training"), number(values, "validation")});
    return epoch;
  } catch (const Json::exception&) {
    throw DataError{where + ": expected an epoch as train writes it, got " + line};
  }
}

}  // namespace

void keep_epoch(const fs::path& folder, const Network& net, const fkd::TrainingState<float>& state,
                const fkd::EpochReport& epoch) {
  fkd::io::append_file(folder / "metrics.jsonl", line_of(epoch));
  fkd::io::save(folder / "state.safetensors", net, state);
}

Underway read_underway(const fs::path& folder, Underway underway) {
  for (const char* name : {"state.safetensors", "metrics.jsonl"})
    if (fs::exists(folder / name) && !fs::is_regular_file(folder / name))  // a pipe or a device would have no end
      throw DataError{(folder / name).string() + ": expected a file that train wrote, got something that is no file"};
  std::error_code ignored;
  if (fs::exists(folder / "state.safetensors", ignored))
    fkd::io::load(folder / "state.safetensors", underway.net, underway.state);
  const fs::path path = folder / "metrics.jsonl";
  std::ifstream stream{path, std::ios::binary};
  std::string line, text;
  if (underway.state.epoch == 0 && underway.state.unfinished.samples == 0) {
    // A kill may come between the first epoch's line and its state, but not between later ones.
    fkd::Index lines = 0;
    while (std::getline(stream, line)) ++lines;
    if (lines > 1)
      throw DataError{(folder / "state.safetensors").string() + ": expected the state after " + std::to_string(lines) +
                      " epochs, got none; train --overwrite begins anew"};
    stream = std::ifstream{path, std::ios::binary};
  }
  while (static_cast<fkd::Index>(underway.curve.size()) < underway.state.epoch && std::getline(stream, line)) {
    const auto number = static_cast<fkd::Index>(underway.curve.size()) + 1;
    underway.curve.push_back(report_of(line, path.string() + ":" + std::to_string(number)));
    if (underway.curve.back().epoch != number)
      throw DataError{path.string() + ":" + std::to_string(number) + ": expected epoch " + std::to_string(number) +
                      ", got " + std::to_string(underway.curve.back().epoch)};
    text.append(line).append("\n");
  }
  if (static_cast<fkd::Index>(underway.curve.size()) < underway.state.epoch)
    throw DataError{path.string() + ": expected a line for each of the " + std::to_string(underway.state.epoch) +
                    " finished epochs, got " + std::to_string(underway.curve.size())};
  stream = std::ifstream{path, std::ios::binary};
  if (text != std::string{std::istreambuf_iterator<char>{stream}, {}})
    fkd::io::write_file(path, [&](std::ostream& out) { out << text; });
  return underway;
}

}  // namespace shared
