// NumPy's files: those that NumPy wrote, there and back, and what is refused.
#include <doctest/doctest.h>

#include <cstring>
#include <filesystem>
#include <limits>
#include <string>
#include <vector>

#include <fkd/io/npy.hpp>
#include <fkd/io/npz.hpp>
#include <fkd/net.hpp>

#include <support/compare.hpp>
#include <support/networks.hpp>
#include <support/temporary_folder.hpp>

using namespace fkd;
using namespace tests;

namespace {

std::string bytes_text(const std::vector<std::byte>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// A .npy file of version 1.
std::string npy(std::string dictionary, const std::string& values, char version = 1) {
  std::string file = std::string{"\x93NUMPY"} + version + '\0';
  file += static_cast<char>(dictionary.size() & 255);
  file += static_cast<char>(dictionary.size() >> 8);
  if (version > 1) file += std::string(2, '\0');
  return file + dictionary + values;
}

std::string reading(const std::string& file) {
  return thrown([&] { io::read_npy(std::as_bytes(std::span{file})); });
}
std::string reading_npz(const std::string& file) {
  return thrown([&] { io::read_npz(std::as_bytes(std::span{file})); });
}

}  // namespace

TEST_CASE("files of NumPy: every type, byte order, order of values and version") {
  const io::NpzArrays arrays = io::read_npz(std::filesystem::path{__FILE__}.parent_path() / "fixtures" / "arrays.npz");
  REQUIRE(arrays.size() == 18);
  for (const char* name : {"int8", "int16", "int32", "int64", "float16", "float32", "float64"}) {
    CHECK(name_of(arrays.at(name).type) == name);
    CHECK(arrays.at(name).extents == std::vector<Index>{2, 3});
    CHECK(io::values_of<double>(arrays.at(name)) == std::vector<double>{-3, -2, -1, 0, 1, 2});
  }
  for (const char* name : {"uint8", "uint16", "uint32", "uint64"}) {
    CHECK(name_of(arrays.at(name).type) == name);
    CHECK(io::values_of<Index>(arrays.at(name)) == std::vector<Index>{0, 1, 2, 3, 4, 5});
    CHECK(io::values_of<float>(arrays.at(name)) == std::vector<float>{0, 1, 2, 3, 4, 5});
  }
  CHECK(io::values_of<Index>(arrays.at("bool")) == std::vector<Index>{0, 1, 0, 1, 0, 1});
  CHECK(io::values_of<float>(arrays.at("big_endian")) == std::vector<float>{0, 1, 2, 3, 4, 5});
  CHECK(io::values_of<float>(arrays.at("fortran")) == std::vector<float>{0, 1, 2, 3, 4, 5});
  std::vector<double> counted(24);
  for (std::size_t i = 0; i < 24; ++i) counted[i] = static_cast<double>(i);
  CHECK(io::values_of<double>(arrays.at("fortran3")) == counted);
  CHECK(arrays.at("scalar").extents.empty());
  CHECK(io::values_of<float>(arrays.at("scalar")) == std::vector<float>{7});
  CHECK(arrays.at("empty").size() == 0);
  CHECK(arrays.at("one").extents == std::vector<Index>{5});
}

TEST_CASE("samples: extents and the order of channels") {
  const auto array = [](std::vector<Index> extents) {
    Index size = 1;
    for (const Index extent : extents) size *= extent;
    std::vector<float> values(static_cast<std::size_t>(size));
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i);
    return io::to_array<float>(std::move(extents), values);
  };
  CHECK(io::to_batch(array({5})).shape() == Shape{1, 1, 1});
  CHECK(io::to_batch(array({5})).samples() == 5);
  CHECK(io::to_batch(array({5, 7})).shape() == Shape{1, 1, 7});
  CHECK(io::to_batch(array({5, 3, 4})).shape() == Shape{3, 4, 1});
  const Batch<float> last = io::to_batch(array({2, 3, 4, 2})), first = io::to_batch(array({2, 2, 3, 4}), true);
  CHECK(last.shape() == Shape{3, 4, 2});
  CHECK(last.data()[9] == 9);
  CHECK(first.shape() == Shape{3, 4, 2});
  CHECK(first.data()[0] == 0);
  CHECK(first.data()[1] == 12);   // the second channel
  CHECK(first.data()[2] == 1);    // the next pixel
  CHECK(first.data()[24] == 24);  // the next sample
  for (const std::vector<Index>& wrong : {std::vector<Index>{}, {1, 1, 1, 1, 1}, {0, 3}})
    CHECK(thrown([&] { io::to_batch(array(wrong)); }).starts_with("NpyArray: expected samples (N, H, W, C)"));
  CHECK(thrown([&] {
          io::to_batch(array({2, 3}), true);
        }) == "NpyArray: expected samples (N, C, H, W), got shape (2, 3) of float32");
  CHECK(thrown([&] { io::values_of<Index>(array({2})); }) ==
        "NpyArray: expected whole numbers, got shape (2,) of float32");
  CHECK(thrown([&] { io::to_array<float>({3}, std::vector<float>(2)); }) ==
        "NpyArray: expected 2 values, as there are, got shape (3,) of float32");
  io::NpyArray big{io::NpyType::uint64, {1}, std::vector<char>(8, '\xff')};
  CHECK(thrown([&] { io::values_of<Index>(big); }).starts_with("NpyArray: expected values below 2^63"));
  CHECK(io::values_of<double>(big)[0] == 18446744073709551615.0);
  big.bytes.pop_back();
  std::vector<std::byte> out;
  CHECK(thrown([&] { io::values_of<double>(big); }).starts_with("NpyArray: expected as many bytes"));
  CHECK(thrown([&] { io::write_npy(out, big); }).starts_with("NpyArray: expected as many bytes"));
}

