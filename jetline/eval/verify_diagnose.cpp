#include "jetline/eval/verify_diagnose.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>

#include "jetline/base/strings.h"
#include "jetline/eval/verify_hypothesis.h"
#include "jetline/eval/verify_weights.h"

namespace jetline {
namespace {

// Raw outputs as the sides' heads read them.
RawComparison compare_sides(const VerifySides& s, const HopRun& a, const HopRun& b, const ClassMap& map = {});

size_t classes_of(const VerifySides& s) {
  return s.a->head() ? s.a->head()->classes() : s.a->card().labels.size();
}

std::string label_of(const Card& card, int c) {
  return c >= 0 && c < static_cast<int>(card.labels.size()) ? card.labels[static_cast<size_t>(c)]
                                                            : "class " + std::to_string(c);
}

std::string map_words(const VerifySides& s, const ClassMap& map) {
  std::string text;
  int moved = 0;
  for (size_t i = 0; i < map.size(); ++i) {
    if (map[i] == static_cast<int>(i)) continue;
    if (++moved <= 3) {
      text += (moved > 1 ? ", " : "") + std::string("A's class ") + std::to_string(i) + " ('" +
              label_of(s.a->card(), static_cast<int>(i)) + "') is B's class " + std::to_string(map[i]);
    }
  }
  if (moved > 3) text += " and " + std::to_string(moved - 3) + " more";
  return text;
}

// A corrected spec for B and what it changes.
struct Hypothesis {
  InputSpec spec;
  std::vector<const SpecChange*> changes;
  ClassMap map;  // found on the way: B's classes are permuted too
};

HopRun part_of(const HopRun& run, const std::vector<size_t>& picks) {
  HopRun out;
  for (size_t i : picks) {
    out.raw.push_back(run.raw[i]);
    if (!run.boxes.empty()) out.boxes.push_back(run.boxes[i]);
  }
  return out;
}

RawComparison compare_sides(const VerifySides& s, const HopRun& a, const HopRun& b, const ClassMap& map) {
  RawComparison r = compare_raw(a, b, s.tolerance, classes_of(s), map);
  if (!same_output_form(*s.a, *s.b)) r.comparable = r.same = false;
  return r;
}

class VerifyDiagnosis {
 public:
  VerifyDiagnosis(const VerifySides& sides, CancelToken& cancel) : s_(sides), cancel_(cancel) {}

  Result<std::vector<VerifyCause>> run() {
    JETLINE_RETURN_IF_ERROR(cheap_causes());
    if (!causes_.empty()) return causes_;
    pick_images();
    std::array<float, 3> factor;
    load_models();
    std::vector<NamedNormalisation> measured;
    if (model_a_ && model_b_ && first_convolution_factor(*model_a_, *model_b_, factor)) {
      const InputSpec& a = s_.a->card().input;
      NamedNormalisation n{"by the factor between the first convolutions", a.mean, a.scale};
      for (size_t c = 0; c < 3; ++c) n.scale[c] = a.scale[c] / factor[c];
      measured.push_back(n);
    }
    if (can_vary_input()) {
      changes_ = spec_changes(s_.a->card().input, s_.b->card().input, measured);
      JETLINE_RETURN_IF_ERROR(search());
    }
    if (causes_.empty()) weights_cause();
    return causes_;
  }

 private:
  void add(const std::string& id, const std::string& text) { causes_.push_back({id, text}); }

  // What shows without running anything again.
  Status cheap_causes() {
    const InputSpec &a = s_.a->card().input, &b = s_.b->card().input;
    const size_t classes = classes_of(s_);
    const RawComparison raw = compare_sides(s_, s_.run_a, s_.run_b);
    if (raw.same) {
      if (!s_.name_map.empty()) {
        add("verify.label-order", "the raw outputs agree, but the cards list the labels in another order: " +
                                      map_words(s_, s_.name_map));
      } else if (s_.labels_differ) {
        add("verify.labels",
            "the raw outputs agree, but the cards name the classes differently: " + first_label());
      } else if (thresholds_differ()) {
        add("verify.thresholds", threshold_words());
      }
      return Status();
    }
    const ClassMap map = find_class_map(s_.run_a, s_.run_b, classes, s_.tolerance);
    if (!map.empty() && compare_sides(s_, s_.run_a, s_.run_b, map).same) {
      add("verify.label-order",
          "the raw outputs agree once B's class channels are put in another order: " + map_words(s_, map));
      return Status();
    }
    const auto ca = s_.a->conditions(), cb = s_.b->conditions();
    const auto precision = [](const std::map<std::string, std::string>& c) {
      const auto it = c.find("precision");
      return it == c.end() ? std::string("f32") : it->second;
    };
    if ((a.width != b.width || a.height != b.height)) {
      load_models();
      const bool same_weights =
          model_a_ && model_b_ && compare_weights(*model_a_, *model_b_).kind == WeightVerdict::Kind::kSame;
      if (same_weights || !model_a_ || !model_b_) {
        add("verify.input-size", "A takes " + std::to_string(a.width) + "x" + std::to_string(a.height) +
                                     ", B " + std::to_string(b.width) + "x" + std::to_string(b.height) +
                                     (same_weights ? "; the weights are the same" : ""));
      }
    } else if (precision(ca) != precision(cb)) {
      add("verify.precision", "A computes in " + precision(ca) + ", B in " + precision(cb));
    }
    return Status();
  }

