// NonMaxSuppression V1 to V5 as ONNX NonMaxSuppression. Both keep boxes whose score is above the threshold
// and drop those whose overlap is above the other; both take any two opposite corners.
#include <algorithm>
#include <cmath>

#include "jetline/importers/tensorflow/converter.h"
#include "jetline/importers/tensorflow/ops/greedy_nms.h"
#include "jetline/importers/tensorflow/ops/nms.h"
#include "jetline/importers/tensorflow/registry.h"

namespace jetline::tf {

Value* nms_threshold(OpContext& c, Value* v) {
  std::vector<double> known;
  // Without a threshold every box takes part; -infinity says the same.
  if (!v || (c.known_floats(v, known) && known.size() == 1 && std::isinf(known[0]) && known[0] < 0))
    return nullptr;
  return c.reshape(c.cast(v, DType::kF32), {1});
}

Value* emit_nms(OpContext& c, Value* boxes, Value* scores, Value* max_output, Value* iou, Value* score) {
  return c.emit("NonMaxSuppression", {boxes, scores, c.reshape(c.to_i64(max_output), {1}),
                                      c.reshape(c.cast(iou, DType::kF32), {1}), nms_threshold(c, score)});
}

namespace {

// boxes [N, 4] and scores [N] -> numbers of the boxes kept, int64 [n].
Value* nms_selected(OpContext& c, Value* boxes, Value* scores, Value* max_output, Value* iou, Value* score) {
  Value* found = emit_nms(c, c.unsqueeze(c.cast(boxes, DType::kF32), {0}),
                          c.unsqueeze(c.cast(scores, DType::kF32), {0, 1}), max_output, iou, score);
  return c.emit("Gather", {found, c.int_scalar(2)}, {{"axis", 1}});
}

// v [n] filled up with zeros to max_output elements.
Value* nms_padded(OpContext& c, Value* v, Value* max_output) {
  Value* count = c.shape_of(v);
  Value* missing = c.emit("Sub", {c.reshape(c.to_i64(max_output), {1}), count});
  Value* pads = c.emit("Concat", {c.ints({0}), missing}, {{"axis", 0}});
  Value* y = c.emit("Pad", {v, pads, c.scalar(0, v)}, {{"mode", "constant"}});
  int64_t known = 0;
  return c.known_int(max_output, known) ? c.reshape(y, {known}) : y;
}

// V5 with soft_nms_sigma above 0: scores fall with overlap instead of boxes going.
Status nms_soft(OpContext& c, double sigma) {
  GreedyNms g;
  int64_t wanted = 0;
  if (!c.known_int(c.tensor(2), wanted))
    return c.unsupported("an output size that is only known at run time");
  const int64_t n = c.dim(c.tensor(1), 0);
  g.steps = n >= 0 ? std::min(wanted, n) : wanted;
  if (g.steps < 1 || g.steps > c.converter().options().max_unroll)
    return c.unsupported("soft suppression with an output of " + std::to_string(g.steps) + " boxes");
  const DType type = c.dtype(c.tensor(1));
  Value* boxes = c.cast(c.tensor(0), DType::kF32);
  g.scores = c.cast(c.tensor(1), DType::kF32);
  g.threshold = c.cast(c.tensor(4), DType::kF32);
  g.sigma = sigma;
  g.overlap = [&](Value* best) { return emit_iou(c, boxes, best); };
  const GreedyResult r = emit_greedy_nms(c, g);
  Value *kept = r.boxes, *scores = r.scores;
  if (c.bool_attr("pad_to_max_output_size")) {
    kept = nms_padded(c, kept, c.tensor(2));
    scores = nms_padded(c, scores, c.tensor(2));
  } else {
    const auto first = [&](Value* v) {
      return c.emit("Slice", {v, c.ints({0}), c.unsqueeze(r.count, {0}), c.ints({0})});
    };
    kept = first(kept);
    scores = first(scores);
  }
  if (Status s = c.set(0, c.cast(kept, DType::kI32)); !s.ok()) return s;
  if (Status s = c.set(1, c.cast(scores, type)); !s.ok()) return s;
  return c.set(2, c.cast(r.count, DType::kI32));
}

Status convert_nms(OpContext& c) {
  const int version = c.op().back() >= '2' && c.op().back() <= '5' ? c.op().back() - '0' : 1;
  for (size_t i = 0; i < (version == 1 ? 3U : version == 2 ? 4U : version < 5 ? 5U : 6U); ++i)
    if (!c.tensor(i)) return c.wrong_input(i);
  Value* iou = version == 1 ? c.scalar(c.float_attr("iou_threshold", 0.5f), DType::kF32) : c.tensor(3);
  Value* score = version >= 3 ? c.tensor(4) : nullptr;
  Value *scores = c.tensor(1), *max_output = c.tensor(2);
  std::vector<double> sigma{0};
  if (version == 5 && (!c.known_floats(c.tensor(5), sigma) || sigma.size() != 1))
    return c.unsupported("a soft_nms_sigma that is only known at run time");
  if (sigma[0] > 0) return nms_soft(c, sigma[0]);
  Value* kept = nms_selected(c, c.tensor(0), scores, max_output, iou, score);
  Value* count = c.cast(c.squeeze(c.shape_of(kept), {0}), DType::kI32);
  Value* kept_scores = version == 5 ? c.emit("Gather", {scores, kept}, {{"axis", 0}}) : nullptr;
  if (version >= 4 && c.bool_attr("pad_to_max_output_size")) {
    kept = nms_padded(c, kept, max_output);
    if (kept_scores)
      kept_scores = c.via(kept_scores, {DType::kF32, DType::kF16}, DType::kF32,
                          [&](Value* v) { return nms_padded(c, v, max_output); });
  }
  if (Status s = c.set(0, c.cast(kept, DType::kI32)); !s.ok()) return s;
  if (version == 4) return c.set(1, count);
  if (version < 5) return {};
  if (Status s = c.set(1, kept_scores); !s.ok()) return s;
  return c.set(2, count);
}

const OpRule kNmsRules[] = {
    {"NonMaxSuppression", convert_nms},
    {"NonMaxSuppressionV2", convert_nms},
    {"NonMaxSuppressionV3", convert_nms},
    {"NonMaxSuppressionV4", convert_nms, "selected_indices,valid_outputs"},
    {"NonMaxSuppressionV5", convert_nms, "selected_indices,selected_scores,valid_outputs",
     "soft suppression is laid out step by step"},
};

}  // namespace

Span<const OpRule> nms_rules() {
  return {kNmsRules, std::size(kNmsRules)};
}

}  // namespace jetline::tf
