// Operators that an older operator set has to say in other words: the node alone is carried down to the
// version before it existed and up again (passes/opset.h), and stands in the model's own operator set with
// what that conversion wrote. So each formula is in one place.
#include <algorithm>

#include "jetline/fix/rewrite.h"
#include "jetline/passes/edit.h"
#include "jetline/passes/opset.h"

namespace jetline::fix {
namespace {

// Operator, and the first version that has it.
struct OlderForm {
  const char* op;
  int64_t since;
};

// `n` alone in a model: inputs of known content are constants, others are inputs of their types.
struct OlderModel {
  Model model;
  std::unordered_map<const Value*, Value*> inner;  // of the node's model -> of this one
  std::vector<std::pair<Value*, Value*>> inputs;   // of this one, of the node's model
};

Result<Tensor> older_known(const ops::KnownInts& known, DType dtype) {
  std::vector<int64_t> values;
  for (const Dim& d : known.elements) {
    if (!d.known()) return Status::negative("fix.unknown-content", "content is not known");
    values.push_back(d.value);
  }
  if (dtype == DType::kI64) return Tensor::ints(known.dims, values);
  if (dtype != DType::kI32) return Status::negative("fix.unknown-content", "content is of another type");
  std::vector<uint8_t> bytes;
  for (int64_t v : values) {
    const auto narrow = static_cast<int32_t>(v);
    const auto* p = reinterpret_cast<const uint8_t*>(&narrow);
    bytes.insert(bytes.end(), p, p + sizeof narrow);
  }
  return Tensor::own(dtype, known.dims, std::move(bytes));
}

void older_extract(FixContext& c, const Node& n, OlderModel& m) {
  m.model.set_opset("", c.opset);
  m.model.ir_version = c.model.ir_version;
  Graph& g = m.model.graph();
  g.name = "node";
  for (Value* v : n.inputs()) {
    if (!v || m.inner.count(v)) continue;
    if (const Tensor* t = passes::constant_of(v)) {
      m.inner[v] = g.add_initializer(v->name(), *t);
      continue;
    }
    const ops::KnownInts* known = c.inference->ints(v);
    auto content = known ? older_known(*known, v->type.dtype) : Status::negative("fix.unknown-content", "");
    if (content.ok()) {
      m.inner[v] = g.add_initializer(v->name(), std::move(*content));
    } else {
      m.inner[v] = g.add_input(v->name(), v->type);
      m.inputs.emplace_back(m.inner[v], v);
    }
  }
  Node* copy = g.clone_node(n, m.inner);
  for (size_t i = 0; i < n.outputs().size(); ++i) {
    if (!n.output(i) || n.output(i)->uses().empty()) continue;
    copy->output(i)->type = n.output(i)->type;
    g.add_output(copy->output(i));
  }
}

// What stands in `m` in place of `n`.
void older_insert(FixContext& c, Node& n, OlderModel& m) {
  Graph& g = *n.graph();
  std::unordered_map<const Value*, Value*> outer;
  for (const auto& [inside, outside] : m.inputs) outer[inside] = outside;
  for (Value* v : m.model.graph().initializers()) {
    outer[v] = g.add_initializer(g.unique_name(v->name()), *v->initializer());
  }
  const std::string base = n.name.empty() ? n.op() : n.name;
  for (const auto& node : m.model.graph().nodes()) {
    Node* copy = g.clone_node(*node, outer, &n);
    for (size_t i = 0; i < node->outputs().size(); ++i) {
      if (node->output(i)) outer[node->output(i)] = copy->output(i);
    }
    copy->name = base + "/" + copy->op();
    c.inference->node(*copy);
  }
  passes::opset::Step step(c.model, *c.inference, c.shared, n);
  size_t at = 0;
  std::vector<std::pair<Value*, std::string>> names;
  for (size_t i = 0; i < n.outputs().size(); ++i) {
    if (!n.output(i) || n.output(i)->uses().empty()) continue;
    Value* with = outer[m.model.graph().outputs()[at++]];
    if (!with->producer()) with = step.emit("Identity", {with});
    names.emplace_back(with, n.output(i)->name());
    step.replace(i, with);
  }
  step.remove();
  for (const auto& [value, name] : names) {
    if (!value->is_output() && !g.find(name)) (void)g.rename(value, name);
  }
}

Result<int> older_rewrite(FixContext& c, Span<const OlderForm> forms) {
  int changed = 0;
  passes::each_graph(c.model.graph(), [&](Graph& g) {
    for (Node* n : g.node_list()) {
      if (!n->domain().empty() || !c.wanted(*n)) continue;
      const OlderForm* form = nullptr;
      for (const OlderForm& f : forms) form = n->op() == f.op ? &f : form;
      if (!form) continue;
      if (c.opset < form->since) {
        c.refuse(*n, "the model's operator set " + std::to_string(c.opset) + " does not have it");
        continue;
      }
      OlderModel m;
      older_extract(c, *n, m);
      std::vector<passes::OpsetProblem> problems;
      // Above the highest operator set that can be converted to, operators only gained element types.
      Status done =
          passes::convert_opset(m.model, std::min(form->since - 1, passes::kHighestOpset), &problems);
      if (done.ok())
        done = passes::convert_opset(m.model, std::min(c.opset, passes::kHighestOpset), &problems);
      if (!done.ok()) {
        c.refuse(*n, problems.empty() ? done.message() : problems[0].reason);
        continue;
      }
      older_insert(c, *n, m);
      ++changed;
    }
  });
  c.model.graph().remove_dead();
  c.refresh();
  return changed;
}

template <size_t N>
Result<int> older_rewrite(FixContext& c, const OlderForm (&forms)[N]) {
  return older_rewrite(c, Span<const OlderForm>(forms, N));
}

}  // namespace

Result<int> run_einsum(Model&, FixContext& c) {
  return older_rewrite(c, {{"Einsum", 12}});
}
Result<int> run_gather_elements(Model&, FixContext& c) {
  return older_rewrite(c, {{"GatherElements", 11}});
}
Result<int> run_layer_normalization(Model&, FixContext& c) {
  return older_rewrite(c, {{"LayerNormalization", 17}});
}
Result<int> run_rms_normalization(Model&, FixContext& c) {
  return older_rewrite(c, {{"RMSNormalization", 23}});
}
Result<int> run_group_normalization(Model&, FixContext& c) {
  return older_rewrite(c, {{"GroupNormalization", 18}});
}
Result<int> run_hard_swish(Model&, FixContext& c) {
  return older_rewrite(c, {{"HardSwish", 14}});
}
Result<int> run_gelu(Model&, FixContext& c) {
  return older_rewrite(c, {{"Gelu", 20}});
}
Result<int> run_mish(Model&, FixContext& c) {
  return older_rewrite(c, {{"Mish", 18}});
}
Result<int> run_celu(Model&, FixContext& c) {
  return older_rewrite(c, {{"Celu", 12}});
}
Result<int> run_swish(Model&, FixContext& c) {
  return older_rewrite(c, {{"Swish", 24}});
}
Result<int> run_thresholded_relu(Model&, FixContext& c) {
  return older_rewrite(c, {{"ThresholdedRelu", 10}});
}
Result<int> run_round(Model&, FixContext& c) {
  return older_rewrite(c, {{"Round", 11}});
}
Result<int> run_is_inf(Model&, FixContext& c) {
  return older_rewrite(c, {{"IsInf", 10}});
}
Result<int> run_or_equal(Model&, FixContext& c) {
  return older_rewrite(c, {{"GreaterOrEqual", 12}, {"LessOrEqual", 12}});
}
Result<int> run_cum_sum(Model&, FixContext& c) {
  return older_rewrite(c, {{"CumSum", 11}});
}
Result<int> run_trilu(Model&, FixContext& c) {
  return older_rewrite(c, {{"Trilu", 14}});
}
Result<int> run_cast_like(Model&, FixContext& c) {
  return older_rewrite(c, {{"CastLike", 15}});
}

}  // namespace jetline::fix
