// Law: a node all of whose inputs are constants is computed now, by the evaluator of the graph room; Constant
// nodes become initialisers. A result may be larger than what it replaces by at most fold_growth_bytes, and
// all of them together by fold_growth_total_bytes or a twentieth of the model's constants, so that a small
// file does not become a big one; what grows more stays a node. Nodes with random results are left, and
// DequantizeLinear. An output
// of a graph stays a node (an Identity on the constant), because not every runtime takes a constant for an
// output. Memory: a folded constant lives once, and what it replaced is let go at once. Measure: nodes that
// are not Identities of constants.
#include <algorithm>

#include "jetline/base/files.h"
#include "jetline/graph/evaluate.h"
#include "jetline/passes/edit.h"

namespace jetline::passes {
namespace {

// Bytes that go when the node goes: constants that it alone uses.
int64_t folding_bytes_freed(const Node& n) {
  int64_t bytes = 0;
  for (const Value* v : n.inputs()) {
    const Tensor* t = constant_of(v);
    if (t && v->uses().size() == 1) bytes += t->byte_count();
  }
  return bytes;
}

bool folding_candidate(const Node& n) {
  if (!n.domain().empty() || n.outputs().empty() || n.is("Constant")) return n.is("Constant");
  for (const Value* v : n.inputs()) {
    if (v && !constant_of(v)) return false;
  }
  // Constants in 8 bits stay so: they are smaller, and engines look for quantised weights.
  if (n.is("DequantizeLinear")) return false;
  if (n.inputs().empty()) return false;  // Random*, and what the evaluator does not know
  for (const Value* v : n.outputs()) {
    if (v && v->type.kind != ValueType::Kind::kUnknown && !v->type.is_tensor()) return false;
  }
  // An Identity that keeps a constant as an output has done its work.
  return !(n.is("Identity") && n.output(0) && n.output(0)->is_output());
}

int64_t folding_expected_bytes(const Node& n) {
  int64_t bytes = 0;
  for (const Value* v : n.outputs()) {
    if (!v || v->uses().empty()) continue;
    const int64_t count = v->type.is_static() ? v->type.count() : -1;
    if (count >= 0 && count < (int64_t{1} << 56)) bytes += dtype_bytes(v->type.dtype, count);
  }
  return bytes;
}

int64_t folding_constant_bytes(Graph& g) {
  int64_t bytes = 0;
  each_graph(g, [&](Graph& sub) {
    for (const Value* v : sub.initializers()) {
      if (v->initializer()) bytes += v->initializer()->byte_count();
    }
  });
  return bytes;
}

// Puts the results in place of the node.
Status folding_replace(PassContext& c, Node* n, std::vector<Tensor> results) {
  Graph& g = *n->graph();
  for (size_t i = 0; i < n->outputs().size() && i < results.size(); ++i) {
    Value* out = n->output(i);
    if (!out || out->uses().empty()) continue;
    Value* constant = add_constant(g, std::move(results[i]), out->name());
    if (!out->is_output()) {
      g.replace_all_uses(out, constant);
      continue;
    }
    Value* kept = add_before(c, g, "Identity", {constant}, out->name(), n);
    kept->type = constant->type;
    JETLINE_RETURN_IF_ERROR(g.replace_and_keep_name(out, kept));
  }
  remove_unused(c, n);
  return Status();
}

}  // namespace

Result<int> run_constant_folding(Model& model, PassContext& c) {
  int changes = 0;
  // Bytes that results may still be larger than what they replaced, all together.
  int64_t room = std::max(c.options.fold_growth_total_bytes, folding_constant_bytes(model.graph()) / 20);
  const Status done = each_graph_checked(model.graph(), [&](Graph& g) -> Status {
    for (Node* n : g.node_list()) {
      if (!folding_candidate(*n) || !can_evaluate(*n)) continue;
      const bool stored = n->is("Constant");
      const int64_t freed = folding_bytes_freed(*n);
      const int64_t limit = freed + std::min(room, c.options.fold_growth_bytes);
      if (!stored && folding_expected_bytes(*n) > limit) continue;
      std::vector<const Tensor*> inputs;
      for (const Value* v : n->inputs()) inputs.push_back(constant_of(v));
      EvaluateOptions bounds;
      bounds.max_work = c.options.fold_work;
      bounds.defer_bytes = kDeferFrom;
      if (!stored)
        bounds.max_output_bytes = std::min(bounds.max_output_bytes, std::max<int64_t>(limit, 1 << 20));
      auto results = evaluate_node(*n, inputs, c.opset, bounds);
      if (!results.ok()) continue;  // what cannot be computed here stays for the runtime to compute or refuse
      int64_t bytes = 0;
      bool tensors = results->size() >= n->outputs().size();
      for (size_t i = 0; tensors && i < n->outputs().size(); ++i) {
        if (!n->output(i) || n->output(i)->uses().empty()) continue;
        tensors = (*results)[i].dtype() != DType::kUndefined;
        bytes += (*results)[i].byte_count();
      }
      if (!tensors || (!stored && bytes > limit)) continue;
      if (stored && n->output(0) && n->output(0)->is_output()) continue;
      if (!stored) room -= bytes - freed;
      const bool later =
          std::any_of(results->begin(), results->end(), [](const Tensor& t) { return t.deferred(); });
      std::vector<ByteView> read;
      for (const Tensor* t : inputs)
        if (t && !t->deferred()) read.push_back(t->bytes());
      JETLINE_RETURN_IF_ERROR(folding_replace(c, n, std::move(*results)));
      for (const ByteView view : read)
        if (!later) release_pages(view);  // of weights in mapped files, copied now
      ++changes;
    }
    return Status();
  });
  JETLINE_RETURN_IF_ERROR(done);
  return changes;
}

}  // namespace jetline::passes
