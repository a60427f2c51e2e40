// The list of heads and the small helpers they share.
#include <algorithm>
#include <cmath>

#include "jetline/base/strings.h"
#include "jetline/vision/heads/head.h"

namespace jetline {

extern const HeadKind kFastestDetHead;
extern const HeadKind kJetlineHead;
extern const HeadKind kNanoDetHead;
extern const HeadKind kTfodHead;
extern const HeadKind kTfodSsdHead;
extern const HeadKind kUltraFaceHead;
extern const HeadKind kYoloxHead;
extern const HeadKind kYuNetHead;

const std::vector<const HeadKind*>& head_registry() {
  static const std::vector<const HeadKind*> kHeads = {
      &kJetlineHead,    &kYuNetHead, &kNanoDetHead, &kUltraFaceHead,
      &kFastestDetHead, &kYoloxHead, &kTfodHead,    &kTfodSsdHead,
  };
  return kHeads;
}

const HeadKind* find_head(const std::string& name) {
  for (const HeadKind* kind : head_registry()) {
    if (name == kind->name) return kind;
  }
  return nullptr;
}

const HeadKind* recognise_head(const ModelFacts& facts) {
  if (facts.inputs.size() != 1 || !input_geometry(facts).image) return nullptr;
  for (const HeadKind* kind : head_registry()) {
    if (kind->recognise(facts)) return kind;
  }
  return nullptr;
}

bool OutputFacts::has_tail_op(const std::string& op) const {
  return std::find(tail_ops.begin(), tail_ops.end(), op) != tail_ops.end();
}

const OutputFacts* ModelFacts::output(const std::string& name) const {
  for (const OutputFacts& o : outputs) {
    if (o.name == name) return &o;
  }
  return nullptr;
}

int64_t grid_cells(int width, int height, Span<const double> strides) {
  int64_t n = 0;
  for (double s : strides) {
    if (s < 1) return -1;
    n += static_cast<int64_t>(std::ceil(width / s)) * static_cast<int64_t>(std::ceil(height / s));
  }
  return n;
}

std::vector<double> head_param(const Card& card, const std::string& name, std::vector<double> fallback) {
  const auto it = card.head_params.find(name);
  return it == card.head_params.end() || it->second.empty() ? std::move(fallback) : it->second;
}

double head_number(const Card& card, const std::string& name, double fallback) {
  return head_param(card, name, {fallback})[0];
}

std::string shape_text(const std::vector<int64_t>& shape) {
  std::vector<std::string> words;
  for (int64_t d : shape) words.push_back(d < 0 ? "?" : std::to_string(d));
  return "[" + join(words, ", ") + "]";
}

std::string outputs_text(const ModelFacts& facts) {
  std::vector<std::string> words;
  for (const OutputFacts& o : facts.outputs) words.push_back("`" + o.name + "` " + shape_text(o.shape));
  return words.empty() ? "no outputs" : join(words, ", ");
}

Status head_mismatch(const char* head, const ModelFacts& facts, const std::string& why) {
  return Status::bad_input(
      "detect.head-mismatch",
      std::string("the outputs do not fit head `") + head + "`: " + why + "; the model has " +
          outputs_text(facts),
      "check --head or the card's `head`; without them the head is recognised from structure");
}

InputGeometry input_geometry(const ModelFacts& facts) {
  InputGeometry g;
  if (facts.inputs.empty() || facts.inputs[0].shape.size() != 4) return g;
  const auto& s = facts.inputs[0].shape;
  const auto is_channels = [](int64_t d) { return d == 3 || d == 1; };
  // Dimensions of real inputs fit an int; anything else is no image.
  for (int64_t d : s) {
    if (d > (1 << 20)) return g;
  }
  if (is_channels(s[1])) {
    g.layout = Layout::kNCHW;
    g.channels = static_cast<int>(s[1]);
    g.height = static_cast<int>(std::max<int64_t>(0, s[2]));
    g.width = static_cast<int>(std::max<int64_t>(0, s[3]));
    g.image = true;
  } else if (is_channels(s[3])) {
    g.layout = Layout::kNHWC;
    g.channels = static_cast<int>(s[3]);
    g.height = static_cast<int>(std::max<int64_t>(0, s[1]));
    g.width = static_cast<int>(std::max<int64_t>(0, s[2]));
    g.image = true;
  }
  return g;
}

}  // namespace jetline
