#include <algorithm>
#include <cmath>

#include "jetline/fix/tail.h"
#include "jetline/passes/edit.h"

namespace jetline::fix {
namespace {

// Operators that only move elements of their first input, with everything else constant.
bool tail_moves(const Node& n) {
  static const char* const kMoves[] = {"Reshape", "Squeeze", "Unsqueeze", "Flatten", "Transpose",
                                       "Slice",   "Split",   "Gather",    "Identity"};
  if (std::none_of(std::begin(kMoves), std::end(kMoves), [&](const char* op) { return n.is(op); }))
    return false;
  for (size_t i = 1; i < n.inputs().size(); ++i) {
    if (n.input(i) && !n.input(i)->is_constant() && !n.is("Reshape")) return false;
  }
  return n.input(0) && !n.input(0)->is_constant();
}

// The value and all that it was moved from, nearest first.
std::vector<Value*> tail_sources(Value* v) {
  std::vector<Value*> chain = {v};
  while (v->producer() && tail_moves(*v->producer()) && v->graph() == v->producer()->graph()) {
    v = v->producer()->input(0);
    chain.push_back(v);
  }
  return chain;
}

// The nearest value that all of them come from; null: none.
Value* tail_common(const std::vector<Value*>& values) {
  for (Value* v : tail_sources(values[0])) {
    const bool all = std::all_of(values.begin(), values.end(), [&](Value* other) {
      const auto chain = tail_sources(other);
      return std::find(chain.begin(), chain.end(), v) != chain.end();
    });
    if (all) return v;
  }
  return nullptr;
}

bool tail_number(FixContext& c, const Value* v, double& out) {
  if (!v) return false;
  if (passes::uniform_constant(v, out)) return true;
  const ops::KnownInts* k = c.inference->ints(v);
  if (!k || k->elements.size() != 1 || !k->elements[0].known()) return false;
  out = static_cast<double>(k->elements[0].value);
  return true;
}

// Which elements of `from` each element of `to` is, by sending numbers through.
std::string tail_places(const Model& m, const Value* from, const Value* to, std::vector<int64_t>& places) {
  const int64_t n = from->type.count();
  if (n < 0 || n > int64_t{1} << 24) return "its scores are of unknown or great size";
  std::vector<float> numbers(static_cast<size_t>(n));
  for (int64_t i = 0; i < n; ++i) numbers[static_cast<size_t>(i)] = static_cast<float>(i);
  auto feed = Tensor::floats(from->type.dims(), numbers);
  std::unordered_map<const Value*, Tensor> known;
  known.emplace(from, *feed);
  const auto got = evaluate_part(
      m, {to}, [](const Value&) { return std::nullopt; }, known);
  if (!got.ok()) return got.status().message();
  const auto values = (*got)[0].to_doubles();
  if (!values.ok()) return "its scores are no numbers";
  for (double v : *values) places.push_back(static_cast<int64_t>(v));
  return "";
}

// Scores of class k are the elements columns * a + column or anchors * column + a.
std::string tail_column(DetectorTail& t, const std::vector<int64_t>& places, size_t from, bool first) {
  const int64_t a = t.anchors, n = t.scores->type.count();
  const int64_t step = a > 1 ? places[from + 1] - places[from] : 1;
  for (int64_t i = 0; i < a; ++i) {
    if (places[from + static_cast<size_t>(i)] != places[from] + i * step)
      return "scores in an order of their own";
  }
  const bool by_class = step == 1 && a > 1 && n != a;
  if (first) {
    t.by_class = by_class || n == a;
    if (n % a != 0) return "scores of more anchors than boxes";
    t.columns = n / a;
  }
  if ((by_class || n == a) != t.by_class) return "scores in two orders";
  if (!t.by_class && step != t.columns) return "scores in an order of their own";
  t.picked.push_back(t.by_class ? places[from] / a : places[from]);
  if (t.by_class && places[from] % a != 0) return "scores in an order of their own";
  return t.picked.back() < t.columns ? "" : "scores in an order of their own";
}

// Which columns of `tail.scores` the suppressions read, class by class.
std::string tail_columns(FixContext& c, DetectorTail& tail, const std::vector<Value*>& scores) {
  tail.picked.clear();
  for (Value* v : scores) {
    std::vector<int64_t> places;
    if (std::string why = tail_places(c.model, tail.scores, v, places); !why.empty()) return why;
    for (int64_t k = 0; k < v->type.dims()[1]; ++k) {
      const bool first = tail.picked.empty();
      const std::string why = tail_column(tail, places, static_cast<size_t>(k * tail.anchors), first);
      if (!why.empty()) return why;
    }
  }
  return "";
}

}  // namespace

std::string find_tail(FixContext& c, DetectorTail& tail) {
  std::vector<Node*> nodes;
  for (const auto& n : c.model.graph().nodes()) {
    if (n->is("NonMaxSuppression")) nodes.push_back(n.get());
  }
  if (nodes.empty()) return "there is no NonMaxSuppression in the main graph";
  std::vector<Value*> boxes, scores;
  for (size_t i = 0; i < nodes.size(); ++i) {
    const Node& n = *nodes[i];
    double most = 0, iou = 0, low = -1;
    if (!n.input(0) || !n.input(1)) return "it lacks an input";
    if (n.input(2) && !tail_number(c, n.input(2), most)) return "the number of boxes is computed";
    if (n.input(3) && !tail_number(c, n.input(3), iou)) return "the overlap is computed";
    if (n.input(4) && !tail_number(c, n.input(4), low)) return "the least score is computed";
    const bool centre = n.int_or("center_point_box", 0) != 0;
    const auto keep = static_cast<int64_t>(std::min(most, 1e9));
    if (i > 0 && (keep != tail.per_class || static_cast<float>(iou) != tail.iou ||
                  static_cast<float>(low) != tail.score || centre != tail.centre))
      return "its suppressions have different limits";
    tail.per_class = keep;
    tail.iou = static_cast<float>(iou);
    tail.score = static_cast<float>(low);
    tail.centre = centre;
    boxes.push_back(n.input(0));
    scores.push_back(n.input(1));
    if (!n.input(0)->type.is_static() || !n.input(1)->type.is_static())
      return "its boxes are of unknown number";
    const auto b = n.input(0)->type.dims(), s = n.input(1)->type.dims();
    if (b.size() != 3 || s.size() != 3 || b[0] != 1 || b[2] != 4 || s[0] != 1 || s[2] != b[1] ||
        (i > 0 && b[1] != tail.anchors))
      return "it works on batches of more than one";
    tail.anchors = b[1];
    tail.classes += s[1];
  }
  if (tail.per_class < 1) return "it keeps nothing";
  // As far back as it goes, so that whatever gathers boxes and scores takes them from there too.
  Value *near_boxes = tail_common(boxes), *near_scores = tail_common(scores);
  if (!near_boxes || !near_scores) return "its boxes or scores come from different places";
  for (Value* v : tail_sources(near_boxes)) {
    if (!v->type.is_static() || v->type.count() != 4 * tail.anchors || v->type.dtype != DType::kF32) continue;
    std::vector<int64_t> places;
    if (!tail_places(c.model, v, boxes[0], places).empty()) continue;
    if (places == iota(4 * tail.anchors)) tail.boxes = v;
  }
  if (!tail.boxes) return "its boxes differ from class to class";
  std::string why = "its scores are of unknown size, or no floats";
  const std::vector<Value*> sources = tail_sources(near_scores);
  for (size_t i = sources.size(); i-- > 0;) {
    if (!sources[i]->type.is_static() || sources[i]->type.dtype != DType::kF32) continue;
    tail.scores = sources[i];
    why = tail_columns(c, tail, scores);
    if (why.empty()) break;
  }
  if (!why.empty()) return why;
  const Node* made = tail.scores->producer();
  if (made && made->is("Sigmoid")) tail.logits = made->input(0);
  return "";
}

}  // namespace jetline::fix
