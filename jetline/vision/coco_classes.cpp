// See coco_classes.h.
#include "jetline/vision/coco_classes.h"

namespace jetline {

const std::vector<std::string>& coco_class_names() {
  static const std::vector<std::string> kNames = {"person",        "bicycle",      "car",
                                                  "motorcycle",    "airplane",     "bus",
                                                  "train",         "truck",        "boat",
                                                  "traffic light", "fire hydrant", "stop sign",
                                                  "parking meter", "bench",        "bird",
                                                  "cat",           "dog",          "horse",
                                                  "sheep",         "cow",          "elephant",
                                                  "bear",          "zebra",        "giraffe",
                                                  "backpack",      "umbrella",     "handbag",
                                                  "tie",           "suitcase",     "frisbee",
                                                  "skis",          "snowboard",    "sports ball",
                                                  "kite",          "baseball bat", "baseball glove",
                                                  "skateboard",    "surfboard",    "tennis racket",
                                                  "bottle",        "wine glass",   "cup",
                                                  "fork",          "knife",        "spoon",
                                                  "bowl",          "banana",       "apple",
                                                  "sandwich",      "orange",       "broccoli",
                                                  "carrot",        "hot dog",      "pizza",
                                                  "donut",         "cake",         "chair",
                                                  "couch",         "potted plant", "bed",
                                                  "dining table",  "toilet",       "tv",
                                                  "laptop",        "mouse",        "remote",
                                                  "keyboard",      "cell phone",   "microwave",
                                                  "oven",          "toaster",      "sink",
                                                  "refrigerator",  "book",         "clock",
                                                  "vase",          "scissors",     "teddy bear",
                                                  "hair drier",    "toothbrush"};
  return kNames;
}

int64_t coco_category_id(const std::vector<std::string>& labels, int class_id) {
  // The numbers between 1 and 90 that the published annotation files leave out.
  static const int kGaps[] = {12, 26, 29, 30, 45, 66, 68, 69, 71, 83};
  int64_t id = class_id + 1;
  if (class_id < 0 || class_id >= 80 || labels != coco_class_names()) return id;
  for (int gap : kGaps) id += id >= gap ? 1 : 0;
  return id;
}

}  // namespace jetline
