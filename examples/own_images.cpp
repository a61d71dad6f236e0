// A classifier of one's own pictures: a folder with a folder of PNG or JPEG files for each class, any size, any number.
//
//     own_images FOLDER       learns FOLDER/cat/*.jpg, FOLDER/dog/*.jpg, ... and scores every fifth picture, held out
//     own_images              draws discs, squares and crosses into a temporary folder first, and learns those. Prints:
//
//     60 pictures of cross, 60 of disc, 60 of square
//     144 to learn from, 36 held out
//     held-out pictures named rightly: more than 30 of 36
#include <cstdio>
#include <filesystem>

#include <fkd/net.hpp>

#include "facial_keypoints/canvas.hpp"
#include "facial_keypoints/picture.hpp"
#include "facial_keypoints/read_picture.hpp"

namespace {

namespace fs = std::filesystem;
namespace fkp = facial_keypoints;

constexpr int side = 32;  // pixels of what the network sees

/// Pictures with what they show, as a network reads them: pixels 0 to 1, and a 1 at the class.
struct Pictures {
  std::vector<std::string> classes;
  std::vector<std::vector<std::uint8_t>> pixels;
  std::vector<std::size_t> labels;

  fkd::Dataset<float> part(bool held_out) const {
    std::vector<std::size_t> chosen;
    for (std::size_t i = 0; i < pixels.size(); ++i)
      if ((i % 5 == 4) == held_out) chosen.push_back(i);
    const auto count = static_cast<fkd::Index>(chosen.size());
    fkd::Batch<float> x{{side, side, 1}, count}, y{{1, 1, static_cast<fkd::Index>(classes.size())}, count};
    for (fkd::Index n = 0; n < count; ++n) {
      const std::size_t i = chosen[static_cast<std::size_t>(n)];
      std::transform(pixels[i].begin(), pixels[i].end(), x.sample(n).begin(),
                     [](std::uint8_t grey) { return static_cast<float>(grey) / 255; });
      y.sample(n)[labels[i]] = 1;
    }
    return {std::move(x), std::move(y)};
  }
};

Pictures read_folders(const fs::path& root) {
  std::vector<fs::path> folders;
  for (const fs::directory_entry& entry : fs::directory_iterator{root})
    if (entry.is_directory()) folders.push_back(entry.path());
  std::sort(folders.begin(), folders.end());
  Pictures all;
  for (const fs::path& folder : folders) {
    for (const fs::path& file : fkp::pictures_in(folder)) {
      all.pixels.push_back(fkp::as_face(fkp::read_picture(file), side).pixels);
      all.labels.push_back(all.classes.size());
    }
    all.classes.push_back(folder.filename().string());
  }
  if (all.classes.size() < 2)
    throw fkp::DataError{root.string() + ": expected a folder of pictures for each of two classes or more, got " +
                         std::to_string(all.classes.size())};
  return all;
}

/// One drawn picture: a shape in a random place, size and light.
fkp::Picture draw(const std::string& shape, std::uint64_t number) {
  fkp::Dice dice{fkd::Random{fkd::Seed{1}, fkd::Purpose::user, number}};
  const double size = dice.uniform(9, 20), x = dice.uniform(24, 40), y = dice.uniform(24, 40),
               paper = dice.uniform(0, 90), ink = dice.uniform(130, 255);
  fkp::Picture picture{64, 64};
  for (int py = 0; py < 64; ++py)
    for (int px = 0; px < 64; ++px) {
      const double dx = std::abs(px - x), dy = std::abs(py - y);
      const bool inside = shape == "disc"     ? dx * dx + dy * dy < size * size
                          : shape == "square" ? (std::max)(dx, dy) < 0.9 * size
                                              : (std::min)(dx, dy) < 0.3 * size && (std::max)(dx, dy) < size;
      const auto grey =
          static_cast<std::uint8_t>((inside ? ink : paper) + dice.uniform(-15, 15) * (paper > 15 && ink < 240 ? 1 : 0));
      picture.blend(px, py, {grey, grey, grey}, 1);
    }
  return picture;
}

fs::path draw_folders() {
  const fs::path root = fs::temp_directory_path() / "fkd_own_images";
  fs::remove_all(root);
  std::uint64_t number = 0;
  for (const char* shape : {"cross", "disc", "square"}) {
    fs::create_directories(root / shape);
    for (int i = 0; i < 60; ++i, ++number)
      fkp::write_png(draw(shape, number), root / shape / (std::to_string(i) + ".png"));
  }
  return root;
}

int run(int argc, char** argv) {
  const Pictures pictures = read_folders(argc > 1 ? fs::path{argv[1]} : draw_folders());
  for (std::size_t c = 0; c < pictures.classes.size(); ++c)
    std::printf("%s%td %sof %s", c ? ", " : "", std::count(pictures.labels.begin(), pictures.labels.end(), c),
                c ? "" : "pictures ", pictures.classes[c].c_str());
  const fkd::Dataset<float> training = pictures.part(false), held_out = pictures.part(true);
  std::printf("\n%td to learn from, %td held out\n", training.size(), held_out.size());

  const auto classes = static_cast<fkd::Index>(pictures.classes.size());
  fkd::Model net{
      fkd::Sequential{fkd::Input{.height = side, .width = side, .channels = 1},
                      fkd::Conv2D{.filters = 16, .kernel = {3, 3}}, fkd::ReLU{}, fkd::MaxPool2D{.window = {2, 2}},
                      fkd::Conv2D{.filters = 32, .kernel = {3, 3}}, fkd::ReLU{}, fkd::MaxPool2D{.window = {2, 2}},
                      fkd::Flatten{}, fkd::Dense{.units = classes}},
      fkd::Seed{1}};
  fkd::fit(net, training,
           {.epochs = 30,
            .batch_size = 16,
            .optimizer = fkd::Adam{.learning_rate = 2e-3},
            .loss = fkd::SoftmaxCrossEntropy{}});

  const fkd::Batch<float> answers = net.predict(held_out.x());
  fkd::Index right = 0;
  for (fkd::Index n = 0; n < answers.samples(); ++n) {
    const auto largest = [](std::span<const float> values) {
      return std::max_element(values.begin(), values.end()) - values.begin();
    };
    right += largest(answers.sample(n)) == largest(held_out.y().sample(n)) ? 1 : 0;
  }
  const bool drawn = argc < 2 && right > 30;  // a count that one compiler's rounding cannot change
  std::printf("held-out pictures named rightly: %s of %td\n", drawn ? "more than 30" : std::to_string(right).c_str(),
              answers.samples());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "own_images: %s\n", error.what());
    return 1;
  }
}
