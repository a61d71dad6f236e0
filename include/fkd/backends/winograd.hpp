/// \file
/// The fourth backend: convolutions of 3x3 kernels with fewer products than outputs have terms (Winograd 1980,
/// "Arithmetic Complexity of Computations"; Lavin & Gray 2015, "Fast Algorithms for Convolutional Neural Networks").
///
/// Same as direct.hpp's `sparse`, but for 3x3 kernels of stride 1, forward, d_in and d_weight:
///
///  - the output is cut into tiles of m x m pixels, m = 2 or 4. A tile sees n x n pixels, n = m + 2. Instead of the 9
///  m·m
///    products of its definition it takes n·n: 16 for 36, or 36 for 144, a quarter
///  - for that, pixels and weights are transformed, and the products are transformed back: cheap sums (transforms.inc),
///    for each channel, where the products are for each pair of channels. So sums over input channels are made between
///    the transforms, and for each of the n·n values that is a product of matrices, (tiles, IC) times (IC, OC), in the
///    register tiles of the direct kernels (correlation.hpp)
///  - it is chosen where it was measured to be faster (choice.hpp); everything else is direct.hpp's
///
/// **How it works.** A row of the output: y_i = Σ_k d_{i+k} g_k, for i < m and k < 3. First its transpose. Let g and h
/// be polynomials with 3 and m coefficients; the n coefficients of their product are z_l = Σ_{i+k=l} g_k h_i, which are
/// the same 3m products. But the product is known from its values at n points, each of which is one multiplication of
/// g's value and h's. So with A the (n, m) matrix that evaluates h at the points x_j, E the (n, 3) matrix that
/// evaluates g, and L the (n, n) matrix of Lagrange's interpolation, z = L ((E g) ∘ (A h)), ∘ value by value. Now Σ_l
/// d_l z_l = Σ_i h_i y_i for whatever h: both are all the terms d_{i+k} g_k h_i. Hence
///
///     y = Aᵀ ((G g) ∘ (Bᵀ d)),   where column j of L is a polynomial Π_{i≠j} (x - x_i), which is row j of Bᵀ,
///                                divided by its value at x_j, which is put into G: row j of E divided by it
///
/// One of the points is infinity, where a polynomial's value is its first coefficient. An image has rows and columns:
/// the same is done down the columns and then along the rows, Y = Aᵀ [(G g Gᵀ) ∘ (Bᵀ d B)] A. d_in is the same with the
/// weights turned and transposed. d_weight is the transpose of the whole in the weights, summed over tiles:
/// Gᵀ [Σ (A dY Aᵀ) ∘ (Bᵀ d B)] G (weight_gradient.hpp).
///
/// F(2x2, 3x3), points 0, 1, -1 and ∞ (a row of Bᵀ with its row of G may change sign together):
///
///     Bᵀ =  1  0 -1  0     G =  1   0   0      Aᵀ = 1  1  1  0
///           0  1  1  0         1/2  1/2 1/2         0  1 -1  1
///           0 -1  1  0         1/2 -1/2 1/2
///           0 -1  0  1          0   0   1
///
/// F(4x4, 3x3), points 0, ±a, ±b and ∞, with s = a² + b², p = a² b², α = 1 / 2a²(a² - b²), β = 1 / 2b²(b² - a²):
///
///     Bᵀ =  p   0  -s   0   1  0     G = 1/p  0   0       Aᵀ = 1  1   1   1   1   0
///           0 -ab² -b²  a   1  0          α   aα  a²α          0  a  -a   b  -b   0
///           0  ab² -b² -a   1  0          α  -aα  a²α          0  a²  a²  b²  b²  0
///           0 -a²b -a²  b   1  0          β   bβ  b²β          0  a³ -a³  b³ -b³  1
///           0  a²b -a² -b   1  0          β  -bβ  b²β
///           0   p   0  -s   0  1          0   0   1
///
/// **Error.** A sum by the definition is wrong by little more than the rounding of its own terms. Here an output is the
/// sum of n·n products which are larger than its terms, and of which the larger part cancels; rounded are the products'
/// sizes. How much larger they are depends on the points. Lavin & Gray take ±1 and ±2. We take ±3/4 and ±3/2: near 1,
/// so that powers are small, far from each other, so that Lagrange's divisors are not; and all constants of Aᵀ and Bᵀ
/// are exact. The largest |error| / Σ|terms| of 128 channels, random operands, emulated in float: F(2x2) 0.8e-7,
///
///     ±1, ±2: 12.5e-7   ±1, ±1/2: 13.2e-7   1, -1, 1/2, -2: 3.8e-7   ±1/√2, ±√2: 3.2e-7   ±3/4, ±3/2: 3.6e-7
///
/// and the definition's own is 1.2e-7 to 2.5e-7. (Barabasz et al. 2020, "Error Analysis and Improving the Accuracy of
/// Winograd Convolution for Deep Neural Networks", look for points, too.) Tests hold 1e-5. Σ|terms| is that of the
/// largest output of the same tile: a tile is computed as one, and beside a pixel of a million its other outputs have
/// the million's rounding; and of d_weight a gradient's terms are those with the largest pixel that its tile sees. A
/// model for which that does not do takes
///
///     net.use(fkd::default_backend<float>({.exact = true}));         // each output is the sum of its own terms
///
/// **NaN and infinity.** Each output that by definition is NaN is NaN, because its pixels and weights all have part in
/// it. Others of the same tile become NaN, too, and an infinity in becomes NaN or infinity out. Finite numbers may
/// overflow where pixels times weights exceed 1e36 or so.
///
/// In float alone: what double is used for are checks.
#pragma once

#include <fkd/backends/backend.hpp>
#include <fkd/runtime/isa.hpp>

#if FKD_HAS_DIRECT
namespace fkd::winograd {

/// The default of a model of float: Winograd where that is faster, `direct::sparse_backend` where not.
const Backend<float>& backend(Isa set = isa());

/// Winograd wherever it can be, also where it is slow, with tiles of m x m outputs, m = 2 or 4: for tests and
/// comparisons.
const Backend<float>& forced_backend(Index m, Isa set = isa());

}  // namespace fkd::winograd
#endif

#ifndef FKD_COMPILED
#include <fkd/backends/winograd_inl.hpp>
#endif
