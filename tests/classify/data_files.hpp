/// \file
/// Small data files of every form, whole and damaged.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <zlib.h>

#include <support/temporary_folder.hpp>

namespace classify_tests {

using tests::get;
using tests::put;
using tests::TemporaryFolder;
using tests::thrown;

/// A number in four bytes, the highest first.
inline std::string big_endian(std::uint32_t value) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift & 0xFF);
  return bytes;
}

inline std::string idx_images(int count, int height, int width) {
  std::string bytes{"\0\0\x08\x03", 4};
  for (const int extent : {count, height, width}) bytes += big_endian(static_cast<std::uint32_t>(extent));
  for (int i = 0; i < count * height * width; ++i) bytes += static_cast<char>(i % 251);
  return bytes;
}

inline std::string idx_labels(const std::vector<int>& labels) {
  std::string bytes = std::string{"\0\0\x08\x01", 4} + big_endian(static_cast<std::uint32_t>(labels.size()));
  for (const int label : labels) bytes += static_cast<char>(label);
  return bytes;
}

/// The bytes in gzip.
inline std::string gzipped(const std::string& bytes) {
  const TemporaryFolder folder;
  const gzFile file = gzopen((folder / "x.gz").c_str(), "wb");
  gzwrite(file, bytes.data(), static_cast<unsigned>(bytes.size()));
  gzclose(file);
  return get(folder / "x.gz");
}

/// MNIST's four files: 6 training images of 4 x 3 pixels, 2 to test.
inline void put_mnist(const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  put(folder / "train-images-idx3-ubyte", idx_images(6, 4, 3));
  put(folder / "train-labels-idx1-ubyte", idx_labels({5, 0, 4, 1, 9, 2}));
  put(folder / "t10k-images-idx3-ubyte.gz", gzipped(idx_images(2, 4, 3)));
  put(folder / "t10k-labels-idx1-ubyte.gz", gzipped(idx_labels({7, 2})));
}

/// CIFAR-10's records: label, then planes that are `label`, `label + 50` and `label + 100` but for a first pixel of 1,
/// 2 and 3.
inline std::string cifar(const std::vector<int>& labels) {
  std::string bytes;
  for (const int label : labels) {
    bytes += static_cast<char>(label);
    for (int plane = 0; plane < 3; ++plane)
      bytes += static_cast<char>(plane + 1) + std::string(1023, static_cast<char>(label + 50 * plane));
  }
  return bytes;
}

inline void put_cifar(const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  put(folder / "data_batch_1.bin", cifar({3, 8}));
  put(folder / "data_batch_2.bin", cifar({0}));
  put(folder / "test_batch.bin", cifar({9, 9, 1}));
}

inline bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace classify_tests
