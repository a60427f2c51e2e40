// Inside the room: what is wrong with a box and what the safe mend is; shared by the doctor and by repairs,
// so that what one calls fixable the other fixes. Pure functions.
#pragma once

#include <string>
#include <vector>

#include "jetline/data/dataset.h"

namespace jetline::data_reader {

struct BoxVerdict {
  enum Action { kKeep, kReplace, kRemove };
  Action action = kKeep;
  Box box;              // kReplace: the mended box
  std::string id;       // finding id, "" = nothing wrong
  bool twin = false;    // equals an earlier box of the image
  bool slight = false;  // at most a pixel outside: off-by-one of a labelling tool
  std::string message;  // what is wrong
  std::string mend;     // what the repair does
};

// `width`, `height`: size of the image, 0 = unknown (then nothing is outside).
BoxVerdict judge_box(const Box& box, int width, int height);

// Verdicts of all boxes of an image; equal boxes of one class are duplicates from the second on.
std::vector<BoxVerdict> judge_boxes(const std::vector<LabelledBox>& boxes, int width, int height);

// Whether the label's size may be replaced by the image's: only when all boxes lie in the image as it is. A
// set whose images were resized after labelling has boxes beyond them, and no repair can know the right
// place.
bool boxes_fit(const std::vector<LabelledBox>& boxes, int width, int height);

}  // namespace jetline::data_reader
