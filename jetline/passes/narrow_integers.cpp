// Law: int64 arithmetic on indices whose every number is known to fit int32 is done in int32. Connected
// values change together, and only where that takes no more Casts than it removes: constants, and Casts to
// int64, change for nothing; a Cast from int32 or to int32 goes; what only exists in int64 (inputs, outputs,
// shapes given to Reshape, results of Shape or TopK, …) needs one. So the number of nodes never grows, and
// constants and results take half the bytes. Runs on request only: runtimes on a CPU gain nothing, engines
// that compute in int32 (and say so for every int64 they meet) get a model that says what they do. The
// parameters of Slice stay int64 (canonical-slice). Exact. Measure: int64 values.
#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "jetline/passes/integer_range.h"

namespace jetline::passes {
namespace {

bool narrow_listed(const Node& n, std::initializer_list<const char*> ops) {
  return n.domain().empty() && std::any_of(ops.begin(), ops.end(), [&n](const char* op) { return n.is(op); });
}

bool narrow_is_i64(const Value* v) {
  return v && v->type.is_tensor() && v->type.dtype == DType::kI64;
}

// Inputs that have the type of output 0; empty where the operator has no int32 form.
std::vector<size_t> narrow_tied(const Node& n, int64_t opset) {
  if (narrow_listed(n, {"Add", "Sub", "Mul", "Div"})) return {0, 1};
  if (narrow_listed(n, {"Mod"}) && opset >= 10) return {0, 1};
  if (narrow_listed(n, {"Min", "Max"}) && opset >= 12 && n.inputs().size() == 2) return {0, 1};
  if (narrow_listed(
          n, {"Neg", "Abs", "Identity", "Reshape", "Squeeze", "Unsqueeze", "Transpose", "Slice", "Gather",
              "GatherElements", "GatherND", "Expand", "Tile", "Split", "ReduceMax", "ReduceMin"}))
    return {0};
  if (narrow_listed(n, {"Flatten"}) && opset >= 9) return {0};
  if (narrow_listed(n, {"Where"}) && opset >= 9) return {1, 2};
  if (narrow_listed(n, {"ScatterElements", "ScatterND"})) return {0, 2};
  if (narrow_listed(n, {"Concat"})) {
    std::vector<size_t> all;
    for (size_t i = 0; i < n.inputs().size(); ++i) all.push_back(i);
    return all;
  }
  return {};
}

// A use that takes int32 as well, with other inputs that must then be int32 too.
bool narrow_taken(const Node& n, size_t i, std::vector<size_t>& others) {
  if (narrow_listed(n, {"Cast", "Shape", "Size", "NonZero"})) return true;
  if (narrow_listed(n, {"Gather", "GatherElements", "ScatterElements"})) return i == 1;
  if (narrow_listed(n, {"ArgMax", "ArgMin"})) return i == 0;
  if (narrow_listed(n, {"Equal", "Less", "Greater"})) {
    others = {0, 1};
    return true;
  }
  return false;
}

// Values that change together.
class NarrowGroups {
 public:
  int of(const Value* v) {
    const auto [it, fresh] = ids_.emplace(v, static_cast<int>(parents_.size()));
    if (fresh) {
      parents_.push_back(it->second);
      members.push_back(const_cast<Value*>(v));
    }
    return it->second;
  }
  int root(int i) {
    while (parents_[static_cast<size_t>(i)] != i) {
      int& up = parents_[static_cast<size_t>(i)];
      up = parents_[static_cast<size_t>(up)];
      i = up;
    }
    return i;
  }
  void join(const Value* a, const Value* b) {
    const int p = root(of(a)), q = root(of(b));
    parents_[static_cast<size_t>(std::max(p, q))] = std::min(p, q);
  }
  std::vector<Value*> members;  // by number

 private:
  std::unordered_map<const Value*, int> ids_;
  std::vector<int> parents_;
};

struct NarrowGroup {
  std::vector<Value*> values;
  bool fits = true;
  int costs = 0, saves = 0, gains = 0;  // Casts put in, Casts taken out, values that change
};

class NarrowRun {
 public:
  NarrowRun(PassContext& c, Graph& g) : c_(c), g_(g), ranges_(integer_ranges(c, g)) {}

  Status run(int& changes) {
    connect();
    std::vector<NarrowGroup> groups(sets_.members.size());
    for (size_t i = 0; i < sets_.members.size(); ++i) {
      judge(sets_.members[i], groups[static_cast<size_t>(sets_.root(static_cast<int>(i)))]);
    }
    for (NarrowGroup& group : groups) {
      if (group.values.empty() || !group.fits || group.costs > group.saves || group.gains == 0) continue;
      for (Value* v : group.values) JETLINE_RETURN_IF_ERROR(narrow(v));
      changes += static_cast<int>(group.values.size());
    }
    return Status();
  }

 private:
  void connect() {
    const Node* before = nullptr;
    for (const auto& n : g_.nodes()) {
      if (before) next_[before] = n.get();
      before = n.get();
    }
    for (const Value* v : g_.initializers()) {
      if (constant_of(v) && v->initializer()->dtype() == DType::kI64) sets_.of(v);
    }
    for (const auto& n : g_.nodes()) {
      for (const Value* v : n->outputs()) {
        if (narrow_is_i64(v)) sets_.of(v);
      }
      const std::vector<size_t> tied = narrow_tied(*n, c_.opset);
      for (const size_t i : tied) {
        if (!narrow_is_i64(n->input(i))) continue;
        for (const Value* out : n->outputs()) {
          if (narrow_is_i64(out)) sets_.join(n->input(i), out);
        }
      }
      std::vector<size_t> others;
      for (size_t i = 0; i < n->inputs().size(); ++i) {
        if (narrow_taken(*n, i, others) && others.size() == 2 && narrow_is_i64(n->input(0)) &&
            narrow_is_i64(n->input(1)))
          sets_.join(n->input(0), n->input(1));
      }
    }
  }

