// Part of a program that links fkd::fkd and nothing else: no flag of OpenMP's reaches it.
#include <fkd/net.hpp>

#ifdef _OPENMP
#error "fkd::fkd switched OpenMP on in a program that did not ask for it"
#endif