TEST_CASE("there and back; a batch; the bytes that np.save writes") {
  const Batch<float> batch = support::random_batch<float>({3, 2, 4}, 5);
  const io::NpyArray array = io::to_array(batch);
  CHECK(array.extents == std::vector<Index>{5, 3, 2, 4});
  std::vector<std::byte> bytes;
  io::write_npy(bytes, array);
  const std::string text = bytes_text(bytes);
  CHECK(text.substr(0, 10) == std::string("\x93NUMPY\1\0v\0", 10));
  CHECK(text.substr(10, 118) ==
        "{'descr': '<f4', 'fortran_order': False, 'shape': (5, 3, 2, 4), }" + std::string(52, ' ') + "\n");
  CHECK(support::bit_difference(std::span<const float>{io::to_batch(io::read_npy(bytes)).data(), 120},
                                std::span<const float>{batch.data(), 120}) == "");
  CHECK(io::to_array(support::random_batch<double>({1, 1, 4}, 2)).extents == std::vector<Index>{2, 4});
  const std::int64_t whole[] = {1, -2};
  const std::uint8_t small[] = {1, 255};
  const std::int32_t middle[] = {-7};
  for (const bool deflate : {false, true}) {
    const io::NpzArrays arrays{{"a", array},
                               {"b/c", io::to_array<std::int64_t>({2}, whole)},
                               {"d", io::to_array<std::uint8_t>({1, 2}, small)},
                               {"e", io::to_array<std::int32_t>({}, middle)},
                               {"zeros", io::to_array<float>({10000}, std::vector<float>(10000))}};
    io::write_npz(bytes, arrays, {.deflate = deflate});
    CHECK((bytes.size() < 5000) == deflate);
    const io::NpzArrays back = io::read_npz(bytes);
    REQUIRE(back.size() == arrays.size());
    for (const auto& [name, its] : arrays) {
      CHECK(back.at(name).type == its.type);
      CHECK(back.at(name).extents == its.extents);
      CHECK(back.at(name).bytes == its.bytes);
    }
  }
  CHECK(thrown([&] {
          io::write_npz(bytes, {{"a", array}}, {.order = {"b"}});
        }) == "write_npz: expected an order of all the arrays, got b");
}

