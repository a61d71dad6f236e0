#include <numeric>

#include <fkd/core/message.hpp>

#include "commands/commands.hpp"
#include "commands/load_data.hpp"
#include "data/fingerprint.hpp"
#include "predict/top_k.hpp"
#include "report/confusion_text.hpp"
#include "report/image_sheet.hpp"
#include "shared/common/data_error.hpp"
#include "shared/common/text_table.hpp"
#include "train/run_folder.hpp"

namespace classify {

void evaluate(const EvaluateOptions& options, std::ostream& print) {
  const Run run = read_run(options.run, print);
  DataOptions where = run.config.data;
  if (options.data) where.where = *options.data;
  const ImageSet set = load(where, print);
  if (set.classes != run.config.classes || set.training.shape != run.config.image)
    throw DataError{set.name + ": expected the classes and the image size that the run was trained on, " +
                    std::to_string(run.config.classes.size()) + " classes and " + fkd::text(run.config.image) +
                    ", got " + std::to_string(set.classes.size()) + " classes and " + fkd::text(set.training.shape)};
  const Images& images = options.part == "test" ? set.test : set.training;
  std::vector<fkd::Index> rows(images.labels.size());
  std::iota(rows.begin(), rows.end(), fkd::Index{0});
  if (options.part != "test") {
    if (fingerprint(set) != run.config.data_fingerprint)
      throw DataError{set.name + ": expected the data that the run was trained on (" + run.config.data.where + ", " +
                      std::to_string(run.config.data_rows) +
                      " training images), got other data; --part test evaluates "
                      "on any"};
    Split split = split_rows(images, run.config.recipe);
    rows = std::move(options.part == "training" ? split.training : split.held_out);
    if (rows.empty())
      throw DataError{options.run.string() + ": expected a run that held images out, got one with --validation 0"};
  }
  const Score result =
      score(images, set.classes, rows, answer(run.net, images, rows, run.config.scaling, options.mirrored));
  print << confusion_text(result.confusion) << "\n"
        << run.config.recipe.network << " on " << set.name << ", " << options.part << ": " << result.confusion.correct()
        << " of " << result.images() << " right, accuracy " << fixed(100 * result.accuracy(), 2) << " %";
  if (set.classes.size() > static_cast<std::size_t>(top_k))
    print << ", among the first " << top_k << " " << fixed(100 * result.top_k_accuracy(), 2) << " %";
  print << (options.mirrored ? " (mean of each image and its mirror image)\n" : "\n");
  if (options.out.empty()) return;
  make_folder(options.out);
  write_confusion(options.out / "confusion.csv", result.confusion);
  write_png(mistake_sheet(images, set.classes, result.mistakes), options.out / "mistakes.png");
  print << "wrote " << (options.out / "confusion.csv").string() << " and mistakes.png\n";
}

}  // namespace classify
