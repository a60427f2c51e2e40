#include <algorithm>
#include <cmath>

#include "jetline/base/random.h"
#include "jetline/fix/tail.h"
#include "jetline/graph/builder.h"
#include "jetline/graph/evaluate.h"

namespace jetline::fix {
namespace {

constexpr float kProbeLow = -1;  // of boxes that are not meant to be found

// Corners as NonMaxSuppression was told to read them.
void probe_put(const DetectorTail& t, std::vector<float>& boxes, int64_t at, float y0, float x0, float y1,
               float x1) {
  float* b = boxes.data() + 4 * at;
  if (!t.centre) {
    b[0] = y0, b[1] = x0, b[2] = y1, b[3] = x1;
  } else {
    b[0] = (x0 + x1) / 2, b[1] = (y0 + y1) / 2, b[2] = x1 - x0, b[3] = y1 - y0;
  }
}

// Small boxes on a grid, none of which touches another.
std::vector<float> probe_grid(const DetectorTail& t) {
  std::vector<float> boxes(static_cast<size_t>(4 * t.anchors));
  const auto side = static_cast<int64_t>(std::ceil(std::sqrt(static_cast<double>(t.anchors))));
  const float cell = 1.0f / static_cast<float>(side);
  for (int64_t i = 0; i < t.anchors; ++i) {
    const float y = static_cast<float>(i / side) * cell, x = static_cast<float>(i % side) * cell;
    probe_put(t, boxes, i, y, x, y + 0.6f * cell, x + 0.7f * cell);
  }
  return boxes;
}

bool probe_near(double a, double b) {
  return std::abs(a - b) <= 1e-4;
}

// Every output behind a NonMaxSuppression.
std::vector<Value*> probe_outputs(const Model& m) {
  std::unordered_map<const Value*, bool> behind;
  for (const auto& n : m.graph().nodes()) {
    bool any = n->is("NonMaxSuppression");
    for (const Value* v : n->inputs()) any = any || (v && behind.count(v) > 0);
    for (const Value* v : n->outputs()) {
      if (v && any) behind[v] = true;
    }
  }
  std::vector<Value*> outputs;
  for (Value* v : m.graph().outputs()) {
    if (behind.count(v)) outputs.push_back(v);
  }
  return outputs;
}

// The model's own input, of which the tail reads no more than the size.
Result<Tensor> probe_input(const Value& v) {
  std::vector<int64_t> dims;
  for (size_t i = 0; i < v.type.shape.size(); ++i)
    dims.push_back(v.type.shape[i].known() ? v.type.shape[i].value : i == 0 ? 1 : 64);
  const int64_t n = element_count(dims), bits = dtype_bits(v.type.dtype);
  if (!v.type.has_shape || n < 0 || n > int64_t{1} << 26 || bits < 8)
    return Status::negative("fix.not-comparable", "needs the input '" + v.name() + "'");
  return Tensor::own(v.type.dtype, dims, std::vector<uint8_t>(static_cast<size_t>(n * bits / 8)));
}

Result<Tensor> probe_logits(const Tensor& scores) {
  std::vector<float> v;
  for (int64_t i = 0; i < scores.count(); ++i) {
    const double p = static_cast<double>(scores.at<float>(i));
    v.push_back(static_cast<float>(p <= 0 ? -30 : p >= 1 ? 30 : std::log(p / (1 - p))));
  }
  return Tensor::floats(scores.dims(), v);
}

Result<std::vector<Tensor>> probe_run(const Model& m, const DetectorTail& t, const TailInputs& in,
                                      const std::vector<const Value*>& wanted) {
  const PartFeed feed = [&](const Value& v) -> std::optional<Result<Tensor>> {
    if (&v == t.boxes || v.name() == t.boxes->name()) return in.first;
    if (&v == t.scores || v.name() == t.scores->name()) return in.second;
    if (t.logits && v.name() == t.logits->name()) return probe_logits(in.second);
    if (v.is_input() && !v.initializer()) return probe_input(v);
    return std::nullopt;
  };
  std::unordered_map<const Value*, Tensor> known;
  return evaluate_part(m, wanted, feed, known);
}

struct ProbeAnswer {
  std::vector<float> boxes, scores;
  std::vector<TailDetection> found;  // best first
};

// Three boxes of three classes (fewer where there are fewer) that stand far apart; `beyond` the picture or in
// it.
ProbeAnswer probe_question(const DetectorTail& t, bool beyond) {
  ProbeAnswer q;
  q.boxes = probe_grid(t);
  q.scores.assign(static_cast<size_t>(t.anchors * t.classes), kProbeLow);
  const int64_t count = std::min<int64_t>(3, t.anchors);
  for (int64_t i = 0; i < count; ++i) {
    const int64_t at = (i * 7 + 1) % t.anchors;
    TailDetection d;
    d.score = std::max(0.9f - 0.1f * static_cast<float>(i), t.score + 0.01f * static_cast<float>(4 - i));
    d.cls = (t.classes - 1 + i * 2) % t.classes;
    const float y = 0.05f + 0.3f * static_cast<float>(i);
    const float out = beyond ? 0.4f : 0;
    probe_put(t, q.boxes, at, y - out, y + 0.01f, y + 0.2f, y + 0.23f + 2 * out);
    std::copy_n(q.boxes.begin() + 4 * at, 4, d.box);
    q.scores[static_cast<size_t>(at * t.classes + d.cls)] = d.score;
    q.found.push_back(d);
  }
  return q;
}

// What one output holds, by the answer that it gives.
TailOutput::Role probe_role(const Tensor& got, const ProbeAnswer& q, TailOutput& out) {
  const auto numbers = got.to_doubles();
  if (!numbers.ok() || numbers->empty()) return TailOutput::Role::kOther;
  const std::vector<double>& v = *numbers;
  const size_t n = q.found.size();
  const auto each = [&](size_t width, const auto& same) {
    if (v.size() < n * width) return false;
    for (size_t i = 0; i < n; ++i) {
      for (size_t e = 0; e < width; ++e) {
        if (!same(q.found[i], e, v[i * width + e])) return false;
      }
    }
    return true;
  };
  if (!got.dims().empty() && got.dims().back() == 4 &&
      each(4, [](const TailDetection& d, size_t e, double x) {
        return probe_near(x, static_cast<double>(d.box[e]));
      }))
    return TailOutput::Role::kBoxes;
  if (each(1, [](const TailDetection& d, size_t, double x) {
        return probe_near(x, static_cast<double>(d.score));
      }))
    return TailOutput::Role::kScores;
  const double first = v[0] - static_cast<double>(q.found[0].cls);
  if (v.size() >= n && got.dims().size() > 0 && (first == 0 || first == 1) && v.size() > 1 &&
      each(1, [&](const TailDetection& d, size_t, double x) {
        return x == static_cast<double>(d.cls) + first;
      })) {
    out.first_class = static_cast<int64_t>(first);
    return TailOutput::Role::kClasses;
  }
  if (v.size() == 1 && v[0] == static_cast<double>(n)) return TailOutput::Role::kCount;
  return TailOutput::Role::kOther;
}

}  // namespace

const TailOutput* DetectorTail::output(TailOutput::Role role) const {
  for (const TailOutput& o : outputs) {
    if (o.role == role) return &o;
  }
  return nullptr;
}

Result<TailInputs> tail_inputs(const DetectorTail& t, const std::vector<float>& boxes,
                               const std::vector<float>& scores) {
  std::vector<float> all(static_cast<size_t>(t.anchors * t.columns), kProbeLow);
  for (int64_t a = 0; a < t.anchors; ++a) {
    for (int64_t k = 0; k < t.classes; ++k) {
      const int64_t column = t.picked[static_cast<size_t>(k)];
      all[static_cast<size_t>(t.by_class ? column * t.anchors + a : a * t.columns + column)] =
          scores[static_cast<size_t>(a * t.classes + k)];
    }
  }
  JETLINE_ASSIGN_OR_RETURN(Tensor b, Tensor::floats(t.boxes->type.dims(), boxes));
  JETLINE_ASSIGN_OR_RETURN(Tensor s, Tensor::floats(t.scores->type.dims(), all));
  return TailInputs(std::move(b), std::move(s));
}

Result<std::vector<TailDetection>> run_tail(const Model& m, const DetectorTail& t, const TailInputs& in) {
  std::vector<const Value*> wanted;
  const TailOutput* roles[] = {t.output(TailOutput::Role::kBoxes), t.output(TailOutput::Role::kScores),
                               t.output(TailOutput::Role::kClasses), t.output(TailOutput::Role::kCount)};
  for (const TailOutput* o : roles) {
    const Value* v = o ? m.graph().find(o->value->name()) : nullptr;
    if (o && !v) return Status::negative("fix.not-comparable", "an output is gone");
    if (v) wanted.push_back(v);
  }
  JETLINE_ASSIGN_OR_RETURN(const std::vector<Tensor> got, probe_run(m, t, in, wanted));
  std::vector<double> content[4];
  size_t at = 0;
  for (size_t i = 0; i < 4; ++i) {
    if (!roles[i]) continue;
    JETLINE_ASSIGN_OR_RETURN(content[i], got[at++].to_doubles());
  }
  size_t rows = content[1].size();
  if (!content[3].empty()) rows = std::min(rows, static_cast<size_t>(std::max(content[3][0], 0.0)));
  std::vector<TailDetection> found;
  for (size_t i = 0; i < rows && 4 * i + 4 <= content[0].size(); ++i) {
    TailDetection d;
    d.score = static_cast<float>(content[1][i]);
    if (!(d.score > 0)) continue;  // rows that only fill
    d.cls = roles[2] ? static_cast<int64_t>(content[2][i]) - roles[2]->first_class : 0;
    for (size_t e = 0; e < 4; ++e) d.box[e] = static_cast<float>(content[0][4 * i + e]);
    found.push_back(d);
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const auto& a, const auto& b) { return a.score > b.score; });
  return found;
}

