/// \file
/// A whole convolutional network on one page, with the standard library alone: it learns where the eyes of a drawn face
/// are. Convolution 3x3 -> ReLU -> max-pool 2x2 -> dense -> mean squared error, its gradients by hand, and Adam.
///
/// Images are (row y, column x, channel) with the channel innermost, like everything in fkd. A gradient is called `d_`
/// and the name of the value: d_z is the derivative of the loss by z. docs/learn/01_tiny_cnn.md walks through this
/// file.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <random>
#include <vector>

namespace tiny_cnn {

using Values = std::vector<double>;

constexpr int S = 16, F = 4, K = 3;      // rows and columns of an image; filters; rows and columns of a filter
constexpr int P = S / 2, D = P * P * F;  // rows and columns behind the pool; values there
constexpr int O = 4;                     // outputs: x and y of the left eye, x and y of the right eye
constexpr int conv_weight = 0, conv_bias = K * K * F;                           // where each tensor begins in theta:
constexpr int dense_weight = conv_bias + F, dense_bias = dense_weight + D * O;  // (K, K, F), (F), (D, O), (O)
constexpr int parameters = dense_bias + O;

/// What the forward pass leaves for the backward pass.
struct Saved {
  Values pooled = Values(D);                        // (P, P, F)
  std::vector<int> from = std::vector<int>(D, -1);  // which value of z each came from; -1: ReLU has cut it off
  Values y = Values(O);
};

/// y = dense(pool(relu(conv(image)))).
Saved forward(const Values& theta, const Values& image) {
  Values z(S * S * F);
  for (int r = 0; r < S; ++r)
    for (int c = 0; c < S; ++c)
      for (int f = 0; f < F; ++f) {
        double sum = theta[conv_bias + f];
        for (int i = 0; i < K; ++i)
          for (int j = 0; j < K; ++j) {
            const int row = r + i - 1, column = c + j - 1;  // the window is centred on (r, c); zeros surround the image
            if (row < 0 || row >= S || column < 0 || column >= S) continue;
            sum += theta[conv_weight + (i * K + j) * F + f] * image[row * S + column];
          }
        z[(r * S + c) * F + f] = sum;
      }
  Saved s;
  for (int r = 0; r < P; ++r)
    for (int c = 0; c < P; ++c)
      for (int f = 0; f < F; ++f) {
        const int out = (r * P + c) * F + f;
        for (int i = 0; i < 2; ++i)
          for (int j = 0; j < 2; ++j) {
            const int in = ((2 * r + i) * S + 2 * c + j) * F + f;
            if (z[in] > s.pooled[out]) s.pooled[out] = z[in], s.from[out] = in;  // pooled begins at 0: that is ReLU
          }
      }
  for (int o = 0; o < O; ++o) {
    s.y[o] = theta[dense_bias + o];
    for (int d = 0; d < D; ++d) s.y[o] += theta[dense_weight + d * O + o] * s.pooled[d];
  }
  return s;
}

/// Adds the gradient of the loss by theta to `d_theta`, layer by layer in reverse order.
void backward(const Values& theta, const Values& image, const Saved& s, const Values& d_y, Values& d_theta) {
  Values d_z(S * S * F);
  for (int o = 0; o < O; ++o) d_theta[dense_bias + o] += d_y[o];
  for (int d = 0; d < D; ++d) {
    double d_pooled = 0;
    for (int o = 0; o < O; ++o) {
      d_theta[dense_weight + d * O + o] += s.pooled[d] * d_y[o];
      d_pooled += theta[dense_weight + d * O + o] * d_y[o];
    }
    if (s.from[d] >= 0) d_z[s.from[d]] += d_pooled;  // a maximum passes its gradient to the value that it took
  }
  for (int r = 0; r < S; ++r)
    for (int c = 0; c < S; ++c)
      for (int f = 0; f < F; ++f) {
        const double d = d_z[(r * S + c) * F + f];
        d_theta[conv_bias + f] += d;
        for (int i = 0; i < K; ++i)
          for (int j = 0; j < K; ++j) {
            const int row = r + i - 1, column = c + j - 1;
            if (row < 0 || row >= S || column < 0 || column >= S) continue;
            d_theta[conv_weight + (i * K + j) * F + f] += image[row * S + column] * d;
          }
      }
}

/// Adam (Kingma & Ba 2015, algorithm 1).
struct Adam {
  double rate = 0.003, beta_1 = 0.9, beta_2 = 0.999, epsilon = 1e-8;
  int t = 0;
  Values m = Values(parameters), v = Values(parameters);

