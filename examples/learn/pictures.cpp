/// \file
/// Draws the pictures of docs/learn, each from what the library or the ladder computes: scripts/pictures runs it.
///
///     g++ -std=c++20 -O1 -I include examples/learn/pictures.cpp -o results/learn/pictures -pthread
///     results/learn/pictures results/learn
#include <cstdio>
#include <fstream>
#include <string>
#include <string_view>

#include "pictures/im2col.hpp"
#include "pictures/nhwc.hpp"
#include "pictures/padding.hpp"
#include "pictures/plan.hpp"
#include "pictures/receptive_fields.hpp"
#include "pictures/register_tile.hpp"
#include "pictures/two_threads.hpp"

namespace pictures {

struct Picture {
  std::string_view name;
  Svg (*draw)();
};
constexpr Picture all[] = {{"padding", padding},
                           {"nhwc", nhwc},
                           {"im2col", im2col},
                           {"register_tile", register_tile},
                           {"plan", plan},
                           {"receptive_fields", receptive_fields},
                           {"two_threads", two_threads}};

}  // namespace pictures

#ifndef FKD_PICTURES_WITHOUT_MAIN
int main(int argc, char** argv) {
  if (argc != 2 || std::string_view{argv[1]} == "--help") {
    std::fputs("pictures FOLDER: writes the pictures of docs/learn there, as SVG\n", argc == 2 ? stdout : stderr);
    return argc == 2 ? 0 : 2;
  }
  for (const pictures::Picture& picture : pictures::all) {
    const std::string file = std::string{argv[1]} + "/" + std::string{picture.name} + ".svg";
    if (!(std::ofstream{file, std::ios::binary} << picture.draw().file() << std::flush)) {
      std::fprintf(stderr, "pictures: %s cannot be written\n", file.c_str());
      return 1;
    }
  }
  return 0;
}
#endif
