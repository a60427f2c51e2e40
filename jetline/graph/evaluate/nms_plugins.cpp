// Plugins of TensorRT that end a detector, as their sources compute (NVIDIA/TensorRT,
// plugin/efficientNMSPlugin and plugin/batchedNMSPlugin): EfficientNMS_TRT, BatchedNMS_TRT and
// BatchedNMSDynamic_TRT. They stand in the default domain, as TensorRT's parsers look for them.
//
// Both take the best candidates of a picture over all classes, suppress greedily within a class (EfficientNMS
// across classes too with class_agnostic), and fill what is left of the fixed number of rows with zeros
// (BatchedNMS: classes with -1). Scores of equal height keep the order of boxes, then classes; on a GPU that
// order is not fixed.
#include <algorithm>
#include <cmath>

#include "jetline/graph/evaluate/strides.h"

namespace jetline::calc {
namespace {

constexpr int64_t kPluginCandidates = 4096;  // the most that either lets into suppression

struct PluginBox {
  float a0, b0, a1, b1;  // corners; which axis comes first does not matter
};

struct PluginCandidate {
  float score;
  int64_t box, cls;
};

struct PluginSpec {
  float score = 0, iou = 0;
  int64_t rows = 0, candidates = kPluginCandidates, background = -1;
  bool sigmoid = false, agnostic = false, own_boxes = false;  // own_boxes: [N, boxes, classes, 4]
  float extra = 0;  // added to widths and heights (the Caffe convention of whole pixels)
};

float plugin_area(const PluginBox& b, float extra) {
  return std::max(b.a1 - b.a0 + extra, 0.0f) * std::max(b.b1 - b.b0 + extra, 0.0f);
}

bool plugin_overlaps(const PluginBox& x, const PluginBox& y, const PluginSpec& s) {
  const PluginBox both{std::max(x.a0, y.a0), std::max(x.b0, y.b0), std::min(x.a1, y.a1),
                       std::min(x.b1, y.b1)};
  const float common = plugin_area(both, s.extra);
  const float either = plugin_area(x, s.extra) + plugin_area(y, s.extra) - common;
  return either > 0 && common / either > s.iou;
}

// Corners from what the plugin is given: corners (in either order) or centre and size, and deltas against
// anchors of the same coding.
PluginBox plugin_box(const float* b, const float* anchor, bool centre) {
  float v[4] = {b[0], b[1], b[2], b[3]};
  if (anchor && centre) {
    v[0] = b[0] * anchor[2] + anchor[0];
    v[1] = b[1] * anchor[3] + anchor[1];
    v[2] = anchor[2] * std::exp(b[2]);
    v[3] = anchor[3] * std::exp(b[3]);
  } else if (anchor) {
    const float h = anchor[2] - anchor[0], w = anchor[3] - anchor[1];
    v[0] = b[0] * h + anchor[0];
    v[1] = b[1] * w + anchor[1];
    v[2] = b[2] * h + anchor[2];
    v[3] = b[3] * w + anchor[3];
  }
  if (centre) return {v[0] - v[2] / 2, v[1] - v[3] / 2, v[0] + v[2] / 2, v[1] + v[3] / 2};
  return {std::min(v[0], v[2]), std::min(v[1], v[3]), std::max(v[0], v[2]), std::max(v[1], v[3])};
}

struct PluginInputs {
  Numbers<float> boxes, scores;
  int64_t batch = 0, count = 0, classes = 0, box_columns = 1;
};

Result<PluginInputs> plugin_inputs(Call& c) {
  JETLINE_RETURN_IF_ERROR(c.need_numbers(2));
  const Dims &b = c.tensor(0)->dims(), &s = c.tensor(1)->dims();
  const bool sound = s.size() == 3 && (b.size() == 3 || b.size() == 4) && b[0] == s[0] && b[1] == s[1] &&
                     b.back() == 4 && (b.size() == 3 || b[2] == 1 || b[2] == s[2]);
  if (!sound) return c.bad_input("boxes " + dims_text(b) + " and scores " + dims_text(s) + " do not fit");
  return PluginInputs{Numbers<float>(*c.tensor(0)), Numbers<float>(*c.tensor(1)), s[0], s[1], s[2],
                      b.size() == 4 ? b[2] : 1};
}

// Detections of one picture, best first.
Status plugin_picture(Call& c, const PluginSpec& s, const PluginInputs& in, int64_t picture,
                      const std::vector<PluginBox>& boxes, std::vector<PluginCandidate>& kept) {
  std::vector<PluginCandidate> all;
  JETLINE_RETURN_IF_ERROR(c.charge(in.count * in.classes));
  for (int64_t i = 0; i < in.count; ++i) {
    for (int64_t k = 0; k < in.classes; ++k) {
      float score = in.scores[(picture * in.count + i) * in.classes + k];
      if (s.sigmoid) score = 1 / (1 + std::exp(-score));
      if (k != s.background && score >= s.score) all.push_back({score, i, k});
    }
  }
  std::stable_sort(all.begin(), all.end(), [](const auto& x, const auto& y) { return x.score > y.score; });
  if (static_cast<int64_t>(all.size()) > s.candidates) all.resize(static_cast<size_t>(s.candidates));
  const auto box_of = [&](const PluginCandidate& d) -> const PluginBox& {
    return boxes[static_cast<size_t>(d.box * in.box_columns + (in.box_columns > 1 ? d.cls : 0))];
  };
  for (const PluginCandidate& d : all) {
    if (static_cast<int64_t>(kept.size()) >= s.rows) break;
    JETLINE_RETURN_IF_ERROR(c.charge(static_cast<int64_t>(kept.size()) + 1));
    const bool gone = std::any_of(kept.begin(), kept.end(), [&](const PluginCandidate& o) {
      return (s.agnostic || o.cls == d.cls) && plugin_overlaps(box_of(d), box_of(o), s);
    });
    if (!gone) kept.push_back(d);
  }
  return {};
}

Status plugin_detect(Call& c, const PluginSpec& s, bool centre, bool clip, bool float_classes,
                     bool flat_count) {
  JETLINE_ASSIGN_OR_RETURN(const PluginInputs in, plugin_inputs(c));
  if (s.rows < 1 || s.rows > 1 << 20)
    return c.bad_input("the number of detections " + std::to_string(s.rows));
  std::vector<float> anchors;
  if (!float_classes && c.has(2)) {
    JETLINE_RETURN_IF_ERROR(c.need_numbers(3));
    const Dims& a = c.tensor(2)->dims();
    if (a.size() != 3 || a[1] != in.count || a[2] != 4 || (a[0] != 1 && a[0] != in.batch) ||
        in.box_columns != 1)
      return c.bad_input("anchors " + dims_text(a) + " do not fit");
    const Numbers<float> v(*c.tensor(2));
    anchors.assign(v.begin(), v.end());
  }
  const int64_t n = in.batch, rows = s.rows;
  std::vector<double> count, boxes(static_cast<size_t>(n * rows * 4), 0),
      scores(static_cast<size_t>(n * rows), 0),
      classes(static_cast<size_t>(n * rows), float_classes ? -1 : 0);
  for (int64_t p = 0; p < n; ++p) {
    std::vector<PluginBox> all;
    for (int64_t i = 0; i < in.count * in.box_columns; ++i) {
      const size_t anchor = anchors.size() > static_cast<size_t>(4 * in.count)
                                ? static_cast<size_t>(p * in.count + i)
                                : static_cast<size_t>(i);
      all.push_back(plugin_box(in.boxes.data() + (p * in.count * in.box_columns + i) * 4,
                               anchors.empty() ? nullptr : anchors.data() + 4 * anchor, centre));
    }
    std::vector<PluginCandidate> kept;
    JETLINE_RETURN_IF_ERROR(plugin_picture(c, s, in, p, all, kept));
    count.push_back(static_cast<double>(kept.size()));
    for (size_t k = 0; k < kept.size(); ++k) {
      const PluginBox& b =
          all[static_cast<size_t>(kept[k].box * in.box_columns + (in.box_columns > 1 ? kept[k].cls : 0))];
      const size_t row = static_cast<size_t>(p * rows) + k;
      const float corners[] = {b.a0, b.b0, b.a1, b.b1};
      for (size_t e = 0; e < 4; ++e)
        boxes[4 * row + e] = static_cast<double>(clip ? std::clamp(corners[e], 0.0f, 1.0f) : corners[e]);
      scores[row] = static_cast<double>(kept[k].score);
      classes[row] = static_cast<double>(kept[k].cls);
    }
  }
  const DType t = c.tensor(0)->dtype();
  if (c.wanted(0))
    JETLINE_RETURN_IF_ERROR(give_doubles(c, 0, DType::kI32, flat_count ? Dims{n} : Dims{n, 1}, count));
  if (c.wanted(1)) JETLINE_RETURN_IF_ERROR(give_doubles(c, 1, t, {n, rows, 4}, boxes));
  if (c.wanted(2)) JETLINE_RETURN_IF_ERROR(give_doubles(c, 2, t, {n, rows}, scores));
  if (c.wanted(3))
    JETLINE_RETURN_IF_ERROR(give_doubles(c, 3, float_classes ? t : DType::kI32, {n, rows}, classes));
  return {};
}

Status run_efficient_nms(Call& c) {
  PluginSpec s;
  s.score = c.float_or("score_threshold", 0.25f);
  s.iou = c.float_or("iou_threshold", 0.5f);
  s.rows = c.int_or("max_output_boxes", 100);
  s.background = c.int_or("background_class", -1);
  s.sigmoid = c.int_or("score_activation", 0) != 0;
  s.agnostic = c.int_or("class_agnostic", 0) != 0;
  return plugin_detect(c, s, c.int_or("box_coding", 0) != 0, false, false, false);
}

Status run_batched_nms(Call& c) {
  PluginSpec s;
  s.score = c.float_or("scoreThreshold", 0);
  s.iou = c.float_or("iouThreshold", 0.5f);
  s.rows = c.int_or("keepTopK", 100);
  s.candidates = std::min(c.int_or("topK", kPluginCandidates), kPluginCandidates);
  s.background = c.int_or("backgroundLabelId", -1);
  const bool normalized = c.int_or("isNormalized", 1) != 0;
  if (!normalized && c.int_or("caffeSemantics", 1) != 0) s.extra = 1;
  const bool clip = normalized && c.int_or("clipBoxes", 1) != 0;
  return plugin_detect(c, s, false, clip, true, c.node().is("BatchedNMS_TRT"));
}

const Rule kPluginRules[] = {{"EfficientNMS_TRT", run_efficient_nms},
                             {"BatchedNMS_TRT", run_batched_nms},
                             {"BatchedNMSDynamic_TRT", run_batched_nms}};

}  // namespace

Span<const Rule> plugin_rules() {
  return {kPluginRules, sizeof kPluginRules / sizeof *kPluginRules};
}

}  // namespace jetline::calc
