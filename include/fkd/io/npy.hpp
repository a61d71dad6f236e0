/// \file
/// NumPy's formats: `.npy`, one array, and `.npz`, a zip archive of them, stored or deflated.
///
///     const fkd::io::NpyArray faces = fkd::io::read_npy("faces.npy");            np.save("faces.npy", faces)
///     const auto arrays = fkd::io::read_npz("data.npz");                         np.savez("data.npz", x=x, y=y)
///     fkd::Dataset<float> data{fkd::io::to_batch(arrays.at("x")), fkd::io::to_batch(arrays.at("y"))};
///     fkd::io::write_npy("predictions.npy", fkd::io::to_array(net.predict(x)));
///
/// Read: versions 1 to 3, C and Fortran order, either byte order, booleans, integers of 8 to 64 bits, floats of 16, 32
/// and 64 bits. Refused: texts, objects (they are pickled programs), records, complex numbers. Written: version 1.0, C
/// order, little-endian, as np.save does.
///
/// (NumPy Enhancement Proposal 1; PKWARE's APPNOTE 6.3.) `.npz` needs zlib and is in npz.hpp. net.hpp does not include
/// this file.
#pragma once

#include <fkd/core/language.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <fkd/core/batch.hpp>
#include <fkd/core/shape.hpp>
#include <fkd/io/source.hpp>

namespace fkd::io {

/// The type of an array's values, as NumPy calls it.
enum class NpyType { boolean, int8, int16, int32, int64, uint8, uint16, uint32, uint64, float16, float32, float64 };

/// `float32`, and the bytes of one value.
[[gnu::cold]] std::string_view name_of(NpyType type);
[[gnu::cold]] Index bytes_of(NpyType type);

/// An array in memory: C order (the last extent innermost), little-endian. Of no extents it is one value.
struct NpyArray {
  NpyType type = NpyType::float32;
  std::vector<Index> extents = {};
  std::vector<char> bytes = {};

  /// Number of values.
  [[gnu::cold]] Index size() const;
};

/// All values, converted: what is whole and does not fit is rounded. T is float, double or Index (which takes whole
/// types alone). Throws ArgumentError for a type that T does not take.
template <class T>
[[gnu::cold]] std::vector<T> values_of(const NpyArray& array);

/// Samples: the first extent is N. (N, H, W, C); (N, H, W), of one channel; (N, n), flat; (N), of one value.
/// `channels_first` says that an array of four extents is (N, C, H, W). Throws ArgumentError for other extents.
template <class T = float>
[[gnu::cold]] Batch<T> to_batch(const NpyArray& array, bool channels_first = false);

/// (N, H, W, C), or (N, n) where samples are flat. `stored` as in the memory: float32 or float64.
template <class T>
[[gnu::cold]] NpyArray to_array(BatchView<const T> batch);
template <class T>
[[gnu::cold]] NpyArray to_array(const Batch<T>& batch);

/// Any values, which must be as many as the extents say. T is float, double, std::int32_t, std::int64_t or
/// std::uint8_t. Throws ArgumentError.
template <class T>
[[gnu::cold]] NpyArray to_array(std::vector<Index> extents, std::span<const T> values);

/// Throws FileError: no such array, or one that is refused; nothing is allocated beyond the file's size.
[[gnu::cold]] NpyArray read_npy(const Source& from);
[[gnu::cold]] void write_npy(const Sink& to, const NpyArray& array);

namespace detail {

/// One array out of the bytes of a .npy file. `where` opens the sentences of errors.
[[gnu::cold]] NpyArray parse_npy(const std::string& where, std::string_view bytes);
/// The header of a .npy file, to its end.
[[gnu::cold]] std::string npy_header(const NpyArray& array);

}  // namespace detail
}  // namespace fkd::io

#ifndef FKD_COMPILED
#include <fkd/io/npy_inl.hpp>
#endif
