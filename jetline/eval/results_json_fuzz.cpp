#include "jetline/eval/results.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace jetline;
  Dataset d;
  d.format = "coco";
  d.classes = {"a", "b"};
  d.category_ids = {1, 2};
  d.images.resize(2);
  d.images[0].id = 1;
  d.images[0].name = "a.jpg";
  d.images[1].id = 2;
  d.images[1].name = "b.jpg";
  d.images[0].boxes.resize(1);
  d.images[0].boxes[0].box = {1, 2, 30, 40};
  const auto r = parse_results(ByteView(data, size), "fuzz.json", d);
  if (!r.ok()) return 0;
  const CocoMetrics m = coco_metrics(d, r->detections);
  if (m.AP < -1 || m.AP > 1 || m.AR100 > 1) __builtin_trap();
  return 0;
}
