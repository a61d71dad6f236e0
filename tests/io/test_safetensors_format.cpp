// Files that are no safetensors files, or break the format's rules. Many once loaded, some with wrong weights: of two
// tensors of one name the last was taken, of overlapping ones both, and holes and trailing bytes were passed over.
#include <doctest/doctest.h>

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <string>

#include <sys/stat.h>

#include <fkd/io/safetensors.hpp>
#include <fkd/net.hpp>

#include <support/temporary_folder.hpp>

using namespace fkd;
using namespace tests;

namespace {

std::string with_header(const std::string& json, const std::string& values = "") {
  std::string bytes(8, '\0');
  for (std::size_t i = 0; i < 8; ++i) bytes[i] = static_cast<char>(json.size() >> (8 * i) & 255);
  return bytes + json + values;
}
std::string tensor(const std::string& name, const std::string& type, const std::string& shape,
                   const std::string& offsets) {
  return '"' + name + R"(":{"dtype":")" + type + R"(","shape":)" + shape + R"(,"data_offsets":)" + offsets + "}";
}

/// The error for a file of these bytes, without its name; "read" if there is none.
struct Reading {
  TemporaryFolder folder;
  io::TensorFile file;
  std::string operator()(const std::string& bytes) {
    const std::filesystem::path path = folder / "f";
    put(path, bytes);
    try {
      file = io::read_tensors(path);
    } catch (const FileError& error) {
      const std::string text = error.what();
      CHECK(text.starts_with(path.string() + ": "));
      return text.substr((std::min)(text.size(), path.string().size() + 2));
    }
    return "read";
  }
  std::string header(const std::string& json, const std::string& values = "") {
    return (*this)(with_header(json, values));
  }
};

}  // namespace

TEST_CASE("no file, or none of this format") {
  Reading reading;
  CHECK(thrown([&] {
          io::read_tensors(reading.folder / "none");
        }).ends_with("none: cannot be read: expected a safetensors file, got: No such file or directory"));
  CHECK(thrown([&] {
          io::read_tensors(reading.folder.path());
        }).ends_with(": cannot be read: expected a safetensors file, got: Is a directory"));
  const std::string none = "is no safetensors file: ";
  CHECK(reading("") == none + "expected the length of a header in the first 8 bytes, got an empty file");
  CHECK(reading("short") == none + "expected the length of a header in the first 8 bytes, got 5 bytes");
  CHECK(reading("\xff\xff\xff\xff\xff\xff\xff\xff and more") ==
        none + "expected a header of at most 100000000 bytes, got a length of 18446744073709551615");
  CHECK(reading(std::string(100, '\0')) == none + "expected a header of at least 2 bytes, got a length of 0");
  CHECK(reading.header("nonsense") == none + "expected a header that begins with {, got something else");
  CHECK(reading.header("[1, 2]") == none + "expected a header that begins with {, got something else");
  CHECK(reading.header("null") == none + "expected a header that begins with {, got something else");
  CHECK(reading.header(" {}") == none + "expected a header that begins with {, got something else");
  CHECK(reading.header("\xef\xbb\xbf{}") == none + "expected a header that begins with {, got something else");
  const std::string json = none + "expected a JSON object as header, got something else at its byte ";
  CHECK(reading.header("{\"a\"") == json + "5");
  CHECK(reading.header("{} {}") == json + "4");
  CHECK(reading.header({'{', '}', '\0', 'x'}) == json + "3");
  CHECK(reading.header("{\"\xff\": 1}") == json + "3");
  CHECK(reading.header("{\"\\ud800\": 1}") == json + "9");
  CHECK(reading.header("{/**/}") == json + "2");
  CHECK(reading.header("{\"a\": NaN}") == json + "7");
}

