// From and to memory and streams, and 16-bit values.
#include <doctest/doctest.h>

#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <fstream>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

#include <fkd/io/half.hpp>
#include <fkd/io/load_network.hpp>
#include <fkd/io/safetensors.hpp>
#include <fkd/io/transfer.hpp>
#include <fkd/net.hpp>

#include <support/compare.hpp>
#include <support/networks.hpp>
#include <support/temporary_folder.hpp>

using namespace fkd;
using namespace tests;

namespace {

const Sequential network{Input{.height = 6, .width = 5, .channels = 2}, Conv2D{.filters = 3, .kernel = {3, 2}},
                         Flatten{}, Dense{.units = 4}};

}  // namespace

TEST_CASE("a model to and from memory, a stream and a file: the same bytes") {
  const TemporaryFolder folder;
  const Model net{network, Seed{1}};
  std::vector<std::byte> bytes{std::byte{7}};
  std::ostringstream stream;
  io::save(bytes, net);
  io::save(stream, net);
  io::save((folder / "f").string(), net);
  const std::string text = stream.str();
  CHECK(get(folder / "f") == text);
  REQUIRE(bytes.size() == text.size());
  CHECK(std::memcmp(bytes.data(), text.data(), text.size()) == 0);

  const auto check_from = [&](const auto& load) {
    Model other{network, Seed{2}};
    load(other);
    CHECK(support::bit_difference(other.parameters(), net.parameters()) == "");
  };
  check_from([&](Model<float>& to) { io::load(bytes, to); });
  check_from([&](Model<float>& to) { io::load(std::span<const std::byte>{bytes}, to); });
  check_from([&](Model<float>& to) { io::load(std::as_bytes(std::span{text}), to); });
  check_from([&](Model<float>& to) { io::copy_parameters(bytes, to); });
  check_from([&](Model<float>& to) { to = io::load_network(bytes); });
  check_from([&](Model<float>& to) {
    std::istringstream in{text};
    io::load(in, to);
  });
  check_from([&](Model<float>& to) {
    std::ifstream in{folder / "f", std::ios::binary};
    to = io::load_network(in);
  });
  check_from([&](Model<float>& to) { io::load((folder / "f").c_str(), to); });
}

TEST_CASE("errors of memory and streams") {
  Model net{network, Seed{1}};
  std::ostringstream stream;
  io::save(stream, net);
  const std::string text = stream.str();
  const auto from_memory = [&](const std::string& t) {
    return thrown([&] { io::load(std::as_bytes(std::span{t}), net); });
  };
  const auto from_stream = [&](const std::string& t) {
    std::istringstream in{t};
    return thrown([&] { io::load(in, net); });
  };
  CHECK(from_memory("").starts_with("memory: is no safetensors file: "));
  CHECK(from_stream("").starts_with("a stream: is no safetensors file: "));
  for (const std::size_t length : {std::size_t{9}, text.size() / 2, text.size() - 1}) {
    const std::string end = " bytes, got " + std::to_string(length);
    CHECK(from_memory(text.substr(0, length)).starts_with("memory: is truncated: expected "));
    CHECK(from_memory(text.substr(0, length)).ends_with(end));
    CHECK(from_stream(text.substr(0, length)).starts_with("a stream: is truncated: expected "));
    CHECK(from_stream(text.substr(0, length)).ends_with(end));
  }
  CHECK(from_memory(text + "x").starts_with("memory: expected " + std::to_string(text.size()) + " bytes"));
  CHECK(from_stream(text + "x") ==
        "a stream: expected " + std::to_string(text.size()) + " bytes, as its header says, got more");
  std::istringstream broken{text};
  broken.setstate(std::ios::failbit);
  CHECK(thrown([&] {
          io::load(broken, net);
        }).starts_with("a stream: cannot be read: expected a safetensors file, got: "));
  std::ostringstream closed;
  closed.setstate(std::ios::badbit);
  CHECK(thrown([&] { io::save(closed, net); }).starts_with("a stream: cannot be written: "));
  std::vector<std::byte> kept{std::byte{7}};
  net.tensor(0)[0] = std::numeric_limits<float>::infinity();
  CHECK_THROWS_AS(io::save(kept, net, {.refuse_non_finite = true}), NonFiniteError);
  CHECK(kept.size() == 1);
}

