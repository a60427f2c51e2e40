#include <cmath>

#include "jetline/data/coco_json.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace jetline;
  using namespace jetline::data_reader;
  std::vector<Finding> findings;
  Problems lenient(&findings);
  const auto file = parse_coco_json(ByteView(data, size), "fuzz.json", lenient);
  if (!file.ok()) return 0;
  for (const CocoAnnotation& a : file->annotations) {
    for (const double v : a.bbox) {
      if (!std::isfinite(v)) __builtin_trap();
    }
  }
  return 0;
}