  void update(Values& theta, const Values& g) {
    ++t;
    for (int i = 0; i < parameters; ++i) {
      m[i] = beta_1 * m[i] + (1 - beta_1) * g[i];
      v[i] = beta_2 * v[i] + (1 - beta_2) * g[i] * g[i];
      const double m_hat = m[i] / (1 - std::pow(beta_1, t)), v_hat = v[i] / (1 - std::pow(beta_2, t));
      theta[i] -= rate * m_hat / (std::sqrt(v_hat) + epsilon);
    }
  }
};

/// One step with the mean over a batch of (y - target)²; returns it as it was before the step.
double train_step(Values& theta, Adam& adam, const std::vector<Values>& images, const std::vector<Values>& targets) {
  const double count = static_cast<double>(images.size()) * O;
  double loss = 0;
  Values d_theta(parameters);
  for (std::size_t n = 0; n < images.size(); ++n) {
    const Saved s = forward(theta, images[n]);
    Values d_y(O);
    for (int o = 0; o < O; ++o) {
      const double error = s.y[o] - targets[n][o];
      loss += error * error / count;
      d_y[o] = 2 * error / count;
    }
    backward(theta, images[n], s, d_y, d_theta);
  }
  adam.update(theta, d_theta);
  return loss;
}

/// Weights from a normal distribution whose variance keeps that of the activations (He et al. 2015); no biases.
Values initial(std::mt19937& random) {
  Values theta(parameters);
  std::normal_distribution<double> conv{0, std::sqrt(2.0 / (K * K))}, dense{0, std::sqrt(1.0 / D)};
  for (int i = 0; i < conv_bias; ++i) theta[conv_weight + i] = conv(random);
  for (int i = 0; i < D * O; ++i) theta[dense_weight + i] = dense(random);
  return theta;
}

/// A bright disc somewhere in a dark image, with two dark eyes; `target` is where these are, (pixel - 7.5) / 8.
void draw_face(std::mt19937& random, Values& image, Values& target) {
  std::uniform_real_distribution<double> place{-2, 2}, apart{2, 3}, noise{-0.1, 0.1};
  const double x = 7.5 + place(random), y = 7.5 + place(random), eye = apart(random), height = y - 1.5;
  target = {(x - eye - 7.5) / 8, (height - 7.5) / 8, (x + eye - 7.5) / 8, (height - 7.5) / 8};
  image.assign(S * S, 0);
  for (int r = 0; r < S; ++r)
    for (int c = 0; c < S; ++c) {
      const bool face = std::hypot(c - x, r - y) < 5.5;
      const bool dark = std::hypot(c - (x - eye), r - height) < 1.2 || std::hypot(c - (x + eye), r - height) < 1.2;
      image[r * S + c] = (face && !dark ? 1 : 0) + noise(random);
    }
}

}  // namespace tiny_cnn

#ifndef TINY_CNN_WITHOUT_MAIN
int main() {
  using namespace tiny_cnn;
  std::mt19937 random{7};
  Values theta = initial(random);
  Adam adam;
  std::printf("%d parameters; the loss is the mean squared error in units of 8 pixels\n", parameters);
  for (int step = 0; step <= 400; ++step) {
    std::vector<Values> images(16), targets(16);
    for (std::size_t n = 0; n < images.size(); ++n) draw_face(random, images[n], targets[n]);
    const double loss = train_step(theta, adam, images, targets);
    if (step % 50 == 0) std::printf("step %3d: loss %.5f, that is %.2f pixels\n", step, loss, 8 * std::sqrt(loss));
  }

  Values image, target;
  draw_face(random, image, target);
  const Values y = forward(theta, image).y;
  std::printf("A face that it has not seen, and where it sees the eyes (O):\n");
  for (int r = 0; r < S; ++r) {
    for (int c = 0; c < S; ++c) {
      bool eye = false;
      for (int o = 0; o < O; o += 2)
        eye = eye || (std::lround(7.5 + 8 * y[o]) == c && std::lround(7.5 + 8 * y[o + 1]) == r);
      std::fputs(eye ? " O" : image[r * S + c] > 0.5 ? " #" : " .", stdout);
    }
    std::puts("");
  }
}
#endif
