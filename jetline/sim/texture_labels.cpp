// What is printed round the cans. Lettering is drawn as strokes: a letter is a few line segments in a 1 x 1.6
// box.
#include <array>

#include "jetline/sim/texture.h"

namespace jetline::sim {
namespace {

struct LabelStroke {
  float x0, y0, x1, y1;
};

// The letters that the labels use.
std::vector<LabelStroke> label_strokes(char c) {
  switch (c) {
    case 'A':
      return {{0, 0, .5f, 1.6f}, {.5f, 1.6f, 1, 0}, {.2f, .6f, .8f, .6f}};
    case 'C':
      return {
          {1, 1.6f, .2f, 1.6f}, {.2f, 1.6f, 0, 1.3f}, {0, 1.3f, 0, .3f}, {0, .3f, .2f, 0}, {.2f, 0, 1, 0}};
    case 'E':
      return {{0, 0, 0, 1.6f}, {0, 1.6f, .9f, 1.6f}, {0, .8f, .75f, .8f}, {0, 0, .9f, 0}};
    case 'I':
      return {{.5f, 0, .5f, 1.6f}};
    case 'J':
      return {{.8f, 1.6f, .8f, .3f}, {.8f, .3f, .6f, 0}, {.6f, 0, .3f, 0}, {.3f, 0, 0, .35f}};
    case 'L':
      return {{0, 1.6f, 0, 0}, {0, 0, .85f, 0}};
    case 'M':
      return {{0, 0, 0, 1.6f}, {0, 1.6f, .5f, .7f}, {.5f, .7f, 1, 1.6f}, {1, 1.6f, 1, 0}};
    case 'N':
      return {{0, 0, 0, 1.6f}, {0, 1.6f, 1, 0}, {1, 0, 1, 1.6f}};
    case 'O':
      return {{.2f, 0, .8f, 0},       {.8f, 0, 1, .3f},     {1, .3f, 1, 1.3f}, {1, 1.3f, .8f, 1.6f},
              {.8f, 1.6f, .2f, 1.6f}, {.2f, 1.6f, 0, 1.3f}, {0, 1.3f, 0, .3f}, {0, .3f, .2f, 0}};
    case 'R':
      return {{0, 0, 0, 1.6f},      {0, 1.6f, .8f, 1.6f}, {.8f, 1.6f, 1, 1.35f}, {1, 1.35f, 1, 1.05f},
              {1, 1.05f, .8f, .8f}, {.8f, .8f, 0, .8f},   {.4f, .8f, 1, 0}};
    case 'T':
      return {{0, 1.6f, 1, 1.6f}, {.5f, 1.6f, .5f, 0}};
    case 'X':
      return {{0, 0, 1, 1.6f}, {0, 1.6f, 1, 0}};
    case 'Z':
      return {{0, 1.6f, 1, 1.6f}, {1, 1.6f, 0, 0}, {0, 0, 1, 0}};
    default:
      return {};
  }
}

// Distance of (x, y) to the strokes of `word`, set in letters `w` wide beginning at (x0, y0), in the same
// units.
float label_word_distance(const char* word, float x, float y, float x0, float y0, float w) {
  float best = 1e9f;
  for (int i = 0; word[i]; ++i) {
    const float px = (x - x0) / w - static_cast<float>(i) * 1.45f, py = (y - y0) / w;
    if (px < -0.6f || px > 1.6f) continue;
    for (const LabelStroke& s : label_strokes(word[i])) {
      const float dx = s.x1 - s.x0, dy = s.y1 - s.y0;
      const float t = clamp01(((px - s.x0) * dx + (py - s.y0) * dy) / (dx * dx + dy * dy));
      best = std::min(best, std::hypot(px - s.x0 - t * dx, py - s.y0 - t * dy));
    }
  }
  return best * w;
}

struct LabelBrand {
  const char* word;
  int base[3], band[3], ink[3];
  int style;  // 0 wave band, 1 straight bands, 2 disc, 3 vertical stripes
};
constexpr LabelBrand kLabelBrands[kLabelCount] = {
    {"JETLINE", {200, 22, 28}, {244, 242, 236}, {190, 20, 26}, 0},
    {"OCEAN", {22, 74, 160}, {226, 236, 244}, {18, 58, 130}, 1},
    {"LIME", {44, 132, 60}, {238, 240, 170}, {24, 92, 40}, 2},
    {"NITRO", {28, 28, 32}, {120, 214, 60}, {236, 236, 236}, 3},
    {"LEMON", {236, 196, 40}, {250, 248, 236}, {40, 60, 120}, 0},
    {"ZERO", {176, 180, 186}, {60, 64, 72}, {240, 240, 240}, 1},
    {"TONIC", {120, 196, 214}, {250, 250, 250}, {20, 90, 120}, 2},
};

// Real proportions: the can is 0.207 m round and 0.115 m high; y is measured in circumferences.
constexpr float kLabelAspect = 0.115f / 0.2073f;

Texture make_label(int design) {
  const LabelBrand& b = kLabelBrands[design];
  const auto rgb = [](const int* c) { return srgb(c[0], c[1], c[2]); };
  const F4 base = rgb(b.base), band = rgb(b.band), ink = rgb(b.ink);
  int letters = 0;
  while (b.word[letters]) ++letters;
  return Texture::painted(512, [&](float u, float v) {
    const float y = v * kLabelAspect;
    const float half = u < 0.5f ? u : u - 0.5f;  // the front is printed twice, as on most cans
    float in_band = 0;
    if (b.style == 0) {
      const float middle = 0.47f + 0.06f * std::sin(u * 4 * static_cast<float>(kPi));
      in_band = 1 - smoothstep(0.115f, 0.125f, std::fabs(v - middle));
    } else if (b.style == 1) {
      in_band = 1 - smoothstep(0.13f, 0.135f, std::fabs(v - 0.5f));
      in_band = std::max(in_band, 1 - smoothstep(0.015f, 0.02f, std::fabs(v - 0.8f)));
      in_band = std::max(in_band, 1 - smoothstep(0.015f, 0.02f, std::fabs(v - 0.2f)));
    } else if (b.style == 2) {
      in_band = 1 - smoothstep(0.155f, 0.16f, std::hypot(half - 0.25f, y - 0.5f * kLabelAspect));
    } else {
      in_band = std::fabs(v - 0.5f) > 0.2f && (static_cast<int>(u * 24) % 3 == 0) ? 1.0f : 0.0f;
    }
    F4 c = mix4(base, band, in_band);
    const float w = 0.30f / (static_cast<float>(letters) * 1.45f);
    const float x0 = 0.25f - 0.5f * w * (static_cast<float>(letters) * 1.45f - 0.45f);
    const float wave = b.style == 0 ? 0.06f * std::sin(u * 4 * static_cast<float>(kPi)) * kLabelAspect : 0;
    const float d = label_word_distance(b.word, half, y, x0,
                                        (b.style == 0 ? 0.47f : 0.5f) * kLabelAspect - 0.8f * w + wave, w);
    c = mix4(ink, c, smoothstep(0.0045f, 0.0065f, d));
    // Small print and a bar code between the two fronts.
    const float back = std::fabs(half - 0.0f) < 0.055f ? half : half > 0.455f ? half - 0.5f : 1;
    if (back < 0.5f && v > 0.28f && v < 0.72f && b.style != 2) {
      if (v < 0.42f) {
        const bool bar = hash2(static_cast<int>((back + 0.06f) * 420), 5, 3) & 1;
        c = std::fabs(back) < 0.045f ? (bar ? srgb(20, 20, 20) : srgb(240, 240, 240)) : c;
      } else if (std::fabs(back) < 0.04f && static_cast<int>(v * 60) % 2 &&
                 (hash2(static_cast<int>((back + 0.06f) * 300), static_cast<int>(v * 60), 9) & 3)) {
        c = mix4(c, ink, 0.7f);
      }
    }
    // Thin dark lines close the print at top and bottom.
    const float rim = std::min(std::fabs(v - 0.94f), std::fabs(v - 0.06f));
    return mix4(ink * 0.8f, c, smoothstep(0.006f, 0.01f, rim));
  });
}

}  // namespace

const Texture& label_texture(int design) {
  static const auto* const kAll = [] {
    auto* all = new std::vector<Texture>();
    for (int k = 0; k < kLabelCount; ++k) all->push_back(make_label(k));
    return all;
  }();
  return (*kAll)[static_cast<size_t>(design) % kAll->size()];
}

}  // namespace jetline::sim
