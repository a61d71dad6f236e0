/// The default number of threads: quotas of control groups, in planted trees of files, affinity and the environment.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include <fkd/runtime/processors.hpp>
#include <fkd/runtime/threads.hpp>

#if defined(__linux__)
#include <sched.h>
#include <unistd.h>
#endif

namespace {

using fkd::detail::cgroup_quota, fkd::detail::default_threads, fkd::detail::processors_of_quota,
    fkd::detail::threads_of_variable;

/// A folder of its own that stands for "/".
class Tree {
 public:
  Tree() {
    std::string name = (std::filesystem::temp_directory_path() / "fkd-processors-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    root_ = name;
  }
  ~Tree() { std::filesystem::remove_all(root_); }
  Tree(const Tree&) = delete;
  Tree& operator=(const Tree&) = delete;

  Tree& plant(const std::string& path, const std::string& text) {
    std::filesystem::create_directories(std::filesystem::path{root_ + path}.parent_path());
    std::ofstream{root_ + path} << text;
    return *this;
  }
  int quota() const { return cgroup_quota(root_); }

 private:
  std::string root_;
};

const std::string version_2 = "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n";

TEST_CASE("a quota is rounded up to processors") {
  // Rounding down left a program with half of its time: 1 thread for 1.5 processors. No test had seen it.
  CHECK(processors_of_quota("150000", "100000") == 2);
  CHECK(processors_of_quota("100000", "100000") == 1);
  CHECK(processors_of_quota("100001", "100000") == 2);
  CHECK(processors_of_quota("1", "100000") == 1);
  CHECK(processors_of_quota("1000", "1000000") == 1);
  CHECK(processors_of_quota("399999", "100000") == 4);
  CHECK(processors_of_quota("400000", "100000") == 4);
  CHECK(processors_of_quota(" 150000 ", "100000\n") == 2);
  CHECK(processors_of_quota("9223372036854775807", "1") == 1'000'000);
  CHECK(processors_of_quota("9223372036854775807", "9223372036854775807") == 1);
}

TEST_CASE("what is no quota is no limit") {
  for (const char* quota : {"max", "-1", "0", "", "x", "150000x", "1 2", "99999999999999999999999x", "0x"})
    CHECK(processors_of_quota(quota, "100000") == 0);
  for (const char* period : {"", "0", "-100000", "x", "max"}) CHECK(processors_of_quota("150000", period) == 0);
}

TEST_CASE("version 2: the process's own group and all above it") {
  Tree tree;
  tree.plant("/proc/self/mountinfo", "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n" + version_2);
  tree.plant("/proc/self/cgroup", "0::/user.slice/work.slice/job.scope\n");
  CHECK(tree.quota() == 0);
  const std::string group = "/sys/fs/cgroup/user.slice";
  tree.plant(group + "/work.slice/job.scope/cpu.max", "450000 100000\n");
  CHECK(tree.quota() == 5);
  tree.plant(group + "/work.slice/cpu.max", "max 100000\n");
  CHECK(tree.quota() == 5);
  tree.plant(group + "/work.slice/cpu.max", "250000 100000\n");  // a tighter parent counts
  CHECK(tree.quota() == 3);
  tree.plant(group + "/cpu.max", "800000 100000\n");  // a looser one does not
  CHECK(tree.quota() == 3);
  tree.plant("/sys/fs/cgroup/cpu.max", "50000 100000\n");  // as in a container: the top has a quota
  CHECK(tree.quota() == 1);
  tree.plant(group + "/other.slice/cpu.max", "1000 100000\n");  // not ours
  tree.plant("/sys/fs/cgroup/cpu.max", "garbage\n");
  CHECK(tree.quota() == 3);
  tree.plant(group + "/work.slice/cpu.max", "250000\n").plant(group + "/work.slice/job.scope/cpu.max", "");
  CHECK(tree.quota() == 8);
}

TEST_CASE("version 1: the hierarchy that has cpu") {
  Tree tree;
  tree.plant("/proc/self/mountinfo",
             "33 29 0:30 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n"
             "34 29 0:31 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid shared:9 master:1 - cgroup cgroup rw,cpu,cpuacct\n");
  tree.plant("/proc/self/cgroup", "5:cpuset:/set\n4:cpuacct,cpu:/a/b\n1:name=systemd:/a\n");
  const std::string mount = "/sys/fs/cgroup/cpu,cpuacct";
  tree.plant(mount + "/a/b/cpu.cfs_quota_us", "-1\n").plant(mount + "/a/b/cpu.cfs_period_us", "100000\n");
  CHECK(tree.quota() == 0);
  tree.plant(mount + "/a/cpu.cfs_quota_us", "150000\n").plant(mount + "/a/cpu.cfs_period_us", "100000\n");
  CHECK(tree.quota() == 2);
  tree.plant("/sys/fs/cgroup/cpuset/set/cpu.cfs_quota_us", "1\n");
  tree.plant("/sys/fs/cgroup/cpuset/set/cpu.cfs_period_us", "100000\n");
  CHECK(tree.quota() == 2);
  tree.plant(mount + "/a/cpu.cfs_period_us", "0\n");
  CHECK(tree.quota() == 0);
}

TEST_CASE("both versions at once: the tighter quota") {
  Tree tree;
  tree.plant("/proc/self/mountinfo",
             "29 23 0:26 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"
             "34 29 0:31 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n");
  tree.plant("/proc/self/cgroup", "4:cpu:/job\n0::/job\n");
  tree.plant("/sys/fs/cgroup/cpu/job/cpu.cfs_quota_us", "700000");
  tree.plant("/sys/fs/cgroup/cpu/job/cpu.cfs_period_us", "100000");
  CHECK(tree.quota() == 7);
  tree.plant("/sys/fs/cgroup/unified/job/cpu.max", "300000 100000");
  CHECK(tree.quota() == 3);
}

TEST_CASE("a container that sees a part of the tree") {
  Tree tree;
  tree.plant("/proc/self/cgroup", "4:cpu:/docker/abc/inner\n");
  tree.plant("/proc/self/mountinfo", "34 29 0:31 /docker/abc /sys/fs/cg\\040roups ro - cgroup cgroup ro,cpu\n");
  tree.plant("/sys/fs/cg roups/cpu.cfs_quota_us", "200000").plant("/sys/fs/cg roups/cpu.cfs_period_us", "100000");
  CHECK(tree.quota() == 2);
  tree.plant("/sys/fs/cg roups/inner/cpu.cfs_quota_us", "100000");
  tree.plant("/sys/fs/cg roups/inner/cpu.cfs_period_us", "100000");
  CHECK(tree.quota() == 1);
  for (const char* elsewhere : {"4:cpu:/docker/abcd\n", "4:cpu:/\n", "4:cpu:/../outside\n", "4:cpu:/docker/abc\n"}) {
    tree.plant("/proc/self/cgroup", elsewhere);
    CHECK(tree.quota() == 2);  // that of the mount's root, which is all that can be seen
  }
}

TEST_CASE("no list of mounts, or none at all") {
  Tree tree;
  CHECK(tree.quota() == 0);
  tree.plant("/sys/fs/cgroup/cpu.max", "250000 100000\n");
  CHECK(tree.quota() == 3);
  tree.plant("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "50000\n");
  tree.plant("/sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
  CHECK(tree.quota() == 1);
  for (const char* garbage : {"", "\n\n", "garbage", "- cgroup2", "1 2 3 4 5 - cgroup2 x y", ": : :", "0::"})
    for (const char* file : {"/proc/self/mountinfo", "/proc/self/cgroup"}) {
      tree.plant(file, garbage);
      CHECK(tree.quota() >= 0);
    }
}

TEST_CASE("the environment's number: a list's first, blanks around it, never nonsense") {
  CHECK(threads_of_variable("4") == 4);
  CHECK(threads_of_variable("4,2") == 4);
  CHECK(threads_of_variable(" 4") == 4);
  CHECK(threads_of_variable("4 , 2") == 4);
  CHECK(threads_of_variable("1000000") == fkd::most_threads);
  CHECK(threads_of_variable("99999999999999999999999999") == fkd::most_threads);
  for (const char* text :
       {"", " ", "0", "-4", "abc", "4abc", ",4", "0x10", "-99999999999999999999999999", "4.5", "4;2"})
    CHECK(threads_of_variable(text) == 0);
  CHECK(threads_of_variable(nullptr) == 0);
}

TEST_CASE("the default: the environment before the machine, a limit above both") {
  CHECK(default_threads(nullptr, nullptr, 6) == 6);
  CHECK(default_threads("3", nullptr, 6) == 3);
  CHECK(default_threads("12", nullptr, 6) == 12);
  CHECK(default_threads("abc", nullptr, 6) == 6);
  CHECK(default_threads("12", "8", 6) == 8);
  CHECK(default_threads(nullptr, "4", 6) == 4);
  CHECK(default_threads(nullptr, "0", 6) == 6);
  CHECK(default_threads(nullptr, nullptr, 5000) == fkd::most_threads);
  CHECK(fkd::detail::tighter(0, 0) == 0);
}

TEST_CASE("sets of more processors than the C library's own has room for") {
  const auto kernel = [](std::size_t bits, unsigned long* set, std::size_t bytes) {
    if (bytes * 8 < bits) return false;
    for (std::size_t i = 0; i < bits; i += 2) set[i / 64] |= 1UL << (i % 64);
    return true;
  };
  for (const std::size_t bits : {8, 1024, 1026, 8192, 65536})
    CHECK(fkd::detail::processors_of_set([&](std::size_t bytes, unsigned long* set) {
            return kernel(bits, set, bytes);
          }) == static_cast<int>(bits / 2));
  CHECK(fkd::detail::processors_of_set([](std::size_t, unsigned long*) { return false; }) == 0);
}

#if defined(__linux__)
TEST_CASE("affinity counts") {
  // Under `taskset -c 0` two threads shared one processor.
  const int before = fkd::detail::processors_of_affinity();
  CHECK(before >= 1);
  CHECK(before <= sysconf(_SC_NPROCESSORS_CONF));
  std::thread{[] {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(static_cast<unsigned>(sched_getcpu()), &set);
    REQUIRE(sched_setaffinity(0, sizeof(set), &set) == 0);
    CHECK(fkd::detail::processors_of_affinity() == 1);
    CHECK(fkd::detail::usable_processors() == 1);
  }}.join();
  CHECK(fkd::detail::processors_of_affinity() == before);
}
#endif

}  // namespace