  std::string first_label() const {
    const auto &a = s_.a->card().labels, &b = s_.b->card().labels;
    for (size_t i = 0; i < std::max(a.size(), b.size()); ++i) {
      const std::string x = i < a.size() ? "'" + a[i] + "'" : "none",
                        y = i < b.size() ? "'" + b[i] + "'" : "none";
      if (x != y) return "class " + std::to_string(i) + " is " + x + " in A, " + y + " in B";
    }
    return "";
  }
  bool thresholds_differ() const {
    const Card &a = s_.a->card(), &b = s_.b->card();
    return a.score_threshold != b.score_threshold || a.nms_iou != b.nms_iou;
  }
  std::string threshold_words() const {
    const Card &a = s_.a->card(), &b = s_.b->card();
    char text[200];
    std::snprintf(text, sizeof text,
                  "the raw outputs agree; A keeps scores above %.3g with NMS at %.3g, B %.3g and %.3g",
                  static_cast<double>(a.score_threshold), static_cast<double>(a.nms_iou),
                  static_cast<double>(b.score_threshold), static_cast<double>(b.nms_iou));
    return text;
  }

  // Only the same kind of tensor can be filled another way.
  bool can_vary_input() const {
    const InputSpec &a = s_.a->card().input, &b = s_.b->card().input;
    const bool comparable = compare_sides(s_, s_.run_a, s_.run_b).comparable;
    const bool boxes = !s_.run_a.boxes.empty() && !s_.run_b.boxes.empty();
    return (comparable || boxes) && a.width == b.width && a.height == b.height;
  }

  // Pictures whose shape is least like the input's tell fits apart best; a few are enough to reject a guess.
  void pick_images() {
    const InputSpec& in = s_.b->card().input;
    const double wanted = std::log(static_cast<double>(in.width) / in.height);
    picks_.resize(s_.images.size());
    std::iota(picks_.begin(), picks_.end(), size_t{0});
    const auto oddness = [&](size_t i) {
      return std::fabs(std::log(static_cast<double>(s_.images[i]->width()) / s_.images[i]->height()) -
                       wanted);
    };
    std::stable_sort(picks_.begin(), picks_.end(),
                     [&](size_t p, size_t q) { return oddness(p) > oddness(q); });
    if (picks_.size() > 3) picks_.resize(3);
  }

  Result<bool> holds(Hypothesis& h, const std::vector<size_t>& picks) {
    std::vector<const Image*> images;
    for (size_t i : picks) images.push_back(s_.images[i]);
    JETLINE_ASSIGN_OR_RETURN(const HopRun b, run_hop(*s_.b, h.spec, images));
    const HopRun a = part_of(s_.run_a, picks);
    h.map = s_.name_map;
    if (runs_agree(s_, a, b, h.map, s_.name_map)) return true;
    h.map = find_class_map(a, b, classes_of(s_), s_.tolerance);
    return !h.map.empty() && runs_agree(s_, a, b, h.map, h.map);
  }

  // One picture rejects most guesses; what it lets through must hold on the others, then on all.
  Result<bool> holds_everywhere(Hypothesis& h) {
    if (cancel_.cancelled()) return Status::cancelled();
    JETLINE_ASSIGN_OR_RETURN(bool ok, holds(h, {picks_[0]}));
    if (!ok) return false;
    std::vector<size_t> all(s_.images.size());
    std::iota(all.begin(), all.end(), size_t{0});
    return holds(h, all);
  }

  // All combinations of changes in different parts, the fewest changes first.
  Status search() {
    for (size_t count = 1; count <= 3; ++count) {
      // Many other weights: then two or three wrong settings at once are not what keeps the sides apart.
      constexpr int64_t kFewTensors = 2;  // a first convolution and its bias
      if (count > 1 && model_a_ && model_b_ && compare_weights(*model_a_, *model_b_).different > kFewTensors)
        break;
      Hypothesis h;
      h.spec = s_.b->card().input;
      JETLINE_ASSIGN_OR_RETURN(const bool found, extend(h, 0, count));
      if (found) return Status();
    }
    return Status();
  }

