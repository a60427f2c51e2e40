#include <cmath>

#include "jetline/data/repair_files.h"
#include "jetline/data/yolo_txt.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace jetline;
  using namespace jetline::data_reader;
  std::vector<Finding> findings;
  Problems lenient(&findings);
  const auto boxes = parse_yolo_txt(ByteView(data, size), "fuzz.txt", lenient);
  if (!boxes.ok()) __builtin_trap();
  for (const YoloBox& b : boxes.value()) {
    if (!std::isfinite(b.cx) || !std::isfinite(b.h) || b.class_id < 0) __builtin_trap();
  }
  // A repaired file needs no second repair.
  std::vector<Repair> first, second;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const std::string once = repair_yolo_text(text, "fuzz.txt", {640, 480}, first);
  if (repair_yolo_text(once, "fuzz.txt", {640, 480}, second) != once) __builtin_trap();
  return 0;
}