TEST_CASE("truncated files are reported as truncated") {
  Reading reading;
  const std::string whole = with_header("{" + tensor("a", "F32", "[3]", "[0,12]") + "}", "123412341234");
  REQUIRE(reading(whole) == "read");
  for (std::size_t length = 8; length < whole.size(); ++length) {
    const std::string said = reading(whole.substr(0, length));
    CHECK(said.starts_with("is truncated: expected "));
    CHECK(said.ends_with(" bytes, got " + std::to_string(length)));
  }
  CHECK(reading(whole + "x") == "expected " + std::to_string(whole.size()) + " bytes, as its header says, got " +
                                    std::to_string(whole.size() + 1));
  std::string huge = whole;  // a header of 99 MB that is not there is not waited for with 99 MB of memory
  huge[3] = 5;
  CHECK(reading(huge).starts_with("is truncated: expected 83886"));
}

TEST_CASE("what the format forbids") {
  Reading reading;
  const std::string a = tensor("a", "F32", "[1]", "[0,4]"), b = tensor("b", "F32", "[1]", "[4,8]");
  REQUIRE(reading.header("{" + a + "," + b + "}", "12345678") == "read");
  CHECK(reading.header("{" + a + "," + a + "}", "1234") == "tensor a: expected each name once, got it twice");
  CHECK(reading.header("{" + a + "," + tensor("b", "F32", "[1]", "[0,4]") + "}", "1234") ==
        "tensor b: expected its bytes to begin at 4, where those of a end, got 0");
  CHECK(reading.header("{" + a + "," + tensor("b", "F32", "[1]", "[3,7]") + "}", "1234567") ==
        "tensor b: expected its bytes to begin at 4, where those of a end, got 3");
  CHECK(reading.header("{" + a + "," + tensor("b", "F32", "[1]", "[5,9]") + "}", "123456789") ==
        "tensor b: expected its bytes to begin at 4, where those of a end, got 5");
  CHECK(reading.header("{" + b + "}", "12345678") == "tensor b: expected its bytes to begin at 0, the first, got 4");
  CHECK(reading.header("{" + a + "}", "12345") == "expected 66 bytes, as its header says, got 67");
  CHECK(reading.header("{}", "1") == "expected 10 bytes, as its header says, got 11");

  const auto with = [&](const std::string& type, const std::string& shape, const std::string& offsets) {
    return reading.header("{" + tensor("a", type, shape, offsets) + "}", "1234");
  };
  const std::string shape = "tensor a: expected whole numbers of at least 0 under shape, got ";
  CHECK(with("F32", "[1.9]", "[0,4]") == shape + "the number 1.9");
  CHECK(with("F32", "[1.0]", "[0,4]") == shape + "the number 1.0");
  CHECK(with("F32", "[1e0]", "[0,4]") == shape + "the number 1e0");
  CHECK(with("F32", "[-1]", "[0,4]") == shape + "the number -1");
  CHECK(with("F32", "[\"1\"]", "[0,4]") == shape + "the text 1");
  CHECK(with("F32", "[true]", "[0,4]") == shape + "true");
  CHECK(with("F32", "[[1]]", "[0,4]") == shape + "a list");
  CHECK(with("F32", "1", "[0,4]") == shape + "the number 1");
  CHECK(with("F32", "null", "[0,4]") == shape + "null");
  CHECK(with("F32", "{}", "[0,4]") == shape + "an object");
  CHECK(with("F32", "[99999999999999999999]", "[0,4]") == shape + "the number 99999999999999999999");
  CHECK(with("F32", "[9223372036854775808]", "[0,4]") ==
        "tensor a: expected numbers below 2^63 under shape, got 9223372036854775808");
  const std::string offsets = "tensor a: expected whole numbers of at least 0 under data_offsets, got ";
  CHECK(with("F32", "[1]", "[0,4.0]") == offsets + "the number 4.0");
  CHECK(with("F32", "[1]", "[-0,4]") == offsets + "the number -0");
  CHECK(with("F32", "[1]", "[0]") == "tensor a: expected two data_offsets, got 1");
  CHECK(with("F32", "[1]", "[0,4,4]") == "tensor a: expected two data_offsets, got 3");
  CHECK(with("F32", "[1]", "[4,0]") == "tensor a: expected data_offsets that rise, got 4 and 0");
  CHECK(with("F32", "[2]", "[0,8]").starts_with("is truncated: expected "));
  const std::string bytes = "tensor a: expected as many bytes as its shape and type take";
  CHECK(with("F32", "[3]", "[0,4]") == bytes + ", 12, got 4");
  CHECK(with("F64", "[1]", "[0,4]") == bytes + ", 8, got 4");
  CHECK(with("F16", "[1]", "[0,4]") == bytes + ", 2, got 4");
  CHECK(with("F4", "[7]", "[0,4]") == bytes + ", got 4");  // three bytes and a half
  CHECK(with("F32", "[4611686018427387904,8]", "[0,4]") == bytes + ", got 4");
  CHECK(with("F32", "[4611686018427387904,4611686018427387904,0]", "[0,0]") == bytes + ", got 0");
  CHECK(with("F33", "[1]", "[0,4]") == "tensor a: expected a type that the format has, such as F32, got F33");
  CHECK(with("f32", "[1]", "[0,4]") == "tensor a: expected a type that the format has, such as F32, got f32");

  CHECK(reading.header("{\"a\": 5}") == "tensor a: expected an object, got the number 5");
  CHECK(reading.header("{\"a\": []}") == "tensor a: expected an object, got a list");
  CHECK(reading.header("{\"a\": {\"dtype\": \"F32\"}}") ==
        "tensor a: expected dtype, shape and data_offsets, got only dtype");
  CHECK(reading.header("{\"a\": {}}") == "tensor a: expected dtype, shape and data_offsets, got none of them");
  CHECK(reading.header("{\"a\": {\"dtype\": [\"F32\"]}}") == "tensor a: expected a text under dtype, got a list");
  CHECK(reading.header(R"({"a":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}})", "1234") ==
        "tensor a: expected each key once, got dtype twice");
  CHECK(reading.header("{\"__metadata__\": 7}") == "__metadata__: expected an object of texts, got the number 7");
  CHECK(reading.header("{\"__metadata__\": null}") == "__metadata__: expected an object of texts, got null");
  CHECK(reading.header("{\"__metadata__\": [\"a\"]}") == "__metadata__: expected an object of texts, got a list");
  CHECK(reading.header("{\"__metadata__\": {\"k\": 7}}") ==
        "__metadata__: expected texts only, got the number 7 under k");
  CHECK(reading.header("{\"__metadata__\": {\"k\": {\"x\": 1}}}") ==
        "__metadata__: expected texts only, got an object under k");
  CHECK(reading.header("{\"__metadata__\": {\"k\": \"1\", \"k\": \"2\"}}") ==
        "__metadata__: expected each key once, got k twice");
  CHECK(reading.header("{\"__metadata__\": {}, \"__metadata__\": {}}") ==
        "tensor __metadata__: expected each name once, got it twice");
  std::string nest(3000000, '[');
  CHECK(reading.header("{\"a\": " + nest) == "tensor a: expected an object, got a list");
  CHECK(reading.header("{\"a\": {\"later\": " + nest).starts_with("is no safetensors file: "));
}

