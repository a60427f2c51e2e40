#include "jetline/fix/compare.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "jetline/base/random.h"
#include "jetline/check/schema.h"
#include "jetline/fix/evaluate_part.h"
#include "jetline/graph/inference.h"
#include "jetline/passes/opset/step.h"

namespace jetline::fix {
namespace {

constexpr int64_t kPieceElements = int64_t{1} << 26;  // of one random tensor

bool piece_floating(DType t) {
  return t == DType::kF32 || t == DType::kF64 || t == DType::kF16 || t == DType::kBF16;
}

bool piece_same_tensor(const Tensor& a, const Tensor& b) {
  if (a.dtype() != b.dtype() || a.dims() != b.dims() || a.strings() != b.strings()) return false;
  const ByteView x = a.bytes(), y = b.bytes();
  return x.size() == y.size() && (x.data() == y.data() || std::memcmp(x.data(), y.data(), x.size()) == 0);
}

bool piece_same_attribute(const Attribute& a, const Attribute& b) {
  if (a.kind() != b.kind() || a.is_reference() || b.is_reference()) return false;
  if (a.as_tensor()) return piece_same_tensor(*a.as_tensor(), *b.as_tensor());
  if (!a.graphs().empty() || !b.graphs().empty()) return false;
  if (a.as_int()) return *a.as_int() == *b.as_int();
  if (a.as_float()) return *a.as_float() == *b.as_float();
  if (a.as_string()) return *a.as_string() == *b.as_string();
  if (a.as_ints()) return *a.as_ints() == *b.as_ints();
  if (a.as_floats()) return *a.as_floats() == *b.as_floats();
  if (a.as_strings()) return *a.as_strings() == *b.as_strings();
  return false;
}

// One of the two models: what of it depends on the content of inputs, and values computed for one seed.
struct PieceSide {
  const Model& model;
  std::unordered_set<const Value*> data;
  std::unordered_map<const Value*, Tensor> computed;
  std::unordered_map<const Node*, size_t> place;  // in the graph's order

  explicit PieceSide(const Model& m) : model(m) {
    for (const Value* v : m.graph().free_inputs()) data.insert(v);
    for (const auto& n : m.graph().nodes()) {
      place.emplace(n.get(), place.size());
      if (n->is("Shape") || n->is("Size")) continue;  // say nothing of the content
      const bool any =
          !n->subgraphs().empty() || std::any_of(n->inputs().begin(), n->inputs().end(),
                                                 [&](const Value* v) { return v && data.count(v) > 0; });
      if (!any) continue;
      for (const Value* v : n->outputs()) {
        if (v) data.insert(v);
      }
    }
  }
};

class PieceComparison {
 public:
  // `whole`: only the outputs are computed, from the inputs.
  PieceComparison(const Model& a, const Model& b, bool whole) : a_(a), b_(b), whole_(whole) {}

  Difference run() {
    Difference d;
    d.compared = true;
    std::string missing = interface();
    if (!missing.empty()) return {false, 0, "", missing};
    for (const auto& v : b_.model.graph().values()) {
      const Value* before = a_.model.graph().find(v->name());
      if (!before || (whole_ ? !v->is_output() : same_way(*before, *v))) continue;
      agree(before, v.get());
      for (uint64_t seed = 1; seed <= 2; ++seed) {
        a_.computed.clear();
        b_.computed.clear();
        feeds_.clear();
        seed_ = seed;
        const auto x = value(a_, b_, before), y = value(b_, a_, v.get());
        if (!x.ok() || !y.ok()) {
          const Status& s = x.ok() ? y.status() : x.status();
          return {false, d.largest, v->name(), "'" + v->name() + "': " + s.message()};
        }
        const double apart = tensor_difference(*x, *y);
        if (apart > d.largest) d.largest = apart, d.output = v->name();
      }
    }
    return d;
  }

 private:
  // Outputs of the later model that the earlier one does not compute at all cannot be compared.
  std::string interface() const {
    for (const Value* v : b_.model.graph().outputs()) {
      if (!a_.model.graph().find(v->name())) return "the output '" + v->name() + "' is new";
    }
    return "";
  }

