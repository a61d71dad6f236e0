/// \file
/// report.html: the HTML report of one training, or of the four models.
///
///     write_run_report(run / "report.html", {"synthetic", recipe}, data.training, trained);
///     write_reproduce_report(out / "report.html", {data.name, sentence, mean_face_rmse}, data.training, all);
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "model/models.hpp"
#include "predict/mislabelled.hpp"
#include "predict/submission.hpp"
#include "train/recipe.hpp"
#include "train/training.hpp"

namespace facial_keypoints {

/// The data and options of a run.
struct RunFacts {
  std::string data;  ///< "synthetic", or the folder's name
  Recipe recipe;
  std::vector<Suspect> mislabelled = {};  ///< rows that look mislabelled
};

/// Writes the report of one training. `faces` is the training set that `trained.split` numbers. \throws fkd::FileError
void write_run_report(const std::filesystem::path& path, const RunFacts& facts, const Faces& faces,
                      const Trained& trained);

/// One of the report's models, trained here.
struct Reproduced {
  const ReportModel* report;
  const Trained* trained;
};

/// A model's submission.
struct ModelSubmission {
  int model = 0;
  std::string file;  ///< relative to the report
  Submission written;
};

struct ReproduceFacts {
  std::string data;
  std::string epochs_sentence;  ///< whether the epochs are the report's
  double mean_face_rmse = 0;    ///< on the rows held out, pixels
  std::vector<ModelSubmission> submissions = {};
  std::string without_submission = {};  ///< why a model, or all of them, has none: a sentence, or nothing
};

/// Writes the report of several models side by side; at least one, all trained on the same split. \throws
/// fkd::FileError
void write_reproduce_report(const std::filesystem::path& path, const ReproduceFacts& facts, const Faces& faces,
                            std::span<const Reproduced> models);

}  // namespace facial_keypoints
