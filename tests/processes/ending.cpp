/// The end of a process. Once, a prediction in the destructor of a static object hung: the team had ended. In these
/// cases such a destructor ends the process with status 0; that main returns first is the failure.

#include <atomic>
#include <chrono>

#include "cases.hpp"

namespace {

using namespace processes;

/// Predicts when it is destroyed, and then ends the process, if it was armed.
struct PredictsAtItsEnd {
  bool armed = false;
  ~PredictsAtItsEnd() {
    if (!armed) return;
    expect(predicts(), "a destructor predicts");
    expect(trains(), "and trains");
    expect(ends_well(in_child(predicts)), "and its child predicts");
    _exit(0);
  }
};
PredictsAtItsEnd from_the_start;

/// main's status if no destructor ran.
void fail_at_exit() {
  std::atexit([] { _exit(3); });
}

const Case destroyed_after_the_team{"end_static_object_from_the_start", [] {
                                      // Registered first, so it runs last of those that are registered from here on.
                                      expect(predicts(), "before");
                                      from_the_start.armed = true;
                                      std::exit(4);
                                    }};

const Case destroyed_before_the_team{"end_static_object_after_the_first_use", [] {
                                       fail_at_exit();
                                       expect(predicts(), "before");
                                       static PredictsAtItsEnd late;
                                       late.armed = true;
                                       std::exit(4);
                                     }};

const Case first_use{"end_first_use_in_a_destructor", [] {
                       from_the_start.armed = true;
                       std::exit(4);
                     }};

const Case at_exit_before{"end_atexit_before_the_first_use", [] {
                            fail_at_exit();
                            std::atexit([] {
                              expect(predicts() && trains(), "an atexit function predicts");
                              _exit(0);
                            });
                            expect(predicts(), "before");
                            std::exit(4);
                          }};

const Case at_exit_after{"end_atexit_after_the_first_use", [] {
                           fail_at_exit();
                           expect(predicts(), "before");
                           std::atexit([] {
                             expect(predicts() && trains(), "an atexit function predicts");
                             _exit(0);
                           });
                           std::exit(4);
                         }};

const Case of_a_thread{"end_thread_local_object", [] {
                         expect(predicts(), "before");
                         static std::atomic<int> ended{0};
                         struct Local {
                           bool used = false;
                           ~Local() { ended += predicts(); }
                         };
                         std::thread{[] {
                           thread_local Local local;
                           local.used = predicts();
                         }}.join();
                         expect(ended == 1, "a thread's object predicts at the thread's end");
                         // Members have such objects too, where tasks use them. They die while the team ends.
                         fkd::run_tasks(20, [](Index, int) {
                           thread_local Local local;
                           local.used = true;
                           std::this_thread::sleep_for(std::chrono::milliseconds(1));
                         });
                       }};

const Case main_ends_first{"end_while_a_thread_predicts", [] {
                             expect(predicts(), "before");
                             for (int i = 0; i < 3; ++i)
                               std::thread{[] {
                                 for (;;) (void)prediction();
                               }}.detach();
                             std::this_thread::sleep_for(std::chrono::milliseconds(20));
                           }};

const Case exit_in_a_task{"end_exit_in_a_task", [] {
                            expect(predicts(), "before");
                            fkd::run_tasks(40, [](Index task, int) {
                              if (task == 20) std::exit(0);
                              std::this_thread::sleep_for(std::chrono::milliseconds(1));
                            });
                            _exit(5);
                          }};

const Case exit_in_a_callback{"end_exit_in_a_callback", [] {
                                Net net{architecture, fkd::Seed{1}};
                                fkd::fit(net, faces(20), {.batch_size = 10, .on_step = [](const auto&) {
                                                            std::exit(0);
                                                            return fkd::Continue::yes;
                                                          }});
                                _exit(5);
                              }};

const Case quick{"end_quick_exit", [] {
                   expect(predicts(), "before");
                   std::quick_exit(0);
                 }};

}  // namespace
