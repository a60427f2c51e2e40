#include "jetline/eval/verify_hypothesis.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace jetline {
namespace {

using Triple = std::array<float, 3>;

bool nearly(const Triple& a, const Triple& b, float relative) {
  for (size_t i = 0; i < 3; ++i) {
    if (std::fabs(a[i] - b[i]) > relative * std::max(std::fabs(a[i]), std::fabs(b[i]))) return false;
  }
  return true;
}

Triple reversed(const Triple& t) {
  return {t[2], t[1], t[0]};
}
Triple same3(float v) {
  return {v, v, v};
}

std::string triple_words(const Triple& t) {
  char text[96];
  if (t[0] == t[1] && t[1] == t[2]) {
    std::snprintf(text, sizeof text, "%.6g", static_cast<double>(t[0]));
  } else {
    std::snprintf(text, sizeof text, "(%.6g, %.6g, %.6g)", static_cast<double>(t[0]),
                  static_cast<double>(t[1]), static_cast<double>(t[2]));
  }
  return text;
}

// What networks in the wild are fed. ImageNet's statistics: torchvision's; the BGR ones: mmdetection and
// NanoDet.
std::vector<NamedNormalisation> common_normalisations() {
  const auto over = [](float r, float g, float b) { return Triple{1 / r, 1 / g, 1 / b}; };
  return {{"levels 0 to 255", same3(0), same3(1)},
          {"0 to 1", same3(0), same3(1 / 255.f)},
          {"-1 to 1", same3(127.5f), same3(1 / 127.5f)},
          {"(level - 127) / 128", same3(127), same3(1 / 128.f)},
          {"ImageNet mean and deviation", {123.675f, 116.28f, 103.53f}, over(58.395f, 57.12f, 57.375f)},
          {"ImageNet mean and deviation, BGR", {103.53f, 116.28f, 123.675f}, over(57.375f, 57.12f, 58.395f)},
          {"Caffe's BGR means", {104, 117, 123}, same3(1)}};
}

}  // namespace

const char* order_word(ColorOrder order) {
  return order == ColorOrder::kRGB ? "RGB" : order == ColorOrder::kBGR ? "BGR" : "grey";
}

const char* fit_word(Fit fit) {
  return fit == Fit::kStretch     ? "stretch"
         : fit == Fit::kLetterbox ? "centred letterbox"
                                  : "top-left letterbox";
}

std::string normalisation_words(const Triple& mean, const Triple& scale) {
  return "(level - " + triple_words(mean) + ") * " + triple_words(scale);
}

InputSpec apply_change(InputSpec s, const SpecChange& c) {
  switch (c.part) {
    case SpecChange::Part::kOrder:
      s.order = c.order;
      if (c.reverse_normalisation) {
        s.mean = reversed(s.mean);
        s.scale = reversed(s.scale);
      }
      break;
    case SpecChange::Part::kFit:
      s.fit = c.fit;
      s.pad = c.pad;
      break;
    case SpecChange::Part::kNormalisation:
      s.mean = c.mean;
      s.scale = c.scale;
      break;
  }
  return s;
}

std::vector<SpecChange> spec_changes(const InputSpec& a, const InputSpec& b,
                                     const std::vector<NamedNormalisation>& measured) {
  std::vector<SpecChange> changes;
  if (b.order != ColorOrder::kGray) {
    SpecChange c;
    c.part = SpecChange::Part::kOrder;
    c.id = "verify.channel-order";
    c.order = b.order == ColorOrder::kRGB ? ColorOrder::kBGR : ColorOrder::kRGB;
    c.text = std::string(order_word(c.order)) + " instead of " + order_word(b.order);
    // With equal channels both forms are one.
    const bool uneven = b.mean != reversed(b.mean) || b.scale != reversed(b.scale);
    for (bool reverse : uneven ? std::vector<bool>{true, false} : std::vector<bool>{false}) {
      c.reverse_normalisation = reverse;
      changes.push_back(c);
    }
  }
  const auto add_fit = [&](Fit fit, float pad) {
    const bool padded = fit != Fit::kStretch;
    if (fit == b.fit && (!padded || pad == b.pad)) return;
    for (const SpecChange& c : changes) {
      if (c.part == SpecChange::Part::kFit && c.fit == fit && (!padded || c.pad == pad)) return;
    }
    SpecChange c;
    c.part = SpecChange::Part::kFit;
    c.id = fit == b.fit ? "verify.padding" : "verify.fit";
    c.fit = fit;
    c.pad = pad;
    char text[160];
    if (fit == b.fit) {
      std::snprintf(text, sizeof text, "padding level %g instead of %g", static_cast<double>(pad),
                    static_cast<double>(b.pad));
    } else if (padded) {
      std::snprintf(text, sizeof text, "%s (padding %g) instead of %s", fit_word(fit),
                    static_cast<double>(pad), fit_word(b.fit));
    } else {
      std::snprintf(text, sizeof text, "%s instead of %s", fit_word(fit), fit_word(b.fit));
    }
    c.text = text;
    changes.push_back(c);
  };
  add_fit(a.fit, a.pad);
  for (Fit fit : {Fit::kStretch, Fit::kLetterbox, Fit::kLetterboxTopLeft}) {
    for (float pad : {a.pad, b.pad, 114.f, 0.f, 128.f, 127.f, 255.f}) add_fit(fit, pad);
  }
  const auto add_normalisation = [&](const std::string& name, const Triple& mean, const Triple& scale) {
    if (nearly(mean, b.mean, 1e-6f) && nearly(scale, b.scale, 1e-6f)) return;
    for (const SpecChange& c : changes) {
      if (c.part == SpecChange::Part::kNormalisation && nearly(c.mean, mean, 1e-6f) &&
          nearly(c.scale, scale, 1e-6f)) {
        return;
      }
    }
    SpecChange c;
    c.part = SpecChange::Part::kNormalisation;
    c.id = "verify.normalisation";
    c.mean = mean;
    c.scale = scale;
    c.text = normalisation_words(mean, scale) + (name.empty() ? "" : ", " + name + ",") + " instead of " +
             normalisation_words(b.mean, b.scale);
    changes.push_back(c);
  };
  add_normalisation("as A's card says", a.mean, a.scale);
  add_normalisation("A's in the other channel order", reversed(a.mean), reversed(a.scale));
  for (const NamedNormalisation& n : measured) add_normalisation(n.name, n.mean, n.scale);
  for (const NamedNormalisation& n : common_normalisations()) add_normalisation(n.name, n.mean, n.scale);
  // B's graph may hold a normalisation N that A's has not, or lack one that A's has. With A's own (x - m) s,
  // B is then to be fed what N makes into it, or what N makes of it:
  //   N(x') = (x - m) s   =>  x' = (x - (m - mN sN / s)) s / sN
  //   x' = N((x - m) s)       =    (x - (m + mN / s)) s sN
  for (const NamedNormalisation& n : common_normalisations()) {
    Triple inner_mean, inner_scale, outer_mean, outer_scale;
    for (size_t c = 0; c < 3; ++c) {
      inner_mean[c] = a.mean[c] - n.mean[c] * n.scale[c] / a.scale[c];
      inner_scale[c] = a.scale[c] / n.scale[c];
      outer_mean[c] = a.mean[c] + n.mean[c] / a.scale[c];
      outer_scale[c] = a.scale[c] * n.scale[c];
    }
    add_normalisation("for B's graph brings its input to " + n.name + " itself", inner_mean, inner_scale);
    add_normalisation("for A's graph brings its input to " + n.name + " and B's does not", outer_mean,
                      outer_scale);
  }
  return changes;
}

}  // namespace jetline
