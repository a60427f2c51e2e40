// Small detectors with tails as exporters write them; never included by library code. 40 anchors, 3 classes,
// overlap 0.5, scores from 0.1, 10 detections.
#pragma once

#include "jetline/fix/testing.h"
#include "jetline/graph/card.h"

namespace jetline::fix::testing {

enum class TailForm {
  kGatherNd,       // one NonMaxSuppression, GatherND of scores, TopK of a computed number
  kOnePerClass,    // one a class, gathered, joined, sorted, padded
  kBackground,     // a column for background, which is left out
  kClipped,        // boxes cut to the picture behind the suppression
  kSoftmax,        // scores that are no Sigmoid
  kReweighted,     // scores that are changed behind the suppression: not understood
  kComputedLimit,  // the least score depends on the picture: not understood
};

inline std::string tail_form_name(TailForm f) {
  static const char* const kNames[] = {"GatherNd", "OnePerClass", "Background",   "Clipped",
                                       "Softmax",  "Reweighted",  "ComputedLimit"};
  return kNames[static_cast<int>(f)];
}

struct TailWriter {
  TestModel m{13};
  GraphBuilder& b = m.b;
  Value* one(int64_t v) { return b.ints("", {1}, {v}); }
  Value* number(float v) { return b.floats("", {1}, {v}); }
  Value* cut(Value* x, int64_t axis, int64_t from, int64_t to) {
    return b.op("Slice", {x, one(from), one(to), one(axis)});
  }
  Value* flat(Value* x) { return b.op("Reshape", {x, one(-1)}); }
  Value* up(Value* x) { return b.op("Unsqueeze", {x, one(0)}); }

  // Sorted by score, at most ten, as outputs.
  void finish(Value* boxes, Value* scores, Value* classes, TailForm form) {
    Value* k = b.op("Min", {b.op("Shape", {scores}), one(10)});
    const auto top = b.ops("TopK", {scores, k}, 2);
    Value* best = b.op("Gather", {boxes, top[1]}, {{"axis", 0}});
    if (form == TailForm::kClipped) best = b.op("Clip", {best, b.floats("", {}, {0}), b.floats("", {}, {1})});
    Value* kept = top[0];
    if (form == TailForm::kReweighted) kept = b.op("Mul", {kept, kept});
    Value* cls = b.op("Cast", {b.op("Gather", {classes, top[1]}, {{"axis", 0}})}, {{"to", 1}});
    if (form == TailForm::kOnePerClass) cls = b.op("Add", {cls, number(1)});  // ids from 1
    m.output(up(best), "detection_boxes");
    m.output(up(kept), "detection_scores");
    m.output(up(cls), "detection_classes");
    if (form == TailForm::kOnePerClass)
      m.output(b.op("Cast", {b.op("Shape", {kept})}, {{"to", 1}}), "num_detections");
  }
};

inline std::unique_ptr<Model> tail_model(TailForm form) {
  TailWriter w;
  GraphBuilder& b = w.b;
  const int64_t anchors = 40, classes = 3, columns = form == TailForm::kBackground ? 4 : 3;
  Value* x = b.input("picture", DType::kF32, {1, 3, 8, 5});
  // A head of one cell a pixel: what matters here comes behind it.
  const auto head = [&](int64_t width) {
    Value* y = b.op("Conv", {x, w.m.constant({width, 3, 1, 1}, 0.02f)});
    y = w.m.transpose(y, {0, 2, 3, 1});
    return b.op("Reshape", {y, b.ints("", {3}, {1, anchors, width})});
  };
  Value* corners = head(4);
  Value* first = b.op("Sigmoid", {w.cut(corners, 2, 0, 2)});
  Value* size = b.op("Mul", {b.op("Sigmoid", {w.cut(corners, 2, 2, 4)}), w.number(0.4f)});
  Value* boxes = b.op("Concat", {first, b.op("Add", {first, size})}, {{"axis", 2}});
  Value* logits = head(columns);
  Value* scores =
      form == TailForm::kSoftmax ? b.op("Softmax", {logits}, {{"axis", 2}}) : b.op("Sigmoid", {logits});
  if (form == TailForm::kBackground) scores = w.cut(scores, 2, 1, 4);
  Value* most = w.one(10);
  Value *iou = w.number(0.5f), *low = w.number(0.1f);
  if (form == TailForm::kComputedLimit)
    low = b.op("Reshape", {b.op("ReduceMean", {logits}, {{"keepdims", 0}}), w.one(1)});
  Value* flat_boxes = b.op("Reshape", {boxes, b.ints("", {2}, {anchors, 4})});
  if (form == TailForm::kOnePerClass) {
    std::vector<Value*> all_boxes, all_scores, all_classes;
    for (int64_t k = 0; k < classes; ++k) {
      Value* s = w.m.transpose(w.cut(scores, 2, k, k + 1), {0, 2, 1});
      Value* picked =
          b.op("NonMaxSuppression",
               {b.op("Reshape", {flat_boxes, b.ints("", {3}, {1, anchors, 4})}), s, most, iou, low});
      Value* at = w.flat(w.cut(picked, 1, 2, 3));
      all_boxes.push_back(b.op("Gather", {flat_boxes, at}, {{"axis", 0}}));
      Value* kept = b.op("Gather", {w.flat(s), at}, {{"axis", 0}});
      all_scores.push_back(kept);
      all_classes.push_back(b.op("Add", {b.op("Mul", {at, w.one(0)}), w.one(k)}));
    }
    w.finish(b.op("Concat", all_boxes, {{"axis", 0}}), b.op("Concat", all_scores, {{"axis", 0}}),
             b.op("Concat", all_classes, {{"axis", 0}}), form);
  } else {
    Value* by_class = w.m.transpose(scores, {0, 2, 1});
    Value* picked = b.op("NonMaxSuppression", {boxes, by_class, most, iou, low});
    Value* kept = b.op("GatherND", {by_class, picked});
    w.finish(b.op("Gather", {flat_boxes, w.flat(w.cut(picked, 1, 2, 3))}, {{"axis", 0}}), kept,
             w.flat(w.cut(picked, 1, 1, 2)), form);
  }
  EXPECT_TRUE(b.status().ok()) << b.status().to_string();
  Card card;
  card.head = "tfod";
  card.labels = {"a", "b", "c"};
  card.input.width = 5;
  card.input.height = 8;
  w.m.model->set_metadata(kCardKey, card_to_json(card));
  return std::move(w.m.model);
}

}  // namespace jetline::fix::testing
