#include "jetline/passes/opset.h"

#include <algorithm>
#include <array>
#include <unordered_map>

#include "jetline/passes/edit.h"
#include "jetline/passes/opset/step.h"

namespace jetline::passes {
namespace {

using opset::Change;
using opset::Gain;
using opset::SharedInts;
using opset::Step;

struct OpsetKey {
  std::string_view op;
  int64_t version;
  bool operator==(const OpsetKey& o) const { return op == o.op && version == o.version; }
};
struct OpsetHash {
  size_t operator()(const OpsetKey& k) const {
    return std::hash<std::string_view>()(k.op) * 31 + static_cast<size_t>(k.version);
  }
};

struct OpsetTables {
  std::unordered_map<OpsetKey, const Change*, OpsetHash> changes;
  std::unordered_multimap<OpsetKey, const Gain*, OpsetHash> gains;
  std::unordered_map<std::string_view, int64_t> begins;
};

const OpsetTables& opset_tables() {
  static const OpsetTables kTables = [] {
    OpsetTables t;
    for (auto family :
         {opset::activation_changes, opset::arithmetic_changes, opset::axes_changes, opset::einsum_changes,
          opset::gather_changes, opset::misc_changes, opset::normalization_changes, opset::pooling_changes,
          opset::quantize_changes, opset::resize_changes, opset::shape_changes, opset::slice_changes,
          opset::softmax_changes}) {
      for (const Change& c : family()) t.changes.emplace(OpsetKey{c.op, c.version}, &c);
    }
    for (const Gain& g : opset::gains()) t.gains.emplace(OpsetKey{g.op, g.version}, &g);
    for (const auto& b : opset::begins()) t.begins.emplace(b.op, b.version);
    return t;
  }();
  return kTables;
}

// Where the conversion of one model stands.
struct OpsetRun {
  Model& model;
  ShapeInference infer;
  SharedInts shared;
  std::vector<OpsetProblem> problems;
  std::vector<const Node*> stuck;  // nodes of `problems`: not touched again

