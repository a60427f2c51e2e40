#include "jetline/eval/verify_compare.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "jetline/vision/nms.h"
#include "jetline/vision/preprocess.h"

namespace jetline {
namespace {

constexpr size_t kVerifyMaxBoxes = 300;  // as DetectorOptions::max_detections

// Walks a tensor along one axis: `outer` blocks of `length` channels of `inner` numbers.
struct AxisWalk {
  int64_t outer = 1, length = 1, inner = 1;
  AxisWalk(const std::vector<int64_t>& shape, int axis) {
    for (int i = 0; i < static_cast<int>(shape.size()); ++i) {
      (i < axis ? outer : i == axis ? length : inner) *= shape[static_cast<size_t>(i)];
    }
  }
  size_t at(int64_t o, int64_t channel, int64_t i) const {
    return static_cast<size_t>((o * length + channel) * inner + i);
  }
};

RawOutput permuted(const RawOutput& b, size_t classes, const ClassMap& map) {
  const ClassAxis axis = class_axis(b.shape, classes);
  if (map.empty() || axis.axis < 0) return b;
  RawOutput out = b;
  const AxisWalk w(b.shape, axis.axis);
  for (int64_t o = 0; o < w.outer; ++o) {
    for (size_t c = 0; c < map.size(); ++c) {
      for (int64_t i = 0; i < w.inner; ++i) {
        out.values[w.at(o, axis.first + static_cast<int64_t>(c), i)] =
            b.values[w.at(o, axis.first + map[c], i)];
      }
    }
  }
  return out;
}

bool within(double a, double b, const VerifyTolerance& t) {
  return std::fabs(a - b) <= t.raw_abs + t.raw_rel * std::fabs(a) || (std::isnan(a) && std::isnan(b)) ||
         a == b;
}

// Whether all numbers that belong to no class agree (boxes, objectness). Where they do not, classes in
// another order cannot be the whole story, and the costly comparison of every class with every class is
// saved.
bool agree_beside_classes(const HopRun& a, const HopRun& b, const std::vector<int>& pairs, size_t classes,
                          const VerifyTolerance& tolerance) {
  for (size_t o = 0; o < pairs.size(); ++o) {
    if (pairs[o] < 0) continue;
    const ClassAxis axis = class_axis(a.raw[0][o].shape, classes);
    const AxisWalk w(a.raw[0][o].shape, std::max(0, axis.axis));
    const int64_t channels = axis.axis < 0 ? w.length : axis.first;
    for (size_t n = 0; n < a.raw.size(); ++n) {
      const auto& x = a.raw[n][o].values;
      const auto& y = b.raw[n][static_cast<size_t>(pairs[o])].values;
      for (int64_t u = 0; u < w.outer; ++u) {
        for (int64_t k = 0; k < channels * w.inner; ++k) {
          const size_t at = w.at(u, 0, k);
          if (!within(static_cast<double>(x[at]), static_cast<double>(y[at]), tolerance)) return false;
        }
      }
    }
  }
  return true;
}

}  // namespace

Result<HopRun> run_hop(Hop& hop, const InputSpec& spec, const std::vector<const Image*>& images) {
  JETLINE_ASSIGN_OR_RETURN(Preprocessor pre, Preprocessor::create(spec));
  std::vector<std::vector<uint8_t>> tensors;
  std::vector<FitGeometry> geometry;
  for (const Image* image : images) {
    tensors.emplace_back(static_cast<size_t>(pre.tensor_bytes()));
    pre.run(*image, tensors.back().data());
    geometry.push_back(pre.geometry());
  }
  HopRun run;
  JETLINE_ASSIGN_OR_RETURN(run.raw, hop.forward(tensors));
  if (!hop.head()) return run;
  Nms nms;
  std::vector<Detection> candidates;
  for (size_t n = 0; n < images.size(); ++n) {
    std::vector<TensorView> views;
    for (RawOutput& o : run.raw[n]) {
      TensorView v;
      v.data = o.values.data();
      v.dtype = DType::kF32;
      v.shape = o.shape;
      views.push_back(v);
    }
    candidates.clear();
    hop.head()->decode(views, hop.card().score_threshold, candidates);
    std::vector<Detection> kept;
    nms.run(candidates, hop.card().nms_iou, kVerifyMaxBoxes, kept);
    for (Detection& d : kept) d.box = geometry[n].to_image(d.box, images[n]->width(), images[n]->height());
    kept.erase(std::remove_if(kept.begin(), kept.end(), [](const Detection& d) { return d.box.area() <= 0; }),
               kept.end());
    run.boxes.push_back(std::move(kept));
  }
  return run;
}

std::vector<int> pair_outputs(const RawOutputs& a, const RawOutputs& b) {
  std::vector<int> pairs(a.size(), -1);
  for (size_t i = 0; i < a.size(); ++i) {
    for (size_t j = 0; j < b.size(); ++j) {
      if (a[i].name == b[j].name) pairs[i] = static_cast<int>(j);
    }
  }
  // Converters rename: with equal counts the order stands for the names.
  const bool some_name = std::any_of(pairs.begin(), pairs.end(), [](int p) { return p >= 0; });
  if (!some_name && a.size() == b.size()) std::iota(pairs.begin(), pairs.end(), 0);
  for (size_t i = 0; i < a.size(); ++i) {
    if (pairs[i] >= 0 && a[i].shape != b[static_cast<size_t>(pairs[i])].shape) pairs[i] = -1;
  }
  return pairs;
}

ClassAxis class_axis(const std::vector<int64_t>& shape, size_t classes) {
  if (classes < 2) return {};
  const int64_t c = static_cast<int64_t>(classes);
  const int rank = static_cast<int>(shape.size());
  // Scores alone, with a background class, after a box, after a box and an objectness.
  for (int axis : {rank - 1, 1}) {
    if (axis < 1 || axis >= rank) continue;
    for (int64_t before : {0, 1, 4, 5}) {
      if (shape[static_cast<size_t>(axis)] == c + before) return {axis, before};
    }
  }
  return {};
}

RawComparison compare_raw(const HopRun& a, const HopRun& b, const VerifyTolerance& tolerance, size_t classes,
                          const ClassMap& map) {
  RawComparison r;
  if (a.raw.empty() || a.raw.size() != b.raw.size()) return r;
  const std::vector<int> pairs = pair_outputs(a.raw[0], b.raw[0]);
  r.comparable = a.raw[0].size() == b.raw[0].size() &&
                 std::none_of(pairs.begin(), pairs.end(), [](int p) { return p < 0; });
  r.same = r.comparable;
  int compared = 0;
  for (size_t o = 0; o < pairs.size(); ++o) {
    OutputDifference d;
    d.name = a.raw[0][o].name;
    d.comparable = pairs[o] >= 0;
    if (!d.comparable) {
      r.outputs.push_back(d);
      continue;
    }
    double lo = INFINITY, hi = -INFINITY, sum = 0, apart = 0;
    int64_t n = 0, outside = 0;
    for (size_t i = 0; i < a.raw.size(); ++i) {
      const RawOutput& x = a.raw[i][o];
      const RawOutput y = permuted(b.raw[i][static_cast<size_t>(pairs[o])], classes, map);
      for (size_t k = 0; k < x.values.size(); ++k) {
        const double p = static_cast<double>(x.values[k]), q = static_cast<double>(y.values[k]);
        const double diff = std::fabs(p - q);
        if (!within(p, q, tolerance)) ++outside;
        if (!(diff <= d.max_abs) && p != q) d.max_abs = std::isnan(diff) ? INFINITY : diff;
        apart += std::isfinite(diff) ? diff : 0;
        sum += std::isfinite(p) ? p : 0;
        lo = std::min(lo, p);
        hi = std::max(hi, p);
        ++n;
      }
    }
    const double mean = n ? sum / static_cast<double>(n) : 0;
    double spread = 0;
    for (const RawOutputs& all : a.raw) {
      for (float v : all[o].values) spread += std::isfinite(v) ? std::fabs(static_cast<double>(v) - mean) : 0;
    }
    d.max_rel = hi > lo ? d.max_abs / (hi - lo) : d.max_abs;
    d.outside = n ? static_cast<double>(outside) / static_cast<double>(n) : 0;
    r.same = r.same && outside == 0;
    r.distance += spread > 0 ? apart / spread : (apart > 0 ? 1 : 0);
    ++compared;
    r.outputs.push_back(d);
  }
  r.distance = compared ? r.distance / compared : 1;
  return r;
}

ClassMap find_class_map(const HopRun& a, const HopRun& b, size_t classes, const VerifyTolerance& tolerance) {
  if (classes < 2 || a.raw.empty() || a.raw.size() != b.raw.size()) return {};
  const std::vector<int> pairs = pair_outputs(a.raw[0], b.raw[0]);
  if (!agree_beside_classes(a, b, pairs, classes, tolerance)) return {};
  // Distance of every class of A to every class of B, over all outputs with a class axis.
  std::vector<double> sum(classes * classes, 0), worst(classes * classes, 0);
  bool any = false;
  for (size_t o = 0; o < pairs.size(); ++o) {
    const ClassAxis axis = class_axis(a.raw[0][o].shape, classes);
    if (pairs[o] < 0 || axis.axis < 0) continue;
    any = true;
    const AxisWalk w(a.raw[0][o].shape, axis.axis);
    for (size_t n = 0; n < a.raw.size(); ++n) {
      const auto& x = a.raw[n][o].values;
      const auto& y = b.raw[n][static_cast<size_t>(pairs[o])].values;
      for (size_t i = 0; i < classes; ++i) {
        for (size_t j = 0; j < classes; ++j) {
          double s = 0, m = 0;
          for (int64_t u = 0; u < w.outer; ++u) {
            for (int64_t k = 0; k < w.inner; ++k) {
              const double p = static_cast<double>(x[w.at(u, axis.first + static_cast<int64_t>(i), k)]);
              const double q = static_cast<double>(y[w.at(u, axis.first + static_cast<int64_t>(j), k)]);
              const double over = std::fabs(p - q) - tolerance.raw_rel * std::fabs(p);
              s += std::fabs(p - q);
              m = std::max(m, over);
            }
          }
          sum[i * classes + j] += s;
          worst[i * classes + j] = std::max(worst[i * classes + j], m);
        }
      }
    }
  }
  if (!any) return {};
  bool identity = true;
  for (size_t i = 0; i < classes; ++i) identity = identity && worst[i * classes + i] <= tolerance.raw_abs;
  if (identity) return {};
  // The nearest pairs first: a true partner differs by rounding only, whatever else looks alike.
  std::vector<size_t> order(classes * classes);
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t p, size_t q) { return sum[p] < sum[q]; });
  ClassMap map(classes, -1);
  std::vector<bool> taken(classes, false);
  for (size_t p : order) {
    const size_t i = p / classes, j = p % classes;
    if (map[i] >= 0 || taken[j]) continue;
    if (worst[p] > tolerance.raw_abs) return {};  // no class of B is left that is this class of A
    map[i] = static_cast<int>(j);
    taken[j] = true;
  }
  return map;
}