TEST_CASE("arrays that are refused") {
  const std::string good = "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }";
  CHECK(reading(npy(good, "1234")) == "no exception");
  CHECK(reading(npy("{'shape':(1,),'fortran_order':True,\"descr\":\"<f4\"}\n", "1234")) == "no exception");
  CHECK(reading(npy("{'descr': '|u1', 'fortran_order': False, 'shape': (4L, 1L)}", "1234")) == "no exception");
  CHECK(reading(npy(good, "1234", 2)) == "no exception");
  CHECK(reading("").starts_with("memory: is no .npy file: "));
  CHECK(reading(npy(good, "1234", 4)) == "memory: expected version 1, 2 or 3 of the format, got 4");
  CHECK(reading(npy(good, "1234").substr(0, 40)).starts_with("memory: is truncated: expected a header of "));
  CHECK(reading(npy(good, "123")) == "memory: expected the values of shape (1,) and type float32, 4 bytes, got 3");
  CHECK(reading(npy(good, "12345")) == "memory: expected the values of shape (1,) and type float32, 4 bytes, got 5");
  CHECK(reading(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (4611686018427387904, 4), }", "")) ==
        "memory: expected the values of shape (4611686018427387904, 4) and type float32, got 0");
  for (const char* type : {"|O", "<U4", "|S3", "<c8", "<f16", "f4", "", "<", "|f4", "<V4"})
    CHECK(reading(npy("{'descr': '" + std::string{type} + "', 'fortran_order': False, 'shape': (1,), }", "1234")) ==
          "memory: expected values of type bool, int, uint or float of 8 to 64 bits, got " + std::string{type});
  CHECK(reading(npy("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }", "1234")) ==
        "memory: expected an array of numbers, got one of records");
  for (const char* text :
       {"", "{", "{}", "[]", "{'descr': '<f4', 'shape': (1,)}", "{'descr': '<f4', 'fortran_order': 0, 'shape': (1,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': 1}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1.5,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}",
        "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (1,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'more': 1}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1,)} x",
        "{'descr': '<f4', 'fortran_order': False 'shape': (1,)}"})
    CHECK(
        reading(npy(text, "1234")).starts_with("memory: expected {'descr': ..., 'fortran_order': ..., 'shape': ...}"));
}

TEST_CASE("archives that are refused, and damaged ones") {
  std::vector<std::byte> bytes;
  const std::vector<float> zeros(3000);
  io::write_npz(bytes,
                {{"x", io::to_array<float>({3000}, zeros)}, {"y", io::to_array<float>({2}, std::vector<float>(2))}},
                {.deflate = true});
  const std::string whole = bytes_text(bytes);
  REQUIRE(reading_npz(whole) == "no exception");
  CHECK(reading_npz("").starts_with("memory: is no .npz file: "));
  CHECK(reading_npz(npy("", "")).starts_with("memory: is no .npz file: "));
  const std::size_t directory = whole.find("PK\1\2");
  const auto with = [&](std::size_t at, const std::string& piece) {
    std::string changed = whole;
    return reading_npz(changed.replace(at, piece.size(), piece));
  };
  CHECK(with(directory + 8, "\1") == "memory: x.npy: expected a member that is not encrypted, got one that is");
  CHECK(with(directory + 10, "\x0c") == "memory: x.npy: expected a member that is stored or deflated, got method 12");
  CHECK(with(directory + 16, "abcd") == "memory: x.npy: expected bytes with the archive's checksum, got others");
  CHECK(with(directory + 24, "\xff\xff\xff\x7f").starts_with("memory: x.npy: expected a size that "));
  CHECK(with(directory + 24, "\1").starts_with("memory: x.npy: expected "));
  CHECK(with(directory + 20, "\xff\xff\xff\x7f").starts_with("memory: expected members that do not share bytes"));
  CHECK(with(directory + 42, "\xff\xff").starts_with("memory: x.npy: expected a member at its place"));
  CHECK(with(directory + 46, "x.txt").starts_with("memory: expected members whose names end in .npy, got x.txt"));
  const std::size_t second = whole.find("PK\1\2", directory + 1);
  CHECK(with(second + 46, "x") == "memory: expected each name once, got x twice");

  const Random random{Seed{5}, Purpose::user, 0};
  int refused = 0;
  for (std::uint64_t round = 0; round < 4000; ++round) {
    std::string damaged = whole;
    for (std::uint64_t k = 0; k <= round % 3; ++k)
      damaged[random.bits(round * 8 + k) % damaged.size()] = static_cast<char>(random.bits(round * 8 + k + 4) & 255);
    if (round % 5 == 0) damaged.resize(random.bits(round * 8 + 7) % damaged.size());
    const std::string said = reading_npz(damaged);
    if (said != "no exception") ++refused;
    REQUIRE((said == "no exception" || said.starts_with("memory: ")));
  }
  CHECK(refused > 2000);
}
