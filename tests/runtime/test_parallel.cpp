/// run_tasks: every task once, exceptions carried out, nested and concurrent calls. Both ways are tested where there
/// are two: this program's (OpenMP's threads, if it is compiled with it), and the team of std::threads.
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <fkd/net.hpp>
#include <fkd/runtime/task_queue.hpp>
#include <fkd/runtime/team.hpp>

namespace {

using fkd::Index, fkd::run_tasks, fkd::detail::task_of;

/// Sets the number of threads for the length of a test.
struct Threads {
  explicit Threads(int n) { fkd::set_threads(n); }
  ~Threads() { fkd::set_threads(0); }
};

TEST_CASE("every task runs once, on a worker below threads()") {
  for (const int threads : {1, 2, 3, 8})
    for (const Index tasks : {0, 1, 2, 7, 64, 10'000}) {
      const Threads set{threads};
      std::vector<std::atomic<int>> seen(static_cast<std::size_t>(tasks));
      std::atomic<bool> inside{true};
      run_tasks(tasks, [&](Index task, int worker) {
        ++seen[static_cast<std::size_t>(task)];
        if (worker < 0 || worker >= threads) inside = false;
      });
      CHECK(inside);
      CHECK(std::ranges::all_of(seen, [](const std::atomic<int>& n) { return n == 1; }));
    }
}

TEST_CASE("a worker does one task at a time") {
  const Threads set{8};
  std::vector<std::atomic<int>> busy(8);
  std::atomic<bool> alone{true};
  run_tasks(2000, [&](Index, int worker) {
    if (++busy[static_cast<std::size_t>(worker)] != 1) alone = false;
    std::this_thread::yield();
    --busy[static_cast<std::size_t>(worker)];
  });
  CHECK(alone);
}

TEST_CASE("more threads than one are at work") {
  const Threads set{2};
  std::atomic<int> arrived{0};
  run_tasks(2, [&](Index, int) {  // ends only if both tasks run at the same time
    ++arrived;
    while (arrived < 2) std::this_thread::yield();
  });
  CHECK(arrived == 2);
}

TEST_CASE("the first exception arrives with its text, and the next call works") {
  for (const int threads : {1, 2, 8}) {
    const Threads set{threads};
    for (int round = 0; round < 20; ++round) {
      CHECK_THROWS_WITH_AS(run_tasks(100,
                                     [](Index task, int) {
                                       if (task == 42) throw std::out_of_range("task 42");
                                     }),
                           "task 42", std::out_of_range);
      CHECK_THROWS_AS(run_tasks(100, [](Index, int) { throw 5; }), int);
      std::atomic<int> count{0};
      run_tasks(100, [&](Index, int) { ++count; });
      CHECK(count == 100);
    }
  }
}

TEST_CASE("tasks that have not begun are given up after an exception") {
  const Threads set{1};
  int begun = 0;
  CHECK_THROWS(run_tasks(100, [&](Index task, int) {
    ++begun;
    if (task == 3) throw std::runtime_error("stop");
  }));
  CHECK(begun == 4);
}

TEST_CASE("a call from inside a task runs serially, on worker 0, and carries exceptions") {
  const Threads set{3};
  std::atomic<int> count{0};
  std::atomic<bool> zero{true};
  run_tasks(10, [&](Index, int) {
    const std::thread::id self = std::this_thread::get_id();
    run_tasks(20, [&](Index, int worker) {
      ++count;
      if (worker != 0 || std::this_thread::get_id() != self) zero = false;
      run_tasks(2, [&](Index, int) { ++count; });
    });
  });
  CHECK(count == 10 * 20 * 3);
  CHECK(zero);
  CHECK_THROWS_WITH(
      run_tasks(10, [](Index, int) { run_tasks(5, [](Index, int) { throw std::runtime_error("inner"); }); }), "inner");
  // Afterwards the outermost level has all its threads again.
  std::atomic<int> arrived{0};
  run_tasks(2, [&](Index, int) {
    ++arrived;
    while (arrived < 2) std::this_thread::yield();
  });
  CHECK(arrived == 2);
}

TEST_CASE("several threads call at the same time") {
  const Threads set{3};
  std::atomic<int> count{0};
  {
    std::vector<std::jthread> callers;
    for (int c = 0; c < 5; ++c)
      callers.emplace_back([&] {
        for (int round = 0; round < 50; ++round) run_tasks(20, [&](Index, int) { ++count; });
      });
  }
  CHECK(count == 5 * 50 * 20);
}

TEST_CASE("the team of std::threads: every worker once, growing, busy, many rounds") {
  fkd::detail::Team team;
  for (const int workers : {1, 4, 2, 8, 3}) {
    for (int round = 0; round < 200; ++round) {
      std::vector<std::atomic<int>> seen(8);
      std::atomic<int> arrived{0};
      const auto job = [&](Index, int worker) {  // ends only when all have come
        ++seen[static_cast<std::size_t>(worker)];
        ++arrived;
        while (arrived < workers) std::this_thread::yield();
      };
      REQUIRE(team.run(workers, task_of(job)));
      for (int w = 0; w < 8; ++w) REQUIRE(seen[static_cast<std::size_t>(w)] == (w < workers ? 1 : 0));
    }
  }
  std::atomic<bool> nested{true}, tried{false};
  const auto outer = [&](Index, int worker) {
    const auto inner = [](Index, int) {};
    if (worker == 1) nested = team.run(2, task_of(inner)), tried = true;
    while (!tried) std::this_thread::yield();
  };
  CHECK(team.run(2, task_of(outer)));
  CHECK(!nested);
}

TEST_CASE("the team waits for no member that comes when the job is done") {
  fkd::detail::Team team;
  std::atomic<int> calls{0};
  for (int round = 0; round < 20'000; ++round) {
    const auto job = [&](Index, int) { ++calls; };  // gone in the next round: who came then would meet another one
    REQUIRE(team.run(3, task_of(job)));
  }
  CHECK(calls >= 20'000);
  CHECK(calls <= 3 * 20'000);
}

TEST_CASE("a worker does the tasks of its own part first, then those of the others") {
  for (const auto& [worker, expected] : {std::pair{0, std::vector<Index>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}},
                                         {1, {4, 5, 6, 7, 8, 9, 0, 1, 2, 3}},
                                         {2, {7, 8, 9, 0, 1, 2, 3, 4, 5, 6}}}) {
    std::vector<Index> order;
    const auto task = [&](Index number, int) { order.push_back(number); };
    fkd::detail::TaskQueue queue{task_of(task), 10, 3};
    queue.work(worker);
    CHECK(order == expected);
    queue.work(0);
    CHECK(order == expected);
  }
  for (const Index tasks : {Index{0}, Index{1}, Index{15}, Index{100}}) {
    Index count = 0;
    const auto task = [&](Index, int) { ++count; };
    fkd::detail::TaskQueue queue{task_of(task), tasks, 1000};
    queue.work(999);
    CHECK(count == tasks);
  }
}

TEST_CASE("the team of std::threads carries exceptions through a queue") {
  for (int round = 0; round < 50; ++round) {
    const auto task = [](Index number, int) {
      if (number == 7) throw std::runtime_error("seven");
    };
    fkd::detail::TaskQueue queue{task_of(task), 100, 3};
    const auto work = [&](Index, int worker) { queue.work(worker); };
    CHECK(fkd::detail::Team::instance().run(4, task_of(work)));
    CHECK_THROWS_WITH(queue.rethrow(), "seven");
  }
}

TEST_CASE("set_threads and its default") {
  fkd::set_threads(5);
  CHECK(fkd::threads() == 5);
  fkd::set_threads(0);
  CHECK(fkd::threads() == fkd::detail::default_threads());
  fkd::set_threads(-3);
  CHECK(fkd::threads() >= 1);
}

TEST_CASE("small work stays on one thread, unless a number was set") {
  const Index small = 10'000, large = 10'000'000;
  fkd::set_threads(0);
  CHECK(fkd::threads_for(small) == 1);
  CHECK(fkd::threads_for(large) == fkd::threads());
  const Threads three{3};
  CHECK(fkd::threads_for(small) == 3);
  CHECK(fkd::threads_for(large) == 3);
}

TEST_CASE("a workspace counts a whole batch's operations") {
  const fkd::Model net{fkd::RuntimeSequential{fkd::Input{.height = 1, .width = 1, .channels = 100},
                                              {fkd::Dense{.units = 50}}},  // 10'000 operations a sample
                       fkd::Seed{1}};
  fkd::set_threads(0);
  fkd::Workspace<float> workspace;
  (void)net.predict(fkd::Batch<float>{net.input_shape(), 49}, workspace);
  CHECK(workspace.workers() == 1);
  (void)net.predict(fkd::Batch<float>{net.input_shape(), 50}, workspace);
  CHECK(workspace.workers() == fkd::threads());
}

}  // namespace
