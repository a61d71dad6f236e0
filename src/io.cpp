/// \file
/// The library fkd::compiled, its third part: files.
#ifndef FKD_COMPILED
#error "fkd: compile the library with FKD_COMPILED defined, like all that links it (CMake: fkd::compiled)"
#endif

#include <fkd/net.hpp>

#include <fkd/io/architecture_text_inl.hpp>
#include <fkd/io/foreign_tensors_inl.hpp>
#include <fkd/io/json_inl.hpp>
#include <fkd/io/layer_registry_inl.hpp>
#include <fkd/io/load_network_inl.hpp>
#include <fkd/io/metadata_inl.hpp>
#include <fkd/io/name_table_inl.hpp>
#include <fkd/io/npy_inl.hpp>
#include <fkd/io/onnx_affine_inl.hpp>
#include <fkd/io/onnx_constant_inl.hpp>
#include <fkd/io/onnx_functions_inl.hpp>
#include <fkd/io/onnx_import_inl.hpp>
#include <fkd/io/onnx_inl.hpp>
#include <fkd/io/onnx_normalisation_inl.hpp>
#include <fkd/io/onnx_operators_inl.hpp>
#include <fkd/io/onnx_parse_inl.hpp>
#include <fkd/io/onnx_parts_inl.hpp>
#include <fkd/io/onnx_proto_inl.hpp>
#include <fkd/io/onnx_windows_inl.hpp>
#include <fkd/io/onnx_writer_inl.hpp>
#include <fkd/io/pytorch_inl.hpp>
#include <fkd/io/safetensors_file_inl.hpp>
#include <fkd/io/safetensors_header_inl.hpp>
#include <fkd/io/safetensors_inl.hpp>
#include <fkd/io/source_inl.hpp>
#include <fkd/io/transfer_inl.hpp>

namespace fkd::io {

template Shape RestoredNetwork::lower(ShapeBuilder&, Shape) const;

#define FKD_FILES(T)                                                                             \
  template void detail::widen(const FileTensor&, T*);                                            \
  template FileReport save(const Sink&, const Model<T>&, FileOptions);                           \
  template FileReport load(const Source&, Model<T>&, FileOptions);                               \
  template FileReport save(const Sink&, const Model<T>&, const TrainingState<T>&, FileOptions);  \
  template FileReport load(const Source&, Model<T>&, TrainingState<T>&, FileOptions);            \
  template BuilderBase::Value RestoredNetwork::lower(Builder<T>&, BuilderBase::Value) const;     \
  template Model<T> load_network(const Source&, const LayerRegistry&);                           \
  template Model<T> load_network(const Source&, FileReport&, FileOptions, const LayerRegistry&); \
  template Model<T> load_network(const Source&, TrainingState<T>&, const LayerRegistry&);        \
  template std::vector<T> values_of(const NpyArray&);                                            \
  template Batch<T> to_batch(const NpyArray&, bool);                                             \
  template NpyArray to_array(BatchView<const T>);                                                \
  template NpyArray to_array(const Batch<T>&);                                                   \
  template NpyArray to_array(std::vector<Index>, std::span<const T>);                            \
  template TransferReport load_pytorch(const Source&, Model<T>&, const PyTorchOptions&);         \
  template FileReport save_pytorch(const Sink&, const Model<T>&, const PyTorchOptions&);         \
  template Model<T> load_onnx(const Source&);                                                    \
  template void save_onnx(const Sink&, const Model<T>&, const OnnxOptions&);                     \
  template TransferReport copy_parameters(const Source&, Model<T>&, const TransferOptions&);
FKD_FILES(float)
FKD_FILES(double)

template std::vector<Index> values_of(const NpyArray&);
template NpyArray to_array(std::vector<Index>, std::span<const std::int32_t>);
template NpyArray to_array(std::vector<Index>, std::span<const std::int64_t>);
template NpyArray to_array(std::vector<Index>, std::span<const std::uint8_t>);

}  // namespace fkd::io
