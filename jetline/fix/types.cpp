// Element types that a release does not take: bytes, doubles, 64-bit constants, conditions that are moved,
// integers where floats are wanted.
#include <algorithm>
#include <climits>
#include <cmath>

#include "jetline/fix/retype.h"
#include "jetline/graph/card.h"
#include "jetline/passes/edit.h"

namespace jetline::fix {
namespace {

// The card says what the input takes.
Status types_card_takes_floats(Model& m) {
  const std::string* json = m.metadata_value(kCardKey);
  if (!json) return Status();
  JETLINE_ASSIGN_OR_RETURN(Card card, card_from_json(*json));
  if (card.input.dtype != DType::kU8) return Status();
  card.input.dtype = DType::kF32;
  m.set_metadata(kCardKey, card_to_json(card));
  return Status();
}

// `inputs` in `type`, the node on them, and its outputs back in the type that they had.
Outcome types_around(Place& p, uint32_t inputs, DType type) {
  Node& n = p.node();
  Graph& g = *n.graph();
  std::vector<Value*> taken = n.inputs();
  for (size_t i = 0; i < taken.size(); ++i) {
    if (taken[i] && (inputs >> std::min<size_t>(i, 31) & 1u)) taken[i] = p.cast(taken[i], type);
  }
  const DType before = Place::dtype(n.output(0));
  const DType moved = Place::dtype(n.input(0));
  Node* copy = g.clone_node(n, {}, &n);
  copy->name = n.name.empty() ? "" : n.name + "/" + std::string(dtype_name(type));
  for (size_t i = 0; i < taken.size(); ++i) copy->set_input(i, taken[i]);
  for (Value* v : copy->outputs()) {
    if (v) v->type = ValueType();
  }
  p.context().inference->node(*copy);
  (void)moved;
  std::vector<Value*> results;
  for (size_t i = 0; i < n.outputs().size(); ++i) {
    Value* v = n.output(i);
    Value* y = copy->output(i);
    const bool changed = v && y && Place::dtype(v) != Place::dtype(y) && Place::dtype(v) != DType::kUndefined;
    results.push_back(changed ? p.cast(y, Place::dtype(v)) : y);
  }
  if (Place::dtype(n.output(0)) != before) return Outcome::refused("its types are not known");
  for (size_t i = results.size(); i-- > 1;) {
    if (results[i]) p.replace(i, results[i]);
  }
  return p.done(results[0]);
}

// The inputs that hold data (not indices, conditions, sizes), by operator.
uint32_t types_data_inputs(const Node& n) {
  if (n.is("Where")) return 6;
  if (n.is("Concat") || n.is("Max") || n.is("Min") || n.is("Sum")) return 0xffffffff;
  if (n.is("Equal") || n.is("Less") || n.is("Greater") || n.is("LessOrEqual") || n.is("GreaterOrEqual"))
    return 3;
  if (n.is("Add") || n.is("Sub") || n.is("Mul") || n.is("Div")) return 3;
  if (n.is("ScatterND") || n.is("ScatterElements") || n.is("Pad")) return 5;
  return 1;
}

Outcome types_bool(Place& p) {
  const uint32_t data = types_data_inputs(p.node());
  bool any = false;
  for (size_t i = 0; i < p.node().inputs().size(); ++i)
    any = any || ((data >> std::min<size_t>(i, 31) & 1u) && Place::dtype(p.in(i)) == DType::kBool);
  if (!any) return Outcome::skipped();
  return types_around(p, data, DType::kI32);
}

// Whether all elements of `v` are whole numbers that a float holds, as far as that follows from what made
// them.
bool types_fit_float(FixContext& c, const Value* v, int depth = 0) {
  if (!v || depth > 64) return false;
  const DType t = v->type.dtype;
  if (t == DType::kBool || t == DType::kU8 || t == DType::kI8 || t == DType::kU16 || t == DType::kI16)
    return true;
  constexpr int64_t kWhole = 1 << 24;
  if (const Tensor* k = passes::constant_of(v)) {
    const auto values = k->to_ints();
    return values.ok() &&
           std::all_of(values->begin(), values->end(), [](int64_t x) { return x >= -kWhole && x <= kWhole; });
  }
  if (const ops::KnownInts* known = c.inference->ints(v)) {
    return std::all_of(known->elements.begin(), known->elements.end(),
                       [](const Dim& d) { return d.known() && d.value >= -kWhole && d.value <= kWhole; });
  }
  const Node* n = v->producer();
  if (!n || !n->domain().empty()) return false;
  if (n->is("ArgMax") || n->is("ArgMin") || n->is("NonZero")) return v->type.is_static();
  if (n->is("Shape") || n->is("Size")) return true;
  static const char* const kMoves[] = {"Cast",     "Reshape", "Transpose", "Squeeze", "Unsqueeze", "Flatten",
                                       "Identity", "Slice",   "Gather",    "Split",   "Expand",    "Tile"};
  for (const char* op : kMoves) {
    if (n->is(op)) return !is_floating(n->input(0)->type.dtype) && types_fit_float(c, n->input(0), depth + 1);
  }
  if (n->is("Concat") || n->is("Max") || n->is("Min")) {
    return std::all_of(n->inputs().begin(), n->inputs().end(),
                       [&](const Value* x) { return types_fit_float(c, x, depth + 1); });
  }
  if (n->is("Where"))
    return types_fit_float(c, n->input(1), depth + 1) && types_fit_float(c, n->input(2), depth + 1);
  return false;
}

Outcome types_int_float(Place& p) {
  const uint32_t data = types_data_inputs(p.node());
  bool any = false;
  for (size_t i = 0; i < p.node().inputs().size(); ++i) {
    if (!(data >> std::min<size_t>(i, 31) & 1u) || !p.in(i)) continue;
    const DType t = Place::dtype(p.in(i));
    if (is_floating(t) || t == DType::kUndefined) continue;
    any = true;
    if (!types_fit_float(p.context(), p.in(i)))
      return Outcome::refused("works on " + std::string(dtype_name(t)) + " that may not fit a float");
  }
  return any ? types_around(p, data, DType::kF32) : Outcome::skipped();
}

Outcome types_small_int(Place& p) {
  const uint32_t data = types_data_inputs(p.node());
  bool any = false;
  for (size_t i = 0; i < p.node().inputs().size(); ++i) {
    const DType t = Place::dtype(p.in(i));
    any = any || ((data >> std::min<size_t>(i, 31) & 1u) &&
                  (t == DType::kU8 || t == DType::kI8 || t == DType::kU16 || t == DType::kI16));
  }
  return any ? types_around(p, data, DType::kI32) : Outcome::skipped();
}

// Slice: beyond the end is the end, for any size that fits 32 bits.
Outcome types_clamp(Place& p) {
  Node& n = p.node();
  bool changed = false;
  const auto narrow = [&](std::vector<int64_t>& list) {
    bool cut = false;
    for (int64_t& v : list) {
      const int64_t was = v;
      v = std::clamp<int64_t>(v, INT_MIN, INT_MAX);
      cut = cut || v != was;
    }
    return cut;
  };
  for (const char* name : {"starts", "ends"}) {
    const Attribute* a = n.attribute(name);
    if (!a || !a->as_ints()) continue;
    std::vector<int64_t> list = *a->as_ints();
    if (!narrow(list)) continue;
    n.set_attribute(Attribute(name, std::move(list)));
    changed = true;
  }
  for (size_t i = 0; i < n.inputs().size(); ++i) {
    std::vector<int64_t> list;
    if (!p.in(i) || Place::dtype(p.in(i)) != DType::kI64 || !passes::constant_ints(p.in(i), list) ||
        !narrow(list))
      continue;
    if (!n.is("Slice") || i < 1 || i > 2)
      return Outcome::refused("its constant '" + p.in(i)->name() + "' holds numbers beyond 32 bits");
    n.set_input(i, p.int_list(list));
    changed = true;
  }
  return changed ? Outcome{} : Outcome::skipped();
}

Status types_narrow_doubles(FixContext& c, Graph& main, int& changed) {
  return passes::each_graph_checked(main, [&](Graph& g) -> Status {
    for (Value* v : std::vector<Value*>(g.initializers())) {
      const Tensor* t = v->initializer();
      if (!t || t->dtype() != DType::kF64) continue;
      auto narrow = converted_tensor(*t, DType::kF32);
      if (!narrow.ok()) {
        c.refusals.push_back({c.rewrite, v->name(), narrow.status().message()});
        return narrow.status();
      }
      g.set_initializer(v, std::move(*narrow));
      ++changed;
    }
    for (const auto& n : g.nodes()) {
      for (const char* name : {"to", "dtype", "output_datatype", "output_dtype"}) {
        if (n->int_or(name, 0) != static_cast<int64_t>(DType::kF64)) continue;
        n->set_attribute(Attribute(name, static_cast<int64_t>(DType::kF32)));
        ++changed;
      }
      const Attribute* a = n->attribute("value");
      if (!a || !a->as_tensor() || a->as_tensor()->dtype() != DType::kF64) continue;
      auto narrow = converted_tensor(*a->as_tensor(), DType::kF32);
      if (!narrow.ok()) {
        c.refuse(*n, narrow.status().message());
        return narrow.status();
      }
      n->set_attribute(Attribute("value", std::move(*narrow)));
      ++changed;
    }
    for (const auto& v : g.values()) {
      if (v->type.is_tensor() && v->type.dtype == DType::kF64) v->type.dtype = DType::kF32, ++changed;
    }
    return Status();
  });
}

}  // namespace

Result<int> run_uint8_input(Model& m, FixContext& c) {
  // Where Cast takes bytes (8.6, TensorRT operators.md) the input may stay what it is, behind one.
  targets::Version bytes;
  bytes.part = {8, 6, 0, 0};
  bytes.parts = 2;
  if (bytes <= c.options.target.tensorrt) return run_uint8_through_float(m, c);
  const int changed = retype_values(c, {DType::kU8, DType::kF32, true, true});
  if (changed > 0) JETLINE_RETURN_IF_ERROR(types_card_takes_floats(m));
  return changed;
}
Result<int> run_uint8_through_float(Model&, FixContext& c) {
  return retype_values(c, {DType::kU8, DType::kF32, false, true});
}

// Inputs and outputs change with everything else: what a release does not have inside it does not have
// outside.
Result<int> run_double_to_float(Model&, FixContext& c) {
  // On a copy first: a constant that does not fit leaves the model as it was.
  int changed = 0;
  const std::unique_ptr<Model> copy = c.model.clone();
  if (!types_narrow_doubles(c, copy->graph(), changed).ok()) return 0;
  changed = 0;
  JETLINE_RETURN_IF_ERROR(types_narrow_doubles(c, c.model.graph(), changed));
  if (changed > 0) c.refresh();
  return changed;
}

Result<int> run_clamp_int64(Model&, FixContext& c) {
  int changed = 0;
  passes::each_graph(c.model.graph(), [&](Graph& g) {
    for (Node* n : g.node_list()) {
      if (!n->domain().empty()) continue;
      Place p(c, *n);
      const Outcome out = types_clamp(p);
      if (out.kind == Outcome::Kind::kDone) ++changed;
      if (out.kind == Outcome::Kind::kRefused) c.refuse(*n, out.why);
    }
  });
  c.model.graph().remove_dead();
  c.refresh();
  return changed;
}

Result<int> run_bool_through_int32(Model&, FixContext& c) {
  return rewrite_places(c, {"Where",        "Gather",    "GatherElements",  "GatherND", "Slice",
                            "Split",        "Concat",    "Transpose",       "Reshape",  "Squeeze",
                            "Unsqueeze",    "Flatten",   "Expand",          "Tile",     "Pad",
                            "Equal",        "ScatterND", "ScatterElements", "Resize",   "DepthToSpace",
                            "SpaceToDepth", "ReduceMax", "ReduceMin",       "TopK",     "Compress"},
                        types_bool);
}
Result<int> run_int_through_float(Model&, FixContext& c) {
  return rewrite_places(
      c, {"Resize", "Upsample", "MaxPool", "TopK",   "Pad",       "ReduceMax",    "ReduceMin",   "Max",
          "Min",    "Where",    "Slice",   "Concat", "Transpose", "Tile",         "Expand",      "Gather",
          "ArgMax", "ArgMin",   "Equal",   "Less",   "Greater",   "DepthToSpace", "SpaceToDepth"},
      types_int_float);
}
Result<int> run_small_int_through_int32(Model&, FixContext& c) {
  return rewrite_places(
      c,
      {"Add",     "Sub",       "Mul",    "Equal",  "Less",      "Greater",   "LessOrEqual", "GreaterOrEqual",
       "Max",     "Min",       "Where",  "Concat", "Gather",    "Slice",     "Transpose",   "Reshape",
       "Squeeze", "Unsqueeze", "Expand", "Tile",   "ReduceMax", "ReduceMin", "Split"},
      types_small_int);
}

}  // namespace jetline::fix
