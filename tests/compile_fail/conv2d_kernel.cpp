// A square kernel of KERNEL rows on an input of four: 4 fits, 5 must be refused while compiling.
#include <fkd/net.hpp>

constexpr fkd::Sequential net_description{fkd::Input{.height = 4, .width = 4, .channels = 1},
                                          fkd::Conv2D{.filters = 2, .kernel = {KERNEL, KERNEL}}};

int main() {}