  explicit OpsetRun(Model& m) : model(m), infer(m) {}
};

void opset_refuse(OpsetRun& run, const Node& n, int64_t version, std::string reason) {
  run.stuck.push_back(&n);
  const std::string name = !n.name.empty() ? n.name : n.output(0) ? n.output(0)->name() : n.op();
  run.problems.push_back({name, n.op(), version, std::move(reason)});
}

bool opset_has_references(const Node& n) {
  return std::any_of(n.attributes().begin(), n.attributes().end(),
                     [](const Attribute& a) { return a.is_reference(); });
}

// Element types that the lower version does not take: computed in a wider type where that gives the same.
bool opset_fit_types(OpsetRun& run, Node& n, int64_t version) {
  const auto [first, last] = opset_tables().gains.equal_range(OpsetKey{n.op(), version});
  DType compute = DType::kUndefined;
  std::vector<size_t> wrong;
  for (auto it = first; it != last; ++it) {
    const Gain& g = *it->second;
    // Variadic inputs share the last entry of the table.
    const bool variadic = n.is("Sum") || n.is("Mean") || n.is("Max") || n.is("Min") || n.is("Concat");
    for (size_t i = g.input; i < (variadic ? n.inputs().size() : g.input + 1); ++i) {
      const Value* v = n.input(i);
      if (!v || !v->type.is_tensor() || v->type.dtype == DType::kUndefined) continue;
      const DType t = v->type.dtype;
      if (g.before >> static_cast<int>(t) & 1u) continue;
      const DType wide = opset::wider_type(n.op(), t, g.before);
      if (wide == DType::kUndefined) {
        opset_refuse(run, n, version, "takes " + std::string(dtype_name(t)) + " only from then on");
        return false;
      }
      compute = wide;
      wrong.push_back(i);
    }
  }
  if (wrong.empty()) return true;
  Step step(run.model, run.infer, run.shared, n);
  const Value* result = n.output(0);
  const DType before = result ? result->type.dtype : DType::kUndefined;
  for (size_t i : wrong) n.set_input(i, step.cast(n.input(i), compute));
  Value* out = n.output(0);
  if (out) out->type = ValueType();
  run.infer.node(n);
  if (!out || out->type.dtype == before || out->type.dtype != compute) return true;
  // Back to the type that users expect, behind the node.
  Graph& g = *n.graph();
  auto after = g.nodes().begin();
  while (after->get() != &n) ++after;
  ++after;
  Node* back = g.add_node("Cast", {}, after == g.nodes().end() ? nullptr : after->get());
  back->set_attribute(Attribute("to", static_cast<int64_t>(before)));
  Value* narrowed = back->add_output(g.unique_name(out->name() + "/Cast"));
  (void)g.replace_and_keep_name(out, narrowed);
  back->set_input(0, out);
  back->name = out->name();
  run.infer.node(*back);
  return true;
}

void opset_step_node(OpsetRun& run, Node& n, int64_t version, bool down) {
  const OpsetTables& tables = opset_tables();
  if (!n.domain().empty() || std::find(run.stuck.begin(), run.stuck.end(), &n) != run.stuck.end()) return;
  const auto change = tables.changes.find(OpsetKey{n.op(), version});
  const opset::Rule rule = change == tables.changes.end() ? nullptr
                           : down                         ? change->second->down
                                                          : change->second->up;
  if (rule) {
    if (opset_has_references(n)) {
      return opset_refuse(run, n, version, "has attributes of the function that it stands in");
    }
    const std::string op = n.op();
    Step step(run.model, run.infer, run.shared, n);
    const std::string why = rule(step);
    if (!why.empty()) return opset_refuse(run, n, version, why);
    if (step.failed()) {
      run.problems.push_back({op, op, version, "works on an element type that is not known"});
      return;
    }
    if (step.removed()) return;
  }
  if (!down) return;
  const auto begin = tables.begins.find(n.op());
  if (begin != tables.begins.end() && begin->second >= version)
    return opset_refuse(run, n, version, "does not exist before");
  opset_fit_types(run, n, version);
}

void opset_step(OpsetRun& run, int64_t version, bool down) {
  // Rules write nodes of the version that they go to.
  run.model.set_opset("", down ? version - 1 : version);
  auto walk = [&](Graph& root) {
    each_graph(root, [&](Graph& g) {
      for (Node* n : g.node_list()) opset_step_node(run, *n, version, down);
    });
  };
  walk(run.model.graph());
  for (auto& f : run.model.functions) {
    for (OpsetImport& o : f->opsets) {
      if (!o.domain.empty() || o.version != (down ? version : version - 1)) continue;
      walk(*f->body);
      o.version = down ? version - 1 : version;
    }
  }
}

// IR versions that came with opset 9 to 21 (onnx docs/Versioning.md).
constexpr std::array<int64_t, 13> kOpsetIr = {4, 5, 6, 7, 7, 7, 8, 8, 8, 8, 9, 9, 10};

// What the model says about its values, by graph and name.
using OpsetTypes = std::unordered_map<const Graph*, std::unordered_map<std::string, ValueType>>;

OpsetTypes opset_declared_types(Model& model) {
  OpsetTypes types;
  each_graph(model.graph(), [&](Graph& g) {
    for (const auto& v : g.values()) types[&g].emplace(v->name(), v->type);
  });
  return types;
}

// It stays what it was, and nothing is said about new values: runtimes refuse a model whose stated shapes are
// not those that they infer, and in a branch that is never taken those may differ.
void opset_restore_types(Model& model, const OpsetTypes& declared) {
  each_graph(model.graph(), [&](Graph& g) {
    static const std::unordered_map<std::string, ValueType> kNothing;
    const auto known = declared.find(&g);
    const auto& said = known == declared.end() ? kNothing : known->second;
    // The results of a scan's body must have shapes.
    const bool scan = g.parent() && g.parent()->is("Scan");
    for (const auto& v : g.values()) {
      if (v->initializer() || v->sparse_initializer()) continue;
      const auto it = said.find(v->name());
      if (it != said.end() && it->second.kind != ValueType::Kind::kUnknown)
        v->type = it->second;
      else if (!scan || !v->is_output())
        v->type = ValueType();
    }
  });
}

std::vector<OpsetProblem> opset_convert(Model& model, int64_t to) {
  OpsetRun run(model);
  const auto declared = opset_declared_types(model);
  run.infer.graph(model.graph());
  for (int64_t v = model.opset(); v > to; --v) opset_step(run, v, true);
  for (int64_t v = model.opset() + 1; v <= to; ++v) opset_step(run, v, false);
  for (auto& f : model.functions) {
    for (OpsetImport& o : f->opsets) {
      if (o.domain.empty() && o.version > to)
        run.problems.push_back(
            {f->name, f->name, o.version, "is a function of a later opset than the model"});
    }
  }
  if (!run.problems.empty()) return std::move(run.problems);
  opset_restore_types(model, declared);
  // Constants that became attributes.
  each_graph(model.graph(), [](Graph& g) {
    const std::vector<Value*> constants = g.initializers();
    for (Value* v : constants) {
      if (v->uses().empty() && !v->is_input()) (void)g.remove_initializer(v);
    }
  });
  model.ir_version = kOpsetIr[static_cast<size_t>(to - kLowestOpset)];
  if (!model.functions.empty()) model.ir_version = std::max<int64_t>(model.ir_version, 8);
  return {};
}

}  // namespace

Status convert_opset(Model& model, int64_t to, std::vector<OpsetProblem>* problems) {
  if (to < kLowestOpset || to > kHighestOpset)
    return Status::usage("graph.opset-range", "opset " + std::to_string(to) + " is outside " +
                                                  std::to_string(kLowestOpset) + " to " +
                                                  std::to_string(kHighestOpset));
  const int64_t from = model.opset();
  if (from < 7 || from > 24)
    return Status::bad_input("graph.opset-range", "the model's opset " + std::to_string(from) +
                                                      " is outside 7 to 24, which can be converted");
  if (from == to) return Status();
  // A copy shares the weights, so that trying costs little and a refusal leaves the model as it was.
  std::vector<OpsetProblem> found = opset_convert(*model.clone(), to);
  if (found.empty()) found = opset_convert(model, to);
  if (found.empty()) return Status();
  std::string text;
  constexpr size_t kNamed = 20;
  for (size_t i = 0; i < found.size() && i < kNamed; ++i) {
    const OpsetProblem& p = found[i];
    text += (i ? "; " : "") + p.op + " '" + p.node.substr(0, 100) + "' needs opset " +
            std::to_string(p.needs) + " (" + p.reason + ")";
  }
  if (found.size() > kNamed) text += "; and " + std::to_string(found.size() - kNamed) + " more";
  int64_t least = to;
  for (const OpsetProblem& p : found) least = std::max(least, p.needs);
  if (problems) *problems = std::move(found);
  return Status::negative("graph.opset-inexpressible",
                          "opset " + std::to_string(to) + " cannot express the model: " + text,
                          "opset " + std::to_string(least) + " or later expresses these nodes");
}

int64_t lowest_opset(const Model& model) {
  const int64_t from = model.opset();
  if (from <= kLowestOpset || from > 24) return std::max(from, kLowestOpset);
  const auto copy = model.clone();
  OpsetRun run(*copy);
  run.infer.graph(copy->graph());
  for (int64_t v = from; v > kLowestOpset; --v) {
    opset_step(run, v, true);
    if (!run.problems.empty()) return v;
  }
  return kLowestOpset;
}

}  // namespace jetline::passes
