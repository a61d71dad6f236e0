// Names in files are written by anyone. Once a tensor called "\x1b[2J" cleared the terminal of who read the message
// about it: only the ONNX reader made its messages printable, and only its test had such names.
#include <doctest/doctest.h>

#include <span>
#include <string>
#include <vector>

#include <fkd/io/count_non_finite.hpp>
#include <fkd/io/keras.hpp>
#include <fkd/io/load_network.hpp>
#include <fkd/io/npz.hpp>
#include <fkd/io/pytorch.hpp>
#include <fkd/io/safetensors.hpp>
#include <fkd/io/transfer.hpp>
#include <fkd/net.hpp>

#include <support/temporary_folder.hpp>

using namespace fkd;
using namespace tests;

namespace {

const std::string evil =
    "a\x1b[2J\nb\xc2\x9b"
    "c\x7f\t";
const std::string tame = "a?[2J?b??c??";

bool is_printable(const std::string& text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x20 || byte == 0x7f) return false;
    if (byte == 0xc2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xa0) return false;
  }
  return true;
}
void check(const std::string& said) {
  INFO(said);
  CHECK(is_printable(said));
  CHECK(said.find(tame) != said.npos);
}

std::vector<std::byte> written(const io::TensorFile& file) {
  std::vector<std::byte> bytes;
  io::write_tensors(bytes, file);
  return bytes;
}

/// A safetensors file with this header and no values.
std::string header(const std::string& json) {
  std::string text(8, '\0');
  text[0] = static_cast<char>(json.size());
  REQUIRE(json.size() < 128);
  return text + json;
}

constexpr Sequential small{Input{.height = 1, .width = 1, .channels = 2}, Dense{.units = 1}};

}  // namespace

TEST_CASE("what is printable has no control characters, and ends") {
  CHECK(printable(evil) == tame);
  CHECK(printable("a\nb\tc", true) == "a\nb?c");
  CHECK(printable("\xc3\xa4 \xc2\xb5 \xe2\x82\xac") ==
        "\xc3\xa4 \xc2\xb5 \xe2\x82\xac");  // bytes that only look like C1
  CHECK(printable(std::string(8000, 'x')) == std::string(8000, 'x'));
  CHECK(printable(std::string(8001, 'x')) == std::string(8000, 'x') + "...");
  CHECK(printable(std::string(7999, 'x') + "\xc3\xa4 and more") == std::string(7999, 'x') + "...");
  CHECK(printable(std::string(9000, '\x80')) == "...");
  CHECK(printable("") == "");
  CHECK(std::string{FileError{evil}.what()} == tame);
  CHECK(std::string{Error{"a\nb\x1b"}.what()} == "a\nb?");
  CHECK(std::string{ArgumentError{evil}.what()} == "a?[2J\nb??c??");
}

TEST_CASE("a safetensors file's names and texts") {
  const std::string name = R"(a\u001b[2J\nb\u009bc\u007f\t)";  // evil
  for (const std::string& json :
       {R"({")" + name + R"(":7})", R"({")" + name + R"(":{"dtype":"F32"}})", R"({"x":{"dtype":")" + name + R"("}})",
        R"({"__metadata__":{")" + name + R"(":7}})", R"({")" + name + R"(":{},")" + name + R"(":{}})"}) {
    const std::string file = header(json);
    const std::string said = thrown([&] { io::read_tensors(std::as_bytes(std::span{file})); });
    check(said);
    CHECK(said.starts_with("memory: "));
  }
  Model<float> net{small, Seed{1}};
  std::vector<std::byte> bytes;
  io::save(bytes, net);
  const io::TensorFile good = io::read_tensors(bytes);
  io::TensorFile file = good;
  file.tensors[0].name = evil;
  check(thrown([&] { io::load(written(file), net); }));
  check(thrown([&] { io::load_pytorch(written(file), net); }));
  check(thrown([&] { io::copy_parameters(written(file), net, {.names = {{"none", "0.dense"}}}); }));
  check(thrown([&] { io::copy_parameters(written(file), net, {.strict = true}); }));
  for (const char* key : {"format_version", "architecture"}) {
    file = good;
    file.metadata[key] = key[0] == 'f' ? evil
                                       : R"({"version":1,"input":[1,1,2],"output":1,"layers":[{"label":1,"layer":")" +
                                             name + R"(","reads":[0]}]})";
    check(thrown([&] { key[0] == 'f' ? (void)io::load(written(file), net) : (void)io::load_network(written(file)); }));
  }
  file = good;
  file.metadata["layers"] = R"([{"layer":")" + name + R"("}])";
  check(thrown([&] { io::load(written(file), net); }));
  file = good;
  file.metadata["slots"] = evil;
  check(thrown([&] { io::load(written(file), net); }));
  file = {};
  file.tensors.push_back({evil, "F32", {1}, {0, 0, '\xc0', '\x7f'}});  // NaN
  check(io::detail::report_of("file", file, {}).warning);
  check(thrown([&] { io::detail::report_of("file", file, {.refuse_non_finite = true}); }));
  file.tensors.push_back(file.tensors[0]);
  check(thrown([&] { written(file); }));
}

TEST_CASE("a network's labels, shown") {
  const Graph graph{Input{.height = 1, .width = 1, .channels = 2},
                    {{.name = evil, .layer = Dense{.units = 1}, .inputs = {"input"}}},
                    evil};
  const Model<float> net{graph, Seed{1}};
  const std::string shown = summary(net);
  CHECK(shown.find(tame) != shown.npos);
  CHECK(shown.find('\x1b') == shown.npos);
}

TEST_CASE("an .npz's names, and a .npy's header") {
  const float values[] = {1, 2};
  std::vector<std::byte> bytes;
  io::write_npz(bytes, {{evil, io::to_array({2}, std::span<const float>{values})}});
  Model<float> net{small, Seed{1}};
  const std::string said = thrown([&] { io::load_keras(bytes, net); });
  INFO(said);
  CHECK(is_printable(said));
  std::string zip(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  for (std::size_t i = 0; i < zip.size(); ++i) {  // each byte broken in turn
    std::string broken = zip;
    broken[i] = static_cast<char>(broken[i] ^ 0x15);
    CHECK(is_printable(thrown([&] { io::read_npz(std::as_bytes(std::span{broken})); })));
  }
}
