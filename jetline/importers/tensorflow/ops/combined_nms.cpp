// CombinedNonMaxSuppression: suppression class by class, then the best of all classes of each image
// (tensorflow/core/kernels/image/non_max_suppression_op.cc). The scores of what was kept are written back
// into a table [batch, classes * boxes] of -infinity, and the best of each row are taken: all images at once,
// and everything behind has a known shape.
#include <algorithm>
#include <limits>

#include "jetline/importers/tensorflow/ops/nms.h"
#include "jetline/importers/tensorflow/registry.h"

namespace jetline::tf {
namespace {

// boxes [B, N, q, 4] with q 1 or the number of classes, scores [B, N, C].
Status convert_combined_nms(OpContext& c) {
  for (size_t i = 0; i < 6; ++i)
    if (!c.tensor(i)) return c.wrong_input(i);
  Value* boxes = c.cast(c.tensor(0), DType::kF32);
  Value* scores = c.cast(c.tensor(1), DType::kF32);
  const int64_t q = c.dim(boxes, 2), classes = c.dim(scores, 2);
  int64_t per_class = 0, total = 0;
  if (q < 1 || classes < 1 || (q != 1 && q != classes)) return c.unsupported("an unknown number of classes");
  if (!c.known_int(c.tensor(2), per_class) || !c.known_int(c.tensor(3), total))
    return c.unsupported("an output size that is only known at run time");
  if (c.bool_attr("pad_per_class")) total = std::min(total, per_class * classes);
  if (total < 1) return c.unsupported("an output of no boxes");

  Value* by_class = c.transpose(scores, {0, 2, 1});  // [B, C, N]
  Value* shape = c.shape_of(by_class);
  Value* count = c.emit("Gather", {shape, c.int_scalar(2)}, {{"axis", 0}});  // N
  Value* row = c.emit("Concat", {c.ints({-1}), c.emit("Mul", {c.unsqueeze(count, {0}), c.ints({classes})})},
                      {{"axis", 0}});
  Value *nms_boxes = nullptr, *nms_scores = by_class;
  if (q == 1) {
    nms_boxes = c.squeeze(boxes, {2});
  } else {  // each class with its own boxes counts as an image
    Value* n = c.unsqueeze(count, {0});
    nms_boxes = c.reshape_to(c.transpose(boxes, {0, 2, 1, 3}),
                             c.emit("Concat", {c.ints({-1}), n, c.ints({4})}, {{"axis", 0}}));
    nms_scores = c.reshape_to(by_class, c.emit("Concat", {c.ints({-1, 1}), n}, {{"axis", 0}}));
  }
  Value* found = emit_nms(c, nms_boxes, nms_scores, c.tensor(2), c.tensor(4), c.tensor(5));
  const double nothing = -std::numeric_limits<double>::infinity();
  Value* lowest = c.scalar(std::numeric_limits<float>::lowest(), DType::kF32);
  Value* kept = c.emit("GatherND", {nms_scores, found});
  Value* table = c.emit("Expand", {c.scalar(nothing, DType::kF32), c.shape_of(nms_scores)});
  table = c.reshape_to(c.emit("ScatterND", {table, found, kept}), row);
  table = c.emit("Pad", {table, c.ints({0, 0, 0, total}), c.scalar(nothing, DType::kF32)},
                 {{"mode", "constant"}});
  const std::vector<Value*> best =
      c.emit_many("TopK", {table, c.ints({total})}, 2, {{"axis", 1}, {"largest", 1}, {"sorted", 1}});
  Value* valid = c.emit("Greater", {best[0], lowest});
  Value* zero = c.scalar(0, DType::kF32);
  Value* at = c.emit("Where", {valid, best[1], c.int_scalar(0)});  // class * N + box
  Value* cls = c.emit("Div", {at, count});
  Value* box = c.emit("Sub", {at, c.emit("Mul", {cls, count})});
  if (q != 1) box = c.emit("Add", {c.emit("Mul", {box, c.int_scalar(q)}), cls});
  Value* images = c.emit("Gather", {shape, c.int_scalar(0)}, {{"axis", 0}});
  Value* image = c.emit("Range", {c.int_scalar(0), images, c.int_scalar(1)});
  Value* first = c.emit("Mul", {image, c.emit("Mul", {count, c.int_scalar(q)})});
  Value* chosen = c.emit("Gather", {c.reshape(boxes, {-1, 4}), c.emit("Add", {box, c.unsqueeze(first, {1})})},
                         {{"axis", 0}});
  if (c.bool_attr("clip_boxes", true)) chosen = c.emit("Clip", {chosen, zero, c.scalar(1, DType::kF32)});
  Value* outputs[4] = {c.emit("Where", {c.unsqueeze(valid, {2}), chosen, zero}),
                       c.emit("Where", {valid, best[0], zero}),
                       c.emit("Where", {valid, c.cast(cls, DType::kF32), zero}),
                       c.emit("ReduceSum", {c.cast(valid, DType::kI32), c.ints({1})}, {{"keepdims", 0}})};
  for (size_t i = 0; i < 4; ++i)
    if (Status s = c.set(i, outputs[i]); !s.ok()) return s;
  return {};
}

const OpRule kCombinedRules[] = {
    {"CombinedNonMaxSuppression", convert_combined_nms,
     "nmsed_boxes,nmsed_scores,nmsed_classes,valid_detections", "class count and output sizes must be known"},
};

}  // namespace

Span<const OpRule> combined_nms_rules() {
  return {kCombinedRules, std::size(kCombinedRules)};
}

}  // namespace jetline::tf
