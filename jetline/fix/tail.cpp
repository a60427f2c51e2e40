// Detector tails replaced by a plugin, or cut off.
#include "jetline/fix/tail.h"

#include <algorithm>
#include <cmath>

#include "jetline/base/random.h"
#include "jetline/graph/card.h"

namespace jetline::fix {
namespace {

constexpr int64_t kTailRows = 4096;  // the most candidates that the plugins look at

using targets::Version;

bool tail_before(const FixContext& c, int major, int minor) {
  Version v;
  v.part = {major, minor, 0, 0};
  v.parts = 2;
  return c.options.target.tensorrt < v;
}

// [1, A, 4] and [1, A, C] from what the tail begins with; `scores` may be the logits of the same form.
Value* tail_boxes(Place& p, const DetectorTail& t) {
  const std::vector<int64_t> dims = {1, t.anchors, 4};
  return t.boxes->type.dims() == dims ? t.boxes : p.reshape(t.boxes, dims);
}
Value* tail_scores(Place& p, const DetectorTail& t, Value* scores) {
  std::vector<int64_t> dims = {1, t.anchors, t.columns};
  if (t.by_class) std::swap(dims[1], dims[2]);
  Value* s = scores->type.dims() == dims ? scores : p.reshape(scores, dims);
  if (t.by_class) s = p.transpose(s, {0, 2, 1});
  if (t.picked == iota(t.columns)) return s;
  bool run = true;
  for (size_t i = 1; i < t.picked.size(); ++i) run = run && t.picked[i] == t.picked[i - 1] + 1;
  return run ? p.slice(s, {2}, {t.picked.front()}, {t.picked.back() + 1}) : p.gather(s, t.picked, 2);
}

// Random detections of which many overlap; few enough that no plugin leaves any out.
void tail_random(const DetectorTail& t, uint64_t seed, std::vector<float>& boxes,
                 std::vector<float>& scores) {
  Random random(seed);
  boxes.clear();
  double y = 0, x = 0, h = 0, w = 0;
  for (int64_t i = 0; i < t.anchors; ++i) {
    // Every few boxes a new place; the others lie around the last one, some closer than suppression allows.
    const bool moved = i % 6 == 0;
    if (moved) y = random.uniform(-0.05, 0.8), x = random.uniform(-0.05, 0.8);
    if (moved) h = random.uniform(0.05, 0.3), w = random.uniform(0.05, 0.3);
    const double far = 0.1 * static_cast<double>(i % 6);
    const double dy = y + h * random.uniform(-far, far), dx = x + w * random.uniform(-far, far);
    const double corners[] = {dy, dx, dy + h, dx + w}, centred[] = {dx + w / 2, dy + h / 2, w, h};
    for (int e = 0; e < 4; ++e) boxes.push_back(static_cast<float>(t.centre ? centred[e] : corners[e]));
  }
  const double share = std::min(1.0, 1500.0 / static_cast<double>(t.anchors * t.classes));
  scores.clear();
  for (int64_t i = 0; i < t.anchors * t.classes; ++i) {
    const bool seen = random.uniform(0.0, 1.0) < share;
    scores.push_back(seen ? static_cast<float>(random.uniform(0.02, 0.98)) : -1.0f);
  }
}

double tail_apart(const std::vector<TailDetection>& a, const std::vector<TailDetection>& b) {
  if (a.size() != b.size()) return INFINITY;
  double worst = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    if (a[i].cls != b[i].cls) return INFINITY;
    worst = std::max(worst, std::abs(static_cast<double>(a[i].score) - static_cast<double>(b[i].score)));
    for (size_t e = 0; e < 4; ++e)
      worst = std::max(worst, std::abs(static_cast<double>(a[i].box[e]) - static_cast<double>(b[i].box[e])));
  }
  return worst;
}

// Detections of the model before against those of `other` on the same boxes and scores.
using TailOther = std::function<Result<std::vector<TailDetection>>(
    const std::vector<float>&, const std::vector<float>&, const TailInputs&)>;
Difference tail_compare(const Model& before, const DetectorTail& t, const TailOther& other) {
  Difference d;
  d.output = "detections";
  size_t seen = 0;
  for (uint64_t seed = 1; seed <= 3; ++seed) {
    std::vector<float> boxes, scores;
    tail_random(t, seed, boxes, scores);
    const auto in = tail_inputs(t, boxes, scores);
    if (!in.ok()) return d.why = in.status().message(), d;
    const auto x = run_tail(before, t, *in), y = other(boxes, scores, *in);
    if (!x.ok() || !y.ok()) return d.why = (x.ok() ? y : x).status().message(), d;
    d.largest = std::max(d.largest, tail_apart(*x, *y));
    seen += x->size();
  }
  d.compared = seen > 0;
  if (!d.compared) d.why = "no detections to compare";
  return d;
}

// The same for a rewritten model, as its proof: the tail is found in the model before once more.
using TailAfter = std::function<Result<std::vector<TailDetection>>(const DetectorTail&, const TailInputs&)>;
Difference tail_compare_anew(const Model& before, const TailAfter& after) {
  FixOptions none;
  const auto copy = before.clone();
  FixContext again(*copy, none, 0);
  DetectorTail was;
  Difference d;
  d.why = find_tail(again, was);
  if (d.why.empty()) d.why = probe_tail(again, was);
  if (!d.why.empty()) return d;
  return tail_compare(*copy, was,
                      [&](const auto&, const auto&, const TailInputs& in) { return after(was, in); });
}

// The tail of the model as it is, understood and proved; null: refused.
std::unique_ptr<DetectorTail> tail_understood(FixContext& c, Node*& first) {
  first = nullptr;
  for (const auto& n : c.model.graph().nodes()) {
    if (n->is("NonMaxSuppression") && !first) first = n.get();
  }
  auto t = std::make_unique<DetectorTail>();
  std::string why = find_tail(c, *t);
  if (why.empty()) why = probe_tail(c, *t);
  if (why.empty()) {
    const Difference d = tail_compare(
        c.model, *t, [&](const auto& b, const auto& s, const TailInputs&) { return suppress(*t, b, s); });
    if (!d.compared)
      why = d.why;
    else if (!(d.largest <= 1e-4))
      why = "it does not keep the detections that suppression by its numbers keeps";
  }
  if (why.empty()) return t;
  if (first) c.refuse(*first, why);
  return nullptr;
}

void tail_note_others(FixContext& c, const DetectorTail& t) {
  for (const TailOutput& o : t.outputs) {
    if (o.role == TailOutput::Role::kOther)
      c.notes.push_back("the output '" + o.value->name() + "' goes: it has no counterpart");
  }
}

void tail_drop_output(Graph& g, const Value* v) {
  for (size_t i = g.outputs().size(); i-- > 0;) {
    if (g.outputs()[i] == v) g.remove_output(i);
  }
}

// `v` takes the place and name of an output, in its element type and rank.
Status tail_take(Place& p, const TailOutput& o, Value* v) {
  const ValueType type = o.value->type;
  const auto rank = static_cast<size_t>(Place::rank(v));
  if (o.role == TailOutput::Role::kClasses && o.first_class != 0)
    v = p.add(v, p.number(static_cast<double>(o.first_class), v));
  if (o.role == TailOutput::Role::kBoxes && o.clipped) v = p.clip(v, 0, 1);
  if (type.dtype != DType::kUndefined) v = p.cast(v, type.dtype);
  if (type.has_shape && type.shape.size() < rank) {
    auto dims = Place::dims(v);
    dims.erase(dims.begin(), dims.begin() + static_cast<std::ptrdiff_t>(rank - type.shape.size()));
    v = p.reshape(v, dims);
  }
  if (v->is_output() || !v->producer()) v = p.emit("Identity", {v});
  return o.value->graph()->replace_and_keep_name(o.value, v);
}

struct TailPlugin {
  const char* name;
  bool batched;
};

Result<int> tail_plugin(FixContext& c, const TailPlugin& plugin) {
  Node* first = nullptr;
  const auto t = tail_understood(c, first);
  if (!t) return 0;
  if (!c.plugins.empty() && c.plugins.count(plugin.name) == 0) {
    c.refuse(*first, std::string("the release has no plugin ") + plugin.name);
    return 0;
  }
  if (t->centre && plugin.batched) {
    c.refuse(*first, "the plugin takes corners, these boxes are centre and size");
    return 0;
  }
  // Written scores of half precision are sorted and shifted wrongly before 8.4: logits are not.
  const bool logits = t->logits && !plugin.batched;
  if (!logits && !plugin.batched && tail_before(c, 8, 4) &&
      c.options.target.precision != targets::Precision::kFp32)
    c.notes.push_back(
        "keep the scores that enter EfficientNMS_TRT in fp32: in fp16 this release subtracts 1 from them");
  Place p(c, *first);
  Graph& g = *first->graph();
  Value* boxes = tail_boxes(p, *t);
  Value* scores = tail_scores(p, *t, logits ? t->logits : t->scores);
  const int64_t rows = std::min(t->rows, kTailRows);
  std::vector<AttrArg> attributes;
  if (plugin.batched) {
    boxes = p.reshape(boxes, {1, t->anchors, 1, 4});
    attributes = {
        {"shareLocation", 1},     {"backgroundLabelId", -1}, {"numClasses", t->classes},
        {"topK", kTailRows},      {"keepTopK", rows},        {"scoreThreshold", std::max(t->score, 0.0f)},
        {"iouThreshold", t->iou}, {"isNormalized", 1},       {"clipBoxes", 0}};
  } else {
    attributes = {{"score_threshold", std::max(t->score, 0.0f)},
                  {"iou_threshold", t->iou},
                  {"max_output_boxes", rows},
                  {"background_class", -1},
                  {"score_activation", logits ? 1 : 0},
                  {"box_coding", t->centre ? 1 : 0}};
  }
  attributes.emplace_back("plugin_version", "1");
  const auto y = p.emit_many(plugin.name, {boxes, scores}, 4, attributes);
  const std::pair<TailOutput::Role, Value*> taken[] = {{TailOutput::Role::kCount, y[0]},
                                                       {TailOutput::Role::kBoxes, y[1]},
                                                       {TailOutput::Role::kScores, y[2]},
                                                       {TailOutput::Role::kClasses, y[3]}};
  for (const auto& [role, value] : taken) {
    const TailOutput* o = t->output(role);
    if (o) JETLINE_RETURN_IF_ERROR(tail_take(p, *o, value));
  }
  tail_note_others(c, *t);
  for (const TailOutput& o : t->outputs) {
    if (o.role == TailOutput::Role::kOther) tail_drop_output(g, o.value);
  }
  c.notes.push_back("the detections have " + std::to_string(rows) +
                    " rows now; those that are not filled have score 0");
  if (t->rows > t->per_class)
    c.notes.push_back("a class kept " + std::to_string(t->per_class) +
                      " boxes at most, the plugin limits all classes together");
  g.remove_dead();
  c.refresh();
  c.proof = [](const Model& before, const Model& after) {
    return tail_compare_anew(
        before, [&](const DetectorTail& was, const TailInputs& in) { return run_tail(after, was, in); });
  };
  return 1;
}

// The card names the head that does what the tail did; nothing is said of models that are not known to be of
// that kind.
Status tail_card(FixContext& c, const DetectorTail& t, bool& said) {
  const TailOutput* boxes = t.output(TailOutput::Role::kBoxes);
  const std::string* json = c.model.metadata_value(kCardKey);
  Card card;
  if (json) {
    JETLINE_ASSIGN_OR_RETURN(card, card_from_json(*json));
  }
  // Boxes of the Object Detection API are ymin, xmin, ymax, xmax as fractions: its outputs have this name.
  said = card.head == "tfod" || (card.head.empty() && boxes->value->name() == "detection_boxes");
  if (!said || t.centre) return Status();
  card.head = "tfod-ssd";
  card.head_params.clear();
  if (!json) {
    card.input.order = ColorOrder::kRGB;
    card.input.fit = Fit::kStretch;
    card.score_threshold = 0.3f;
    const auto inputs = c.model.graph().free_inputs();
    if (inputs.size() == 1 && inputs[0]->type.is_static() && inputs[0]->type.shape.size() == 4) {
      const auto d = inputs[0]->type.dims();
      card.input.layout = d[3] <= 4 ? Layout::kNHWC : Layout::kNCHW;
      const bool last = card.input.layout == Layout::kNHWC;
      card.input.height = static_cast<int>(d[last ? 1 : 2]);
      card.input.width = static_cast<int>(d[last ? 2 : 3]);
      card.input.dtype = inputs[0]->type.dtype;
    }
  }
  card.nms_iou = t.iou;
  card.score_threshold = std::max(card.score_threshold, std::max(t.score, 0.0f));
  c.model.set_metadata(kCardKey, card_to_json(card));
  return Status();
}

}  // namespace

