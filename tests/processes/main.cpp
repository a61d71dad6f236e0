/// `cases NAME` runs the case of that name, `cases` lists all.

#include <cstring>

#include "cases.hpp"

int main(int argc, char** argv) {
  for (const processes::Case* c = processes::Case::first; c; c = c->next) {
    if (argc < 2) std::puts(c->name);
    if (argc < 2 || std::strcmp(argv[1], c->name) != 0) continue;
    fkd::set_threads(3);
    c->run();
    return 0;
  }
  return argc < 2 ? 0 : 2;
}
