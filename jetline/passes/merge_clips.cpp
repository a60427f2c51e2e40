// Law: Relu, Clip, and Min and Max with one constant number, in a row, become one Clip (or Relu) where
// nothing else reads what lies between. float, opset 11 and later. Exact for numbers (a NaN stays a NaN or
// becomes a bound, as runtimes differ there already). Measure: nodes, then Min and Max nodes.
#include <cmath>

#include "jetline/passes/edit.h"

namespace jetline::passes {
namespace {

struct ClipRange {
  Value* x = nullptr;
  double low = -INFINITY, high = INFINITY;
};

bool clip_bound(const Value* v, double& out) {
  const Tensor* t = constant_of(v);
  return t && t->count() == 1 && t->dtype() == DType::kF32 && uniform_constant(v, out) && !std::isnan(out);
}

bool clip_range(const Node& n, ClipRange& r) {
  r = ClipRange();
  if (!n.domain().empty() || n.outputs().size() != 1 || !n.output(0) || !n.input(0)) return false;
  if (n.output(0)->type.dtype != DType::kF32) return false;
  if (n.is("Relu")) {
    r.x = n.input(0);
    r.low = 0;
    return true;
  }
  if (n.is("Clip")) {
    r.x = n.input(0);
    return (!n.input(1) || clip_bound(n.input(1), r.low)) && (!n.input(2) || clip_bound(n.input(2), r.high));
  }
  if ((!n.is("Min") && !n.is("Max")) || n.inputs().size() != 2 || !n.input(1)) return false;
  const size_t at = clip_bound(n.input(1), r.low) ? 0 : 1;
  if (!clip_bound(n.input(1 - at), r.low)) return false;
  // The constant must not widen the value.
  if (rank_of(n.input(at)) < 0 || rank_of(n.input(1 - at)) > rank_of(n.input(at))) return false;
  r.x = n.input(at);
  if (n.is("Min")) {
    r.high = r.low;
    r.low = -INFINITY;
  }
  return true;
}

Value* clip_scalar(Graph& g, double v, const std::string& name) {
  auto t = Tensor::floats({}, {static_cast<float>(v)});
  return t.ok() ? add_constant(g, std::move(*t), name) : nullptr;
}

void clip_write(Node& n, const ClipRange& r) {
  Graph& g = *n.graph();
  const std::string name = n.output(0)->name();
  const bool relu = r.low == 0 && std::isinf(r.high);
  n.set_op(relu ? "Relu" : "Clip");
  n.resize_inputs(1);
  n.set_input(0, r.x);
  if (relu) return;
  if (!std::isinf(r.low)) n.set_input(1, clip_scalar(g, r.low, name + "_min"));
  if (!std::isinf(r.high)) n.set_input(2, clip_scalar(g, r.high, name + "_max"));
}

}  // namespace

Result<int> run_merge_clips(Model& model, PassContext& c) {
  int changes = 0;
  if (c.opset < 11) return changes;
  each_graph(model.graph(), [&](Graph& g) {
    for (Node* n : g.node_list()) {
      ClipRange outer, inner;
      if (!clip_range(*n, outer)) continue;
      Node* before = outer.x->producer();
      if (!before || only_user(outer.x) != n || !clip_range(*before, inner)) continue;
      // Clipping first to [a, b] and then to [c, d].
      ClipRange both;
      both.x = inner.x;
      both.low = std::fmin(std::fmax(inner.low, outer.low), outer.high);
      both.high = std::fmax(std::fmin(inner.high, outer.high), outer.low);
      if (both.low > both.high || inner.low > inner.high || outer.low > outer.high) continue;
      clip_write(*n, both);
      remove_unused(c, before);
      ++changes;
    }
  });
  return changes;
}

}  // namespace jetline::passes
