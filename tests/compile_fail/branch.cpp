// A square kernel of KERNEL rows on an input of four, in a branch: 4 fits, 5 must be refused while compiling.
#include <fkd/net.hpp>

constexpr fkd::Conv2D same{.filters = 8, .kernel = {3, 3}, .padding = fkd::Padding::same};
constexpr fkd::Sequential net_description{
    fkd::Input{.height = 4, .width = 4, .channels = 8}, same,
    fkd::Residual{fkd::Sequential{same, fkd::ReLU{}, fkd::Conv2D{.filters = 8, .kernel = {KERNEL, KERNEL}}},
                  fkd::Conv2D{.filters = 8, .kernel = {4, 4}}}};

int main() {}
