// Law: a Cast of a Cast is one Cast of the first one's input where the type between holds every value that
// can come: it is wider, or the values are sizes and indices (Shape, TopK, ArgMax, NonZero, …), which are
// taken to stay below 2^31 as no tensor of more elements fits a runtime. A Cast of such indices, or to a
// wider integer, before Gather and its kin goes: they take int32 and int64 alike. Exact. Measure: Casts that
// follow Casts or feed indices.
#include "jetline/passes/edit.h"

namespace jetline::passes {
namespace {

struct CastKind {
  bool integer = false, is_signed = false, boolean = false;
  int bits = 0;    // of integers
  int digits = 0;  // integers up to 2^digits are exact
  int exponent = 0;
};

CastKind cast_kind(DType t) {
  switch (t) {
    case DType::kBool:
      return {true, false, true, 1, 1, 0};
    case DType::kU8:
      return {true, false, false, 8, 8, 0};
    case DType::kU16:
      return {true, false, false, 16, 16, 0};
    case DType::kU32:
      return {true, false, false, 32, 32, 0};
    case DType::kU64:
      return {true, false, false, 64, 64, 0};
    case DType::kI8:
      return {true, true, false, 8, 7, 0};
    case DType::kI16:
      return {true, true, false, 16, 15, 0};
    case DType::kI32:
      return {true, true, false, 32, 31, 0};
    case DType::kI64:
      return {true, true, false, 64, 63, 0};
    case DType::kF16:
      return {false, true, false, 16, 11, 5};
    case DType::kBF16:
      return {false, true, false, 16, 8, 8};
    case DType::kF32:
      return {false, true, false, 32, 24, 8};
    case DType::kF64:
      return {false, true, false, 64, 53, 11};
    default:
      return {};
  }
}

// Whether every value of `from` is one of `to`.
bool cast_widens(DType from, DType to) {
  const CastKind a = cast_kind(from), b = cast_kind(to);
  if (a.bits == 0 || b.bits == 0) return false;
  if (from == to) return true;
  if (b.boolean) return false;
  if (a.integer && b.integer) return b.digits >= a.digits && (b.is_signed || !a.is_signed);
  if (a.integer) return b.digits >= a.digits && (b.exponent > 5 || a.digits <= 11);
  return !b.integer && b.digits >= a.digits && b.exponent >= a.exponent;
}

// Whether the integers are sizes, positions or counts of something in memory.
bool cast_small(const Value* v, int depth = 0) {
  std::vector<int64_t> constant;
  const Tensor* t = constant_of(v);
  if (t) {
    if (t->count() > 4096 || !constant_ints(v, constant)) return false;
    for (int64_t x : constant) {
      if (x != static_cast<int32_t>(x)) return false;
    }
    return true;
  }
  const Node* n = v->producer();
  if (!n || depth > 8) return false;
  if (n->is("Shape") || n->is("Size") || n->is("ArgMax") || n->is("ArgMin") || n->is("NonZero") ||
      n->is("NonMaxSuppression")) {
    return true;
  }
  if (n->is("TopK")) return v->producer_output() == 1;
  if (n->is("Cast")) {
    const DType from = n->input(0) ? n->input(0)->type.dtype : DType::kUndefined;
    return cast_kind(from).integer && (cast_widens(from, DType::kI32) || cast_small(n->input(0), depth + 1));
  }
  if (n->is("Concat")) {
    for (const Value* in : n->inputs()) {
      if (!in || !cast_small(in, depth + 1)) return false;
    }
    return true;
  }
  const bool moves = n->is("Gather") || n->is("Slice") || n->is("Squeeze") || n->is("Unsqueeze") ||
                     n->is("Reshape") || n->is("Identity") || n->is("Transpose") || n->is("Split") ||
                     n->is("Expand") || n->is("Tile") || n->is("GatherND") || n->is("Flatten");
  return moves && n->input(0) && cast_small(n->input(0), depth + 1);
}

bool cast_whole(DType t) {
  return t == DType::kI32 || t == DType::kI64;
}

// Which input of the operator holds indices of either width; -1 for none.
int cast_index_input(const Node& n) {
  return n.is("Gather") || n.is("GatherElements") || n.is("ScatterElements") ? 1 : -1;
}

}  // namespace

Result<int> run_merge_casts(Model& model, PassContext& c) {
  int changes = 0;
  each_graph(model.graph(), [&](Graph& g) {
    for (Node* n : g.node_list()) {
      const int index = cast_index_input(*n);
      const bool cast = n->is("Cast") && n->input(0) && n->output(0);
      if (index < 0 && !cast) continue;
      const size_t at = cast ? 0 : static_cast<size_t>(index);
      Node* before = n->input(at) ? n->input(at)->producer() : nullptr;
      if (!before || !before->is("Cast") || !before->input(0)) continue;
      const DType from = before->input(0)->type.dtype, between = n->input(at)->type.dtype;
      if (from == DType::kUndefined || between == DType::kUndefined) continue;
      const bool small = cast_whole(from) && cast_whole(between) && cast_small(before->input(0));
      if (!small && !cast_widens(from, between)) continue;
      // Floating numbers round once however they come; but to bool only zero is false either way.
      if (!cast && !cast_whole(from)) continue;
      n->set_input(at, before->input(0));
      remove_unused(c, before);
      ++changes;
    }
  });
  return changes;
}

}  // namespace jetline::passes
