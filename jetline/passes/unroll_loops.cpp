// Law: a Loop whose turns can be told (a constant or followed limit and condition, or conditions that follow
// turn by turn) becomes its turns one after another: always when it turns once or never, else when all turns
// together have at most `unroll_nodes` nodes, because loops cost a runtime more than a few nodes do and
// engines refuse some of them. Stacked results become Unsqueeze and Concat. Exact. Measure: depth of loops,
// then Loops.
#include "jetline/passes/inline_body.h"

namespace jetline::passes {
namespace {

constexpr int64_t kUnrollTurns = 1024;  // bounds the work where bodies are empty

struct UnrollPlan {
  const Graph* body = nullptr;
  size_t carried = 0, stacked = 0;
  int64_t limit = INT64_MAX;  // turns at most
  bool starts = false;
};

bool unroll_one(PassContext& c, const Value* v, int64_t& out) {
  std::vector<int64_t> values;
  if (!known_ints(c, v, values) || values.size() != 1) return false;
  out = values[0];
  return true;
}

bool unroll_plan(PassContext& c, const Node& n, UnrollPlan& p) {
  if (!n.is("Loop") || n.subgraphs().size() != 1 || n.inputs().size() < 2 || c.opset < 7) return false;
  p.body = n.subgraphs()[0];
  p.carried = n.inputs().size() - 2;
  const auto& in = p.body->inputs();
  const auto& out = p.body->outputs();
  if (in.size() != p.carried + 2 || out.size() < p.carried + 1 || !inlinable(*p.body)) return false;
  p.stacked = out.size() - 1 - p.carried;
  if (n.outputs().size() > p.carried + p.stacked) return false;
  for (size_t i = 0; i < p.carried; ++i) {
    if (!n.input(i + 2)) return false;
  }
  for (const Value* v : in) {
    if (v->initializer() || v->sparse_initializer()) return false;
  }
  int64_t goes_on = 1;
  if (n.input(0) && !unroll_one(c, n.input(0), p.limit)) return false;
  if (n.input(1) && !unroll_one(c, n.input(1), goes_on)) return false;
  p.starts = goes_on != 0 && p.limit > 0;
  return true;
}

Value* unroll_scalar(PassContext& c, Graph& g, int64_t v, DType dtype, const std::string& name) {
  std::vector<uint8_t> bytes = {static_cast<uint8_t>(v != 0)};
  if (dtype == DType::kI64) {
    bytes.clear();
    for (int shift = 0; shift < 64; shift += 8) bytes.push_back(static_cast<uint8_t>(v >> shift));
  }
  auto t = Tensor::own(dtype, {}, std::move(bytes));
  Value* constant = t.ok() ? add_constant(g, std::move(*t), name) : nullptr;
  if (constant) c.inference.forget(constant);
  return constant;
}

// The values of all turns joined along a new first axis.
Value* unroll_stack(PassContext& c, Node& n, const std::vector<Value*>& turns, const std::string& name) {
  Graph& g = *n.graph();
  std::vector<Value*> rows;
  for (Value* v : turns) {
    Value* row = nullptr;
    if (c.opset >= 13) {
      row = add_before(c, g, "Unsqueeze", {v, add_ints(g, {0}, name + "_axis")}, name + "_turn", &n);
    } else {
      row = add_before(c, g, "Unsqueeze", {v}, name + "_turn", &n);
      row->producer()->set_attribute(Attribute("axes", std::vector<int64_t>{0}));
    }
    c.inference.node(*row->producer());
    rows.push_back(row);
  }
  if (rows.size() == 1) return rows[0];
  Value* all = add_before(c, g, "Concat", rows, name, &n);
  all->producer()->set_attribute(Attribute("axis", int64_t{0}));
  c.inference.node(*all->producer());
  return all;
}

// A result of a loop that never turns: what came in, or no rows. Null when the rows' shape is not known.
Value* unroll_nothing(PassContext& c, Node& n, const UnrollPlan& p, size_t i) {
  if (i < p.carried) return n.input(i + 2);
  const ValueType& row = p.body->outputs()[i + 1]->type;
  if (!row.is_static() || row.dtype == DType::kString) return nullptr;
  std::vector<int64_t> dims = row.dims();
  dims.insert(dims.begin(), 0);
  auto t = Tensor::own(row.dtype, dims, {});
  if (!t.ok()) return nullptr;
  Value* constant = add_constant(*n.graph(), std::move(*t), n.output(i)->name());
  c.inference.forget(constant);
  return constant;
}

Result<int> unroll_never(PassContext& c, Node& n, const UnrollPlan& p) {
  std::vector<Value*> results(n.outputs().size());
  for (size_t i = 0; i < results.size(); ++i) {
    if (!n.output(i) || n.output(i)->uses().empty()) continue;
    if (!(results[i] = unroll_nothing(c, n, p, i))) return 0;
  }
  for (size_t i = 0; i < results.size(); ++i) {
    if (results[i]) JETLINE_RETURN_IF_ERROR(inline_result(c, n.output(i), results[i]));
  }
  remove_unused(c, &n);
  return 1;
}

// True when nothing in the body ends the loop: its condition is true, or the one that came in.
bool unroll_goes_on(const Graph& body) {
  const Value* v = body.outputs()[0];
  while (v && v->producer() && v->producer()->is("Identity")) v = v->producer()->input(0);
  double x = 0;
  return v == body.inputs()[1] || (uniform_constant(v, x) && x != 0);
}

Result<int> unroll_loop(PassContext& c, Node& n) {
  UnrollPlan p;
  if (!unroll_plan(c, n, p)) return 0;
  if (!p.starts) return unroll_never(c, n, p);
  const int64_t room = std::max<int64_t>(c.options.unroll_nodes, 0);
  const int64_t size = std::max<int64_t>(body_nodes(*p.body, room + 1), 1);
  // One turn is always allowed; of a loop whose limit alone is known all turns must fit, unless the condition
  // ends it before.
  const int64_t most = std::min(std::max<int64_t>(1, room / size), kUnrollTurns);
  if (p.limit > most && unroll_goes_on(*p.body)) return 0;
  Graph& g = *n.graph();
  const auto& in = p.body->inputs();
  const size_t constants = g.initializers().size();
  std::vector<Value*> states(n.inputs().begin() + 2, n.inputs().end());
  std::vector<std::vector<Value*>> stacks(p.stacked);
  std::vector<Node*> made;
  bool told = false, stuck = false;
  for (int64_t turn = 0; turn < most && !told && !stuck; ++turn) {
    BodyMap map;
    map[in[0]] = unroll_scalar(c, g, turn, DType::kI64, in[0]->name());
    map[in[1]] = unroll_scalar(c, g, 1, DType::kBool, in[1]->name());
    for (size_t i = 0; i < p.carried; ++i) map[in[i + 2]] = states[i];
    const std::vector<Value*> results = inline_body(c, *p.body, g, &n, map, &made);
    for (size_t i = 0; i < p.carried; ++i) states[i] = results[i + 1];
    for (size_t i = 0; i < p.stacked; ++i) stacks[i].push_back(results[p.carried + 1 + i]);
    int64_t goes_on = 0;
    told = turn + 1 == p.limit;
    if (told) break;
    stuck = !unroll_one(c, results[0], goes_on);
    told = !stuck && goes_on == 0;
  }
  for (size_t i = 0; told && i < n.outputs().size(); ++i) {
    Value* out = n.output(i);
    if (!out || out->uses().empty()) continue;
    Value* result = i < p.carried ? states[i] : unroll_stack(c, n, stacks[i - p.carried], out->name());
    JETLINE_RETURN_IF_ERROR(inline_result(c, out, result));
  }
  // Of turns that did not lead to the end nothing stays.
  for (size_t i = made.size(); !told && i-- > 0;) JETLINE_RETURN_IF_ERROR(remove_node(c, made[i]));
  const std::vector<Value*> all = g.initializers();
  for (size_t i = constants; i < all.size(); ++i) remove_unused_constant(c, all[i]);
  if (told) remove_unused(c, &n);
  return told ? 1 : 0;
}

}  // namespace

Result<int> run_unroll_loops(Model& model, PassContext& c) {
  int changes = 0;
  JETLINE_RETURN_IF_ERROR(each_graph_inside_out(model.graph(), [&](Graph& g) -> Status {
    for (Node* n : g.node_list()) {
      JETLINE_ASSIGN_OR_RETURN(const int unrolled, unroll_loop(c, *n));
      changes += unrolled;
    }
    return Status();
  }));
  return changes;
}

}  // namespace jetline::passes
