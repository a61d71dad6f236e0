/// \file
/// Definitions of parameters.hpp.
#pragma once

#include <fkd/core/parameters.hpp>

namespace fkd {

FKD_FUNC ParameterLayout::ParameterLayout(std::vector<ParameterTensor> tensors, Index value_size)
    : slots_{std::move(tensors)} {
  for (const Role role : {Role::trained, Role::state}) {
    for (ParameterTensor& slot : slots_)
      if (slot.spec.role == role) {
        slot.offset = size_;
        slot.size = checked_size(slot);
        size_ += aligned(slot.size * value_size) / value_size;
        (role == Role::trained ? trained_parameters_ : state_values_) += slot.size;
        if (!fits(size_)) throw parameters_overflow_64_bits(static_cast<Index>(slots_.size()));
      }
    if (role == Role::trained) trained_ = size_;
  }
}

FKD_FUNC Index ParameterLayout::checked_size(const ParameterTensor& slot) {
  const Index size = slot.spec.size();
  if (slot.spec.rank < 1 || slot.spec.rank > 4 || !fits(size))
    throw tensor_is_out_of_range(slot.name, slot.spec.rank, slot.spec.extents);
  return size;
}

}  // namespace fkd