  Result<bool> extend(const Hypothesis& base, size_t from, size_t left) {
    for (size_t i = from; i < changes_.size(); ++i) {
      if (!base.changes.empty() && base.changes.back()->part == changes_[i].part) continue;
      Hypothesis h = base;
      h.spec = apply_change(h.spec, changes_[i]);
      h.changes.push_back(&changes_[i]);
      Result<bool> found = left > 1 ? extend(h, i + 1, left - 1) : holds_everywhere(h);
      if (!found.ok()) return found.status();
      if (!found.value()) continue;
      if (left == 1) report(h);
      return true;
    }
    return false;
  }

  void report(const Hypothesis& h) {
    const InputSpec &a = s_.a->card().input, &b = s_.b->card().input;
    for (const SpecChange* c : h.changes) {
      bool cards_say = false;
      if (c->part == SpecChange::Part::kOrder) cards_say = a.order != b.order;
      if (c->part == SpecChange::Part::kFit) cards_say = a.fit != b.fit || a.pad != b.pad;
      if (c->part == SpecChange::Part::kNormalisation) cards_say = a.mean != b.mean || a.scale != b.scale;
      add(c->id,
          "B agrees with A on all " + std::to_string(s_.images.size()) + " pictures when it is fed " +
              c->text +
              (cards_say ? "; the cards differ in this" : "; the cards agree, so it lies in B's graph"));
    }
    if (!h.map.empty() && h.map != s_.name_map) {
      add("verify.label-order", "and its class channels are in another order: " + map_words(s_, h.map));
    }
  }

  void load_models() {
    if (tried_models_) return;
    tried_models_ = true;
    auto a = s_.a->model(), b = s_.b->model();
    if (a.ok()) model_a_ = std::move(a).value();
    if (b.ok()) model_b_ = std::move(b).value();
  }

  void weights_cause() {
    load_models();
    if (!model_a_ || !model_b_) {
      add("verify.unexplained",
          "no change of the input makes the sides agree, and the weights cannot be compared");
      return;
    }
    const WeightVerdict v = compare_weights(*model_a_, *model_b_);
    const std::string tried = changes_.empty() ? "" : "no change of the input makes the sides agree; ";
    switch (v.kind) {
      case WeightVerdict::Kind::kSame:
        add("verify.unexplained", tried + v.text +
                                      ": the graphs compute differently, or the input is made in a way "
                                      "that is not among those tried");
        return;
      case WeightVerdict::Kind::kPrecision:
        add("verify.precision", tried + v.text);
        return;
      case WeightVerdict::Kind::kTruncated:
        add("verify.truncated", tried + v.text);
        return;
      case WeightVerdict::Kind::kOtherWeights: {
        // Outputs of other shapes cannot come from another training run of the same network.
        const bool same_form = compare_sides(s_, s_.run_a, s_.run_b).comparable;
        add(same_form ? "verify.other-weights" : "verify.other-model", tried + v.text);
        return;
      }
      case WeightVerdict::Kind::kOtherModel:
        add("verify.other-model", tried + v.text);
        return;
    }
  }

  const VerifySides& s_;
  CancelToken& cancel_;
  std::vector<size_t> picks_;
  std::vector<SpecChange> changes_;
  std::vector<VerifyCause> causes_;
  std::unique_ptr<Model> model_a_, model_b_;
  bool tried_models_ = false;
};

}  // namespace

bool same_output_form(const Hop& a, const Hop& b) {
  if (!a.head() || !b.head()) return true;
  return a.card().head == b.card().head && a.card().head_params == b.card().head_params;
}

bool runs_agree(const VerifySides& s, const HopRun& a, const HopRun& b, const ClassMap& map,
                const ClassMap& name_map) {
  const RawComparison raw = compare_sides(s, a, b, map);
  if (raw.comparable && !raw.same) return false;
  const BoxDifference boxes = compare_boxes(a, b, name_map, s.a->card().score_threshold, s.tolerance);
  if (!raw.comparable && !boxes.comparable) return false;
  // Equal raw outputs decide even where thresholds make other boxes of them.
  return raw.comparable || boxes_agree(boxes, s.tolerance);
}

Result<std::vector<VerifyCause>> diagnose(const VerifySides& sides, CancelToken& cancel) {
  return VerifyDiagnosis(sides, cancel).run();
}

}  // namespace jetline
