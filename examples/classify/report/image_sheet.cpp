#include "report/image_sheet.hpp"

#include <algorithm>

#include "shared/common/text_table.hpp"
#include "shared/picture/label.hpp"

namespace classify {

ImageView view(const Images& images, fkd::Index row) {
  return {images.image(row), static_cast<int>(images.shape.width), static_cast<int>(images.shape.height),
          static_cast<int>(images.shape.channels)};
}

Picture image_sheet(const Images& images, const std::vector<LabelledCell>& cells, int columns) {
  constexpr int gap = 8, wanted = 96, lines = 2 * letter_height + 2;
  const auto width = static_cast<int>(images.shape.width), height = static_cast<int>(images.shape.height);
  const int scale = (std::max)(1, wanted / (std::max)(width, height));
  const int cell_width = (std::max)(width * scale, wanted), cell_height = height * scale + lines;
  const auto count = static_cast<int>(cells.size());
  const int used = (std::max)(1, (std::min)(columns, count)), rows = (std::max)(1, (count + used - 1) / used);
  Picture picture{gap + used * (cell_width + gap), gap + rows * (cell_height + gap)};
  const auto fitted = [&](const std::string& text) {
    return text.substr(0, static_cast<std::size_t>(cell_width / letter_width));
  };
  for (int i = 0; i < count; ++i) {
    const LabelledCell& cell = cells[static_cast<std::size_t>(i)];
    const int left = gap + i % used * (cell_width + gap), top = gap + i / used * (cell_height + gap);
    picture.put(view(images, cell.row), left, top, scale);
    write_label(picture, left, top + height * scale + 3, fitted(cell.line), white);
    write_label(picture, left, top + height * scale + 3 + letter_height, fitted(cell.below), cell.colour);
  }
  return picture;
}

Picture mistake_sheet(const Images& images, const std::vector<std::string>& classes,
                      const std::vector<Mistake>& mistakes, std::size_t most) {
  std::vector<LabelledCell> cells;
  for (std::size_t i = 0; i < (std::min)(most, mistakes.size()); ++i) {
    const Mistake& mistake = mistakes[i];
    cells.push_back({mistake.row,
                     classes[static_cast<std::size_t>(mistake.guess)] + " " +
                         fixed(100 * static_cast<double>(mistake.probability), 1) + "%",
                     "is " + classes[static_cast<std::size_t>(mistake.truth)], green});
  }
  return image_sheet(images, cells);
}

}  // namespace classify
