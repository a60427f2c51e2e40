#include <algorithm>
#include <cmath>
#include <unordered_set>

#include "jetline/importers/tensorflow/detector/detector.h"
#include "jetline/importers/tensorflow/detector/probe.h"

namespace jetline::tf {
namespace {

Value* recognise_output(const Model& m, std::string_view name) {
  for (Value* v : m.graph().outputs())
    if (v->name() == name) return v;
  return nullptr;
}

// True when a NonMaxSuppression stands somewhere above `v`.
bool recognise_suppressed(const Value* v) {
  std::unordered_set<const Node*> seen;
  std::vector<const Value*> work = {v};
  while (!work.empty()) {
    const Node* n = work.back()->producer();
    work.pop_back();
    if (!n || !seen.insert(n).second) continue;
    if (n->is("NonMaxSuppression")) return true;
    for (const Value* in : n->inputs())
      if (in) work.push_back(in);
  }
  return false;
}

std::vector<const Node*> recognise_nodes(const Graph& g, const char* op) {
  std::vector<const Node*> out;
  for (const auto& n : g.nodes())
    if (n->is(op)) out.push_back(n.get());
  return out;
}

double recognise_number(const Value* v, double other) {
  if (!v || !v->is_constant()) return other;
  const Result<std::vector<double>> values = v->initializer()->to_doubles();
  return values.ok() && values->size() == 1 ? (*values)[0] : other;
}

bool recognise_heads(const Model& raw, DetectorFacts& facts, std::string& why) {
  const Value* boxes = recognise_output(raw, "raw_detection_boxes");
  const Value* scores = recognise_output(raw, "raw_detection_scores");
  const Value* final_boxes = recognise_output(raw, "detection_boxes");
  const Value* final_scores = recognise_output(raw, "detection_scores");
  const Value* final_classes = recognise_output(raw, "detection_classes");
  if (!final_boxes || !final_scores || !final_classes || !recognise_output(raw, "num_detections"))
    return false;
  const std::vector<const Node*> nms = recognise_nodes(raw.graph(), "NonMaxSuppression");
  if (!boxes || !scores) {
    if (!nms.empty() || recognise_nodes(raw.graph(), "TopK").empty()) {
      why = "it has no raw_detection_boxes and raw_detection_scores";
      return false;
    }
    facts.family = "centernet";
    const int64_t count = final_boxes->type.has_shape && final_boxes->type.shape.size() == 3 &&
                                  final_boxes->type.shape[1].known()
                              ? final_boxes->type.shape[1].value
                              : 0;
    facts.max_per_class = static_cast<int>(std::clamp<int64_t>(count, 0, 100000));
    if (const Value* all = recognise_output(raw, "detection_multiclass_scores"))
      if (all->type.has_shape && all->type.shape.size() == 3 && all->type.shape[2].known())
        facts.classes = static_cast<int>(all->type.shape[2].value);
    return true;
  }
  if (nms.empty() || recognise_suppressed(boxes) || recognise_suppressed(scores)) {
    why = "its boxes come from a second stage (Faster R-CNN and its kin), which stays as it is";
    return false;
  }
  const auto columns = [](const Value* v) -> int64_t {
    return v->type.has_shape && v->type.shape.size() == 3 && v->type.shape[2].known() ? v->type.shape[2].value
                                                                                      : -1;
  };
  if (columns(boxes) != 4 || columns(scores) < 1) {
    why = "its raw boxes are not [1, anchors, 4], one box an anchor";
    return false;
  }
  facts.family = "ssd";
  const int64_t width = columns(scores);
  const auto suppressions = static_cast<int64_t>(nms.size());
  facts.background = suppressions == 1 ? width == 2 : suppressions == width - 1;
  facts.classes = static_cast<int>(facts.background ? width - 1 : width);
  facts.max_per_class = static_cast<int>(std::clamp(recognise_number(nms[0]->input(2), 100), 1.0, 100000.0));
  facts.iou = static_cast<float>(recognise_number(nms[0]->input(3), 0.6));
  facts.score = static_cast<float>(std::max(0.0, recognise_number(nms[0]->input(4), 0)));
  return true;
}

}  // namespace

Result<std::optional<DetectorFacts>> recognise_detector(const Model& raw, const ImportOptions& options,
                                                        const Importer& import, std::string& why) {
  DetectorFacts facts;
  std::optional<DetectorFacts> nothing;
  if (!recognise_heads(raw, facts, why)) return nothing;
  const std::vector<Value*> inputs = raw.graph().free_inputs();
  if (inputs.size() != 1 || !inputs[0]->type.has_shape || inputs[0]->type.shape.size() != 4 ||
      !(inputs[0]->type.shape[3].known() && inputs[0]->type.shape[3].value == 3)) {
    why = "its input is no picture [1, height, width, 3]";
    return nothing;
  }
  facts.input = inputs[0]->name();
  JETLINE_ASSIGN_OR_RETURN(const std::optional<PictureSize> size,
                           find_picture_size(facts.input, options, import));
  if (!size) {
    why = "no input size makes its resizer the identity";
    return nothing;
  }
  facts.width = size->width;
  facts.height = size->height;
  JETLINE_ASSIGN_OR_RETURN(facts.fit, find_fit(facts.input, *size, options, import));
  return std::optional<DetectorFacts>(facts);
}

}  // namespace jetline::tf
