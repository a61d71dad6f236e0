/// Two shared libraries with fkd inside, of hidden visibility, loaded with RTLD_LOCAL: one number of threads, one team
/// running; they are unloaded while their threads sleep. Arguments: the two files.

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include <dlfcn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

void expect(bool good, const char* words) {
  if (good) return;
  std::fprintf(stderr, "not so: %s\n", words);
  std::exit(1);
}

struct Library {
  void* handle;
  void (*set_threads)(int);
  int (*threads)();
  int (*isa)();
  bool (*run)(void (*)(), int);
  float (*predict)();

  explicit Library(const char* file) : handle{dlopen(file, RTLD_NOW | RTLD_LOCAL)} {
    if (!handle) std::fprintf(stderr, "%s\n", dlerror());
    expect(handle != nullptr, "the library is loaded");
    get(set_threads, "library_set_threads");
    get(threads, "library_threads");
    get(isa, "library_isa");
    get(run, "library_run");
    get(predict, "library_predict");
  }
  template <class F>
  void get(F& f, const char* name) {
    f = reinterpret_cast<F>(dlsym(handle, name));
    expect(f != nullptr, name);
  }
};

int threads_of_process() {
  int count = 0;
  for ([[maybe_unused]] const auto& thread : std::filesystem::directory_iterator{"/proc/self/task"}) ++count;
  return count;
}

bool is_mapped(const std::string& file) {
  std::ifstream maps{"/proc/self/maps"};
  for (std::string line; std::getline(maps, line);)
    if (line.find(std::filesystem::canonical(file).string()) != std::string::npos) return true;
  return false;
}

const Library* second = nullptr;
std::atomic<bool> met_inside{false};

}  // namespace

int main(int, char** argv) {
  for (int round = 0; round < 10; ++round) {
    const int before = threads_of_process();
    const Library a{argv[1]}, b{argv[2]};
    a.set_threads(3);
#if defined(__clang__)
    b.set_threads(3);  // clang's symbols of two such libraries stay apart
#endif
    expect(a.threads() == 3 && b.threads() == 3, "one number of threads");
    expect(a.isa() == b.isa(), "one instruction set");
    const float sum = a.predict();
    expect(b.predict() == sum, "both predict the same");

    // The second library is called by the first one's tasks: nothing hangs.
    second = &b;
    expect(a.run(
               [] {
                 if (second->run([] {}, 10)) met_inside = true;
               },
               10'000),
           "the first library's tasks have two threads");
#if !defined(__clang__)
    expect(!met_inside, "while the second's have one");
#endif
    std::thread{[&] { expect(a.predict() == sum && b.predict() == sum, "another thread"); }}.join();

    const pid_t child = fork();
    if (child == 0) {
      alarm(20);
      _exit(a.predict() == sum && b.predict() == sum ? 0 : 1);
    }
    int status = -1;
    waitpid(child, &status, 0);
    expect(status == 0, "a child predicts with both");

    dlclose(a.handle);
    dlclose(b.handle);
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    if (!is_mapped(argv[1]) && !is_mapped(argv[2]))
      expect(threads_of_process() == before, "no thread runs code that is gone");
    const pid_t later = fork();  // nor does a handler of forks
    if (later == 0) _exit(0);
    waitpid(later, &status, 0);
    expect(status == 0, "a child after unloading");
  }
}
