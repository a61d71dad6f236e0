/// \file
/// The architecture of a network as text: `architecture` in a model file's metadata, a JSON object.
///
///     {"version": 1, "input": [28, 28, 1], "output": 4, "layers": [LAYER, ...]}
///
/// Values are numbered as in a Program: 0 is the network's input, and each layer that computes writes the next one. A
/// LAYER is one that computes, or one that is made of others:
///
///     {"label": 1, "layer": "conv2d", "reads": [0], "hyper_parameters": {"filters": 8, "kernel": [3, 3], ...}}
///     {"label": 5, "of": "residual", "value": 9, "layers": [LAYER, ...]}
///
/// A label is a number, as in `5.residual`, or a text, as `main`; a layer that its composite adds without one has none.
/// A hyper-parameter is a text, a number, or a list of numbers. One that a layer does not know is refused by the
/// reader, one that is left out has its default; so a new option with a default that changes nothing needs no new
/// version.
#pragma once

#include <fkd/core/language.hpp>

#include <string>
#include <vector>

#include <fkd/runtime/program.hpp>

namespace fkd::io::detail {

inline constexpr long architecture_version = 1;

[[gnu::cold]] std::string architecture_text(const NetworkInfo& network, const std::vector<OpInfo>& ops,
                                            const OpInputs& reads);

}  // namespace fkd::io::detail

#ifndef FKD_COMPILED
#include <fkd/io/architecture_text_inl.hpp>
#endif
