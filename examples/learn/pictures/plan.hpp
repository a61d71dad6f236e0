/// \file
/// The plan of a training pass of model 1, read off the runtime: `Model::fused`, `Model::plan`. Nothing in the picture
/// is written by hand but the headings. What depends on the instruction set (packed weights, scratch) is left out.
#pragma once

#include "../drawing/svg.hpp"
#include "../model_1.hpp"

namespace pictures {

using drawing::Anchor, drawing::Svg, fkd::Index;

inline std::string kilobytes(Index bytes) { return drawing::number(static_cast<double>(bytes) / 1024) + " KB"; }
inline std::string extents(fkd::Shape s) {
  return "(" + std::to_string(s.height) + ", " + std::to_string(s.width) + ", " + std::to_string(s.channels) + ")";
}

/// The layers that op i stands for: its own, and those behind it that were fused with it.
template <class T>
std::vector<std::string> layers_of(const fkd::Model<T>& net, std::size_t i) {
  const std::vector<fkd::OpInfo>& ops = net.fused(true).ops;
  const std::size_t first = static_cast<std::size_t>(ops[i].layer);
  const std::size_t end = i + 1 < ops.size() ? static_cast<std::size_t>(ops[i + 1].layer) : net.layers().size();
  std::vector<std::string> names;
  for (std::size_t l = first; l < end; ++l) names.push_back(net.layers()[l].name);
  return names;
}

/// A piece of memory, to scale: `parts` equal pieces, one a sample or a shard.
struct Piece {
  std::string name;
  Index at, bytes, parts;
  std::string look;
};
inline void memory_strip(Svg& svg, double y, const std::string& name, const std::vector<Piece>& pieces) {
  Index all = 0;
  for (const Piece& piece : pieces) all = (std::max)(all, piece.at + piece.bytes * piece.parts);
  const double left = 20, scale = 600 / static_cast<double>(all);
  svg.text(left, y, name);
  double row = y + 62;
  for (const Piece& piece : pieces) {
    const double width = scale * static_cast<double>(piece.bytes);
    for (Index p = 0; p < piece.parts; ++p)
      svg.rect(left + scale * static_cast<double>(piece.at + p * piece.bytes), y + 10, width, 28,
               "t" + piece.look + " s" + piece.look);
    svg.rect(left, row - 14, 16, 16, "t" + piece.look + " s" + piece.look);
    svg.text(left + 26, row, piece.name + ": " + std::to_string(piece.parts) + " x " + kilobytes(piece.bytes),
             Anchor::start, "ink", 15);
    row += 24;
  }
}

inline Svg plan() {
  constexpr Index samples = 4;
  const fkd::Model net{model_1};
  const fkd::Plan plan = net.plan(samples, true);
  const std::vector<fkd::OpInfo>& ops = net.fused(true).ops;
  const auto name = [&](std::size_t i) { return net.network().name(ops[i]); };
  const char* const where[] = {"nowhere", "the caller's", "the caller's", "of the batch", "of a worker"};

  Svg svg{640, 700, "The plan of a training pass of model 1 with a batch of 4"};
  const double op_x = 250, out_x = 456;
  svg.text(20, 30, "layers"), svg.text(op_x, 30, "ops and stages"), svg.text(out_x, 30, "outputs");
  double y = 50;
  std::vector<Piece> saved, gradients;
  for (std::size_t s = 0; s < plan.stages.size(); ++s) {
    const fkd::Stage& stage = plan.stages[s];
    const bool alone = stage.kind == fkd::Kind::sample_wise;
    const double stage_y = y;
    y += 34;
    double end = y;
    for (Index at = stage.begin; at < stage.end; ++at) {
      const auto i = static_cast<std::size_t>(at);
      const fkd::PlannedOp& op = plan.ops[i];
      const std::vector<std::string> layers = layers_of(net, i);
      const double h = 28 * static_cast<double>(layers.size()), middle = y + (h - 4) / 2;
      for (std::size_t l = 0; l < layers.size(); ++l) {
        const double row = y + 28 * static_cast<double>(l);
        svg.rect(20, row, 176, 24, "cell ls", 3), svg.text(30, row + 18, layers[l], Anchor::start, "ink", 15);
        svg.line(196, row + 12, op_x + 12, middle);
      }
      svg.rect(op_x + 12, y, 160, h - 4, op.in_place ? "paper ls dash" : "t0 s0", 4);
      svg.text(op_x + 92, middle + 6, op.in_place ? "a view" : name(i), Anchor::middle);
      svg.text(out_x, middle + (h > 30 ? -2 : 6), extents(ops[i].out));
      if (h > 30)
        svg.text(out_x, middle + 18, std::string{"memory "} + where[static_cast<int>(op.out.where)], Anchor::start,
                 "soft", 15);
      if (op.out.where == fkd::Place::Where::batch && !op.in_place)
        saved.push_back({"output of " + name(i), op.out.at, op.out.stride, samples, "0"});
      if (op.saved_bytes > 0)
        saved.push_back({"which value won, " + name(i), op.saved_at, op.saved_bytes, samples, "2"});
      if (op.d_out.where == fkd::Place::Where::batch && !op.in_place)
        gradients.push_back({"d_out of " + name(i), op.d_out.at, op.d_out.stride, samples, "1"});
      y += h + 8;
      end = y;
    }
    if (stage.own_shards > 0)
      gradients.push_back({"shards: gradients of " + std::to_string(stage.trained.count) + " parameters",
                           stage.shards_at, stage.shard_bytes, stage.own_shards, "3"});
    svg.rect(op_x, stage_y, 184, end - stage_y, "none ls", 6);
    svg.text(op_x + 10, stage_y + 23, "stage " + std::to_string(s) + (alone ? ": by sample" : ": whole batch"));
    y = end + 14;
  }
  y += 22;
  const double next = y + 62 + 24 * static_cast<double>(saved.size()) + 24;
  memory_strip(svg, y, "Saved memory, from forward to backward, to scale", saved);
  memory_strip(svg, next, "Workspace of backward, to scale, without packed weights", gradients);
  svg.set_height(next + 62 + 24 * static_cast<double>(gradients.size()));
  return svg;
}

}  // namespace pictures
