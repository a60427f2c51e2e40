// Shape inference of nodes that hold other nodes: If, Loop, Scan, SequenceMap, and calls of functions that
// the model defines.
#include <algorithm>

#include "jetline/graph/graph_walk.h"
#include "jetline/graph/inference.h"
#include "jetline/graph/ops/types.h"

namespace jetline {
namespace {

constexpr int kMaxSettledDepth = 3;  // loops inside each other whose carried shapes are worked out

using FlowTypes = std::vector<ValueType>;

ValueType flow_without_shape(ValueType t) {
  t.has_shape = false;
  t.shape.clear();
  return t;
}

// What may enter a turn of a loop: what came in first, or what a turn gives.
ValueType flow_join(const ValueType& first, const ValueType& turn) {
  using Kind = ValueType::Kind;
  if (turn.kind == Kind::kUnknown) return flow_without_shape(first);
  if (first.kind == Kind::kOptional && turn.kind != Kind::kOptional && first.element) {
    return ops::optional_of(ops::common_type(*first.element, turn));
  }
  return ops::common_type(first, turn);
}

bool flow_same(const ValueType& a, const ValueType& b) {
  if (a.kind != b.kind || a.dtype != b.dtype || a.has_shape != b.has_shape || !a.element != !b.element)
    return false;
  if (a.element && !flow_same(*a.element, *b.element)) return false;
  if (a.shape.size() != b.shape.size()) return false;
  for (size_t i = 0; i < a.shape.size(); ++i) {
    const bool both_open = a.shape[i].kind == Dim::Kind::kUnknown && b.shape[i].kind == Dim::Kind::kUnknown;
    if (!both_open && !a.shape[i].same(b.shape[i])) return false;
  }
  return true;
}

// Types of all values of a body and its subgraphs, to walk it again as if for the first time.
class FlowSnapshot {
 public:
  explicit FlowSnapshot(const Graph& body) {
    for_each_graph(body, [&](const Graph& g) {
      for (const auto& v : g.values()) saved_.emplace_back(v.get(), v->type);
    });
  }
  void restore() const {
    for (const auto& [v, type] : saved_) v->type = type;
  }

