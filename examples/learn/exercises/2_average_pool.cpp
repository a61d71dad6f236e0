/// Exercise 2: the gradient of average pooling.
///
/// 2x2 windows that do not overlap:
///
///     out(oh, ow, c) = Σ in(2 oh + i, 2 ow + j, c) / 4        i, j = 0, 1       (H, W, C) => (H / 2, W / 2, C)
///
/// Each input is in one window. docs/learn/05_pooling.md has the derivation for maxima and means.
#include "exercise.hpp"

struct MyAveragePool {
  static constexpr std::string_view name = "my_average_pool";
  constexpr fkd::Shape output_shape(fkd::Shape in) const { return {in.height / 2, in.width / 2, in.channels}; }
  template <class T>
  void forward(const fkd::Forward<T>& f) const {
    const fkd::Index W = f.in_shape.width, C = f.in_shape.channels, OH = f.out_shape.height, OW = f.out_shape.width;
    for (fkd::Index oh = 0; oh < OH; ++oh)
      for (fkd::Index ow = 0; ow < OW; ++ow)
        for (fkd::Index c = 0; c < C; ++c) {
          T sum = 0;
          for (fkd::Index i = 0; i < 2; ++i)
            for (fkd::Index j = 0; j < 2; ++j) sum += f.in[((2 * oh + i) * W + 2 * ow + j) * C + c];
          f.out[(oh * OW + ow) * C + c] = sum / 4;
        }
  }
  template <class T>
  void backward(const fkd::Backward<T>& b) const {
    const fkd::Index W = b.in_shape.width, C = b.in_shape.channels, OH = b.out_shape.height, OW = b.out_shape.width;
    for (fkd::Index oh = 0; b.d_in && oh < OH; ++oh)
      for (fkd::Index ow = 0; ow < OW; ++ow)
        for (fkd::Index c = 0; c < C; ++c)
          for (fkd::Index i = 0; i < 2; ++i)
            for (fkd::Index j = 0; j < 2; ++j) {
              const T above = b.d_out[(oh * OW + ow) * C + c];
              // YOUR CODE: the derivative of the loss by in(2 oh + i, 2 ow + j, c), from `above`, that by the output
              const T d_in = above;  // wrong: the gradient of a sum
              // END
              b.d_in[((2 * oh + i) * W + 2 * ow + j) * C + c] = d_in;
            }
  }
};

exercise::Complaints check() {
  exercise::Complaints complaints;
  exercise::check_layer(complaints, MyAveragePool{}, {.height = 4, .width = 6, .channels = 3});
  return complaints;
}

#ifndef FKD_EXERCISE_WITHOUT_MAIN
int main() { return exercise::report("2, the gradient of average pooling", check()); }
#endif