Result<std::vector<TailDetection>> suppress(const DetectorTail& t, const std::vector<float>& boxes,
                                            const std::vector<float>& scores) {
  Model m;
  m.set_opset("", 13);
  GraphBuilder b(m.graph());
  const auto y = b.ops(
      "EfficientNMS_TRT",
      {b.floats("boxes", {1, t.anchors, 4}, boxes), b.floats("scores", {1, t.anchors, t.classes}, scores)}, 4,
      {{"score_threshold", std::max(t.score, 0.0f)},
       {"iou_threshold", t.iou},
       {"max_output_boxes", t.rows},
       {"background_class", -1},
       {"box_coding", t.centre ? 1 : 0}});
  JETLINE_RETURN_IF_ERROR(b.status());
  const Node& n = *y[0]->producer();
  JETLINE_ASSIGN_OR_RETURN(const std::vector<Tensor> got,
                           evaluate_node(n, {n.input(0)->initializer(), n.input(1)->initializer()}, 13));
  const TailOutput* place = t.output(TailOutput::Role::kBoxes);
  const bool clip = place && place->clipped;
  std::vector<TailDetection> found;
  for (int64_t i = 0; i < got[0].at<int32_t>(0); ++i) {
    TailDetection d;
    d.score = got[2].at<float>(i);
    d.cls = got[3].at<int32_t>(i);
    for (int64_t e = 0; e < 4; ++e) {
      d.box[e] = got[1].at<float>(4 * i + e);
      if (clip) d.box[e] = std::clamp(d.box[e], 0.0f, 1.0f);
    }
    found.push_back(d);
  }
  return found;
}