 private:
  std::vector<std::pair<Value*, ValueType>> saved_;
};

// One more dimension at `axis` (negative from the end of the result).
ValueType flow_stacked(ValueType t, const Dim& count, int64_t axis) {
  if (!t.is_tensor()) return {};
  if (!t.has_shape || !ops::normalize_axis(axis, t.shape.size() + 1)) return flow_without_shape(t);
  t.shape.insert(t.shape.begin() + axis, count);
  return t;
}

}  // namespace

bool ShapeInference::control_flow(Node& n, FlowTypes& out) {
  const size_t bodies = n.subgraphs().size();
  if (n.is("If") && bodies > 0)
    branch(n, out);
  else if (n.is("Loop") && bodies == 1)
    loop(n, out);
  else if (n.is("Scan") && bodies == 1)
    scan(n, out);
  else if (n.is("SequenceMap") && bodies == 1)
    sequence_map(n, out);
  else
    return false;
  return true;
}

// The result is what both branches can give; of a known condition it is that of one branch.
void ShapeInference::branch(Node& n, FlowTypes& out) {
  for (Graph* body : n.subgraphs()) graph(*body);
  const Attribute *yes = n.attribute("then_branch"), *no = n.attribute("else_branch");
  const Graph *a = yes ? yes->as_graph() : nullptr, *b = no ? no->as_graph() : nullptr;
  if (!a || !b) return;
  const ops::KnownInts* k = ints(n.input(0));
  const bool known = k && k->elements.size() == 1 && k->elements[0].known();
  const Graph* taken = !known ? nullptr : k->elements[0].value ? a : b;
  for (size_t i = 0; i < out.size(); ++i) {
    if (i >= a->outputs().size() || i >= b->outputs().size()) continue;
    if (taken) {
      out[i] = taken->outputs()[i]->type;
      copy_facts(taken->outputs()[i], n.output(i), *this);
    } else {
      out[i] = flow_join(a->outputs()[i]->type, b->outputs()[i]->type);
    }
  }
}

// Walks the body until the types of the carried values no longer change: `states` are theirs on entry, and on
// return those that hold at every turn. False when the body does not fit.
bool ShapeInference::settle(Graph& body, size_t first_input, size_t first_output, FlowTypes& states,
                            const FlowTypes& rest) {
  const auto& in = body.inputs();
  if (in.size() < first_input + states.size() || body.outputs().size() < first_output + states.size()) {
    graph(body);
    return false;
  }
  const bool deep = loop_depth_ >= kMaxSettledDepth;
  if (deep) {
    for (ValueType& t : states) t = flow_without_shape(t);
  }
  ++loop_depth_;
  const FlowSnapshot before(body);
  const int conflicts = report_.conflicts;
  const auto missing = report_.ops_without_rule;
  constexpr int kTurns = 4;
  for (int turn = 0; turn < kTurns; ++turn) {
    if (turn > 0) {
      before.restore();
      report_.conflicts = conflicts;
      report_.ops_without_rule = missing;
    }
    for (size_t i = 0; i < states.size(); ++i) merge(*in[first_input + i], states[i]);
    for (size_t i = 0; i < rest.size() && first_input + states.size() + i < in.size(); ++i)
      merge(*in[first_input + states.size() + i], rest[i]);
    graph(body);
    bool changed = false;
    for (size_t i = 0; i < states.size(); ++i) {
      ValueType joined = flow_join(states[i], body.outputs()[first_output + i]->type);
      changed = changed || !flow_same(joined, states[i]);
      states[i] = turn + 2 < kTurns ? std::move(joined) : flow_without_shape(std::move(joined));
    }
    if (!changed || deep) break;
  }
  --loop_depth_;
  return true;
}

void ShapeInference::loop(Node& n, FlowTypes& out) {
  Graph& body = *n.subgraphs()[0];
  const auto& in = body.inputs();
  const size_t carried = n.inputs().size() < 2 ? 0 : n.inputs().size() - 2;
  if (!in.empty()) merge(*in[0], ValueType::tensor(DType::kI64, {}));
  if (in.size() > 1) {
    merge(*in[1], ValueType::tensor(DType::kBool, {}));
    facts_.ints[in[1]] = {{}, {Dim(1)}};  // otherwise the body does not run
  }
  FlowTypes states;
  for (size_t i = 0; i < carried; ++i) states.push_back(n.input(i + 2) ? n.input(i + 2)->type : ValueType());
  if (!settle(body, 2, 1, states, {})) return;
  // The number of turns, when nothing in the body can end the loop early.
  Dim turns;
  const ops::KnownInts *limit = ints(n.input(0)), *first = ints(n.input(1)),
                       *goes_on = ints(body.outputs()[0]);
  const bool starts = !n.input(1) || (first && first->elements.size() == 1 && first->elements[0].known());
  const bool never = starts && n.input(1) && first->elements[0].value == 0;
  if (never) {
    turns = Dim(0);
  } else if (starts && goes_on && goes_on->elements.size() == 1 && goes_on->elements[0].known() &&
             goes_on->elements[0].value && limit && limit->elements.size() == 1) {
    turns = limit->elements[0];
    if (turns.known() && turns.value < 0) turns = Dim(0);
  }
  const bool runs = turns.known() && turns.value > 0;
  for (size_t i = 0; i < out.size(); ++i) {
    if (i < carried) {
      // After at least one turn an optional that was filled is what the body gives.
      const ValueType& given = body.outputs()[i + 1]->type;
      out[i] = runs && given.kind != states[i].kind ? given : states[i];
    } else if (i + 1 < body.outputs().size()) {
      out[i] = flow_stacked(body.outputs()[i + 1]->type, turns, 0);
    }
  }
  const auto open = [](const ValueType& t) { return !t.is_static(); };
  if (in.size() == carried + 2 && std::any_of(out.begin(), out.end(), open)) turn_by_turn(n, out);
}

// A loop of few turns followed turn by turn, with the number of the turn and the content of what is carried:
// exact where shapes grow. False when its end cannot be told or it takes long; `out` is then as it was.
bool ShapeInference::turn_by_turn(Node& n, FlowTypes& out) {
  constexpr int64_t kMaxTurns = 64, kMaxNodes = 20000;
  if (n.inputs().size() < 2) return false;
  Graph& body = *n.subgraphs()[0];
  const auto& in = body.inputs();
  const auto one = [](const ops::KnownInts* k, int64_t& v) {
    if (!k || k->elements.size() != 1 || !k->elements[0].known()) return false;
    v = k->elements[0].value;
    return true;
  };
  int64_t limit = INT64_MAX, goes_on = 1;
  if ((n.input(0) && !one(ints(n.input(0)), limit)) || (n.input(1) && !one(ints(n.input(1)), goes_on)))
    return false;
  const size_t carried = in.size() - 2;
  if (loop_depth_ > 0 || body.outputs().size() < carried + 1) return false;
  const FlowSnapshot settled(body);
  ++loop_depth_;
  const InferReport report = report_;
  std::vector<const Value*> from(n.inputs().begin() + 2, n.inputs().end());
  FlowTypes states, stacked(body.outputs().size() - 1 - carried);
  std::vector<ops::Facts> facts(carried);
  auto keep = [&](size_t i, const Value* v, ops::Facts& into) {
    into = ops::Facts();
    if (!v) return;
    if (const auto* k = ints(v)) into.ints[in[2 + i]] = *k;
    if (const auto* k = ops::known_floats(v, facts_)) into.floats[in[2 + i]] = *k;
    if (const auto it = facts_.elements.find(v); it != facts_.elements.end())
      into.elements[in[2 + i]] = it->second;
  };
  for (size_t i = 0; i < carried; ++i) {
    states.push_back(from[i] ? from[i]->type : ValueType());
    keep(i, from[i], facts[i]);
  }
  int64_t turn = 0;
  const auto nodes = static_cast<int64_t>(body.node_count());
  bool told = true;
  for (; told && goes_on && turn < limit; ++turn) {
    told = turn < kMaxTurns && (turn + 1) * nodes <= kMaxNodes;
    if (!told) break;
    for_each_graph(body, [](const Graph& g) {
      for (const auto& v : g.values()) {
        if (!v->initializer()) v->type = ValueType();
      }
    });
    in[0]->type = ValueType::tensor(DType::kI64, {});
    in[1]->type = ValueType::tensor(DType::kBool, {});
    facts_.ints[in[0]] = {{}, {Dim(turn)}};
    facts_.ints[in[1]] = {{}, {Dim(1)}};
    for (size_t i = 0; i < carried; ++i) {
      forget(in[2 + i]);
      in[2 + i]->type = states[i];
      for (auto& [v, k] : facts[i].ints) facts_.ints[v] = k;
      for (auto& [v, k] : facts[i].floats) facts_.floats[v] = k;
      for (auto& [v, k] : facts[i].elements) facts_.elements[v] = k;
    }
    graph(body);
    told = one(ints(body.outputs()[0]), goes_on);
    for (size_t i = 0; i < carried; ++i) {
      states[i] = body.outputs()[1 + i]->type;
      keep(i, body.outputs()[1 + i], facts[i]);
    }
    for (size_t i = 0; i < stacked.size(); ++i) {
      const ValueType& t = body.outputs()[1 + carried + i]->type;
      stacked[i] = turn == 0 ? t : flow_join(stacked[i], t);
    }
  }
  // The facts of single turns are no facts of the body.
  for_each_graph(body, [this](const Graph& g) {
    for (const auto& v : g.values()) forget(v.get());
  });
  settled.restore();
  report_ = report;
  --loop_depth_;
  if (!told) return false;
  for (size_t i = 0; i < out.size(); ++i) {
    if (i < carried) {
      out[i] = states[i];
      if (!n.output(i)) continue;
      for (auto& [v, k] : facts[i].ints) facts_.ints[n.output(i)] = k;
      for (auto& [v, k] : facts[i].floats) facts_.floats[n.output(i)] = k;
      for (auto& [v, k] : facts[i].elements) facts_.elements[n.output(i)] = k;
    } else if (i - carried < stacked.size() && turn > 0) {
      out[i] = flow_stacked(stacked[i - carried], Dim(turn), 0);
    }
  }
  return true;
}

void ShapeInference::scan(Node& n, FlowTypes& out) {
  Graph& body = *n.subgraphs()[0];
  const ops::Context context(n, model_, facts_, nullptr);
  const bool batched = context.opset() < 9;  // Scan-8: lengths first, a batch axis before the sequence axis
  const size_t first = batched ? 1 : 0, given = n.inputs().size();
  const int64_t scans = n.int_or("num_scan_inputs", 0);
  if (scans < 0 || static_cast<uint64_t>(scans) + first > given) return graph(body);
  const size_t states_count = given - first - static_cast<size_t>(scans);
  const auto in_axes = n.ints_or("scan_input_axes", {}), out_axes = n.ints_or("scan_output_axes", {});
  Dim batch, length;
  auto drop_batch = [&](ValueType t) {
    if (batched && t.has_shape && !t.shape.empty()) {
      batch = t.shape[0];
      t.shape.erase(t.shape.begin());
    }
    return t;
  };
  FlowTypes states, rest;
  for (size_t i = 0; i < states_count; ++i) {
    const Value* v = n.input(first + i);
    states.push_back(v ? drop_batch(v->type) : ValueType());
  }
  for (size_t i = 0; i < static_cast<size_t>(scans); ++i) {
    const Value* v = n.input(first + states_count + i);
    ValueType t = v ? drop_batch(v->type) : ValueType();
    int64_t axis = i < in_axes.size() ? in_axes[i] : 0;
    if (t.has_shape && ops::normalize_axis(axis, t.shape.size())) {
      if (!length.known()) length = t.shape[static_cast<size_t>(axis)];
      t.shape.erase(t.shape.begin() + axis);
    } else {
      t = flow_without_shape(t);
    }
    rest.push_back(std::move(t));
  }
  if (!settle(body, 0, 0, states, rest)) return;
  for (size_t i = 0; i < out.size(); ++i) {
    if (i < states_count)
      out[i] = states[i];
    else if (i < body.outputs().size())
      out[i] = flow_stacked(body.outputs()[i]->type, length,
                            i - states_count < out_axes.size() ? out_axes[i - states_count] : 0);
    if (batched && out[i].has_shape) out[i].shape.insert(out[i].shape.begin(), batch);
  }
}

void ShapeInference::sequence_map(Node& n, FlowTypes& out) {
  Graph& body = *n.subgraphs()[0];
  const auto elements = facts_.elements.find(n.input(0));
  for (size_t i = 0; i < body.inputs().size() && i < n.inputs().size(); ++i) {
    const Value* v = n.input(i);
    if (!v) continue;
    const bool sequence = v->type.kind == ValueType::Kind::kSequence && v->type.element;
    merge(*body.inputs()[i], sequence ? *v->type.element : v->type);
  }
  graph(body);
  for (size_t i = 0; i < out.size() && i < body.outputs().size(); ++i) {
    out[i] = ops::sequence_of(body.outputs()[i]->type);
    if (elements != facts_.elements.end() && n.output(i) && body.outputs()[i]->type.is_static())
      facts_.elements[n.output(i)] = FlowTypes(elements->second.size(), body.outputs()[i]->type);
  }
}

}  // namespace jetline
