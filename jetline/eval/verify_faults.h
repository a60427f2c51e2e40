// Faults put into a detector on purpose, for the tests of verify: each is what a converter, an exporter or a
// person gets wrong, in the card or in the graph itself.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <string>
#include <vector>

#include "jetline/base/random.h"
#include "jetline/eval/verify_compare.h"
#include "jetline/graph/card_io.h"
#include "jetline/graph/onnx_file.h"

namespace jetline::testing {

enum class Fault {
  kNone,
  kChannelCard,    // the card names the other channel order
  kChannelGraph,   // the graph swaps red and blue
  kFitCard,        // letterbox for stretch or the other way round
  kCornerCard,     // the letterbox anchored elsewhere
  kMeanCard,       // another mean
  kScaleCard,      // another scale
  kScaleGraph,     // the graph divides by 255 once more
  kLabelsCard,     // the card lists the labels in another order
  kLabelsGraph,    // the graph gives the classes in another order
  kZeroTail,       // the last part of the weights is blank
  kOtherWeights,   // the same network, other numbers
  kChannelAndFit,  // two at once
};

struct FaultFact {
  Fault fault;
  const char* name;
  const char* cause;  // the id that verify must give
};
inline const std::vector<FaultFact>& fault_facts() {
  static const auto* const kFacts = new std::vector<FaultFact>{
      {Fault::kNone, "none", "same"},
      {Fault::kChannelCard, "channel order, card", "verify.channel-order"},
      {Fault::kChannelGraph, "channel order, graph", "verify.channel-order"},
      {Fault::kFitCard, "letterbox or stretch", "verify.fit"},
      {Fault::kCornerCard, "letterbox anchor", "verify.fit"},
      {Fault::kMeanCard, "mean, card", "verify.normalisation"},
      {Fault::kScaleCard, "scale, card", "verify.normalisation"},
      {Fault::kScaleGraph, "scale, graph", "verify.normalisation"},
      {Fault::kLabelsCard, "label order, card", "verify.label-order"},
      {Fault::kLabelsGraph, "label order, graph", "verify.label-order"},
      {Fault::kZeroTail, "weights cut off", "verify.truncated"},
      {Fault::kOtherWeights, "other weights", "verify.other-weights"},
      {Fault::kChannelAndFit, "channel order and fit", "verify.channel-order+verify.fit"},
  };
  return *kFacts;
}

// Puts `op(x, constant)` behind the graph's input.
inline void behind_input(Graph& g, const std::string& op, const std::string& name, Tensor constant,
                         int axis) {
  Value* in = g.free_inputs()[0];
  Value* k = g.add_initializer(g.unique_name(name), std::move(constant));
  Value* out = g.add_op(op, {in, k}, name, g.nodes().front().get());
  out->type = in->type;
  if (axis >= 0) out->producer()->set_attribute(Attribute("axis", int64_t{axis}));
  g.replace_all_uses(in, out);
  out->producer()->set_input(0, in);
}

inline void permute_classes(Graph& g, const RawOutputs& outputs, size_t classes,
                            const std::vector<int64_t>& order) {
  for (size_t o = 0; o < outputs.size(); ++o) {
    const ClassAxis axis = class_axis(outputs[o].shape, classes);
    if (axis.axis < 0) continue;
    std::vector<int64_t> index;
    for (int64_t i = 0; i < axis.first; ++i) index.push_back(i);
    for (int64_t c : order) index.push_back(axis.first + c);
    Value* from = g.outputs()[o];
    Value* k = g.add_initializer(g.unique_name("class_order"),
                                 Tensor::ints({static_cast<int64_t>(index.size())}, index).value());
    Value* to = g.add_op("Gather", {from, k}, "reordered");
    to->producer()->set_attribute(Attribute("axis", int64_t{axis.axis}));
    to->type = from->type;
    EXPECT_TRUE(g.replace_and_keep_name(from, to).ok());
    to->producer()->set_input(0, from);
  }
}

inline std::vector<Value*> weights_in_order(const Graph& g) {
  std::vector<Value*> all;
  std::set<const Value*> seen;
  for (const auto& node : g.nodes()) {
    for (Value* v : node->inputs()) {
      if (v && v->initializer() && v->initializer()->dtype() == DType::kF32 &&
          v->initializer()->count() >= 8 && seen.insert(v).second) {
        all.push_back(v);
      }
    }
  }
  return all;
}

inline void blank_tail(Graph& g) {
  const std::vector<Value*> all = weights_in_order(g);
  for (size_t i = all.size() * 2 / 3; i < all.size(); ++i) {
    const Tensor& t = *all[i]->initializer();
    g.set_initializer(all[i],
                      Tensor::floats(t.dims(), std::vector<float>(static_cast<size_t>(t.count()))).value());
  }
}

inline void draw_weights_anew(Graph& g) {
  Random random(99);
  for (Value* v : weights_in_order(g)) {
    const Tensor& t = *v->initializer();
    const std::vector<double> old = t.to_doubles().value();
    double square = 0;
    for (double x : old) square += x * x;
    const double size = std::sqrt(square / static_cast<double>(old.size()));
    std::vector<float> fresh(old.size());
    for (float& x : fresh) x = static_cast<float>(random.normal() * size);
    g.set_initializer(v, Tensor::floats(t.dims(), fresh).value());
  }
}

// False where the fault has no meaning for this detector (one class, or no letterbox to move).
inline bool inject(Fault fault, Model& model, Card& card, const RawOutputs& outputs, size_t classes) {
  InputSpec& in = card.input;
  const auto swap_order = [&] {
    in.order = in.order == ColorOrder::kRGB ? ColorOrder::kBGR : ColorOrder::kRGB;
  };
  const auto other_fit = [&] { in.fit = in.fit == Fit::kStretch ? Fit::kLetterbox : Fit::kStretch; };
  // Rotated by two: no class stays, and not its own inverse.
  std::vector<int64_t> order;
  for (size_t c = 0; c < classes; ++c) order.push_back(static_cast<int64_t>((c + 2) % classes));
  switch (fault) {
    case Fault::kNone:
      return true;
    case Fault::kChannelCard:
      swap_order();
      return true;
    case Fault::kChannelGraph:
      behind_input(model.graph(), "Gather", "swap", Tensor::ints({3}, {2, 1, 0}).value(), 1);
      return true;
    case Fault::kFitCard:
      other_fit();
      return true;
    case Fault::kCornerCard:
      if (in.fit == Fit::kStretch) return false;
      in.fit = in.fit == Fit::kLetterbox ? Fit::kLetterboxTopLeft : Fit::kLetterbox;
      return true;
    case Fault::kMeanCard:
      // Of this scale's own range: a quarter of it off.
      for (float& m : in.mean) m = m > 60 ? 0.f : 116.f;
      return true;
    case Fault::kScaleCard:
      for (float& s : in.scale) s = s > 0.1f ? 1 / 255.f : 1 / 58.f;
      return true;
    case Fault::kScaleGraph:
      behind_input(model.graph(), "Mul", "again", Tensor::floats({1}, {1 / 255.f}).value(), -1);
      return true;
    case Fault::kLabelsCard: {
      if (classes < 3) return false;
      const std::vector<std::string> labels = card.labels;
      for (size_t c = 0; c < classes; ++c) card.labels[c] = labels[static_cast<size_t>(order[c])];
      return true;
    }
    case Fault::kLabelsGraph:
      if (classes < 3) return false;
      permute_classes(model.graph(), outputs, classes, order);
      return true;
    case Fault::kZeroTail:
      blank_tail(model.graph());
      return true;
    case Fault::kOtherWeights:
      draw_weights_anew(model.graph());
      return true;
    case Fault::kChannelAndFit:
      swap_order();
      other_fit();
      return true;
  }
  return false;
}

}  // namespace jetline::testing