TEST_CASE("what the format allows") {
  Reading reading;
  const std::string a = tensor("a", "F32", "[]", "[0,4]");
  CHECK(reading.header("{" + a + "}      ", "1234") == "read");
  CHECK(reading.file.tensors[0].extents.empty());
  CHECK(reading.header("{" + tensor("z", "F64", "[1]", "[4,12]") + ",\n\t" + a + "}", "123412345678") == "read");
  REQUIRE(reading.file.tensors.size() == 2);
  CHECK(std::string(reading.file.tensors[1].bytes.begin(), reading.file.tensors[1].bytes.end()) == "12345678");
  const std::string empty = tensor("e", "F32", "[0,3]", "[4,4]"), first = tensor("f", "F32", "[2,0]", "[0,0]");
  CHECK(reading.header("{" + empty + "," + a + "," + first + "}", "1234") == "read");
  CHECK(reading.file.tensors.size() == 3);
  CHECK(reading.header("{}") == "read");
  CHECK(reading.header("{\"__metadata__\":{}}") == "read");
  CHECK(reading.header("{" + tensor("", "BF16", "[2]", "[0,4]") + "}", "1234") == "read");
  CHECK(reading.header("{" + tensor("a\\u0000\\ud83d\\ude00", "F4", "[2,4]", "[0,4]") + "}", "1234") == "read");
  CHECK(reading.header(R"({"a":{"dtype":"U8","later":{"x":[1.5,null,{"y":"z"}]},"shape":[4],"data_offsets":[0,4]}})",
                       "1234") == "read");
  REQUIRE(reading.file.tensors.size() == 1);
  CHECK(reading.file.tensors[0].bytes.size() == 4);
}

