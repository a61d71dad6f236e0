#include "shared/train/run_files.hpp"

#include <fstream>
#include <optional>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include <fkd/core/error.hpp>

#include "shared/train/folder_lock.hpp"

namespace shared {
namespace {

namespace fs = std::filesystem;

/// Whether a folder is empty but for what a kill may leave before there is a run: the lock's file, a file that was not
/// whole yet. One that cannot be listed is not.
bool holds_nothing(const fs::path& folder) {
  std::error_code error;
  for (fs::directory_iterator entry{folder, error}, end; !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    constexpr std::string_view staged = "config.json.";
    if (name != FolderLock::file_name && !(name.starts_with(staged) && name.ends_with(".part"))) return false;
  }
  return !error;
}

/// The file that an earlier run wrote, where a link leads to; nothing where there is none, or no file but a device,
/// say. \throws fkd::FileError for a folder
std::optional<fs::path> output_file(const fs::path& path) {
  std::error_code error;
  const fs::path file = fs::is_symlink(path, error) ? fs::canonical(path, error) : path;
  if (error) return std::nullopt;  // the link leads nowhere
  const fs::file_status status = fs::symlink_status(file, error);
  if (fs::is_directory(status)) throw fkd::FileError{path.string() + ": expected a file to replace, got a folder"};
  return fs::is_regular_file(status) ? std::optional{file} : std::nullopt;
}

}  // namespace

void remove_unfinished_files(const fs::path& folder) {
  std::vector<fs::path> unfinished;
  std::error_code error;
  for (fs::directory_iterator entry{folder, error}, end; !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    for (const std::string whole :
         {"config.json.", "state.safetensors.", "model.safetensors.", "results.json.", "report.html."})
      if (name.starts_with(whole) && name.ends_with(".part") && name.size() == whole.size() + 16 + 5 &&
          name.find_first_not_of("0123456789abcdef", whole.size()) == whole.size() + 16)
        unfinished.push_back(entry->path());
  }
  for (const fs::path& file : unfinished) fs::remove(file, error);
}

void check_writable(const fs::path& folder, bool overwrite, const std::string& mark) {
  std::error_code error;
  const fs::file_status status = fs::status(folder, error);
  if (!fs::exists(status)) return;  // also where it cannot be seen: making it says why
  if (!fs::is_directory(status))
    throw fkd::FileError{folder.string() + ": expected a new folder, got a file of that name"};
  if (holds_nothing(folder)) return;
  if (!overwrite)
    throw fkd::FileError{folder.string() +
                         ": expected a new folder, got one with files in it; --overwrite replaces a run"};
  if (!fs::exists(folder / mark, error))
    throw fkd::FileError{folder.string() + ": expected a folder with a " + mark + " to overwrite, got one without it"};
}

void make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (!fs::is_directory(folder))
    throw fkd::FileError{folder.string() +
                         ": expected a folder to write to, got: " + (error ? error.message() : "a file")};
}

bool is_finished(const fs::path& folder, fkd::Index epochs) {
  std::error_code error;
  for (const char* file : {"model.safetensors", "report.html"})  // the report is written last
    if (!fs::exists(folder / file, error)) return false;
  std::ifstream stream{folder / "results.json", std::ios::binary};
  const nlohmann::json json = nlohmann::json::parse(stream, nullptr, false);
  if (!json.is_object() || !json.contains("curve") || !json["curve"].is_array()) return false;
  return static_cast<fkd::Index>(json["curve"].size()) >= epochs ||
         (json.contains("stopped_early") && json["stopped_early"] == true);
}

void clear_run(const fs::path& folder) {
  make_folder(folder);
  std::vector<fs::path> files;  // all are looked at before the first is removed
  for (const char* name : {"state.safetensors", "metrics.jsonl", "model.safetensors", "results.json", "report.html"})
    if (const std::optional<fs::path> file = output_file(folder / name)) files.push_back(*file);
  for (const fs::path& file : files) {
    std::error_code error;
    fs::remove(file, error);
    if (error) throw fkd::FileError{file.string() + ": expected to remove it, got: " + error.message()};
  }
}

void print_warning(const std::string& warning, std::ostream& print) {
  if (!warning.empty()) print << "warning: " << warning << "\n";
}

}  // namespace shared
