// Law: heads of a pyramid, [N,H,W,A*C] -> [N,H*W*A,C] on every level and then joined, are joined as
// [N,H*W,A*C] and split into [N,sum,C] once: elements stand in the same order in memory. Done where
// Transposes stand before the Reshapes, because these can then move behind the Concat and become one. Exact.
// Measure: Concats of such Reshapes.
#include "jetline/passes/edit.h"

namespace jetline::passes {
namespace {

struct ConcatReshapes {
  int axis = 0;
  int64_t last = 0;             // elements that stay together, A*C
  std::vector<int64_t> rows;    // of every input, H*W
  std::vector<int64_t> target;  // of the Reshape behind
};

bool concat_reshapes_static(const Value* v, int from, std::vector<int64_t>& dims) {
  dims.clear();
  for (size_t i = static_cast<size_t>(from); i < v->type.shape.size(); ++i) {
    if (!v->type.shape[i].known() || v->type.shape[i].value < 1) return false;
    dims.push_back(v->type.shape[i].value);
  }
  return true;
}

int64_t concat_reshapes_product(const std::vector<int64_t>& v) {
  int64_t p = 1;
  for (int64_t x : v) {
    if (__builtin_mul_overflow(p, x, &p)) return -1;
  }
  return p;
}

bool concat_reshapes_find(const Node& n, ConcatReshapes& r) {
  if (!n.is("Concat") || n.inputs().size() < 2 || !n.output(0)) return false;
  const int rank = rank_of(n.output(0));
  int64_t axis = n.int_or("axis", 0);
  if (rank < 2) return false;
  if (axis < 0) axis += rank;
  if (axis < 0 || axis >= rank - 1) return false;
  r.axis = static_cast<int>(axis);
  int transposed = 0;
  std::vector<int64_t> out, in;
  if (!concat_reshapes_static(n.output(0), r.axis, out)) return false;
  for (const Value* v : n.inputs()) {
    const Node* reshape = v ? v->producer() : nullptr;
    if (!reshape || !reshape->is("Reshape") || only_user(v) != &n || !reshape->input(0)) return false;
    const Value* x = reshape->input(0);
    if (rank_of(x) < r.axis + 1 || !concat_reshapes_static(x, r.axis, in)) return false;
    for (int i = 0; i < r.axis; ++i) {
      if (!x->type.shape[static_cast<size_t>(i)].same(v->type.shape[static_cast<size_t>(i)])) return false;
    }
    r.rows.push_back(concat_reshapes_product(in));  // all elements; divided below
    if (r.rows.back() < 1) return false;
    if (!x->producer() || !x->producer()->is("Transpose")) continue;
    if (r.last == 0) r.last = in.back();
    if (in.back() != r.last) return false;
    ++transposed;
  }
  // In memory any input is rows of the last axis, whatever its own axes are.
  if (transposed < 2) return false;
  for (int64_t& rows : r.rows) {
    if (rows % r.last != 0) return false;
    rows /= r.last;
  }
  // Elements of one index of the joined axis; several such make up what stays together.
  const int64_t tail = concat_reshapes_product(std::vector<int64_t>(out.begin() + 1, out.end()));
  if (tail < 1 || r.last % tail != 0 || r.last == tail) return false;
  for (int i = 0; i < r.axis; ++i) {
    const Dim& d = n.output(0)->type.shape[static_cast<size_t>(i)];
    r.target.push_back(d.known() ? d.value : 0);
    if (d.known() && d.value == 0) return false;
  }
  r.target.insert(r.target.end(), out.begin(), out.end());
  return true;
}

Status concat_reshapes_apply(PassContext& c, Node& n, const ConcatReshapes& r) {
  Graph& g = *n.graph();
  int64_t sum = 0;
  for (size_t i = 0; i < n.inputs().size(); ++i) {
    Value* v = n.input(i);
    Node* reshape = v->producer();
    std::vector<int64_t> target(r.target.begin(), r.target.begin() + r.axis);
    target.insert(target.end(), {r.rows[i], r.last});
    reshape->remove_attribute("allowzero");
    reshape->set_input(1, add_ints(g, target, v->name() + "_shape"));
    v->type.shape.resize(static_cast<size_t>(r.axis));
    v->type.shape.insert(v->type.shape.end(), {Dim(r.rows[i]), Dim(r.last)});
    c.inference.forget(v);
    sum += r.rows[i];
  }
  n.set_attribute(Attribute("axis", int64_t{r.axis}));
  Value* old = n.output(0);
  // The Reshape stands behind the Concat and takes over its users and its public name.
  Node* reshape = g.add_node("Reshape", {nullptr, add_ints(g, r.target, old->name() + "_shape")}, &n);
  g.move_before(&n, reshape);
  reshape->name = n.name;
  Value* whole = reshape->add_output(g.unique_name(old->name() + "_split"));
  whole->type = old->type;
  c.inference.forget(whole);
  JETLINE_RETURN_IF_ERROR(g.replace_and_keep_name(old, whole));
  reshape->set_input(0, old);
  old->type.shape.resize(static_cast<size_t>(r.axis));
  old->type.shape.insert(old->type.shape.end(), {Dim(sum), Dim(r.last)});
  c.inference.forget(old);
  return Status();
}

}  // namespace

Result<int> run_concat_reshapes(Model& model, PassContext& c) {
  int changes = 0;
  if (c.opset < 5) return changes;
  JETLINE_RETURN_IF_ERROR(each_graph_checked(model.graph(), [&](Graph& g) -> Status {
    for (Node* n : g.node_list()) {
      ConcatReshapes r;
      if (!concat_reshapes_find(*n, r)) continue;
      JETLINE_RETURN_IF_ERROR(concat_reshapes_apply(c, *n, r));
      ++changes;
    }
    return Status();
  }));
  return changes;
}

}  // namespace jetline::passes
