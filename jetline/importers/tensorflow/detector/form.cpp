#include <algorithm>

#include "jetline/graph/builder.h"
#include "jetline/graph/infer.h"
#include "jetline/importers/tensorflow/detector/detector.h"

namespace jetline::tf {
namespace {

Value* form_output(Graph& g, std::string_view name) {
  for (Value* v : g.outputs())
    if (v->name() == name) return v;
  return nullptr;
}

// Takes the outputs away from the graph and gives back the values under inner names.
Value* form_take(Graph& g, std::string_view name) {
  Value* v = form_output(g, name);
  if (!v) return nullptr;
  for (size_t i = 0; i < g.outputs().size(); ++i) {
    if (g.outputs()[i] == v) {
      g.remove_output(i);
      break;
    }
  }
  const Status renamed = g.rename(v, g.unique_name(std::string(name) + "/inner"));
  return renamed.ok() ? v : nullptr;
}

// What stands between a uint8 input and its casts: values that nodes only move. False when anything computes
// with them.
bool form_moved(Value* v, std::vector<Value*>& moved, int depth = 0) {
  static const char* const kMoves[] = {"Gather",    "Squeeze", "Unsqueeze", "Reshape",
                                       "Transpose", "Slice",   "Identity"};
  if (depth > 64) return false;
  moved.push_back(v);
  for (const Use& u : v->uses()) {
    if (!u.node) return false;
    if (u.node->is("Cast")) continue;
    const bool moves =
        std::any_of(std::begin(kMoves), std::end(kMoves), [&](const char* op) { return u.node->is(op); });
    if (u.node->is("Shape")) continue;
    if (!moves || u.index != 0 || !form_moved(u.node->output(0), moved, depth + 1)) return false;
  }
  return true;
}

// Pictures come as float levels; the cast that followed the uint8 input becomes nothing.
void form_float_input(Graph& g) {
  for (Value* in : g.free_inputs()) {
    std::vector<Value*> moved;
    if (in->type.dtype != DType::kU8 || !form_moved(in, moved)) continue;
    for (Value* v : moved) v->type.dtype = DType::kF32;
  }
}

// Class-wise suppression by the standard operator, best detections first.
void form_suppress(GraphBuilder& b, const DetectorFacts& facts, Value* boxes, Value* scores,
                   int64_t anchors) {
  Value* by_class = b.op("Transpose", {scores}, {{"perm", {0, 2, 1}}}, "nms/scores");
  const auto number = [&](float v) { return b.floats("", {1}, {v}); };
  Value* chosen = b.op("NonMaxSuppression",
                       {boxes, by_class, b.ints({facts.max_per_class}), number(facts.iou),
                        number(std::max(facts.score, 1e-8f))},
                       {}, "nms/selected");  // [n, 3]: picture, class, anchor
  Value* columns_class = b.op("Gather", {chosen, b.ints({1})}, {{"axis", 1}}, "nms/class");
  Value* columns_anchor = b.op("Gather", {chosen, b.ints({2})}, {{"axis", 1}}, "nms/anchor");
  Value* zeros = b.op("Mul", {columns_class, b.ints({0})}, {}, "nms/picture");
  Value* where = b.op("Concat", {zeros, columns_class, columns_anchor}, {{"axis", 1}}, "nms/where");
  Value* kept_scores = b.op("GatherND", {by_class, where}, {}, "nms/kept_scores");  // [n]
  Value* count = b.op("Shape", {kept_scores}, {}, "nms/count");
  Value* limit = b.op("Min", {count, b.ints({facts.max_per_class})}, {}, "nms/limit");
  const std::vector<Value*> top = b.ops("TopK", {kept_scores, limit}, 2, {{"axis", 0}}, "nms/top");
  Value* order = top[1];
  Value* flat_anchor = b.op("Reshape", {columns_anchor, b.ints({-1})}, {}, "nms/anchors");
  Value* flat_class = b.op("Reshape", {columns_class, b.ints({-1})}, {}, "nms/classes");
  Value* best_anchor = b.op("Gather", {flat_anchor, order}, {{"axis", 0}}, "nms/best_anchor");
  Value* best_class = b.op("Gather", {flat_class, order}, {{"axis", 0}}, "nms/best_class");
  Value* all = b.op("Reshape", {boxes, b.ints({anchors, 4})}, {}, "nms/boxes");
  Value* best_boxes = b.op("Gather", {all, best_anchor}, {{"axis", 0}}, "nms/best_boxes");
  Value* class_float = b.op("Cast", {best_class}, {{"to", 1}}, "nms/class_float");
  const Dim n = Dim::named("detections");
  const auto lead = [&](Value* v, const char* name) { return b.op("Unsqueeze", {v, b.ints({0})}, {}, name); };
  b.output(lead(best_boxes, "nms/out_boxes"), "detection_boxes", DType::kF32, {1, n, 4});
  b.output(lead(top[0], "nms/out_scores"), "detection_scores", DType::kF32, {1, n});
  b.output(lead(class_float, "nms/out_classes"), "detection_classes", DType::kF32, {1, n});
}

}  // namespace

Result<Imported> make_detector(const DetectorFacts& facts, const ConvertOptions& options,
                               const Importer& import) {
  ImportOptions fixed = options.import;
  fixed.shapes[facts.input] = {1, facts.height, facts.width, 3};
  const bool ssd = facts.family == "ssd";
  fixed.outputs = ssd ? std::vector<std::string>{"raw_detection_boxes", "raw_detection_scores"}
                      : std::vector<std::string>{"detection_boxes", "detection_scores", "detection_classes"};
  JETLINE_ASSIGN_OR_RETURN(Imported out, import(fixed));
  Graph& g = out.model->graph();
  if (!options.uint8_input) form_float_input(g);
  if (!ssd) {
    // Classes count from 1 in the exports; a card's labels count from 0.
    Value* classes = form_take(g, "detection_classes");
    GraphBuilder b(g);
    Value* from_zero = b.op("Sub", {classes, b.scalar(1.f)}, {}, "detection_classes/from_zero");
    b.output(from_zero, "detection_classes", DType::kF32, {1, facts.max_per_class});
    JETLINE_RETURN_IF_ERROR(b.status());
    return out;
  }
  Value* boxes = form_take(g, "raw_detection_boxes");
  Value* scores = form_take(g, "raw_detection_scores");
  if (!boxes || !scores)
    return Status::internal("tf.not-a-detector",
                            "the detector's outputs vanished while it was converted again");
  GraphBuilder b(g);
  const int64_t anchors =
      boxes->type.has_shape && boxes->type.shape.size() == 3 && boxes->type.shape[1].known()
          ? boxes->type.shape[1].value
          : -1;
  if (facts.background)
    scores = b.op("Slice", {scores, b.ints({1}), b.ints({facts.classes + 1}), b.ints({2})}, {},
                  "scores/foreground");
  const Dim count = anchors > 0 ? Dim(anchors) : Dim::named("anchors");
  out.outputs.clear();
  if (options.nms == Nms::kOnnx) {
    form_suppress(b, facts, boxes, scores, anchors);
    for (const char* name : {"detection_boxes", "detection_scores", "detection_classes"})
      out.outputs.emplace_back(name, "");
  } else {
    b.output(boxes, "boxes", DType::kF32, {1, count, 4});
    b.output(scores, "scores", DType::kF32, {1, count, facts.classes});
    out.outputs = {{"boxes", "raw_detection_boxes"}, {"scores", "raw_detection_scores"}};
  }
  JETLINE_RETURN_IF_ERROR(b.status());
  infer_shapes(*out.model);
  return out;
}

Card detector_card(const DetectorFacts& facts, const ConvertOptions& options) {
  Card card;
  card.task = "detect";
  card.head = facts.family == "ssd" && options.nms == Nms::kNone ? "tfod-ssd" : "tfod";
  card.labels = options.labels;
  if (card.labels.size() != static_cast<size_t>(facts.classes) && facts.classes > 0) {
    for (int i = static_cast<int>(card.labels.size()); i < facts.classes; ++i)
      card.labels.push_back("class " + std::to_string(i + 1));
    card.labels.resize(static_cast<size_t>(facts.classes));
  }
  InputSpec& in = card.input;
  in.name = facts.input;
  in.width = facts.width;
  in.height = facts.height;
  in.layout = Layout::kNHWC;
  in.order = ColorOrder::kRGB;
  const PictureFit fit = facts.fit.get();
  in.fit = fit.fit;
  in.pad = fit.pad;
  in.resample = fit.resample;
  in.dtype = options.uint8_input ? DType::kU8 : DType::kF32;
  for (const std::string& name : options.nchw_inputs)
    if (name == facts.input) in.layout = Layout::kNCHW;
  card.nms_iou = facts.family == "ssd" ? facts.iou : 1.f;
  card.score_threshold = std::max(0.3f, facts.score);
  return card;
}

}  // namespace jetline::tf
