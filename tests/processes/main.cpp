/// `cases NAME` runs the case of that name, `cases` lists all.

#include <cstring>

#include "cases.hpp"

int main(int argc, char** argv) {
  for (const processes::Case* c = processes::Case::first; c; c = c->next) {
    if (argc < 2) std::puts(c->name);
    if (argc < 2 || std::strcmp(argv[1], c->name) != 0) continue;
    // Thread sanitizer does not know that a child's threads are gone, and address sanitizer's allocator may be locked
    // in a child whose parent had other threads at work: both stop the child, not fkd.
    if (processes::thread_sanitizer && std::strncmp(c->name, "fork_", 5) == 0) return 77;
    if (processes::address_sanitizer && std::strcmp(c->name, "fork_while_others_predict") == 0) return 77;
    fkd::set_threads(3);
    c->run();
    return 0;
  }
  return argc < 2 ? 0 : 2;
}
