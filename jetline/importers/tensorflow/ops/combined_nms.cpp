// CombinedNonMaxSuppression: suppression class by class, then the best of all classes of each image
// (tensorflow/core/kernels/image/non_max_suppression_op.cc). Results are padded with zeros to a fixed number,
// so everything behind it keeps a known shape: what was kept is joined with that many empty entries of score
// -infinity before the best are taken.
#include <algorithm>
#include <limits>

#include "jetline/importers/tensorflow/ops/nms.h"
#include "jetline/importers/tensorflow/registry.h"

namespace jetline::tf {
namespace {

struct Combined {
  Value *boxes, *scores, *classes, *count;
};

// One image: boxes [N, q, 4], scores [N, C].
Combined combined_image(OpContext& c, Value* boxes, Value* scores, int64_t q, int64_t classes,
                        int64_t total) {
  Value* by_class = c.unsqueeze(c.transpose(scores, {1, 0}), {q == 1 ? 0 : 1});
  Value* nms_boxes = c.transpose(boxes, {1, 0, 2});  // [q, N, 4]: one set of boxes, or one a class as a batch
  Value* found = emit_nms(c, nms_boxes, by_class, c.tensor(2), c.tensor(4), c.tensor(5));
  Value* cls = c.emit("Gather", {found, c.int_scalar(q == 1 ? 1 : 0)}, {{"axis", 1}});
  Value* box = c.emit("Gather", {found, c.int_scalar(2)}, {{"axis", 1}});
  // Numbers into the flattened scores [N * C] and boxes [N * q, 4].
  Value* n = c.emit("Add", {c.emit("Mul", {box, c.int_scalar(classes)}), cls});
  Value* kept = c.emit("Gather", {c.reshape(scores, {-1}), n}, {{"axis", 0}});
  const float nothing = -std::numeric_limits<float>::infinity();
  const size_t size = static_cast<size_t>(total);
  Value* filled =
      c.emit("Concat", {kept, c.floats({total}, std::vector<float>(size, nothing))}, {{"axis", 0}});
  const std::vector<Value*> best =
      c.emit_many("TopK", {filled, c.ints({total})}, 2, {{"axis", 0}, {"largest", 1}, {"sorted", 1}});
  Value* valid = c.emit("Greater", {best[0], c.scalar(std::numeric_limits<float>::lowest(), DType::kF32)});
  const auto padded = [&](Value* v) {
    return c.emit("Concat", {v, c.ints(std::vector<int64_t>(size, 0))}, {{"axis", 0}});
  };
  Value* zero = c.scalar(0, DType::kF32);
  Value* best_class = c.emit("Gather", {padded(cls), best[1]}, {{"axis", 0}});
  Value* box_number = q == 1 ? box : c.emit("Add", {c.emit("Mul", {box, c.int_scalar(q)}), cls});
  Value* best_box = c.emit("Gather", {padded(box_number), best[1]}, {{"axis", 0}});
  Combined r{};
  r.scores = c.emit("Where", {valid, best[0], zero});
  r.classes = c.emit("Where", {valid, c.cast(best_class, DType::kF32), zero});
  Value* chosen = c.emit("Gather", {c.reshape(boxes, {-1, 4}), best_box}, {{"axis", 0}});
  if (c.bool_attr("clip_boxes", true)) chosen = c.emit("Clip", {chosen, zero, c.scalar(1, DType::kF32)});
  r.boxes = c.emit("Where", {c.unsqueeze(valid, {1}), chosen, zero});
  r.count = c.emit("ReduceSum", {c.cast(valid, DType::kI32), c.ints({0})}, {{"keepdims", 0}});
  return r;
}

Status convert_combined_nms(OpContext& c) {
  for (size_t i = 0; i < 6; ++i)
    if (!c.tensor(i)) return c.wrong_input(i);
  Value* boxes = c.cast(c.tensor(0), DType::kF32);   // [B, N, q, 4]
  Value* scores = c.cast(c.tensor(1), DType::kF32);  // [B, N, C]
  const int64_t batch = std::max(c.dim(boxes, 0), c.dim(scores, 0)), q = c.dim(boxes, 2),
                classes = c.dim(scores, 2);
  int64_t per_class = 0, total = 0;
  if (batch < 1 || q < 1 || classes < 1 || (q != 1 && q != classes))
    return c.unsupported("a batch or class count that is only known at run time", "give it with --batch");
  if (!c.known_int(c.tensor(2), per_class) || !c.known_int(c.tensor(3), total))
    return c.unsupported("an output size that is only known at run time");
  if (c.bool_attr("pad_per_class")) total = std::min(total, per_class * classes);
  if (total < 1) return c.unsupported("an output of no boxes");
  std::vector<Value*> parts[4];
  for (int64_t b = 0; b < batch; ++b) {
    const auto image = [&](Value* v) {
      return batch == 1 ? c.squeeze(v, {0}) : c.emit("Gather", {v, c.int_scalar(b)}, {{"axis", 0}});
    };
    const Combined one = combined_image(c, image(boxes), image(scores), q, classes, total);
    Value* values[4] = {one.boxes, one.scores, one.classes, one.count};
    for (size_t i = 0; i < 4; ++i) parts[i].push_back(c.unsqueeze(values[i], {0}));
  }
  for (size_t i = 0; i < 4; ++i) {
    Value* v = parts[i].size() == 1 ? parts[i][0] : c.emit("Concat", parts[i], {{"axis", 0}});
    if (Status s = c.set(i, v); !s.ok()) return s;
  }
  return {};
}

const OpRule kCombinedRules[] = {
    {"CombinedNonMaxSuppression", convert_combined_nms,
     "nmsed_boxes,nmsed_scores,nmsed_classes,valid_detections", "batch and output sizes must be known"},
};

}  // namespace

Span<const OpRule> combined_nms_rules() {
  return {kCombinedRules, std::size(kCombinedRules)};
}

}  // namespace jetline::tf
