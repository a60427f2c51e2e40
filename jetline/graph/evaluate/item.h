// What a value is while it is evaluated: a tensor, or a sequence or optional of such. Plain immutable values
// that share their content.
#pragma once

#include <memory>
#include <vector>

#include "jetline/graph/tensor.h"

namespace jetline::calc {

struct Item {
  enum class Kind : uint8_t { kNone, kTensor, kSequence, kOptional };
  Kind kind = Kind::kNone;
  Tensor tensor;                                   // when kTensor
  std::shared_ptr<const std::vector<Item>> items;  // of a sequence; an optional has none or one

  Item() = default;
  Item(Tensor t) : kind(Kind::kTensor), tensor(std::move(t)) {}  // NOLINT(google-explicit-constructor)
  static Item sequence(std::vector<Item> items) { return list(Kind::kSequence, std::move(items)); }
  static Item optional(std::vector<Item> none_or_one) {
    return list(Kind::kOptional, std::move(none_or_one));
  }
  static Item list(Kind kind, std::vector<Item> items) {
    Item i;
    i.kind = kind;
    i.items = std::make_shared<const std::vector<Item>>(std::move(items));
    return i;
  }
};

}  // namespace jetline::calc
