/// Children of a fork. Once, a child waited for threads that it does not have: in its next prediction (for the team, or
/// in an OpenMP region), or at its end, in the destructor of the team.

#include <atomic>
#include <string>

#include "cases.hpp"

namespace {

using namespace processes;

const Case after_predict{"fork_after_predict", [] {
                           expect(predicts(), "the parent predicts");
                           expect(ends_well(in_child(predicts)), "a child predicts");
                           expect(ends_well(in_child(trains)), "a child trains");
                           expect(predicts(), "and the parent again");
                         }};

const Case child_exits{"fork_child_exits", [] {
                         expect(predicts(), "the parent predicts");
                         expect(ends_well(in_child([] {
                                  std::exit(0);
                                  return false;
                                })),
                                "a child that does nothing calls exit");
                         expect(ends_well(in_child([] {
                                  std::exit(predicts() ? 0 : 1);
                                  return false;
                                })),
                                "a child that predicted calls exit");
                       }};

const Case child_returns{"fork_child_returns_from_main", [] {
                           expect(predicts(), "the parent predicts");
                           const pid_t child = fork();
                           if (child == 0) {
                             alarm(20);
                             expect(predicts(), "the child predicts");
                             return;
                           }
                           expect(ends_well(child), "the child ended");
                         }};

const Case grandchildren{"fork_grandchildren", [] {
                           expect(predicts(), "the parent predicts");
                           expect(ends_well(in_child([] {
                                    return predicts() && ends_well(in_child([] {
                                             return predicts() && ends_well(in_child(predicts)) && trains();
                                           }));
                                  })),
                                  "three generations");
                         }};

const Case sets_threads{"fork_child_sets_threads", [] {
                          expect(predicts(), "the parent predicts");
                          for (const int n : {1, 2, 8, 0})
                            expect(ends_well(in_child([n] {
                                     fkd::set_threads(n);
                                     return predicts() && trains();
                                   })),
                                   "a child sets another number");
                        }};

const Case fifty{"fork_fifty_children", [] {
                   expect(predicts(), "the parent predicts");
                   std::vector<pid_t> children;
                   for (int i = 0; i < 50; ++i) children.push_back(in_child(predicts));
                   for (const pid_t child : children) expect(ends_well(child), "each of fifty children predicts");
                 }};

const Case threads_of_child{"fork_child_has_threads", [] {
                              expect(predicts(), "the parent predicts");
                              expect(ends_well(in_child([] {
                                       std::atomic<int> good{0};
                                       {
                                         std::vector<std::jthread> threads;
                                         for (int i = 0; i < 8; ++i)
                                           threads.emplace_back([&good] { good += predicts(); });
                                       }
                                       return good == 8;
                                     })),
                                     "eight threads of a child predict, all at once");
                            }};

const Case in_the_middle{"fork_while_others_predict", [] {
                           expect(predicts(), "the parent predicts");
                           std::atomic<bool> over{false};
                           std::vector<std::jthread> others;
                           for (int i = 0; i < 3; ++i)
                             others.emplace_back([&over] {
                               while (!over) (void)prediction();
                             });
                           for (int i = 0; i < 60; ++i)
                             expect(ends_well(in_child([] { return predicts() && trains(); })), "a child works");
                           over = true;
                         }};

const Case from_thread{"fork_from_another_thread", [] {
                         expect(predicts(), "the parent predicts");
                         std::thread{[] { expect(ends_well(in_child(predicts)), "forked by a thread"); }}.join();
                       }};

const Case in_callback{"fork_in_callback", [] {
                         expect(trains(), "the parent trains");
                         Net net{architecture, fkd::Seed{1}};
                         int steps = 0;
                         fkd::fit(net, faces(20), {.epochs = 2, .batch_size = 10, .on_step = [&](const auto&) {
                                                     expect(ends_well(in_child(trains)),
                                                            "a child of a callback trains");
                                                     ++steps;
                                                     return fkd::Continue::yes;
                                                   }});
                         expect(steps == 4, "four steps");
                       }};

/// A child forked in a callback continues the training.
const Case goes_on{"fork_in_callback_goes_on", [] {
                     expect(trains(), "the parent trains");
                     Net net{architecture, fkd::Seed{1}};
                     pid_t child = -1;
                     fkd::fit(net, faces(20), {.epochs = 2, .batch_size = 10, .on_step = [&](const auto& report) {
                                                 if (report.step == 2) child = fork();
                                                 if (child == 0) alarm(20);
                                                 return fkd::Continue::yes;
                                               }});
                     Net whole{architecture, fkd::Seed{1}};
                     fkd::fit(whole, faces(20), {.epochs = 2, .batch_size = 10});
                     expect(std::ranges::equal(net.parameters(), whole.parameters()), "both go on to the same θ");
                     if (child != 0) expect(ends_well(child), "and the child ends");
                   }};

/// Inside a task the child has one thread and half of a job. It may work and end there; if the caller's part of the
/// job continues, it gets an error (with OpenMP, whose regions no exception can leave, the process ends with it).
const Case in_task{"fork_in_task", [] {
                     expect(predicts(), "the parent predicts");
                     std::atomic<int> good{0};
                     fkd::run_tasks(40, [&](Index task, int) {
                       if (task % 8 == 0) good += ends_well(in_child([] { return predicts() && trains(); }));
                     });
                     expect(good == 5, "children of tasks work");
                     const std::thread::id caller = std::this_thread::get_id();
                     pid_t child = -1;
                     std::string said;
                     try {
                       std::atomic<bool> once{false};
                       fkd::run_tasks(40, [&](Index, int) {
                         if (std::this_thread::get_id() == caller && !once.exchange(true)) {
                           child = fork();
                           if (child == 0) alarm(20);
                         }
                         std::this_thread::yield();
                       });
                     } catch (const fkd::ArgumentError& error) {
                       said = error.what();
                     }
                     if (child == 0) _exit(said.find("lost in a fork") != std::string::npos ? 0 : 1);
                     expect(said.empty(), "the parent lost nothing");
                     int status = -1;
                     waitpid(child, &status, 0);
#ifdef _OPENMP
                     expect(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT, "the child was ended");
#else
                     expect(status == 0, "the child heard a sentence");
#endif
                     expect(predicts(), "the parent goes on");
                   }};

/// A program's own OpenMP regions before a fork: fkd is used in the child only.
const Case before_first_use{"fork_before_first_use", [] {
#ifdef _OPENMP
#pragma omp parallel num_threads(3)
                              { std::this_thread::yield(); }
#endif
                              expect(ends_well(in_child([] { return predicts() && trains(); })), "a child works");
                              expect(predicts(), "so does the parent");
                            }};

const Case executes{"fork_and_execute", [] {
                      expect(predicts(), "the parent predicts");
                      expect(std::system("exit 7") == 7 * 256, "system()");
                      expect(predicts(), "and afterwards");
                    }};

}  // namespace
