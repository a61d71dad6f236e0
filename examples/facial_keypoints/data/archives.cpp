#include "data/archives.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <optional>

#include <unistd.h>

#include <zip.h>
#include <zlib.h>

#include "data/file_type.hpp"

namespace facial_keypoints {
namespace {

/// The most bytes that `packed` bytes may unpack to.
std::uintmax_t most_unpacked(std::uintmax_t packed) {
  constexpr std::uintmax_t gigabyte = std::uintmax_t{1} << 30;
  return (std::max)(gigabyte, packed > gigabyte ? 100 * gigabyte : 100 * packed);
}

/// Common to gzip and zip sources: counts the unpacked bytes and enforces the limit.
class UnpackedSource : public TextSource {
 public:
  /// `packed` bytes hold the text.
  UnpackedSource(std::string name, std::uintmax_t packed) : TextSource{std::move(name)}, packed_{packed} {}

  std::size_t read(char* data, std::size_t size) final {
    const std::size_t count = unpack(data, (std::min)(size, std::size_t{1} << 30));
    total_ += count;
    if (packed_ > 0 && total_ > most_unpacked(packed_))
      throw DataError{name() + ": expected at most " + std::to_string(most_unpacked(packed_)) + " bytes out of " +
                      std::to_string(packed_) + ", got more"};
    return count;
  }

 protected:
  virtual std::size_t unpack(char* data, std::size_t size) = 0;
  std::uintmax_t packed() const { return packed_; }

 private:
  std::uintmax_t packed_, total_ = 0;
};

class GzipSource final : public UnpackedSource {
 public:
  GzipSource(const std::filesystem::path& path, std::uintmax_t packed) : UnpackedSource{path.string(), packed} {
    const File file = open_file(path);
    const int descriptor = ::dup(::fileno(file.get()));
    file_ = descriptor < 0 ? nullptr : ::gzdopen(descriptor, "rb");
    if (!file_) {
      if (descriptor >= 0) ::close(descriptor);
      throw DataError{name() + ": expected a readable file, got: " + std::strerror(errno)};
    }
    ::gzbuffer(file_, 1U << 18);
  }
  ~GzipSource() override { ::gzclose_r(file_); }

  std::uintmax_t bytes() const override { return 0; }  // known only when it has been unpacked

 private:
  std::size_t unpack(char* data, std::size_t size) override {
    const int count = ::gzread(file_, data, static_cast<unsigned>(size));
    int error = Z_OK;
    const char* why = ::gzerror(file_, &error);
    if (count < 0 || (count == 0 && error != Z_OK)) {
      if (error == Z_ERRNO) why = std::strerror(errno);
      if (const char* after_name = std::strstr(why, ">: ")) why = after_name + 3;  // zlib names a descriptor
      throw DataError{name() + (error == Z_BUF_ERROR
                                    ? ": expected a whole gzip file, got one that ends too soon"
                                    : ": expected a sound gzip file, got one that is damaged: " + std::string{why})};
    }
    return static_cast<std::size_t>(count);
  }

  gzFile file_ = nullptr;
};

struct CloseZip {
  void operator()(zip_t* archive) const { zip_discard(archive); }
  void operator()(zip_file_t* file) const { zip_fclose(file); }
};

std::uintmax_t size_of(std::FILE* file) {
  std::fseek(file, 0, SEEK_END);
  const long size = std::ftell(file);
  std::rewind(file);
  return size > 0 ? static_cast<std::uintmax_t>(size) : 0;
}

std::string text_of(zip_error_t& error) {
  std::string text = zip_error_strerror(&error);
  zip_error_fini(&error);
  return text;
}

std::string base_name(const std::string& name) { return name.substr(name.find_last_of("/\\") + 1); }

bool is_for_macos(const std::string& name) {
  return name.starts_with("__MACOSX/") || base_name(name).starts_with("._");
}

}  // namespace

std::unique_ptr<TextSource> open_gzip(const std::filesystem::path& path) {
  std::error_code error;
  const auto packed = std::filesystem::file_size(path, error);  // of a pipe there is none
  return std::make_unique<GzipSource>(path, error ? 0 : packed);
}

struct ZipArchive::Handle {
  std::string name;
  std::uintmax_t bytes;
  std::unique_ptr<zip_t, CloseZip> archive;

  Handle(std::string its_name, File file) : name{std::move(its_name)}, bytes{size_of(file.get())} {
    zip_error_t error;
    zip_error_init(&error);
    zip_source_t* const source = zip_source_filep_create(file.get(), 0, 0, &error);
    if (source) (void)file.release();  // the source closes it
    archive.reset(source ? zip_open_from_source(source, ZIP_RDONLY, &error) : nullptr);
    if (archive) return;
    if (source) zip_source_free(source);
    throw DataError{name + ": expected a sound zip archive, got: " + text_of(error)};
  }

