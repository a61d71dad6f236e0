#include "shared/picture/network_pictures.hpp"

#include <algorithm>

#include <fkd/core/message.hpp>

#include "shared/common/data_error.hpp"
#include "shared/common/shown_path.hpp"
#include "shared/picture/picture_folder.hpp"

namespace shared {

namespace fs = std::filesystem;

GreyPicture cut_and_resized(const GreyPicture& picture, int width, int height) {
  const auto part = [](int extent, int other, int to, int other_to) {
    const long long fits = static_cast<long long>(other) * to / other_to;
    return std::max(static_cast<int>(std::min<long long>(extent, fits)), 1);
  };
  const int w = part(picture.width, picture.height, width, height),
            h = part(picture.height, picture.width, height, width);
  return resized(picture, (picture.width - w) / 2, (picture.height - h) / 2, w, h, width, height);
}

std::vector<std::string> read_network_pictures(const fs::path& folder, fkd::Shape shape, std::ostream& print,
                                               const std::function<void(const std::vector<GreyPicture>&)>& use) {
  if ((shape.channels != 1 && shape.channels != 3) || std::max(shape.height, shape.width) > 32768)
    throw DataError{"expected a network of grey or colour pictures of at most 32768 x 32768, got one of " +
                    fkd::text(shape)};
  const int width = static_cast<int>(shape.width), height = static_cast<int>(shape.height);
  std::vector<std::string> names;
  const std::vector<fs::path> files = pictures_in(folder);
  if (shape.channels == 1) {
    read_pictures(files, print, [&](const fs::path& file, const GreyPicture& picture) {
      use({cut_and_resized(picture, width, height)});
      names.push_back(file.filename().string());
    });
  } else {
    read_colour_pictures(files, print, [&](const fs::path& file, const ColourPicture& picture) {
      std::vector<GreyPicture> planes;
      for (const GreyPicture& plane : picture.planes) planes.push_back(cut_and_resized(plane, width, height));
      use(planes);
      names.push_back(file.filename().string());
    });
  }
  if (names.empty()) throw DataError{shown(folder) + ": expected at least one picture that can be read, got none"};
  return names;
}

}  // namespace shared
