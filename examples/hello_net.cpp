// The smallest whole program: where does a lit pixel stand? Prints (g++ and clang++, any number of threads):
//
//     layer               output shape        parameters         FLOPs
//     0.input             (8, 8, 1)                    0             0
//     1.conv2d            (8, 8, 4)                   40          4608
//     2.relu              (8, 8, 4)                    0             0
//     3.flatten           (1, 1, 256)                  0             0
//     4.dense             (1, 1, 2)                  514          1024
//     total                                          554          5632
//     a pixel lit at (5, 2) is seen at (5.0, 2.0)
#include <cstdio>

#include <fkd/net.hpp>

constexpr fkd::Sequential finder{fkd::Input{.height = 8, .width = 8, .channels = 1},
                                 fkd::Conv2D{.filters = 4, .kernel = {3, 3}, .padding = fkd::Padding::same},
                                 fkd::ReLU{}, fkd::Flatten{}, fkd::Dense{.units = 2}};

int main(int argc, char** argv) {
  if (argc > 1) {
    const bool help = std::string_view{argv[1]} == "--help";
    std::fputs("hello_net takes no argument: it trains a small network to find a lit pixel, and prints what it found\n",
               help ? stdout : stderr);
    return help ? 0 : 2;
  }
  fkd::Batch<float> images{{8, 8, 1}, 64}, places{{1, 1, 2}, 64};
  for (fkd::Index n = 0; n < 64; ++n) {  // one image for each pixel, and where it stands: x, y
    images.sample(n)[n] = 1;
    places.sample(n)[0] = static_cast<float>(n % 8);
    places.sample(n)[1] = static_cast<float>(n / 8);
  }
  fkd::Model net{finder, fkd::Seed{7}};
  fkd::fit(net, fkd::Dataset{images, places},
           {.epochs = 300, .batch_size = 8, .optimizer = fkd::Adam{.learning_rate = 3e-3}});

  const fkd::Batch<float> seen = net.predict(images);
  const auto place = seen.sample(2 * 8 + 5);
  std::printf("%sa pixel lit at (5, 2) is seen at (%.1f, %.1f)\n", summary(net).c_str(), place[0], place[1]);
}
