#include "shared/train/resume.hpp"

#include <algorithm>
#include <charconv>

namespace shared {
namespace {

namespace fs = std::filesystem;

DataError wrong(const ResumeLine& line, const std::string& option, const std::string& expected,
                const std::string& got) {
  return DataError{line.out.string() + ": " + option + ": expected " + expected + ", got " + got};
}

}  // namespace

bool ResumeLine::is_given(const std::string& name) const {
  return std::find(given.begin(), given.end(), name) != given.end();
}

std::string text_of(double value) {
  char text[64];
  return {text, std::to_chars(text, text + sizeof text, value).ptr};
}

bool same_data(const std::string& a, const std::string& b) {
  if (a == b) return true;
  if (a == "synthetic" || b == "synthetic") return false;
  std::error_code error_a, error_b;
  if (fs::equivalent(a, b, error_a)) return true;
  const auto normal = [](const std::string& path, std::error_code& error) {
    fs::path whole = fs::weakly_canonical(fs::absolute(path, error), error);
    return whole.has_filename() ? whole : whole.parent_path();
  };
  const fs::path path_a = normal(a, error_a = {}), path_b = normal(b, error_b);
  return !error_a && !error_b && path_a == path_b;
}

bool all_equal(const std::vector<Setting>& settings) {
  return std::all_of(settings.begin(), settings.end(),
                     [](const Setting& setting) { return setting.own == setting.asked; });
}

void check_settings(const ResumeLine& line, const std::vector<Setting>& settings) {
  for (const Setting& setting : settings)
    if (line.is_given(setting.option) && setting.own != setting.asked)
      throw wrong(line, setting.option, setting.own + ", the run's own", setting.asked);
}

fkd::Index continued_epochs(const ResumeLine& line, fkd::Index own, fkd::Index asked) {
  if (!line.is_given("--epochs")) return own;
  if (asked < own)
    throw wrong(line, "--epochs", "at least " + std::to_string(own) + ", the run's own", std::to_string(asked));
  return asked;
}

std::string continued_data(const ResumeLine& line, const std::string& own, const std::string& asked) {
  if (!line.is_given("--data") || same_data(asked, own)) return own;
  if (asked == "synthetic" || own == "synthetic") throw wrong(line, "--data", own + ", the run's own", asked);
  return asked;
}

}  // namespace shared
