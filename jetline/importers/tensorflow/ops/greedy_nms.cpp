// Soft suppression and suppression by a matrix of overlaps (tensorflow/core/kernels/image/
// non_max_suppression_op.cc): the kernel's queue with scores brought up to date late finds the same boxes as
// taking the best of all scores brought up to date at once, which is what is laid out here.
#include "jetline/importers/tensorflow/ops/greedy_nms.h"

#include <limits>

#include "jetline/importers/tensorflow/converter.h"
#include "jetline/importers/tensorflow/registry.h"

namespace jetline::tf {

Value* emit_iou(OpContext& c, Value* boxes, Value* best) {
  const auto column = [&](Value* v, int64_t i) {
    return c.emit("Gather", {v, c.int_scalar(i)}, {{"axis", -1}});
  };
  struct Corners {
    Value *y1, *x1, *y2, *x2, *area;
  };
  const auto corners = [&](Value* v) {
    Value *ya = column(v, 0), *xa = column(v, 1), *yb = column(v, 2), *xb = column(v, 3);
    Corners k{c.emit("Min", {ya, yb}), c.emit("Min", {xa, xb}), c.emit("Max", {ya, yb}),
              c.emit("Max", {xa, xb}), nullptr};
    k.area = c.emit("Mul", {c.emit("Sub", {k.y2, k.y1}), c.emit("Sub", {k.x2, k.x1})});
    return k;
  };
  const Corners all = corners(boxes), one = corners(c.emit("Gather", {boxes, best}, {{"axis", 0}}));
  Value* zero = c.scalar(0, boxes);
  Value* height = c.emit(
      "Max", {c.emit("Sub", {c.emit("Min", {all.y2, one.y2}), c.emit("Max", {all.y1, one.y1})}), zero});
  Value* width = c.emit(
      "Max", {c.emit("Sub", {c.emit("Min", {all.x2, one.x2}), c.emit("Max", {all.x1, one.x1})}), zero});
  Value* common = c.emit("Mul", {height, width});
  Value* sum = c.emit("Sub", {c.emit("Add", {all.area, one.area}), common});
  // Boxes without area overlap nothing.
  Value* empty =
      c.emit("Or", {c.emit("LessOrEqual", {all.area, zero}), c.emit("LessOrEqual", {one.area, zero})});
  Value* safe = c.emit("Where", {empty, c.scalar(1, boxes), sum});
  return c.emit("Where", {empty, zero, c.emit("Div", {common, safe})});
}

GreedyResult emit_greedy_nms(OpContext& c, const GreedyNms& g) {
  Value* gone = c.scalar(std::numeric_limits<float>::lowest(), DType::kF32);
  Value* n = c.emit("Gather", {c.shape_of(g.scores), c.int_scalar(0)}, {{"axis", 0}});
  Value* range = c.emit("Range", {c.int_scalar(0), n, c.int_scalar(1)});
  Value* alive = c.emit("Greater", {g.scores, g.threshold});
  Value* scores = g.scores;
  std::vector<Value*> boxes, kept, valid;
  for (int64_t step = 0; step < g.steps; ++step) {
    Value* now = c.emit("Where", {alive, scores, gone});
    Value* best = c.emit("ArgMax", {now}, {{"axis", 0}, {"keepdims", 0}});
    Value* score = c.emit("Gather", {now, best}, {{"axis", 0}});
    Value* good = c.emit("Greater", {score, gone});
    boxes.push_back(c.unsqueeze(c.emit("Where", {good, best, c.int_scalar(0)}), {0}));
    kept.push_back(c.unsqueeze(c.emit("Where", {good, score, c.scalar(0, DType::kF32)}), {0}));
    valid.push_back(c.unsqueeze(c.cast(good, DType::kI64), {0}));
    if (step + 1 == g.steps) break;
    Value* overlap = g.overlap(best);
    alive = c.emit("And", {alive, c.emit("Not", {c.emit("Equal", {range, best})})});
    if (g.sigma > 0) {
      Value* square = c.emit("Mul", {overlap, overlap});
      Value* weight = c.emit("Exp", {c.emit("Mul", {square, c.scalar(-0.5 / g.sigma, DType::kF32)})});
      scores = c.emit("Mul", {scores, weight});
      alive = c.emit("And", {alive, c.emit("Greater", {scores, g.threshold})});
    } else {
      alive = c.emit("And", {alive, c.emit("LessOrEqual", {overlap, g.iou})});
    }
  }
  GreedyResult r{};
  r.boxes = c.emit("Concat", boxes, {{"axis", 0}});
  r.scores = c.emit("Concat", kept, {{"axis", 0}});
  r.count = c.emit("ReduceSum", {c.emit("Concat", valid, {{"axis", 0}}), c.ints({0})}, {{"keepdims", 0}});
  return r;
}

namespace {

// overlaps [N, N], scores [N], max_output_size, overlap_threshold, score_threshold.
Status convert_nms_overlaps(OpContext& c) {
  for (size_t i = 0; i < 5; ++i)
    if (!c.tensor(i)) return c.wrong_input(i);
  GreedyNms g;
  if (!c.known_int(c.tensor(2), g.steps))
    return c.unsupported("an output size that is only known at run time");
  const int64_t n = c.dim(c.tensor(1), 0);
  if (n >= 0) g.steps = std::min(g.steps, n);
  if (g.steps < 1 || g.steps > c.converter().options().max_unroll)
    return c.unsupported("an output of " + std::to_string(g.steps) + " boxes");
  g.scores = c.cast(c.tensor(1), DType::kF32);
  g.threshold = c.cast(c.tensor(4), DType::kF32);
  g.iou = c.cast(c.tensor(3), DType::kF32);
  Value* overlaps = c.cast(c.tensor(0), DType::kF32);
  g.overlap = [&](Value* best) { return c.emit("Gather", {overlaps, best}, {{"axis", 0}}); };
  const GreedyResult r = emit_greedy_nms(c, g);
  Value* kept = c.emit("Slice", {r.boxes, c.ints({0}), c.unsqueeze(r.count, {0}), c.ints({0})});
  return c.set(0, c.cast(kept, DType::kI32));
}

const OpRule kGreedyRules[] = {
    {"NonMaxSuppressionWithOverlaps", convert_nms_overlaps, "",
     "laid out step by step; the output size must be known"},
};

}  // namespace

Span<const OpRule> greedy_nms_rules() {
  return {kGreedyRules, std::size(kGreedyRules)};
}

}  // namespace jetline::tf