BoxDifference compare_boxes(const HopRun& a, const HopRun& b, const ClassMap& name_map, float threshold,
                            const VerifyTolerance& t) {
  BoxDifference d;
  if (a.boxes.empty() || a.boxes.size() != b.boxes.size()) return d;
  d.comparable = true;
  const auto class_in_b = [&](int c) {
    return name_map.empty() || c >= static_cast<int>(name_map.size()) ? c : name_map[static_cast<size_t>(c)];
  };
  const auto marginal = [&](const Detection& x) { return x.score < threshold + static_cast<float>(t.score); };
  for (size_t n = 0; n < a.boxes.size(); ++n) {
    std::vector<bool> used(b.boxes[n].size(), false);
    for (const Detection& x : a.boxes[n]) {
      // The nearest free box of that label; 0.5 IoU keeps "the same object, moved" apart from "another
      // object".
      int best = -1;
      float best_iou = 0.5f;
      for (size_t j = 0; j < b.boxes[n].size(); ++j) {
        const Detection& y = b.boxes[n][j];
        if (used[j] || y.class_id != class_in_b(x.class_id)) continue;
        const float overlap = iou(x.box, y.box);
        if (overlap > best_iou) {
          best_iou = overlap;
          best = static_cast<int>(j);
        }
      }
      if (best < 0) {
        d.missing += !marginal(x);
        continue;
      }
      used[static_cast<size_t>(best)] = true;
      const Detection& y = b.boxes[n][static_cast<size_t>(best)];
      ++d.matched;
      for (float shift :
           {x.box.x1 - y.box.x1, x.box.y1 - y.box.y1, x.box.x2 - y.box.x2, x.box.y2 - y.box.y2}) {
        d.max_shift_px = std::max(d.max_shift_px, static_cast<double>(std::fabs(shift)));
      }
      d.max_score_diff = std::max(d.max_score_diff, static_cast<double>(std::fabs(x.score - y.score)));
    }
    for (size_t j = 0; j < used.size(); ++j) d.extra += !used[j] && !marginal(b.boxes[n][j]);
  }
  return d;
}

bool boxes_agree(const BoxDifference& d, const VerifyTolerance& t) {
  return d.missing == 0 && d.extra == 0 && d.max_shift_px <= t.box_px && d.max_score_diff <= t.score;
}

}  // namespace jetline
