// Self-made pictures for this room's tests: bright rectangles on a noisy ground, written as PNG. Never part
// of the library.
#pragma once

#include <string>

#include "jetline/base/files.h"
#include "jetline/base/random.h"
#include "jetline/base/testing.h"
#include "jetline/data/dataset.h"
#include "jetline/train/train.h"
#include "jetline/vision/image_io.h"

namespace jetline::testing {

// `count` pictures of width x height in `folder`, each with one or two boxes of two classes (red, green).
inline Dataset make_boxes(const std::string& folder, int count, int width, int height, uint64_t seed = 7) {
  Dataset d;
  d.format = "yolo";
  d.root = folder;
  d.classes = {"red", "green"};
  Random random(seed);
  for (int i = 0; i < count; ++i) {
    Image image(width, height);
    for (int y = 0; y < height; ++y) {
      for (int x = 0; x < 3 * width; ++x) image.row(y)[x] = static_cast<uint8_t>(60 + random.integer(0, 30));
    }
    LabelledImage labelled;
    labelled.name = "box" + std::to_string(i) + ".png";
    labelled.path = join_path(folder, labelled.name);
    labelled.width = width;
    labelled.height = height;
    labelled.id = i + 1;
    const int side = width / 2;  // one box in each half, so that they never overlap
    for (int k = 0; k < (i % 2 ? 2 : 1); ++k) {
      const int w = static_cast<int>(random.integer(side / 3, side - 8)),
                h = static_cast<int>(random.integer(height / 3, height - 8));
      const int x = k * side + static_cast<int>(random.integer(2, side - w - 2)),
                y = static_cast<int>(random.integer(2, height - h - 2));
      const int c = static_cast<int>(random.integer(0, 1));
      for (int v = y; v < y + h; ++v) {
        for (int u = x; u < x + w; ++u) image.at(u, v)[c] = 230;
      }
      LabelledBox box;
      box.box = {static_cast<float>(x), static_cast<float>(y), static_cast<float>(x + w),
                 static_cast<float>(y + h)};
      box.class_id = c;
      labelled.boxes.push_back(box);
    }
    EXPECT_TRUE(save_image(labelled.path, image, real_file_system()).ok());
    d.images.push_back(labelled);
  }
  return d;
}

// Share of true boxes that a detection of the same class overlaps by at least `min_iou`, and nothing false
// above 0.5 score is forgiven: a small stand-in for AP that needs no other room.
inline ValidationFigures recall_figures(const Dataset& truth,
                                        const std::vector<std::vector<Detection>>& found, float min_iou) {
  int64_t hits = 0, truths = 0, wrong = 0;
  for (size_t i = 0; i < truth.images.size(); ++i) {
    for (const LabelledBox& t : truth.images[i].boxes) {
      ++truths;
      for (const Detection& d : found[i]) {
        if (d.class_id == t.class_id && d.score > 0.3f && iou(d.box, t.box) >= min_iou) {
          ++hits;
          break;
        }
      }
    }
    for (const Detection& d : found[i]) {
      bool right = d.score < 0.5f;
      for (const LabelledBox& t : truth.images[i].boxes)
        right |= d.class_id == t.class_id && iou(d.box, t.box) > 0.3f;
      wrong += !right;
    }
  }
  const double value = truths == 0 ? 0 : static_cast<double>(hits) / static_cast<double>(truths + wrong);
  return {value, value};
}

class SilentProgress : public Progress {
 public:
  void report(std::string_view, int64_t done, int64_t total, std::string_view) override {
    last_done = done;
    last_total = total;
  }
  int64_t last_done = 0, last_total = 0;
};

}  // namespace jetline::testing

// Training needs the module; every test without it says so and skips.
#define JETLINE_REQUIRE_TORCH() \
  if (::jetline::find_module("torch").empty()) GTEST_SKIP() << "notice: built without LibTorch"