  std::string entry(zip_uint64_t index) const {
    const char* text = zip_get_name(archive.get(), index, ZIP_FL_ENC_GUESS);
    return text ? text : "";
  }
  std::vector<zip_uint64_t> files() const {
    std::vector<zip_uint64_t> found;
    const auto count = static_cast<zip_uint64_t>((std::max)(zip_get_num_entries(archive.get(), 0), zip_int64_t{0}));
    for (zip_uint64_t i = 0; i < count; ++i) {
      const std::string text = entry(i);
      if (!text.empty() && !text.ends_with('/') && !is_for_macos(text)) found.push_back(i);
    }
    return found;
  }
  std::optional<zip_uint64_t> find(const std::string& file) const {
    std::optional<zip_uint64_t> found;
    for (const zip_uint64_t i : files()) {
      if (base_name(entry(i)) != file) continue;
      if (found) throw DataError{name + ": expected one " + file + ", got two: " + entry(*found) + " and " + entry(i)};
      found = i;
    }
    return found;
  }
};

namespace {

/// A file inside a zip archive, which it keeps open.
class ZipSource final : public UnpackedSource {
 public:
  ZipSource(std::string name, std::uintmax_t packed, std::shared_ptr<const void> owner, zip_t* archive,
            zip_uint64_t index, const zip_stat_t& facts)
      : UnpackedSource{std::move(name), packed}, owner_{std::move(owner)}, size_{facts.size} {
    if ((facts.valid & ZIP_STAT_ENCRYPTION_METHOD) != 0 && facts.encryption_method != ZIP_EM_NONE)
      throw DataError{this->name() + ": expected a file without a password, got an encrypted one"};
    file_.reset(zip_fopen_index(archive, index, 0));
    if (!file_) throw DataError{this->name() + ": expected a file that can be unpacked, got: " + zip_strerror(archive)};
  }

  /// As the archive declares, at most the limit.
  std::uintmax_t bytes() const override { return (std::min)(size_, most_unpacked(packed())); }

 private:
  std::size_t unpack(char* data, std::size_t size) override {
    const zip_int64_t count = zip_fread(file_.get(), data, size);
    if (count < 0)
      throw DataError{name() +
                      ": expected a sound zip archive, got one that is damaged: " + zip_file_strerror(file_.get())};
    return static_cast<std::size_t>(count);
  }

  std::shared_ptr<const void> owner_;  // before the file: closed after it
  std::unique_ptr<zip_file_t, CloseZip> file_;
  std::uintmax_t size_;
};

/// The file's first bytes; rewinds.
std::string first_bytes(std::FILE* file) {
  std::string start(4096, '\0');
  start.resize(std::fread(start.data(), 1, start.size(), file));
  std::rewind(file);
  return start;
}

}  // namespace

ZipArchive::ZipArchive(const std::filesystem::path& path) {
  File file = open_file(path);
  if (const std::string start = first_bytes(file.get()); !start.starts_with("PK")) {
    const std::string what = foreign_content(start);
    throw DataError{path.string() + ": expected a zip archive, got " +
                    (start.empty()  ? "an empty file"
                     : what.empty() ? "something else"
                                    : what)};
  }
  handle_ = std::make_shared<const Handle>(path.string(), std::move(file));
}

const std::string& ZipArchive::name() const { return handle_->name; }

bool ZipArchive::has(const std::string& file) const { return handle_->find(file).has_value(); }

std::unique_ptr<TextSource> ZipArchive::open(const std::string& file) const {
  const std::optional<zip_uint64_t> index = handle_->find(file);
  if (!index) throw DataError{name() + ": expected " + file + " in it, got " + contents()};
  zip_stat_t facts;
  zip_stat_init(&facts);
  if (zip_stat_index(handle_->archive.get(), *index, 0, &facts) != 0)
    throw DataError{name() + ": expected a sound zip archive, got: " + zip_strerror(handle_->archive.get())};
  const std::uintmax_t packed = (std::min)(std::uintmax_t{facts.comp_size}, handle_->bytes);
  return std::make_unique<ZipSource>(name() + "/" + handle_->entry(*index), packed + 1, handle_, handle_->archive.get(),
                                     *index, facts);
}

ZipArchive ZipArchive::open_archive(const std::string& file) const {
  const std::unique_ptr<TextSource> inner = open(file);
  File aside{std::tmpfile()};
  if (!aside) throw DataError{inner->name() + ": expected room for a temporary file, got: " + std::strerror(errno)};
  std::vector<char> buffer(std::size_t{1} << 20);
  for (std::size_t count; (count = inner->read(buffer.data(), buffer.size())) > 0;)
    if (std::fwrite(buffer.data(), 1, count, aside.get()) != count)
      throw DataError{inner->name() + ": expected room for a temporary file, got: " + std::strerror(errno)};
  if (std::fflush(aside.get()) != 0)
    throw DataError{inner->name() + ": expected room for a temporary file, got: " + std::strerror(errno)};
  return ZipArchive{std::make_shared<const Handle>(inner->name(), std::move(aside))};
}

std::string ZipArchive::contents() const {
  constexpr std::size_t most = 4;
  const std::vector<zip_uint64_t> files = handle_->files();
  if (files.empty()) return "an archive without files";
  std::string text;
  for (std::size_t i = 0; i < (std::min)(most, files.size()); ++i)
    text += (i == 0 ? "" : ", ") + handle_->entry(files[i]);
  return text + (files.size() > most ? " and " + std::to_string(files.size() - most) + " more" : "");
}

}  // namespace facial_keypoints
