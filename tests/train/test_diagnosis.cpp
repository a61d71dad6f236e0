/// Finding out why a loss is not finite takes no more memory than the training did. It took several times as much, the
/// outputs of all layers for the whole batch, so that under a limit there was std::bad_alloc instead of a sentence.
#include <doctest/doctest.h>

#include <fstream>
#include <limits>
#include <string>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fkd/net.hpp>

namespace {

using fkd::Batch, fkd::Dataset, fkd::Index, fkd::Input, fkd::Sequential;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool address_space_tells = false;  // a sanitizer reserves terabytes
#elif defined(__has_feature)
constexpr bool address_space_tells = !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer);
#else
constexpr bool address_space_tells = true;
#endif

/// A line of /proc/self/status, in bytes; 0 where there is none.
Index status(const std::string& key) {
  std::ifstream file{"/proc/self/status"};
  for (std::string line; std::getline(file, line);)
    if (line.starts_with(key + ":")) return std::stoll(line.substr(key.size() + 1)) * 1024;
  return 0;
}

/// What `f` returns in a process of its own, which may have so many more bytes than it begins with.
template <class F>
std::string in_a_process(Index bytes, const F& f) {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    std::string said;
    try {
      const rlimit limit{static_cast<rlim_t>(status("VmSize") + bytes), RLIM_INFINITY};
      if (bytes > 0) setrlimit(RLIMIT_AS, &limit);
      said = f();
    } catch (const std::exception& error) {
      said = error.what();
    }
    const auto written = write(ends[1], said.data(), said.size());
    _exit(written == static_cast<ssize_t>(said.size()) ? 0 : 1);
  }
  close(ends[1]);
  std::string said(1000, '\0');
  const auto count = read(ends[0], said.data(), said.size());
  close(ends[0]);
  int how = 0;
  waitpid(child, &how, 0);
  said.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
  return said;
}

TEST_CASE("the layer is named under a limit of memory in which the training fits") {
  if (!address_space_tells || status("VmSize") == 0) {
    MESSAGE("not tested: the size of the address space tells nothing here");
    return;
  }
  fkd::set_threads(1);
  constexpr Index batch = 64;
  const Sequential network{Input{.height = 48, .width = 48, .channels = 1},
                           fkd::Conv2D{.filters = 32, .kernel = {3, 3}, .padding = fkd::Padding::same},
                           fkd::ReLU{},
                           fkd::MaxPool2D{.window = {2, 2}},
                           fkd::Flatten{},
                           fkd::Dense{.units = 4}};
  const auto train = [&](float last) {
    const Index before = status("VmSize");
    Batch<float> x{{48, 48, 1}, 2 * batch}, y{{1, 1, 4}, 2 * batch};
    for (Index i = 0; i < x.size(); ++i) x.data()[i] = static_cast<float>(i % 7) / 7;
    x.data()[x.size() - 1] = last;
    const Dataset<float> data{std::move(x), std::move(y)};
    fkd::Model net{network};
    fkd::fit(net, data, {.batch_size = batch, .shuffle = false});
    return std::to_string(status("VmPeak") - before);
  };
  const std::string taken = in_a_process(0, [&] { return train(0.5F); });
  const Index bytes = std::stoll("0" + taken);
  CAPTURE(taken);
  REQUIRE(bytes > 10'000'000);
  const Index little = 2'000'000;
  const std::string enough = in_a_process(bytes + little, [&] { return train(0.5F); });
  CHECK(!enough.empty());
  CHECK(enough.find_first_not_of("0123456789") == std::string::npos);  // what it took, and no error
  CHECK(in_a_process(bytes / 2, [&] { return train(0.5F); }).find("enough") != std::string::npos);  // the limit limits
  CHECK(in_a_process(bytes + little, [&] { return train(std::numeric_limits<float>::infinity()); }) ==
        "fit: loss is not finite: expected a number, got NaN or infinity at epoch 1, step 2; the input itself holds a "
        "value that is not finite: sample 127");
  fkd::set_threads(0);
}

}  // namespace
