#include "data/idx.hpp"

#include <array>
#include <string>

#include <fkd/core/message.hpp>

#include "data/byte_file.hpp"
#include "data/class_names.hpp"
#include "shared/common/data_error.hpp"
#include "shared/common/shown_path.hpp"

namespace classify {
namespace {

namespace fs = std::filesystem;

constexpr std::uint8_t unsigned_byte = 8;

/// "00 00 08 03"
std::string in_hex(const std::vector<std::uint8_t>& bytes, std::size_t count) {
  constexpr char digits[] = "0123456789ABCDEF";
  std::string text;
  for (std::size_t i = 0; i < (std::min)(count, bytes.size()); ++i) {
    if (i > 0) text += ' ';
    text += {digits[bytes[i] / 16], digits[bytes[i] % 16]};
  }
  return text;
}

/// What a file is that does not begin as expected.
std::string found(const std::vector<std::uint8_t>& head) {
  if (head.empty()) return "an empty file";
  std::string text = head.size() < 4 ? "only " + in_hex(head, 4) : in_hex(head, 4);
  if (head.size() >= 4 && head[0] == 0 && head[1] == 0 && head[2] == unsigned_byte && head[3] == 1)
    text += ", as a file of labels does";
  if (head.size() >= 4 && head[0] == 0 && head[1] == 0 && head[2] == unsigned_byte && head[3] == 3)
    text += ", as a file of images does";
  return text;
}

/// The extents after the magic number, which names `count` of them.
std::array<std::uint64_t, 3> read_extents(ByteFile& file, std::uint8_t count, const std::string& what) {
  std::vector<std::uint8_t> head;
  file.read(4, head);
  if (head != std::vector<std::uint8_t>{0, 0, unsigned_byte, count})
    throw DataError{file.name() + ": expected an IDX file of " + what + ", which begins with 00 00 08 0" +
                    std::to_string(count) + ", got " + found(head)};
  std::vector<std::uint8_t> bytes;
  if (file.read(std::uint64_t{4} * count, bytes) < std::uint64_t{4} * count)
    throw DataError{file.name() + ": expected a header of " + std::to_string(4 + 4 * count) + " bytes, got " +
                    std::to_string(4 + bytes.size())};
  std::array<std::uint64_t, 3> extents{1, 1, 1};
  for (std::size_t i = 0; i < count; ++i)
    for (std::size_t b = 0; b < 4; ++b) extents[i] = (b == 0 ? 0 : extents[i] << 8) | bytes[4 * i + b];
  if (extents[0] == 0) throw DataError{file.name() + ": expected at least one of its " + what + ", got none"};
  return extents;
}

/// The values, exactly so many.
std::vector<std::uint8_t> read_values(ByteFile& file, std::uint64_t count, const std::string& what) {
  std::vector<std::uint8_t> bytes;
  const std::uint64_t got = file.read(count, bytes);
  const std::uint64_t rest = file.skip_rest();
  if (got != count || rest > 0)
    throw DataError{file.name() + ": expected " + std::to_string(count) + " bytes for " + what + ", got " +
                    std::to_string(got + rest) + (got < count ? ": the file is cut" : "")};
  return bytes;
}

fs::path need_idx(const fs::path& folder, const std::string& name) {
  fs::path path = find_idx(folder, name);
  if (path.empty())
    throw DataError{shown(folder) + ": expected " + name + " or " + name + ".gz beside the other files, got neither"};
  return path;
}

Images read_part(const fs::path& folder, const std::string& part, int classes) {
  const fs::path image_file = need_idx(folder, part + "-images-idx3-ubyte"),
                 label_file = need_idx(folder, part + "-labels-idx1-ubyte");
  Images images = read_idx_images(image_file);
  const std::vector<std::uint8_t> labels = read_idx_labels(label_file);
  const std::size_t count = images.pixels.size() / images.image_size();
  if (labels.size() != count)
    throw DataError{shown(label_file) + ": expected a label for each of the " + std::to_string(count) + " images in " +
                    shown(image_file.filename()) + ", got " + std::to_string(labels.size())};
  for (std::size_t i = 0; i < labels.size(); ++i)
    if (labels[i] >= classes)
      throw DataError{shown(label_file) + ": expected labels from 0 to " + std::to_string(classes - 1) + ", got " +
                      std::to_string(labels[i]) + " for image " + std::to_string(i)};
  images.labels.assign(labels.begin(), labels.end());
  return images;
}

}  // namespace

Images read_idx_images(const fs::path& path) {
  constexpr std::uint64_t most = 4096;  // larger images are photographs, which IDX is not used for
  ByteFile file{path};
  const auto [count, height, width] = read_extents(file, 3, "images");
  if (height < 1 || width < 1 || height > most || width > most)
    throw DataError{file.name() + ": expected images of 1 x 1 to 4096 x 4096 pixels, got " + std::to_string(height) +
                    " x " + std::to_string(width)};
  Images images;
  images.shape = {static_cast<fkd::Index>(height), static_cast<fkd::Index>(width), 1};
  images.pixels =
      read_values(file, count * height * width,
                  std::to_string(count) + " images of " + std::to_string(height) + " x " + std::to_string(width));
  return images;
}

std::vector<std::uint8_t> read_idx_labels(const fs::path& path) {
  ByteFile file{path};
  const std::uint64_t count = read_extents(file, 1, "labels")[0];
  return read_values(file, count, std::to_string(count) + " labels");
}

fs::path find_idx(const fs::path& folder, const std::string& name) {
  std::string dotted = name;
  if (const std::size_t at = dotted.rfind("-idx"); at != std::string::npos) dotted[at] = '.';
  std::error_code error;
  for (const std::string& file : {name, name + ".gz", dotted, dotted + ".gz"})
    if (fs::exists(folder / file, error)) return folder / file;
  return {};
}

ImageSet read_idx_folder(const fs::path& folder) {
  ImageSet set;
  set.name = folder.string();
  set.subject = Subject::digits;
  set.classes = read_class_names(folder / "classes.txt");
  if (set.classes.empty())
    for (int digit = 0; digit < 10; ++digit) set.classes.push_back(std::to_string(digit));
  const auto classes = static_cast<int>(set.classes.size());
  set.training = read_part(folder, "train", classes);
  set.test = read_part(folder, "t10k", classes);
  if (set.test.shape != set.training.shape)
    throw DataError{shown(folder) + ": expected test images as large as the training images, got " +
                    fkd::text(set.test.shape) + " and " + fkd::text(set.training.shape)};
  return set;
}

}  // namespace classify
