// The trip count of a loop whose condition is a counter below a bound, and the finished ONNX Loop.
#include <algorithm>

#include "jetline/importers/tensorflow/control/loop.h"
#include "jetline/importers/tensorflow/control/subgraph.h"
#include "jetline/importers/tensorflow/converter.h"
#include "jetline/importers/tensorflow/ops/typed.h"

namespace jetline::tf {
namespace {

const Value* loop_number(const Value* v) {
  for (;;) {
    const Node* n = v ? v->producer() : nullptr;
    if (!n || !n->input(0)) return v;
    const bool one = n->input(0)->type.is_static() && n->input(0)->type.count() == 1;
    const bool same = n->is("Cast") || n->is("Identity") ||
                      (one && (n->is("Reshape") || n->is("Squeeze") || n->is("Unsqueeze") ||
                               n->is("ReduceMax") || n->is("ReduceMin") || n->is("ReduceSum")));
    if (!same) return v;
    v = n->input(0);
  }
}

bool loop_outside(const LoopForm& form, const Value* v) {
  for (const Graph* g = form.node->graph(); g; g = g->outer())
    if (v->graph() == g) return true;
  return false;
}

struct LoopBound {
  Value* first;  // of the counter
  Value* bound;  // outside
};

// The condition as counters below bounds, joined by And; false when it is something else.
bool loop_bounds(OpContext& c, const LoopForm& form, const Value* condition, std::vector<LoopBound>& out,
                 int depth = 0) {
  condition = condition ? under_casts(condition) : nullptr;
  const Node* n = condition ? condition->producer() : nullptr;
  if (!n || n->graph() != form.body || depth > 16) return false;
  if (n->is("And")) {
    for (size_t side : {0, 1}) {
      int64_t known = 0;
      if (c.known_int(n->input(side), known) && known) continue;
      if (!loop_bounds(c, form, n->input(side), out, depth + 1)) return false;
    }
    return true;
  }
  if (!n->is("Less") || !is_integer(OpContext::dtype(n->input(0)))) return false;
  const Value* low = under_casts(n->input(0));
  Value* bound = const_cast<Value*>(under_casts(n->input(1)));
  if (!loop_outside(form, bound) || !is_integer(OpContext::dtype(bound)) || OpContext::rank(bound) != 0)
    return false;
  for (const LoopVar& v : form.vars) {
    int64_t start = 0;
    if (v.role != LoopVar::Role::kTensor || !v.next || under_casts(v.next) != low) continue;
    if (form.counter(c, v.in, start) < 0) continue;
    out.push_back({v.first.value(), bound});
    return true;
  }
  return false;
}

}  // namespace

void find_trips(OpContext& c, LoopForm& form) {
  std::vector<LoopBound> bounds;
  if (!loop_bounds(c, form, form.goes_on, bounds) || bounds.empty()) return;
  Value* trips = nullptr;
  for (size_t i = 0; i < bounds.size(); ++i) {
    const LoopBound& b = bounds[i];
    bool repeated = false;
    for (size_t k = 0; k < i && !repeated; ++k)
      repeated = same_number(c, b.first, bounds[k].first) && same_number(c, b.bound, bounds[k].bound);
    if (repeated) continue;
    int64_t start = 0, end = 0;
    Value* n = c.to_i64(b.bound);
    if (!c.known_int(b.first, start)) return;
    if (c.known_int(b.bound, end)) {
      n = c.int_scalar(std::max<int64_t>(0, end - start));
    } else if (start != 0) {
      n = c.emit("Sub", {n, c.int_scalar(start)}, {}, "turns");
    }
    trips = trips ? c.emit("Min", {trips, n}, {}, "turns") : n;
  }
  form.trips = trips;
  c.known_int(trips, form.known_trips);
}

namespace {

// Something of the right type that the first turn replaces.
Value* loop_placeholder(OpContext& c, const Value* like, const Shape& shape) {
  std::vector<int64_t> dims = OpContext::dims(like);
  for (size_t i = 0; i < dims.size(); ++i) {
    if (dims[i] < 0 && shape.known_rank && i < shape.dims.size()) dims[i] = shape.dims[i];
    if (dims[i] < 0) dims[i] = 1;
  }
  return c.emit("Expand", {c.scalar(0, like), c.ints(dims)}, {}, "unwritten");
}

}  // namespace

bool same_number(OpContext& c, const Value* a, const Value* b) {
  if (!a || !b) return false;
  const Value* x = loop_number(a);
  const Value* y = loop_number(b);
  if (x == y) return true;
  int64_t m = 0, n = 0;
  if (c.known_int(x, m) && c.known_int(y, n)) return m == n;
  const auto* p = c.converter().inference().ints(x);
  const Dim first = p && p->elements.size() == 1 ? p->elements[0] : Dim();
  const auto* q = c.converter().inference().ints(y);
  return q && q->elements.size() == 1 && first.same(q->elements[0]);
}

Status scanned_list(OpContext& c, const LoopForm& form, const LoopVar& v, Value* scanned, ListPtr& out) {
  const ListState& before = *v.first.list();
  Value* length = list_length(c, before);
  const bool appended = v.list->known_length == 0;
  if (!appended && !same_number(c, length, form.trips)) {
    // Fewer turns than elements: the rest stays unwritten, which reads as zeros.
    const int rank = OpContext::rank(scanned);
    if (rank < 1) return c.unsupported("a list whose elements have no known rank is written by a loop");
    Value* written = c.emit("Slice", {c.shape_of(scanned), c.ints({0}), c.ints({1})});
    Value* rest = c.emit("Sub", {c.reshape(length, {1}), written});
    std::vector<int64_t> zeros(static_cast<size_t>(rank), 0);
    std::vector<Value*> pads{c.ints(zeros), rest};
    if (rank > 1) pads.push_back(c.ints(std::vector<int64_t>(static_cast<size_t>(rank) - 1, 0)));
    scanned = c.emit("Pad", {scanned, c.emit("Concat", pads, {{"axis", 0}})});
  }
  const int64_t n = known_length(c, before);
  if (!appended && n >= 0 && scanned->type.has_shape && !scanned->type.shape.empty() &&
      !scanned->is_constant())
    scanned->type.shape[0] = Dim(n);
  out = list_of(c, c.dtype(scanned), before.element_shape, scanned);
  return Status();
}

Status finish_loop(OpContext& c, LoopForm& form, Value* before, std::vector<Symbol>& results) {
  Converter& converter = c.converter();
  Graph& body = *form.body;
  find_trips(c, form);
  std::vector<Value*> carried_first, carried_next, scans;
  std::vector<size_t> carried_of(form.vars.size(), 0);
  for (size_t i = 0; i < form.vars.size(); ++i) {
    LoopVar& v = form.vars[i];
    if (!v.in || !v.next) continue;
    carried_of[i] = carried_first.size();
    carried_first.push_back(v.content ? v.first.list()->stacked : v.first.value());
    carried_next.push_back(v.next);
  }
  std::vector<std::vector<size_t>> place_of(form.vars.size());
  for (size_t i = 0; i < form.vars.size(); ++i) {
    LoopVar& v = form.vars[i];
    for (const auto& [at, item] : v.places) {
      Value* element = v.first.list()->elements[static_cast<size_t>(at)];
      const auto same =
          element ? carried_next.end() : std::find(carried_next.begin(), carried_next.end(), item);
      place_of[i].push_back(static_cast<size_t>(same - carried_next.begin()));
      if (same != carried_next.end()) continue;
      body.add_input(body.unique_name(c.name() + "/place"), item->type)->type.has_shape = false;
      carried_first.push_back(element ? element : loop_placeholder(c, item, v.first.list()->element_shape));
      carried_next.push_back(item);
    }
  }
  add_body_output(converter, body, form.trips ? form.going : form.goes_on);
  for (Value* v : carried_next) add_body_output(converter, body, v);
  for (LoopVar& v : form.vars)
    if (v.scan) add_body_output(converter, body, v.scan);

  Node* n = form.node;
  n->set_input(0, form.trips);
  n->set_input(1, form.trips ? nullptr : before);
  if (form.trips && carried_first.empty()) n->resize_inputs(1);
  for (size_t i = 0; i < carried_first.size(); ++i) n->set_input(i + 2, carried_first[i]);
  std::vector<Value*> after;
  auto output = [&](ValueType type) {
    Value* v = n->add_output(n->graph()->unique_name(c.name()));
    v->type = std::move(type);
    after.push_back(v);
    return v;
  };
  for (size_t i = 0; i < carried_first.size(); ++i)
    output(common_type(carried_next[i]->type, carried_first[i]->type));
  n->graph()->move_before(n, nullptr);

  results.assign(form.vars.size(), Symbol::unwanted());
  for (size_t i = 0; i < form.vars.size(); ++i) {
    LoopVar& v = form.vars[i];
    if (v.role == LoopVar::Role::kInvariant) results[i] = v.first;
    if (v.role == LoopVar::Role::kTensor) results[i] = Symbol(after[carried_of[i]]);
    if (v.role != LoopVar::Role::kList) continue;
    ListPtr l;
    if (v.content) {
      l = list_of(c, v.type.dtype, v.first.list()->element_shape, after[carried_of[i]]);
    } else if (v.scan) {
      ValueType t = v.scan->type;
      if (t.has_shape) t.shape.insert(t.shape.begin(), form.known_trips >= 0 ? Dim(form.known_trips) : Dim());
      if (Status s = scanned_list(c, form, v, output(std::move(t)), l); !s.ok()) return s;
    } else {
      auto state = std::make_shared<ListState>(*v.first.list());
      for (size_t k = 0; k < v.places.size(); ++k)
        state->elements[static_cast<size_t>(v.places[k].first)] = after[place_of[i][k]];
      l = state;
    }
    results[i] = Symbol::of(l);
  }
  if (n->output(0)) n->name = n->output(0)->name();  // runtimes want names of nodes to be unique
  return Status();
}

}  // namespace jetline::tf