TEST_CASE("a pipe is read to its end; one that ends early or late is an error") {
  const TemporaryFolder folder;
  REQUIRE(mkfifo((folder / "fifo").c_str(), 0600) == 0);
  const std::string whole =
      with_header("{" + tensor("a", "F32", "[500000]", "[0,2000000]") + "}", std::string(2000000, 'x'));
  const auto through = [&](const std::string& bytes) {
    const pid_t child = fork();
    if (child == 0) {
      signal(SIGPIPE, SIG_IGN);
      put(folder / "fifo", bytes);
      _exit(0);
    }
    const std::string said = thrown([&] { io::read_tensors(folder / "fifo"); });
    waitpid(child, nullptr, 0);
    return said.substr((std::min)(said.size(), said.find("fifo: ") == std::string::npos ? 0 : said.find("fifo: ") + 6));
  };
  CHECK(through(whole) == "no exception");
  CHECK(through(whole.substr(0, 1000000)) == "is truncated: expected 2000073 bytes, got 1000000");
  CHECK(through(whole.substr(0, 20)) == "is truncated: expected 73 bytes, got 20");
  CHECK(through(whole + "x") == "expected 2000073 bytes, as its header says, got more");
}

TEST_CASE("a file that the format cannot hold is not written") {
  const TemporaryFolder folder;
  const std::filesystem::path path = folder / "f";
  const auto refused = [&](const io::TensorFile& file) {
    const std::string said = thrown([&] { io::write_tensors(path, file); });
    CHECK(folder.names().empty());
    return said.substr((std::min)(said.size(), path.string().size() + 2));
  };
  const io::FileTensor good{"a", "F32", {1}, std::vector<char>(4)};
  CHECK(refused({{}, {good, good}}) == "cannot be written: tensor a: expected a name that no other tensor has");
  CHECK(refused({{}, {{"__metadata__", "F32", {1}, std::vector<char>(4)}}})
            .starts_with("cannot be written: tensor __metadata__: "));
  CHECK(refused({{}, {{"a", "F32", {2}, std::vector<char>(4)}}}) ==
        "cannot be written: tensor a: expected as many bytes as its shape and type take, 8, got 4");
  CHECK(refused({{}, {{"a\xff", "F32", {1}, std::vector<char>(4)}}}) ==
        "cannot be written: expected names and metadata in UTF-8, got other bytes");
  CHECK(refused({{{"k", "\xff"}}, {good}}) ==
        "cannot be written: expected names and metadata in UTF-8, got other bytes");
  io::write_tensors(path, {{{"k", "v"}}, {good, {"s", "F64", {}, std::vector<char>(8)}, {"e", "U8", {0, 2}, {}}}});
  CHECK(io::read_tensors(path).tensors.size() == 3);
}
