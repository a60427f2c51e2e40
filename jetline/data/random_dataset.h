// For tests of this room and of eval: data sets made from a seed, with their images on disk.
#pragma once

#include <string>

#include "jetline/base/files.h"
#include "jetline/base/random.h"
#include "jetline/data/dataset.h"
#include "jetline/vision/image_io.h"

namespace jetline::testing {

struct RandomDatasetOptions {
  int images = 12, classes = 3, max_boxes = 6;
  bool crowds = false, areas = false, fractions = true, write_images = true;
  bool inside = true;  // boxes within the image
};

inline Image random_image(Random& random, int w, int h) {
  Image image(w, h);
  for (int64_t i = 0; i < image.stride() * h; ++i) image.data()[i] = static_cast<uint8_t>(random.next());
  return image;
}

// Images are written below `dir`.
inline Dataset random_dataset(const std::string& dir, uint64_t seed, const RandomDatasetOptions& o = {}) {
  Random random(seed);
  Dataset d;
  d.format = "coco";
  d.root = dir;
  const char* names[] = {"apple", "bread & <butter>", "Käse", "plum", "fig", "nut", "pea", "egg"};
  for (int c = 0; c < o.classes; ++c) {
    d.classes.push_back(names[c % 8] + (c < 8 ? std::string() : std::to_string(c)));
    d.category_ids.push_back(3 + 2 * c);
  }
  int64_t box_id = 0;
  for (int i = 0; i < o.images; ++i) {
    LabelledImage image;
    image.name = (i % 5 == 4 ? "sub folder/" : "") + std::string("img ") + std::to_string(i) +
                 (i % 3 ? ".jpg" : ".png");
    image.path = join_path(dir, image.name);
    image.id = 100 + 7 * i;
    image.width = static_cast<int>(random.integer(20, 200));
    image.height = static_cast<int>(random.integer(20, 200));
    if (o.write_images) {
      (void)real_file_system().make_directories(parent_path(image.path));
      const Status s = save_image(image.path, random_image(random, image.width, image.height));
      if (!s.ok()) std::abort();
    }
    const int64_t n = i == 0 ? 0 : random.integer(0, o.max_boxes);
    for (int64_t k = 0; k < n; ++k) {
      LabelledBox b;
      const auto coordinate = [&](double limit) {
        const double v = random.uniform(0, limit);
        return static_cast<float>(o.fractions ? v : static_cast<double>(static_cast<int>(v)));
      };
      const double margin = o.inside ? 0 : 30;
      b.box.x1 = coordinate(image.width - 8 + margin), b.box.y1 = coordinate(image.height - 8 + margin);
      b.box.x2 = b.box.x1 + 2 + coordinate(o.inside ? image.width - b.box.x1 - 2 : image.width);
      b.box.y2 = b.box.y1 + 2 + coordinate(o.inside ? image.height - b.box.y1 - 2 : image.height);
      b.class_id = static_cast<int>(random.integer(0, o.classes - 1));
      b.crowd = o.crowds && random.chance(0.15);
      b.difficult = random.chance(0.2);
      if (o.areas) b.area = b.box.area() * random.uniform(0.3, 1);
      b.id = ++box_id;
      image.boxes.push_back(b);
    }
    d.images.push_back(std::move(image));
  }
  return d;
}

}  // namespace jetline::testing
