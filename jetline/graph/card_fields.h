// The fields of a card between its text forms and the Card value: a small tree that JSON and TOML both
// become, so that both have the same rules and the same messages. Private to the room.
//
// Unknown keys are refused by name (a typo in a sidecar must not be silently ignored) except in tables below
// "extensions".
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "jetline/base/status.h"
#include "jetline/base/strings.h"
#include "jetline/graph/card.h"

namespace jetline {

constexpr size_t kCardMaxBytes = size_t{4} << 20;  // a card with ten thousand labels has some 200 kB

struct CardTree {
  enum class Kind { kOther, kText, kNumber, kList, kTable };
  Kind kind = Kind::kOther;
  std::string text;
  double number = 0;
  std::vector<CardTree> list;
  std::vector<std::pair<std::string, CardTree>> table;
};

// card.field names the field and what it may be.
Result<Card> card_read(const CardTree& tree);

const char* card_word(Layout v);
const char* card_word(ColorOrder v);
const char* card_word(Fit v);
const char* card_word(Resample v);

}  // namespace jetline
