/// \file
/// The library fkd::compiled, its first part: the direct kernels and Winograd's, for every instruction set.
#include <fkd/backends/default_backend.hpp>

#if FKD_HAS_DIRECT
#include <fkd/backends/direct_inl.hpp>
#include <fkd/backends/winograd_inl.hpp>

namespace fkd::direct {

#define FKD_KERNELS(T)                                                                       \
  template const Backend<T>& backend<T>(Isa);                                                \
  template const Backend<T>& sparse_backend<T>(Isa);                                         \
  template void relu_forward<T>(T*, const T*, Index);                                        \
  template void relu_d_in<T>(T*, const T*, const T*, Index);                                 \
  template void add_forward<T>(T*, std::span<const T* const>, Index);                        \
  template void dropout<T>(T*, const T*, Index, const DropoutDraw<T>&);                      \
  template void multiply_rows<T>(T*, const T*, const T*, Index, Index);                      \
  template void prelu_forward<T>(T*, const T*, const T*, Index, Index);                      \
  template void prelu_backward<T>(const PReLUGradient<T>&, Index, Index);                    \
  template void softmax_forward<T>(T*, const T*, Index, Index);                              \
  template void softmax_d_in<T>(T*, const T*, const T*, Index, Index);                       \
  template ::fkd::detail::BitsOf<T> largest_magnitude_bits<T>(const T*, Index);              \
  template void adam_step<T>(const AdamStep<T>&);                                            \
  template void rmsprop_step<T>(const RMSpropStep<T>&);                                      \
  template void channel_moments<T>(const ChannelMoments<T>&, Index, Index);                  \
  template void normalise<T>(const Normalise<T>&, Index, Index);                             \
  template void normalise_sums<T>(const NormaliseSums<T>&, Index, Index);                    \
  template void normalise_d_in<T>(const NormaliseInputGradient<T>&, Index, Index);           \
  template RowMoments<T> row_moments<T>(const T*, Index);                                    \
  template void normalise_row<T>(const NormaliseRow<T>&, Index);                             \
  template void normalise_row_backward<T>(const NormaliseRowBackward<T>&, Index);            \
  template void max_pool2d_forward<T>(T*, std::uint8_t*, const T*, const MaxPool2DDims&);    \
  template void max_pool2d_d_in<T>(T*, const T*, const std::uint8_t*, const MaxPool2DDims&); \
  template void up_sampling2d_nearest_d_in<T>(T*, const T*, const UpSampling2DDims&);        \
  template void up_sampling2d_bilinear_forward<T>(T*, const T*, const UpSampling2DDims&);    \
  template void up_sampling2d_bilinear_d_in<T>(T*, const T*, const UpSampling2DDims&);       \
  template void average_pool2d_forward<T>(T*, const T*, const MaxPool2DDims&, bool);         \
  template void average_pool2d_d_in<T>(T*, const T*, const MaxPool2DDims&, bool);
FKD_KERNELS(float)
FKD_KERNELS(double)

#define FKD_ACTIVATION(F)                                                                                   \
  template void activation_forward<functions::F, float>(float*, const float*, Index, float);                \
  template void activation_forward<functions::F, double>(double*, const double*, Index, double);            \
  template void activation_backward<functions::F, float>(float*, const float*, const float*, Index, float); \
  template void activation_backward<functions::F, double>(double*, const double*, const double*, Index, double);
FKD_ACTIVATION(ReLU6)
FKD_ACTIVATION(LeakyReLU)
FKD_ACTIVATION(ELU)
FKD_ACTIVATION(SELU)
FKD_ACTIVATION(Sigmoid)
FKD_ACTIVATION(Tanh)
FKD_ACTIVATION(Softplus)
FKD_ACTIVATION(HardSigmoid)
FKD_ACTIVATION(SiLU)
FKD_ACTIVATION(GELU)
FKD_ACTIVATION(GELUTanh)
FKD_ACTIVATION(HardSwish)
FKD_ACTIVATION(Mish)

}  // namespace fkd::direct
#endif
