// End to end: drawn faces, model 4, a short training, and a comparison with predicting the mean face.
#include <doctest/doctest.h>

#include <vector>

#include "data/statistics.hpp"
#include "synthetic/synthetic_dataset.hpp"
#include "train/training.hpp"

using namespace facial_keypoints;

TEST_CASE("model 4, trained briefly on drawn faces, beats the mean face on faces that were held out") {
  const Faces faces = synthetic_training(fkd::Seed{5}, {.training = 1000, .complete = 1000});
  Recipe recipe;
  recipe.model = 4;
  recipe.epochs = 12;
  recipe.batch_size = 20;
  recipe.validation = 0.2;
  const Trained trained = train_network(faces, recipe, {});
  REQUIRE(trained.split.held_out.size() == 200);
  REQUIRE(trained.split.training.size() == 800);

  const std::array<float, target_count> mean = mean_face(faces, trained.split.training);
  const double mean_rmse = error_of_constant(faces, trained.split.held_out, mean).rmse();
  CAPTURE(mean_rmse);
  CAPTURE(trained.results.validation_rmse);
  CHECK(mean_rmse > 2);  // a comparison with something that is no comparison would be none
  CHECK(trained.results.validation_rmse < 0.9 * mean_rmse);
}