TEST_CASE("F16 and BF16: widened exactly, narrowed to the nearest, ties to even") {
  for (int bits = 0; bits < 65536; ++bits) {  // every one there and back
    const auto half = static_cast<std::uint16_t>(bits);
    const float as_f16 = io::from_f16(half), as_bf16 = io::from_bf16(half);
    if (!is_nan(as_f16)) REQUIRE(io::to_f16(as_f16) == half);
    if (!is_nan(as_bf16)) REQUIRE(io::to_bf16(as_bf16) == half);
    REQUIRE(is_nan(io::from_f16(io::to_f16(as_f16))) == is_nan(as_f16));
    REQUIRE(is_nan(io::from_bf16(io::to_bf16(as_bf16))) == is_nan(as_bf16));
    // The definition: fraction times a power of two.
    const int exponent = bits >> 10 & 31, fraction = bits & 1023;
    if (exponent == 31) continue;
    const double sign = bits & 0x8000 ? -1 : 1;
    const double value = exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, exponent - 25);
    REQUIRE(static_cast<double>(as_f16) == sign * value);
    if (bits + 1 >= 0x7c00) continue;  // halfway to the next: to the even one; a little more or less: to the nearer
    const float above = io::from_f16(static_cast<std::uint16_t>(bits + 1)), middle = as_f16 / 2 + above / 2;
    REQUIRE(io::to_f16(middle) == bits + (bits & 1));
    REQUIRE(io::to_f16(std::nextafter(middle, 1e9f)) == bits + 1);
    REQUIRE(io::to_f16(std::nextafter(middle, -1e9f)) == bits);
  }
  CHECK(io::to_f16(65519.996f) == 0x7bff);
  CHECK(io::to_f16(65520.0f) == 0x7c00);
  CHECK(io::to_f16(-1e30f) == 0xfc00);
  CHECK(io::to_f16(1e-30f) == 0);
  CHECK(io::to_bf16(std::bit_cast<float>(0x3f808000u)) == 0x3f80);  // ties
  CHECK(io::to_bf16(std::bit_cast<float>(0x3f818000u)) == 0x3f82);
  CHECK(io::to_bf16(std::bit_cast<float>(0x3f808001u)) == 0x3f81);
  CHECK(io::to_bf16(std::numeric_limits<float>::max()) == 0x7f80);
}

TEST_CASE("a narrowed file: half the size, loaded by every function, and reported where it overflows") {
  Model net{network, Seed{1}};
  for (const auto& [stored, type, error] :
       {std::tuple{io::Stored::f16, "F16", 0x1p-11f}, {io::Stored::bf16, "BF16", 0x1p-8f}}) {
    std::vector<std::byte> bytes;
    CHECK(io::save(bytes, net, {.stored = stored}).non_finite == 0);
    for (const io::FileTensor& tensor : io::read_tensors(bytes).tensors) CHECK(tensor.type == type);
    Model loaded{network, Seed{2}};
    io::load(bytes, loaded);
    bool differs = false;
    for (std::size_t i = 0; i < net.parameters().size(); ++i) {
      const float value = net.parameters()[i];
      CHECK(std::abs(loaded.parameters()[i] - value) <= error * std::abs(value));
      differs = differs || loaded.parameters()[i] != value;
    }
    CHECK(differs);
    const Model<float> restored = io::load_network(bytes);
    CHECK(support::bit_difference(restored.parameters(), loaded.parameters()) == "");
    const Model<double> wide = io::load_network<double>(bytes);
    CHECK(wide.parameters()[2] == static_cast<double>(loaded.parameters()[2]));
    Model copied{network, Seed{3}};
    CHECK(io::copy_parameters(bytes, copied, {.strict = true}).taken.size() == 4);
    CHECK(support::bit_difference(copied.parameters(), loaded.parameters()) == "");
  }
  net.tensor(1)[0] = 1e6f;
  std::vector<std::byte> bytes;
  const io::FileReport report = io::save(bytes, net, {.stored = io::Stored::f16});
  CHECK(report.warning ==
        "memory: expected finite values, got NaN or infinity in 1 of 235, the first in tensor "
        "1.conv2d.bias");
  CHECK(io::save(bytes, net, {.stored = io::Stored::bf16}).non_finite == 0);
  CHECK_THROWS_AS(io::save(bytes, net, {.refuse_non_finite = true, .stored = io::Stored::f16}), NonFiniteError);
  TrainingState<float> state;
  CHECK(thrown([&] {
          io::save(bytes, net, state, {.stored = io::Stored::f16});
        }).starts_with("memory: save: expected a training state's values as they are"));
}
