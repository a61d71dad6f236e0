/// \file
/// The four models of the report, with its figures, and a fifth for the competition.
///
/// Of the report's, every convolution is followed by ReLU and a 2x2 pool; then Flatten and 30 outputs, one a
/// coordinate. Models 1 and 2 pad to the same size: the report flattens model 2 to 24*24*128 values. For 3 and 4 it
/// names no padding; Keras's own is valid.
///
/// Model 5 is two_head_network.hpp's.
#pragma once

#include <array>
#include <limits>
#include <string_view>

#include <fkd/layers/conv2d.hpp>
#include <fkd/layers/dense.hpp>
#include <fkd/layers/flatten.hpp>
#include <fkd/layers/max_pool2d.hpp>
#include <fkd/layers/relu.hpp>
#include <fkd/network/runtime_sequential.hpp>
#include <fkd/network/sequential.hpp>

#include "model/two_head_network.hpp"

namespace facial_keypoints {

inline constexpr fkd::Sequential model_1{
    fkd::Input{.height = 96, .width = 96, .channels = 1},
    fkd::Conv2D{.filters = 32, .kernel = {3, 3}, .padding = fkd::Padding::same},
    fkd::ReLU{},
    fkd::MaxPool2D{.window = {2, 2}},
    fkd::Conv2D{.filters = 64, .kernel = {3, 3}, .padding = fkd::Padding::same},
    fkd::ReLU{},
    fkd::MaxPool2D{.window = {2, 2}},
    fkd::Flatten{},
    fkd::Dense{.units = 30},
};

inline constexpr fkd::Sequential model_2{
    fkd::Input{.height = 96, .width = 96, .channels = 1},
    fkd::Conv2D{.filters = 64, .kernel = {3, 3}, .padding = fkd::Padding::same},
    fkd::ReLU{},
    fkd::MaxPool2D{.window = {2, 2}},
    fkd::Conv2D{.filters = 128, .kernel = {3, 3}, .padding = fkd::Padding::same},
    fkd::ReLU{},
    fkd::MaxPool2D{.window = {2, 2}},
    fkd::Flatten{},
    fkd::Dense{.units = 30},
};

inline constexpr fkd::Sequential model_3{
    fkd::Input{.height = 96, .width = 96, .channels = 1},
    fkd::Conv2D{.filters = 64, .kernel = {4, 4}},
    fkd::ReLU{},
    fkd::MaxPool2D{.window = {2, 2}},
    fkd::Flatten{},
    fkd::Dense{.units = 30},
};

inline constexpr fkd::Sequential model_4{
    fkd::Input{.height = 96, .width = 96, .channels = 1},
    fkd::Conv2D{.filters = 64, .kernel = {5, 5}},
    fkd::ReLU{},
    fkd::MaxPool2D{.window = {2, 2}},
    fkd::Conv2D{.filters = 32, .kernel = {4, 4}},
    fkd::ReLU{},
    fkd::MaxPool2D{.window = {2, 2}},
    fkd::Flatten{},
    fkd::Dense{.units = 30},
};

/// One row of the report's table, and what `reproduce --scale quick` trains instead. Of model 5, which the report does
/// not know, the numbers are NaN, the epochs this program's own and the texts "-".
struct ReportModel {
  int number;
  bool keras;               ///< whether the report trained it with Keras, or with TensorFlow's own functions
  std::string_view layers;  ///< filters and kernel size of each convolution
  double learning_rate;
  fkd::Index batch_size;
  fkd::Index epochs;
  std::string_view epochs_text;  ///< as the report prints them
  double final_cost;             ///< mean squared error in square pixels, on the training rows
  double kaggle_score;           ///< root mean squared error in pixels, on the competition's test images
  fkd::Index quick_epochs;
};

inline constexpr double not_in_the_report = std::numeric_limits<double>::quiet_NaN();

inline constexpr std::array<ReportModel, 5> report_models{{
    {1, false, "32 (3,3), 64 (3,3)", 0.001, 20, 263, "263", 4.86, 10.6, 10},
    {2, false, "64 (3,3), 128 (3,3)", 0.001, 100, 500, "500", 10.14, 11.81626, 5},
    {3, true, "64 (4,4)", 0.001, 100, 100, "100", 18.26, 4.58835, 20},
    {4, true, "64 (5,5), 32 (4,4)", 0.001, 100, 100, "100 (68)", 17.24, 5.20052, 16},
    {5, false, "16 to 256 (3,3), dense 512", 0.0015, 64, 100, "-", not_in_the_report, not_in_the_report, 3},
}};

/// Models are numbered from 1 to this.
inline constexpr int model_count = static_cast<int>(report_models.size());

/// The row of model `number`, 1 to 5.
constexpr const ReportModel& report_model(int number) { return report_models[static_cast<std::size_t>(number - 1)]; }

/// Whether the report has this model.
constexpr bool is_in_report(const ReportModel& model) { return model.number < model_count; }

/// The architecture of model `number`, 1 to 5: one type for all, so that nothing else is a template over models.
inline fkd::RuntimeSequential architecture(int number) {
  switch (number) {
    case 1:
      return fkd::RuntimeSequential{model_1};
    case 2:
      return fkd::RuntimeSequential{model_2};
    case 3:
      return fkd::RuntimeSequential{model_3};
    case 4:
      return fkd::RuntimeSequential{model_4};
    default:
      return two_head_network();
  }
}

}  // namespace facial_keypoints