Result<int> run_tail_efficient_nms(Model&, FixContext& c) {
  return tail_plugin(c, {"EfficientNMS_TRT", false});
}
Result<int> run_tail_batched_nms(Model&, FixContext& c) {
  return tail_plugin(c, {"BatchedNMSDynamic_TRT", true});
}

Result<int> run_tail_cut(Model&, FixContext& c) {
  Node* first = nullptr;
  const auto t = tail_understood(c, first);
  if (!t) return 0;
  bool said = false;
  JETLINE_RETURN_IF_ERROR(tail_card(c, *t, said));
  Place p(c, *first);
  Graph& g = *first->graph();
  Value* ends[] = {tail_boxes(p, *t), tail_scores(p, *t, t->scores)};
  const char* names[] = {"boxes", "scores"};
  for (const TailOutput& o : t->outputs) tail_drop_output(g, o.value);
  for (int i = 0; i < 2; ++i) {
    Value* v = ends[i];
    if (v->is_output() || !v->producer() || v == t->boxes || v == t->scores) v = p.emit("Identity", {v});
    // Other values that have the name give it up: outputs are found by it.
    if (Value* other = g.find(names[i]); other && other != v && !other->is_output())
      JETLINE_RETURN_IF_ERROR(g.rename(other, g.unique_name(std::string(names[i]) + "/inner")));
    if (!g.find(names[i])) JETLINE_RETURN_IF_ERROR(g.rename(v, names[i]));
    g.add_output(v);
  }
  c.notes.push_back(
      said ? "boxes and scores are the outputs now; the head 'tfod-ssd' that the card names suppresses"
           : "boxes and scores are the outputs now: suppress with overlap " + std::to_string(t->iou));
  g.remove_dead();
  c.refresh();
  c.proof = [](const Model& before, const Model& after) {
    return tail_compare_anew(
        before, [&](const DetectorTail& was, const TailInputs& in) -> Result<std::vector<TailDetection>> {
          // What the cut model ends with, suppressed.
          std::unordered_map<const Value*, Tensor> known;
          const Value *b = after.graph().find("boxes"), *s = after.graph().find("scores");
          if (!b || !s) return Status::negative("fix.not-comparable", "the cut model lacks its outputs");
          const PartFeed feed = [&](const Value& v) -> std::optional<Result<Tensor>> {
            if (v.name() == was.boxes->name()) return in.first;
            if (v.name() == was.scores->name()) return in.second;
            return std::nullopt;
          };
          JETLINE_ASSIGN_OR_RETURN(const std::vector<Tensor> got, evaluate_part(after, {b, s}, feed, known));
          std::vector<float> boxes, scores;
          for (int64_t i = 0; i < got[0].count(); ++i) boxes.push_back(got[0].at<float>(i));
          for (int64_t i = 0; i < got[1].count(); ++i) scores.push_back(got[1].at<float>(i));
          if (got[0].dims() != std::vector<int64_t>{1, was.anchors, 4} ||
              got[1].dims() != std::vector<int64_t>{1, was.anchors, was.classes})
            return Status::negative("fix.not-comparable", "the cut model ends in another form");
          return suppress(was, boxes, scores);
        });
  };
  return 1;
}

}  // namespace jetline::fix