  // Whether both values come from the same operator on the same inputs, so that there is nothing to compute.
  bool same_way(const Value& x, const Value& y) const {
    if (x.initializer() && y.initializer() && !x.producer() && !y.producer())
      return true;                                    // compared at their users
    if (!x.producer() && !y.producer()) return true;  // inputs
    const Node *n = x.producer(), *m = y.producer();
    if (!n || !m || n->op() != m->op() || n->domain() != m->domain() ||
        x.producer_output() != y.producer_output() || n->attributes().size() != m->attributes().size() ||
        n->inputs().size() != m->inputs().size())
      return false;
    const int64_t before = a_.model.opset(n->domain()), after = b_.model.opset(n->domain());
    if (before != after) {
      const auto *f = check::find_form(n->domain(), n->op(), before),
                 *g = check::find_form(n->domain(), n->op(), after);
      if (!f || !g || f->since != g->since) return false;
    }
    for (const Attribute& a : n->attributes()) {
      const Attribute* b = m->attribute(a.name());
      if (!b || !piece_same_attribute(a, *b)) return false;
    }
    for (size_t i = 0; i < n->inputs().size(); ++i) {
      if (!same_input(n->input(i), m->input(i))) return false;
    }
    return true;
  }

  bool same_input(const Value* x, const Value* y) const {
    if (!x || !y) return x == y;
    if (x->is_constant() || y->is_constant())
      return x->is_constant() && y->is_constant() && piece_same_tensor(*x->initializer(), *y->initializer());
    return x->name() == y->name();
  }

  // A value at which both models are cut: both have it, it holds floats that depend on the inputs, and its
  // shape is known.
  bool cut(const PieceSide& side, const PieceSide& other, const Value* v) const {
    if (whole_ || apart_.count(v->name())) return false;
    const Value* w = other.model.graph().find(v->name());
    if (!w || w->is_constant() || !side.data.count(v) || !other.data.count(w)) return false;
    return piece_floating(v->type.dtype) && piece_floating(w->type.dtype) && v->type.is_static() &&
           w->type.is_static() && v->type.dims() == w->type.dims();
  }

  Result<Tensor> value(PieceSide& side, const PieceSide& other, const Value* target) {
    const PartFeed given = [&](const Value& v) -> std::optional<Result<Tensor>> {
      if (v.producer() && (&v == target || !cut(side, other, &v))) return std::nullopt;
      return feed(v);
    };
    JETLINE_ASSIGN_OR_RETURN(std::vector<Tensor> got,
                             evaluate_part(side.model, {target}, given, side.computed));
    return std::move(got[0]);
  }

  // Where the computation of `target` begins, by name.
  std::set<std::string> frontier(const PieceSide& side, const PieceSide& other, const Value* target) const {
    std::set<std::string> begins;
    std::unordered_set<const Value*> seen;
    std::vector<const Value*> pending = {target};
    while (!pending.empty()) {
      const Value* v = pending.back();
      pending.pop_back();
      if (!seen.insert(v).second || v->is_constant()) continue;
      if (!v->producer() || (v != target && cut(side, other, v))) {
        begins.insert(v->name());
        continue;
      }
      for (const Value* in : v->producer()->inputs()) {
        if (in) pending.push_back(in);
      }
    }
    return begins;
  }

  // Both sides must begin at the same values: one may begin at what the other computes from where it begins.
  // Of values that only one side begins at, the last one in the model's order is computed instead.
  void agree(const Value* before, const Value* after) {
    constexpr int kMostRounds = 64;
    apart_.clear();
    for (int round = 0; round < kMostRounds && !whole_; ++round) {
      const auto x = frontier(a_, b_, before), y = frontier(b_, a_, after);
      if (x == y) return;
      std::string last;
      size_t latest = 0;
      for (const auto* names : {&x, &y}) {
        for (const std::string& name : *names) {
          const Value* v = a_.model.graph().find(name);
          if ((x.count(name) && y.count(name)) || !v || !v->producer()) continue;
          const size_t at = a_.place.at(v->producer());
          if (last.empty() || at > latest) last = name, latest = at;
        }
      }
      if (last.empty()) return;
      apart_.insert(last);
    }
  }

