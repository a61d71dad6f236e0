// A classifier for your own pictures: a folder with a subfolder of PNG or JPEG files for each class, of any size, at
// least five in each. Pictures that cannot be read are reported and skipped.
//
//     own_images FOLDER       learns FOLDER/cat/*.jpg, FOLDER/dog/*.jpg, ... and scores every fifth picture of each
//                             class, held out
//     own_images              draws discs, squares and crosses into a temporary folder first, and learns those
//
// Exit status: 0 done, 1 bad input or a failure, 2 a command line that makes no sense.
//
// Prints, without a folder:
//
//     60 pictures of cross, 60 of disc, 60 of square
//     144 to learn from, 36 held out
//     held-out pictures named rightly: more than 30 of 36
#include <algorithm>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <iostream>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

#include <fkd/net.hpp>

#include "shared/common/shown_path.hpp"
#include "shared/common/temporary_folder.hpp"
#include "shared/drawing/drawing.hpp"
#include "shared/picture/class_folders.hpp"
#include "shared/picture/picture.hpp"
#include "shared/picture/picture_folder.hpp"

namespace {

namespace fs = std::filesystem;

constexpr int side = 32;           // of the network's input, pixels
constexpr std::size_t fewest = 5;  // pictures of a class: one in so many is held out

struct PictureClass {
  std::string name;
  std::size_t pictures = 0;
};

/// A picture as the network reads it, and what it shows.
struct Example {
  std::string name;
  std::vector<std::uint8_t> pixels;
  std::size_t label;
  bool held_out;
};

struct Pictures {
  std::vector<PictureClass> classes;
  std::vector<Example> examples;
};

/// The training examples or the held-out ones, as an fkd::DataSource: pixels 0 to 1, and a 1 at the class.
class Part final : public fkd::DataSource<float> {
 public:
  Part(const Pictures& all, bool held_out) : classes_{static_cast<fkd::Index>(all.classes.size())} {
    for (const Example& example : all.examples)
      if (example.held_out == held_out) examples_.push_back(&example);
  }
  fkd::Index size() const override { return static_cast<fkd::Index>(examples_.size()); }
  fkd::Shape input_shape() const override { return {side, side, 1}; }
  fkd::Shape target_shape() const override { return {1, 1, classes_}; }
  void sample(fkd::Index index, fkd::Index /*epoch*/, std::span<float> x, std::span<float> y) const override {
    const Example& example = (*this)[index];
    std::transform(example.pixels.begin(), example.pixels.end(), x.begin(),
                   [](std::uint8_t grey) { return static_cast<float>(grey) / 255; });
    std::fill(y.begin(), y.end(), 0.0F);
    y[example.label] = 1;
  }
  const Example& operator[](fkd::Index index) const { return *examples_[static_cast<std::size_t>(index)]; }