  static bool is_cast(const Node& n) { return n.is("Cast"); }
  static bool to_i32(const Node& n) {
    return n.is("Cast") && n.output(0) && n.output(0)->type.dtype == DType::kI32 && !n.output(0)->is_output();
  }

  // A use that can stay as it is when the value is int32.
  bool use_takes(const Use& u) const {
    if (!u.node || u.graph != &g_) return false;
    std::vector<size_t> others;
    const auto i = static_cast<size_t>(u.index);
    if (narrow_taken(*u.node, i, others)) return true;
    const std::vector<size_t> tied = narrow_tied(*u.node, c_.opset);
    return std::find(tied.begin(), tied.end(), i) != tied.end() &&
           (narrow_is_i64(u.node->output(0)) || narrowed_.count(u.node->output(0)) > 0);
  }

  bool made_free(const Value* v) const {
    if (!v->producer()) return constant_of(v) != nullptr;
    return is_cast(*v->producer()) || !narrow_tied(*v->producer(), c_.opset).empty();
  }

  void judge(Value* v, NarrowGroup& group) {
    group.values.push_back(v);
    const auto range = ranges_.find(v);
    group.fits = group.fits && range != ranges_.end() && range->second.fits_int32();
    if (v->is_input()) group.fits = false;
    for (const Use& u : v->uses()) {
      if (u.graph != &g_) group.fits = false;  // read in a body: left alone
      if (u.node && to_i32(*u.node)) ++group.saves;
    }
    const bool back =
        std::any_of(v->uses().begin(), v->uses().end(), [this](const Use& u) { return !use_takes(u); });
    if (constant_of(v)) {
      // What must be int64 keeps the constant as it is; a second one is no node.
      if (back &&
          std::none_of(v->uses().begin(), v->uses().end(), [this](const Use& u) { return use_takes(u); }))
        group.fits = false;
      ++group.gains;
      return;
    }
    if (v->is_output()) group.fits = false;
    if (made_free(v)) ++group.gains;
    group.costs += made_free(v) ? (back ? 1 : 0) : 1;
    const Node* from = v->producer();
    if (from && is_cast(*from) && from->input(0) && from->input(0)->type.dtype == DType::kI32) ++group.saves;
  }

  Value* cast(Value* v, DType to, Node* before) {
    Value* made =
        add_before(c_, g_, "Cast", {v}, v->name() + (to == DType::kI32 ? "_int32" : "_int64"), before);
    made->producer()->set_attribute(Attribute("to", static_cast<int64_t>(to)));
    made->type = v->type;
    made->type.dtype = to;
    return made;
  }

  Node* after(const Node* n) const {
    const auto it = next_.find(n);
    return it == next_.end() ? nullptr : it->second;
  }

  Status narrow(Value* v) {
    if (const Tensor* t = constant_of(v)) return narrow_constant(v, *t);
    std::vector<Use> stay;
    for (const Use& u : v->uses()) {
      if (!use_takes(u)) stay.push_back(u);
    }
    Node* maker = v->producer();
    c_.inference.forget(v);
    if (!made_free(v)) {
      // The result stays int64; whoever takes int32 reads a Cast of it.
      Value* small = cast(v, DType::kI32, after(maker));
      const std::vector<Use> uses = v->uses();
      for (const Use& u : uses) {
        if (u.node != small->producer() && use_takes(u))
          u.node->set_input(static_cast<size_t>(u.index), small);
      }
      return Status();
    }
    v->type.dtype = DType::kI32;
    narrowed_.insert(v);
    if (maker && is_cast(*maker)) maker->set_attribute(Attribute("to", static_cast<int64_t>(DType::kI32)));
    if (stay.empty()) return Status();
    Value* wide = cast(v, DType::kI64, after(maker));
    for (const Use& u : stay) u.node->set_input(static_cast<size_t>(u.index), wide);
    return Status();
  }

  Status narrow_constant(Value* v, const Tensor& t) {
    JETLINE_ASSIGN_OR_RETURN(const std::vector<int64_t> numbers, t.to_ints());
    std::vector<uint8_t> bytes;
    bytes.reserve(numbers.size() * 4);
    for (const int64_t x : numbers) {
      for (int shift = 0; shift < 32; shift += 8)
        bytes.push_back(static_cast<uint8_t>(static_cast<uint64_t>(x) >> shift));
    }
    JETLINE_ASSIGN_OR_RETURN(Tensor narrowed, Tensor::own(DType::kI32, t.dims(), std::move(bytes)));
    Value* small = add_constant(g_, std::move(narrowed), v->name());
    c_.inference.forget(small);
    const std::vector<Use> uses = v->uses();
    for (const Use& u : uses) {
      if (use_takes(u)) u.node->set_input(static_cast<size_t>(u.index), small);
    }
    remove_unused_constant(c_, v);
    return Status();
  }

  PassContext& c_;
  Graph& g_;
  IntegerRanges ranges_;
  NarrowGroups sets_;
  std::unordered_map<const Node*, Node*> next_;
  std::unordered_set<const Value*> narrowed_;
};

}  // namespace

Result<int> run_narrow_integers(Model& model, PassContext& c) {
  int changes = 0;
  JETLINE_RETURN_IF_ERROR(
      each_graph_checked(model.graph(), [&](Graph& g) { return NarrowRun(c, g).run(changes); }));
  return changes;
}

}  // namespace jetline::passes