std::string probe_tail(FixContext& c, DetectorTail& t) {
  const std::vector<Value*> outputs = probe_outputs(c.model);
  if (outputs.empty()) return "no output comes from it";
  const std::vector<const Value*> wanted(outputs.begin(), outputs.end());
  const ProbeAnswer inside = probe_question(t, false), beyond = probe_question(t, true);
  const auto ask = [&](const ProbeAnswer& q) -> Result<std::vector<Tensor>> {
    JETLINE_ASSIGN_OR_RETURN(const TailInputs in, tail_inputs(t, q.boxes, q.scores));
    return probe_run(c.model, t, in, wanted);
  };
  const auto got = ask(inside);
  if (!got.ok()) return "what follows it cannot be run here: " + got.status().message();
  const auto clipped = ask(beyond);
  for (size_t i = 0; i < outputs.size(); ++i) {
    TailOutput out;
    out.value = outputs[i];
    out.role = probe_role((*got)[i], inside, out);
    // Two outputs of one kind are not both understood.
    if (out.role != TailOutput::Role::kOther && t.output(out.role)) out.role = TailOutput::Role::kOther;
    if (out.role == TailOutput::Role::kBoxes && clipped.ok()) {
      TailOutput again;
      out.clipped = probe_role((*clipped)[i], beyond, again) != TailOutput::Role::kBoxes;
    }
    t.outputs.push_back(out);
  }
  if (!t.output(TailOutput::Role::kBoxes) || !t.output(TailOutput::Role::kScores))
    return "no outputs hold the boxes and the scores that it keeps";
  if (t.classes > 1 && !t.output(TailOutput::Role::kClasses))
    return "no output holds the classes that it keeps";
  // How many rows there are at most: everything at once is worth keeping and nothing overlaps.
  Random random(11);
  std::vector<float> all(static_cast<size_t>(t.anchors * t.classes));
  for (float& s : all) s = std::max(t.score, 0.0f) + 0.01f + static_cast<float>(random.uniform(0.0, 0.9));
  const auto many = tail_inputs(t, probe_grid(t), all);
  if (!many.ok()) return many.status().message();
  const auto found = run_tail(c.model, t, *many);
  if (!found.ok()) return found.status().message();
  t.rows = static_cast<int64_t>(found->size());
  return t.rows > 0 ? "" : "it keeps nothing";
}

}  // namespace jetline::fix