  // The same numbers for the value of that name in both models, each in its own type.
  Result<Tensor> feed(const Value& v) {
    if (!v.type.is_tensor() || !v.type.has_shape)
      return Status::negative("fix.not-comparable", "'" + v.name() + "' has no known shape");
    std::vector<int64_t> dims;
    for (const Dim& d : v.type.shape) {
      if (!d.known())
        return Status::negative("fix.not-comparable", "'" + v.name() + "' has an open dimension");
      dims.push_back(d.value);
    }
    const int64_t n = element_count(dims);
    if (n < 0 || n > kPieceElements)
      return Status::negative("fix.not-comparable", "'" + v.name() + "' is too large");
    std::vector<double>& numbers = feeds_[v.name()];
    if (numbers.empty()) {
      Random random(seed_ * 7919 + std::hash<std::string>()(v.name()) % 1000003);
      const bool whole = !piece_floating(v.type.dtype) || other_is_whole(v);
      for (int64_t i = 0; i < n; ++i) {
        const double x = random.uniform(0.0, 1.0);
        // The first time of both signs, the second time positive: roots and logarithms see numbers they take.
        numbers.push_back(whole        ? std::floor(x * (v.type.dtype == DType::kBool ? 2 : 256))
                          : seed_ == 1 ? 4 * x - 2
                                       : 0.05 + 3 * x);
      }
    }
    return made(v.type.dtype, dims, numbers);
  }

  bool other_is_whole(const Value& v) const {
    for (const PieceSide* s : {&a_, &b_}) {
      const Value* w = s->model.graph().find(v.name());
      if (w && w->type.is_tensor() && !piece_floating(w->type.dtype)) return true;
    }
    return false;
  }

  static Result<Tensor> made(DType t, const std::vector<int64_t>& dims, const std::vector<double>& numbers) {
    Model scratch;
    ShapeInference inference(scratch);
    passes::opset::SharedInts shared;
    Node* n = scratch.graph().add_node("Identity", {});
    passes::opset::Step step(scratch, inference, shared, *n);
    Value* v = step.tensor(t, dims, numbers);
    if (!v)
      return Status::negative("fix.not-comparable", "has elements of a kind that no numbers are made for");
    return *v->initializer();
  }

  PieceSide a_, b_;
  std::map<std::string, std::vector<double>> feeds_;
  std::set<std::string> apart_;  // values that are computed although both models have them
  uint64_t seed_ = 1;
  bool whole_;
};

}  // namespace

double tensor_difference(const Tensor& a, const Tensor& b) {
  if (a.dims() != b.dims()) return INFINITY;
  const auto x = a.to_doubles(), y = b.to_doubles();
  if (!x.ok() || !y.ok()) return piece_same_tensor(a, b) ? 0 : INFINITY;
  double range = 1, worst = 0;
  for (double v : *x) range = std::isfinite(v) ? std::max(range, std::abs(v)) : range;
  for (size_t i = 0; i < x->size(); ++i) {
    if ((std::isnan((*x)[i]) && std::isnan((*y)[i])) || (*x)[i] == (*y)[i]) continue;
    const double d = std::abs((*x)[i] - (*y)[i]);
    worst = std::max(worst, std::isnan(d) ? INFINITY : d / range);
  }
  return worst;
}

namespace {

// Inputs of both get the sizes that one of them names; what both leave open becomes small.
void piece_close(Model& a, Model& b) {
  std::map<std::string, int64_t> named;
  for (Value* v : b.graph().free_inputs()) {
    Value* w = a.graph().find(v->name());
    const bool both = w && w->type.shape.size() == v->type.shape.size();
    for (size_t i = 0; i < v->type.shape.size(); ++i) {
      Dim& d = v->type.shape[i];
      const std::string name = d.kind == Dim::Kind::kParam ? d.param : "";
      if (both && !d.known() && w->type.shape[i].known()) d = w->type.shape[i];
      if (!d.known()) d = Dim(!name.empty() && named.count(name) ? named[name] : i == 0 ? 2 : 32);
      if (!name.empty()) named[name] = d.value;
      if (both && !w->type.shape[i].known()) w->type.shape[i] = d;
    }
  }
}

}  // namespace

Difference compare_pieces(const Model& before, const Model& after, bool whole) {
  // Copies share the weights; their types are inferred so that shapes are known on both sides.
  const auto a = before.clone(), b = after.clone();
  piece_close(*a, *b);
  ShapeInference(*a).graph(a->graph());
  ShapeInference(*b).graph(b->graph());
  return PieceComparison(*a, *b, whole).run();
}

}  // namespace jetline::fix