 private:
  fkd::Index classes_;
  std::vector<const Example*> examples_;
};

/// Two classes that hold the same picture, as the network sees it, contradict each other.
void say_contradictions(const Pictures& all, std::ostream& print) {
  std::map<std::string, const Example*> seen;  // by their bytes
  std::string first;
  std::size_t count = 0;
  for (const Example& example : all.examples) {
    const auto [same, is_new] = seen.try_emplace(std::string(example.pixels.begin(), example.pixels.end()), &example);
    if (is_new || same->second->label == example.label) continue;
    if (count++ == 0) first = example.name + " is " + same->second->name;
  }
  if (count > 0) print << "pictures that are in two classes: " << count << " (" << first << ")\n";
}

Pictures read_folders(const fs::path& root, std::ostream& print) {
  Pictures all;
  const shared::ClassFolders folders = shared::class_folders(root);
  std::vector<std::size_t> counts;
  for (const shared::ClassFolder& folder : folders.classes) {
    PictureClass found{folder.name};
    shared::read_pictures(folder.files, print, [&](const fs::path& file, const shared::GreyPicture& picture) {
      all.examples.push_back({found.name + "/" + shared::shown(file.filename()),
                              shared::centre_resized(picture, side).pixels, all.classes.size(),
                              found.pictures++ % fewest == fewest - 1});
    });
    counts.push_back(found.pictures);
    all.classes.push_back(std::move(found));
  }
  shared::check_enough(root, folders, counts, fewest, "because one in five is held out");
  print << shared::left_out(folders);
  say_contradictions(all, print);
  return all;
}

/// One drawn picture: a shape in a random place, size and light.
shared::Picture draw(const std::string& shape, std::uint64_t number) {
  shared::Dice dice{fkd::Random{fkd::Seed{1}, fkd::Purpose::user, number}};
  const double size = dice.uniform(9, 20), x = dice.uniform(24, 40), y = dice.uniform(24, 40),
               paper = dice.uniform(0, 90), ink = dice.uniform(130, 255);
  shared::Picture picture{64, 64};
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

Pictures draw_pictures(std::ostream& print) {
  const shared::TemporaryFolder root{"fkd_own_images"};
  std::uint64_t number = 0;
  for (const char* shape : {"cross", "disc", "square"}) {
    fs::create_directories(root.path() / shape);
    for (int i = 0; i < 60; ++i, ++number)
      shared::write_png(draw(shape, number), root.path() / shape / (std::to_string(i) + ".png"));
  }
  return read_folders(root.path(), print);
}

void run(const fs::path* folder, std::ostream& print) {
  const Pictures pictures = folder ? read_folders(*folder, print) : draw_pictures(print);
  std::vector<std::string> counts;
  for (const PictureClass& c : pictures.classes)
    counts.push_back(std::to_string(c.pictures) + (counts.empty() ? " pictures of " : " of ") + c.name);
  const Part training{pictures, false}, held_out{pictures, true};
  print << shared::listed(counts) << "\n" << training.size() << " to learn from, " << held_out.size() << " held out\n";

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

  fkd::Batch<float> x{net.input_shape(), 1}, y{net.output_shape(), 1};
  fkd::Workspace<float> workspace;
  fkd::Index right = 0;
  for (fkd::Index n = 0; n < held_out.size(); ++n) {
    held_out.sample(n, 0, x.sample(0), y.sample(0));
    const fkd::Batch<float> answer = net.predict(x, workspace);
    const std::span<const float> values = answer.sample(0);
    const auto named = std::max_element(values.begin(), values.end()) - values.begin();
    right += static_cast<std::size_t>(named) == held_out[n].label ? 1 : 0;
  }
  const bool drawn = !folder && right > 30;  // a count that one compiler's rounding cannot change
  print << "held-out pictures named rightly: " << (drawn ? "more than 30" : std::to_string(right)) << " of "
        << held_out.size() << "\n";
  if (!print.flush()) throw shared::DataError{"expected to write to standard output, got a failure"};
}

int run_command_line(int argc, char** argv) {
  CLI::App app{"Learns to tell classes of pictures apart, and scores pictures that it held out."};
  app.name("own_images");
  app.allow_extras();
  std::string text;
  const CLI::Option* const given = app.add_option("FOLDER", text,
                                                  "a folder with a folder of PNG or JPEG pictures for each class, five "
                                                  "or more in each; without it, shapes are drawn");
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& help) {
    return app.exit(help);
  }
  for (const std::string& word : app.remaining()) {
    std::cerr << "own_images: "
              << (word.starts_with('-') ? word + ": no such option; --help lists them"
                                        : "expected one folder, got also " + shared::shown(word))
              << "\n";
    return 2;
  }
  const fs::path folder{text};
  run(given->count() > 0 ? &folder : nullptr, std::cout);
  return EXIT_SUCCESS;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run_command_line(argc, argv);
  } catch (const std::bad_alloc&) {
    std::cerr << "own_images: expected enough memory, got none\n";
  } catch (const std::exception& error) {
    std::cerr << "own_images: " << error.what() << "\n";
  }
  return EXIT_FAILURE;
}
