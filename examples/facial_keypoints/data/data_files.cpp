#include "data/data_files.hpp"

#include <algorithm>
#include <cstdio>
#include <vector>

#include "common/shared.hpp"
#include "data/number_text.hpp"
#include "shared/common/nearest_word.hpp"

namespace facial_keypoints {
namespace {

namespace fs = std::filesystem;

/// Also a link that leads nowhere is there: opening it says so.
bool is_there(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(fs::symlink_status(path, ignored));
}

std::string start_of(const fs::path& path) {
  const File file = open_file(path);
  std::string start(4, '\0');
  start.resize(std::fread(start.data(), 1, start.size(), file.get()));
  return start;
}

/// "training" of training.csv: Kaggle's archives have this name.
std::string stem(const std::string& table) { return table.substr(0, table.rfind('.')); }

/// A table in an archive, or in an archive inside of it; null if there is none.
std::unique_ptr<TextSource> find_in(const ZipArchive& archive, const std::string& table) {
  if (archive.has(table)) return archive.open(table);
  for (const std::string& inner : {stem(table) + ".zip", table + ".zip"})
    if (archive.has(inner)) return archive.open_archive(inner).open(table);
  return nullptr;
}

/// The archives that hold all of the competition's files, as its page hands them out.
std::vector<fs::path> bundles(const fs::path& folder) {
  std::vector<fs::path> found;
  std::error_code error;
  for (fs::directory_iterator at{folder, error}, end; !error && at != end; at.increment(error)) {
    const std::string name = at->path().filename().string();
    if (name.starts_with("facial-keypoints-detection") && name.ends_with(".zip")) found.push_back(at->path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

/// A file that may be what was meant: "; there is Training.csv". Empty if there is none.
std::string similar_file(const fs::path& folder, const std::string& table) {
  const std::string wanted = canonical_name(stem(table));
  std::vector<std::string> names, same;
  std::error_code error;
  for (fs::directory_iterator at{folder, error}, end; !error && at != end; at.increment(error)) {
    names.push_back(at->path().filename().string());
    if (canonical_name(names.back()).starts_with(wanted)) same.push_back(names.back());
  }
  std::sort(same.begin(), same.end());
  std::sort(names.begin(), names.end());
  const std::string best = !same.empty() ? same.front() : nearest(table, names);
  return best.empty() ? "" : "; there is " + best;
}

}  // namespace

DataFiles::DataFiles(const std::string& where) : path_{where} {
  std::error_code ignored;
  const fs::file_status status = fs::status(path_, ignored);
  if (!fs::exists(status)) {
    const std::string word = nearest(where, {"synthetic"});
    throw DataError{where +
                    ": expected the word synthetic, or a folder or zip archive with training.csv, test.csv and "
                    "IdLookupTable.csv, got nothing of that name" +
                    (word.empty() || where.find('/') != std::string::npos ? "" : "; did you mean synthetic?")};
  }
  if (fs::is_directory(status)) return;
  kind_ = fs::is_regular_file(status) && start_of(path_).starts_with("PK\3\4") ? Kind::archive : Kind::table;
}

std::unique_ptr<TextSource> DataFiles::find(const std::string& table) const {
  if (kind_ == Kind::archive) return find_in(ZipArchive{path_}, table);
  if (kind_ == Kind::table) {
    if (table != "training.csv") return nullptr;
    std::error_code ignored;
    const bool plain = fs::is_regular_file(path_, ignored) && !start_of(path_).starts_with("\x1F\x8B");
    return plain ? std::make_unique<PlainFile>(path_) : open_gzip(path_);
  }
  if (is_there(path_ / table / table)) return std::make_unique<PlainFile>(path_ / table / table);
  if (is_there(path_ / table)) return std::make_unique<PlainFile>(path_ / table);
  if (is_there(path_ / (table + ".gz"))) return open_gzip(path_ / (table + ".gz"));
  for (const std::string& archive : {table + ".zip", stem(table) + ".zip"})
    if (is_there(path_ / archive)) return ZipArchive{path_ / archive}.open(table);
  if (is_there(path_ / stem(table) / table)) return std::make_unique<PlainFile>(path_ / stem(table) / table);
  for (const fs::path& bundle : bundles(path_))
    if (auto found = find_in(ZipArchive{bundle}, table)) return found;
  return nullptr;
}

std::unique_ptr<TextSource> DataFiles::open(const std::string& table) const {
  if (auto found = find(table)) return found;
  if (kind_ == Kind::archive)
    throw DataError{path_.string() + ": expected " + table + " in it, got " + ZipArchive{path_}.contents()};
  if (kind_ == Kind::table)
    throw DataError{path_.string() + ": expected a folder or zip archive with " + table + ", got a file"};
  throw DataError{path_.string() + ": expected " + table + ", " + table + ".gz or " + stem(table) +
                  ".zip in this folder, got none of them" + similar_file(path_, table)};
}

}  // namespace facial_keypoints
