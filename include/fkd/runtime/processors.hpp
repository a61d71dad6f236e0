/// \file
/// How many processors this process may use: its affinity (`taskset`, cpusets) and the quotas of its control groups
/// (Linux containers, systemd slices).
///
/// Everything that reads a file takes the root of the file system as an argument, so that tests can plant files.
#pragma once

#include <fkd/core/language.hpp>

#include <algorithm>
#include <bit>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#if defined(__linux__)
#include <sched.h>
#endif

namespace fkd::detail {

/// The whole file; empty if it cannot be read.
[[gnu::cold]] inline std::string file_text(const std::string& path) {
  std::string whole;
  if (std::FILE* file = std::fopen(path.c_str(), "r")) {
    char piece[512];
    for (std::size_t n; (n = std::fread(piece, 1, sizeof(piece), file)) > 0;) whole.append(piece, n);
    std::fclose(file);
  }
  return whole;
}

/// Cuts off and returns what stands before the first `end` (or everything).
inline std::string_view cut(std::string_view& text, char end) {
  const std::size_t at = text.find(end);
  const std::string_view piece = text.substr(0, at);
  text = at == std::string_view::npos ? std::string_view{} : text.substr(at + 1);
  return piece;
}

/// The number that `text` is, apart from blanks around it; 0 if it is none, or negative.
[[gnu::cold]] inline long long positive_number(std::string_view text) {
  const std::string copy{text};
  char* end = nullptr;
  const long long n = std::strtoll(copy.c_str(), &end, 10);
  if (end == copy.c_str()) return 0;
  while (*end == ' ' || *end == '\t' || *end == '\n') ++end;
  return *end == '\0' && n > 0 ? n : 0;
}

/// Processors' worth of time in a quota: `quota` microseconds of each `period`, rounded up, because half a processor
/// can still run a thread. 0, no limit, unless both are positive numbers ("max" and "-1" are not).
[[gnu::cold]] inline int processors_of_quota(std::string_view quota, std::string_view period) {
  const long long q = positive_number(quota), p = positive_number(period);
  if (q == 0 || p == 0) return 0;
  return static_cast<int>((std::min)(q / p + (q % p != 0), 1'000'000LL));
}

/// The smaller of two limits, where 0 is none.
constexpr int tighter(int a, int b) { return a == 0 ? b : b == 0 ? a : (std::min)(a, b); }

/// The quota of the control group in one directory, of version 2 or 1.
[[gnu::cold]] inline int quota_of_group(const std::string& directory) {
  const std::string cpu_max = file_text(directory + "/cpu.max");
  std::string_view rest = cpu_max;
  const std::string_view quota = cut(rest, ' ');
  return tighter(processors_of_quota(quota, rest), processors_of_quota(file_text(directory + "/cpu.cfs_quota_us"),
                                                                       file_text(directory + "/cpu.cfs_period_us")));
}

/// The tightest quota of the group `path` below `mount` and of all groups above it, up to the mount itself.
[[gnu::cold]] inline int quota_of_groups(const std::string& mount, std::string path) {
  for (int quota = 0;;) {
    quota = tighter(quota, quota_of_group(mount + path));
    const std::size_t slash = path.rfind('/');
    if (path.empty() || slash == std::string::npos) return quota;
    path.resize(slash);
  }
}

/// `list`, separated by commas, has `word`.
inline bool has_word(std::string_view list, std::string_view word) {
  while (!list.empty())
    if (cut(list, ',') == word) return true;
  return false;
}

/// A path as mountinfo writes it: a blank is `\040`.
[[gnu::cold]] inline std::string unescaped(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto digit = [&](std::size_t at) { return text[at] >= '0' && text[at] <= '7'; };
    if (text[i] == '\\' && i + 3 < text.size() && digit(i + 1) && digit(i + 2) && digit(i + 3)) {
      plain.push_back(static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0')));
      i += 3;
    } else {
      plain.push_back(text[i]);
    }
  }
  return plain;
}

/// The group that /proc/self/cgroup names in the hierarchy of version 2, or in that of version 1 which has "cpu".
[[gnu::cold]] inline std::string own_group(std::string_view cgroup, bool version_2) {
  while (!cgroup.empty()) {
    std::string_view line = cut(cgroup, '\n');
    const std::string_view number = cut(line, ':'), controllers = cut(line, ':');
    if (version_2 ? number == "0" && controllers.empty() : has_word(controllers, "cpu")) return std::string{line};
  }
  return {};
}

/// Processors' worth of time that the control groups allow this process, rounded up; 0 if unlimited. `root` is put
/// before every path: "" but in tests.
[[gnu::cold]] inline int cgroup_quota(const std::string& root = {}) {
  const std::string cgroup = file_text(root + "/proc/self/cgroup"), mounts = file_text(root + "/proc/self/mountinfo");
  int quota = 0;
  bool found = false;
  // A line: id, parent, device, root of the mount, where it is mounted, options ..., "-", type, source, options.
  for (std::string_view table = mounts; !table.empty();) {
    std::string_view line = cut(table, '\n');
    for (int i = 0; i < 3; ++i) cut(line, ' ');
    std::string top = unescaped(cut(line, ' '));
    const std::string mount = unescaped(cut(line, ' '));
    while (!line.empty() && cut(line, ' ') != "-") continue;
    const std::string_view type = cut(line, ' ');
    cut(line, ' ');
    const bool version_2 = type == "cgroup2";
    if (!version_2 && !(type == "cgroup" && has_word(line, "cpu"))) continue;
    found = true;
    // A container may see only a part of the tree: the mount's root is then the container's own group.
    std::string path = own_group(cgroup, version_2);
    if (top == "/") top.clear();
    const bool below = path.compare(0, top.size(), top) == 0 && (path.size() == top.size() || path[top.size()] == '/');
    path = below ? path.substr(top.size()) : std::string{};
    if (path == "/" || path.find("/..") != std::string::npos) path.clear();  // outside of what is mounted here
    quota = tighter(quota, quota_of_groups(root + mount, path));
  }
  if (!found) quota = tighter(quota_of_group(root + "/sys/fs/cgroup"), quota_of_group(root + "/sys/fs/cgroup/cpu"));
  return quota;
}

/// Processors in the set that `get(bytes, set)` fills in, as sched_getaffinity does: it refuses a set that is smaller
/// than the kernel's own, which may have room for more than the C library's 1024. 0 if every size is refused.
template <class Get>
int processors_of_set(Get get) {
  for (std::size_t words = 16; words <= 16384; words *= 2) {
    std::vector<unsigned long> set(words);
    if (!get(words * sizeof(unsigned long), set.data())) continue;
    int count = 0;
    for (const unsigned long word : set) count += std::popcount(word);
    return count;
  }
  return 0;
}

/// Processors on which the calling thread may run; 0 where the system does not say.
[[gnu::cold]] inline int processors_of_affinity() {
#if defined(__linux__)
  return processors_of_set([](std::size_t bytes, unsigned long* set) {
    return sched_getaffinity(0, bytes, reinterpret_cast<cpu_set_t*>(set)) == 0;
  });
#else
  return 0;
#endif
}

/// Processors that this process may use, at least 1.
[[gnu::cold]] inline int usable_processors() {
  const int affinity = processors_of_affinity();
  const int processors = affinity > 0 ? affinity : static_cast<int>(std::thread::hardware_concurrency());
  return (std::max)(1, tighter(processors, cgroup_quota()));
}

}  // namespace fkd::detail
