// Law: an integer or bool value whose every element follows from known shapes (Shape of a known shape,
// arithmetic on it) becomes a constant; the nodes that computed it go when nothing else needs them. Only
// values of at most ops::kMaxKnownInts elements are followed. Exact. Measure: uses of values that are not
// constant.
#include "jetline/passes/edit.h"

namespace jetline::passes {
namespace {

// The elements as a tensor of the value's own type; false for types that shapes do not have.
bool shape_folding_tensor(const ops::KnownInts& known, DType dtype, Tensor& out) {
  const int bits = dtype_bits(dtype);
  const bool wanted = dtype == DType::kI64 || dtype == DType::kI32 || dtype == DType::kBool;
  if (!wanted || element_count(known.dims) != static_cast<int64_t>(known.elements.size())) return false;
  std::vector<uint8_t> bytes;
  bytes.reserve(known.elements.size() * static_cast<size_t>(bits) / 8);
  for (const Dim& d : known.elements) {
    if (!d.known() || (dtype == DType::kI32 && d.value != static_cast<int32_t>(d.value))) return false;
    const uint64_t v = dtype == DType::kBool ? d.value != 0 : static_cast<uint64_t>(d.value);
    for (int shift = 0; shift < bits; shift += 8) bytes.push_back(static_cast<uint8_t>(v >> shift));
  }
  auto t = Tensor::own(dtype, known.dims, std::move(bytes));
  if (!t.ok()) return false;
  out = std::move(*t);
  return true;
}

}  // namespace

Result<int> run_shape_folding(Model& model, PassContext& c) {
  int changes = 0;
  const Status done = each_graph_checked(model.graph(), [&](Graph& g) -> Status {
    for (Node* n : g.node_list()) {
      if (n->is("Constant") || n->is("Identity") || n->outputs().size() != 1 || !n->output(0)) continue;
      Value* v = n->output(0);
      const ops::KnownInts* known = c.inference.ints(v);
      Tensor t;
      if (!known || !v->type.is_tensor() || !shape_folding_tensor(*known, v->type.dtype, t)) continue;
      Value* constant = add_constant(g, std::move(t), v->name());
      if (v->is_output()) {
        Value* kept = add_before(c, g, "Identity", {constant}, v->name(), n);
        kept->type = constant->type;
        JETLINE_RETURN_IF_ERROR(g.replace_and_keep_name(v, kept));
      } else {
        g.replace_all_uses(v, constant);
      }
      remove_unused(c, n);
      ++changes;
    }
    return Status();
  });
  JETLINE_RETURN_IF_ERROR(done);
  return changes;
}

}  // namespace jetline::passes
