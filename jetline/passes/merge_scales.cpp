// Law: Mul, Div, Add and Sub with constants, in a row where nothing else reads what lies between, become one
// Mul, one Add, or a Mul and an Add: y = x * scale + shift, with constants computed in double and rounded
// once. float only. Not merged is what would change results by more than rounding: factors beyond 1e-15 to
// 1e15, and shifts that nearly cancel, because rounding between them may be meant (x + 2^23 - 2^23).
// Constants of different shapes become one of their common shape, within fold_growth_bytes. Measure: nodes.
#include <algorithm>
#include <cmath>

#include "jetline/passes/edit.h"

namespace jetline::passes {
namespace {

constexpr double kScalesLargest = 1e15;
// A sum of shifts may be this much smaller than its parts: four of float's 24 bits.
constexpr double kScalesCancel = 16;
constexpr size_t kScalesLongest = 64;  // links looked at in one go

// Numbers that broadcast; an empty list stands for none.
struct ScalesArray {
  std::vector<int64_t> dims;
  std::vector<double> values;
  bool any() const { return !values.empty(); }
};

// One node: x * scale + shift, where a part that it lacks is none.
struct ScalesLink {
  Value* x = nullptr;
  ScalesArray scale, shift;
};

bool scales_constant(const Value* v, ScalesArray& out) {
  const Tensor* t = constant_of(v);
  if (!t || t->dtype() != DType::kF32 || t->count() < 1) return false;
  auto numbers = t->to_doubles();
  if (!numbers.ok()) return false;
  out.dims = t->dims();
  out.values = std::move(*numbers);
  return std::all_of(out.values.begin(), out.values.end(), [](double x) { return std::isfinite(x); });
}

bool scales_bounded(const ScalesArray& a) {
  return std::all_of(a.values.begin(), a.values.end(), [](double x) {
    return std::abs(x) <= kScalesLargest && std::abs(x) >= 1 / kScalesLargest;
  });
}

// What can only be a link: told without reading numbers.
bool scales_like(const Node& n) {
  return (n.is("Mul") || n.is("Div") || n.is("Add") || n.is("Sub")) && n.inputs().size() == 2 &&
         (!constant_of(n.input(0)) != !constant_of(n.input(1)));
}

bool scales_link(const Node& n, ScalesLink& l) {
  l = ScalesLink();
  const bool mul = n.is("Mul"), div = n.is("Div"), add = n.is("Add"), sub = n.is("Sub");
  if ((!mul && !div && !add && !sub) || n.inputs().size() != 2 || !n.input(0) || !n.input(1)) return false;
  if (!n.output(0) || n.output(0)->type.dtype != DType::kF32) return false;
  const bool first = !constant_of(n.input(0));  // x is the first input
  ScalesArray c;
  if (!scales_constant(n.input(first ? 1 : 0), c) || constant_of(n.input(first ? 0 : 1))) return false;
  if (div && !first) return false;
  l.x = n.input(first ? 0 : 1);
  if (add || sub) {
    if (sub && first) {
      for (double& v : c.values) v = -v;
    }
    if (sub && !first) l.scale = {{}, {-1}};
    l.shift = std::move(c);
    return true;
  }
  if (!scales_bounded(c)) return false;
  if (div) {
    for (double& v : c.values) v = 1 / v;
  }
  l.scale = std::move(c);
  return true;
}

// fn of the elements of a and b brought to their common shape; false when they have none or it is too big.
template <typename Fn>
bool scales_join(const ScalesArray& a, const ScalesArray& b, int64_t largest, ScalesArray& out, Fn fn) {
  const size_t rank = std::max(a.dims.size(), b.dims.size());
  out.dims.assign(rank, 1);
  const auto dim = [rank](const ScalesArray& x, size_t i) {
    const size_t skip = rank - x.dims.size();
    return i < skip ? int64_t{1} : x.dims[i - skip];
  };
  for (size_t i = 0; i < rank; ++i) {
    const int64_t p = dim(a, i), q = dim(b, i);
    if (p != q && p != 1 && q != 1) return false;
    out.dims[i] = std::max(p, q);
  }
  const int64_t count = element_count(out.dims);
  if (count < 1 || count > largest) return false;
  out.values.resize(static_cast<size_t>(count));
  const auto offset = [&](const ScalesArray& x, int64_t at) {
    int64_t sum = 0, stride = 1;
    for (size_t i = rank; i-- > 0;) {
      const int64_t d = dim(x, i);
      if (d != 1) sum += at % out.dims[i] * stride;
      at /= out.dims[i];
      stride *= d;
    }
    return static_cast<size_t>(sum);
  };
  for (int64_t i = 0; i < count; ++i) {
    out.values[static_cast<size_t>(i)] = fn(a.values[offset(a, i)], b.values[offset(b, i)]);
  }
  return true;
}

// `outer` behind `inner` as one link; false where that is not allowed.
bool scales_compose(const ScalesLink& inner, const ScalesLink& outer, int64_t largest, ScalesLink& both) {
  const auto product = [](double a, double b) { return a * b; };
  both.x = inner.x;
  both.scale = inner.scale.any() ? inner.scale : outer.scale;
  if (inner.scale.any() && outer.scale.any()) {
    if (!scales_join(inner.scale, outer.scale, largest, both.scale, product)) return false;
    if (!scales_bounded(both.scale)) return false;
  }
  ScalesArray moved = inner.shift;
  if (inner.shift.any() && outer.scale.any()) {
    if (!scales_join(inner.shift, outer.scale, largest, moved, product)) return false;
  }
  both.shift = moved.any() ? moved : outer.shift;
  if (moved.any() && outer.shift.any()) {
    bool cancels = false;
    const auto sum = [&cancels](double a, double b) {
      const double s = a + b;
      cancels = cancels || std::max(std::abs(a), std::abs(b)) > kScalesCancel * std::abs(s);
      return s;
    };
    if (!scales_join(moved, outer.shift, largest, both.shift, sum) || cancels) return false;
  }
  return std::all_of(both.shift.values.begin(), both.shift.values.end(),
                     [](double x) { return std::isfinite(static_cast<float>(x)); });
}

Value* scales_store(Graph& g, const ScalesArray& a, const std::string& name) {
  std::vector<float> floats;
  floats.reserve(a.values.size());
  for (const double v : a.values) floats.push_back(static_cast<float>(v));
  auto t = Tensor::floats(a.dims, floats);
  return t.ok() ? add_constant(g, std::move(*t), name) : nullptr;
}

// The node with the arithmetic of `l`: its last operation in `n`, one before it where it takes two.
void scales_write(PassContext& c, Node& n, const ScalesLink& l) {
  Graph& g = *n.graph();
  const std::string name = n.output(0)->name();
  Value* x = l.x;
  if (l.scale.any() && l.shift.any()) {
    x = add_before(c, g, "Mul", {x, scales_store(g, l.scale, name + "_scale")}, name + "_scaled", &n);
    c.inference.node(*x->producer());
  }
  n.set_op(l.shift.any() ? "Add" : "Mul");
  n.set_input(0, x);
  n.set_input(
      1, scales_store(g, l.shift.any() ? l.shift : l.scale, name + (l.shift.any() ? "_shift" : "_scale")));
}

// How many nodes the chain that ends in `n` lost.
int scales_chain(PassContext& c, Node& n) {
  if (!scales_like(n)) return 0;
  const Value* x = n.input(constant_of(n.input(0)) ? 1 : 0);
  if (!x || !x->producer() || !scales_like(*x->producer())) return 0;
  ScalesLink all;
  if (!scales_link(n, all)) return 0;
  const int64_t largest = static_cast<int64_t>(std::max(all.scale.values.size(), all.shift.values.size())) +
                          c.options.fold_growth_bytes / 4;
  ScalesLink best;
  size_t taken = 1, best_gain = 0;
  Node* at = &n;
  while (taken < kScalesLongest) {
    Node* before = all.x->producer();
    ScalesLink inner, both;
    if (!before || before->graph() != n.graph() || only_user(all.x) != at || !scales_link(*before, inner))
      break;
    if (!scales_compose(inner, all, largest, both)) break;
    all = std::move(both);
    at = before;
    ++taken;
    const size_t left = (all.scale.any() ? 1u : 0u) + (all.shift.any() ? 1u : 0u);
    if (taken > left && taken - left > best_gain) {
      best_gain = taken - left;
      best = all;
    }
  }
  if (best_gain == 0) return 0;
  Node* before = nullptr;  // the link in front of n, which goes with all behind it
  for (Value* v : n.inputs()) {
    if (v && v->producer()) before = v->producer();
  }
  scales_write(c, n, best);
  if (before) remove_unused(c, before);
  return static_cast<int>(best_gain);
}

}  // namespace

Result<int> run_merge_scales(Model& model, PassContext& c) {
  int changes = 0;
  each_graph(model.graph(), [&](Graph& g) {
    // In order of execution: what goes stands before the node that is looked at.
    for (Node* n : g.node_list()) changes += scales_chain(c, *n);
  });
  return changes;
}

}  // namespace jetline::passes
