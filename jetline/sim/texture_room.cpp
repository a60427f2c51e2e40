// Floors, walls and posters. Colours are chosen around a middle grey so that a scene's tint can move them.
#include <array>

#include "jetline/sim/texture.h"

namespace jetline::sim {
namespace {

float room_fract(float x) {
  return x - std::floor(x);
}
float room_random(int x, int y, uint32_t seed) {
  return static_cast<float>(hash2(x, y, seed) & 0xffff) / 65535.f;
}

F4 wood_board(float u, float v, int boards, int joints, uint32_t seed) {
  const float y = v * static_cast<float>(boards);
  const int row = static_cast<int>(y);
  const float shift = room_random(row, 0, seed);
  const float x = room_fract(u + shift) * static_cast<float>(joints);
  const int col = static_cast<int>(x);
  const float shade = 0.78f + 0.34f * room_random(row, col + 1, seed + 7);
  const float fy = room_fract(y), fx = room_fract(x);
  const float warp = tile_fbm(u, v, 8, 3, seed + 3) * 0.5f;
  const float grain = tile_noise(u * 3 + shift, room_fract(v + warp * 0.02f), 128, seed + 11) * 0.5f +
                      tile_noise(u, room_fract(v + warp * 0.05f), 64, seed + 13) * 0.5f;
  const float rings = 0.5f + 0.5f * std::sin((fy * 7 + warp * 9 + shift * 20) * 2.2f);
  F4 c = mix4(srgb(128, 82, 46), srgb(196, 146, 94), 0.25f + 0.45f * grain + 0.2f * rings) * shade;
  const float edge = std::min(std::min(fy, 1 - fy) * 1.0f, std::min(fx, 1 - fx) * 4.0f);
  return c * (0.35f + 0.65f * smoothstep(0.0f, 0.035f, edge));
}

Texture make_floor(FloorKind kind) {
  switch (kind) {
    case FloorKind::kWood:
      return Texture::painted(512, [](float u, float v) { return wood_board(u, v, 8, 1, 1); });
    case FloorKind::kParquet:
      return Texture::painted(512, [](float u, float v) {
        const int bx = static_cast<int>(u * 4), by = static_cast<int>(v * 4);
        const float fu = room_fract(u * 4), fv = room_fract(v * 4);
        return (bx + by) % 2 ? wood_board(fu, fv, 4, 1, 31u + static_cast<uint32_t>(bx * 5 + by))
                             : wood_board(fv, fu, 4, 1, 57u + static_cast<uint32_t>(bx * 5 + by));
      });
    case FloorKind::kTiles:
      return Texture::painted(512, [](float u, float v) {
        const int bx = static_cast<int>(u * 3), by = static_cast<int>(v * 3);
        const float fu = room_fract(u * 3), fv = room_fract(v * 3);
        const float edge = std::min(std::min(fu, 1 - fu), std::min(fv, 1 - fv));
        const float shade = 0.9f + 0.15f * room_random(bx, by, 5);
        const float marble = tile_fbm(u, v, 6, 5, 9);
        const F4 tile = mix4(srgb(172, 168, 160), srgb(214, 210, 202), marble) * shade;
        return mix4(srgb(120, 116, 110), tile, smoothstep(0.008f, 0.02f, edge));
      });
    case FloorKind::kCarpet:
      return Texture::painted(512, [](float u, float v) {
        const float fibre = tile_noise(u, v, 256, 3) * 0.6f + tile_noise(u, v, 128, 4) * 0.4f;
        const float blotch = tile_fbm(u, v, 6, 3, 8);
        return srgb(140, 140, 146) * (0.45f + 0.75f * fibre) * (0.8f + 0.35f * blotch);
      });
    case FloorKind::kConcrete:
      return Texture::painted(512, [](float u, float v) {
        const float stain = tile_fbm(u, v, 4, 6, 21);
        const float pore = tile_noise(u, v, 200, 23);
        return srgb(158, 156, 150) * (0.65f + 0.6f * stain) * (pore > 0.93f ? 0.7f : 1.0f);
      });
    default:
      return Texture::painted(512, [](float u, float v) {  // speckled linoleum, chequered
        const bool dark = (static_cast<int>(u * 4) + static_cast<int>(v * 4)) % 2;
        const float speck = tile_noise(u, v, 180, 41);
        const F4 base = dark ? srgb(112, 118, 126) : srgb(190, 190, 184);
        return base * (0.9f + 0.2f * tile_fbm(u, v, 16, 3, 44)) *
               (speck > 0.85f   ? 0.75f
                : speck < 0.15f ? 1.2f
                                : 1.0f);
      });
  }
}

Texture make_wall(WallKind kind) {
  switch (kind) {
    case WallKind::kPlaster:
      return Texture::painted(256, [](float u, float v) {
        return srgb(212, 208, 200) *
               (0.93f + 0.1f * tile_fbm(u, v, 8, 5, 61) + 0.04f * tile_noise(u, v, 128, 62));
      });
    case WallKind::kStripes:
      return Texture::painted(256, [](float u, float v) {
        const float s = room_fract(u * 6);
        const float edge = smoothstep(0.45f, 0.5f, s) - smoothstep(0.92f, 0.97f, s);
        return mix4(srgb(222, 216, 202), srgb(176, 182, 186), edge) *
               (0.97f + 0.06f * tile_noise(u, v, 128, 66));
      });
    case WallKind::kBrick:
      return Texture::painted(512, [](float u, float v) {
        const float y = v * 16;
        const int row = static_cast<int>(y);
        const float x = u * 8 + (row % 2 ? 0.5f : 0.0f);
        const int col = static_cast<int>(x) % 8;
        const float fx = room_fract(x), fy = room_fract(y);
        const float edge = std::min(std::min(fx, 1 - fx) * 2.4f, std::min(fy, 1 - fy));
        const F4 brick = mix4(srgb(150, 112, 92), srgb(190, 152, 128), room_random(row, col, 71)) *
                         (0.75f + 0.45f * tile_fbm(u, v, 32, 4, 72));
        return mix4(srgb(176, 172, 164), brick, smoothstep(0.06f, 0.12f, edge));
      });
    case WallKind::kPanels:
      return Texture::painted(256, [](float u, float v) {
        const float s = room_fract(u * 5);
        const float groove = std::min(s, 1 - s);
        return srgb(206, 198, 182) * (0.55f + 0.45f * smoothstep(0.0f, 0.03f, groove)) *
               (0.9f + 0.16f * tile_noise(room_fract(u * 2), v, 64, 75));
      });
    default:
      return Texture::painted(256, [](float u, float v) {
        return srgb(196, 200, 204) * (0.85f + 0.3f * tile_noise(u, v, 160, 81));
      });
  }
}

Texture make_poster(int index) {
  const auto seed = static_cast<uint32_t>(900 + index * 17);
  static const int kPalette[6][3][3] = {
      {{24, 60, 94}, {236, 190, 92}, {240, 236, 226}},  {{42, 96, 80}, {236, 226, 200}, {200, 108, 72}},
      {{68, 52, 96}, {226, 150, 140}, {246, 240, 232}}, {{30, 30, 34}, {210, 210, 210}, {110, 150, 190}},
      {{112, 76, 50}, {126, 88, 58}, {96, 64, 42}},     {{88, 128, 160}, {238, 238, 232}, {60, 92, 60}}};
  const auto colour = [&](int i) {
    return srgb(kPalette[index][i][0], kPalette[index][i][1], kPalette[index][i][2]);
  };
  if (index == 4) {  // a door with two panels
    return Texture::painted(256, [&](float u, float v) {
      const float grain =
          tile_noise(u * 0.2f, v, 64, seed) * 0.5f + tile_noise(u, v * 0.1f, 96, seed + 1) * 0.5f;
      F4 c = mix4(colour(2), colour(1), grain);
      for (int k = 0; k < 2; ++k) {
        const float x = std::fabs(u - 0.5f) - 0.32f, y = std::fabs(v - (k ? 0.74f : 0.27f)) - 0.18f;
        const float edge = std::max(x, y);
        c = c * (1 - 0.35f * (1 - smoothstep(0.0f, 0.015f, std::fabs(edge))));
      }
      const float knob = std::hypot(u - 0.08f, (v - 0.5f) * 2.2f);
      return knob < 0.03f ? srgb(206, 190, 140) : c;
    });
  }
  return Texture::painted(256, [&](float u, float v) {
    F4 c = mix4(colour(0), colour(2), smoothstep(0.0f, 1.0f, v + 0.3f * (tile_fbm(u, v, 4, 4, seed) - 0.5f)));
    for (int i = 0; i < 5; ++i) {
      const float x = room_random(i, 1, seed), y = room_random(i, 2, seed),
                  r = 0.08f + 0.2f * room_random(i, 3, seed);
      const float d = i % 2 ? std::hypot(u - x, v - y) : std::max(std::fabs(u - x) * 1.6f, std::fabs(v - y));
      c = mix4(c, colour(1 + i % 2), 0.85f * (1 - smoothstep(r, r + 0.01f, d)));
    }
    const float frame = std::min(std::min(u, 1 - u), std::min(v, 1 - v));
    return frame < 0.035f ? srgb(44, 38, 34) : frame < 0.09f ? srgb(236, 234, 228) : c;
  });
}

}  // namespace

const Texture& floor_texture(int kind) {
  static const auto* const kAll = [] {
    auto* all = new std::vector<Texture>();
    for (int k = 0; k < static_cast<int>(FloorKind::kCount); ++k)
      all->push_back(make_floor(static_cast<FloorKind>(k)));
    return all;
  }();
  return (*kAll)[static_cast<size_t>(kind) % kAll->size()];
}

const Texture& wall_texture(int kind) {
  static const auto* const kAll = [] {
    auto* all = new std::vector<Texture>();
    for (int k = 0; k < static_cast<int>(WallKind::kCount); ++k)
      all->push_back(make_wall(static_cast<WallKind>(k)));
    return all;
  }();
  return (*kAll)[static_cast<size_t>(kind) % kAll->size()];
}

const Texture& poster_texture(int index) {
  static const auto* const kAll = [] {
    auto* all = new std::vector<Texture>();
    for (int k = 0; k < kPosterCount; ++k) all->push_back(make_poster(k));
    return all;
  }();
  return (*kAll)[static_cast<size_t>(index) % kAll->size()];
}

}  // namespace jetline::sim
