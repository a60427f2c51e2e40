// Slice: begin and size, either of them constant or not.
#include <cstdint>

#include "jetline/importers/tensorflow/ops/forms.h"
#include "jetline/importers/tensorflow/ops/typed.h"
#include "jetline/importers/tensorflow/registry.h"

namespace jetline::tf {
namespace {

constexpr int64_t kMostElements = int64_t{1} << 48;  // of one axis

Status convert_slice(OpContext& c) {
  Value *x = c.tensor(0), *begin = c.tensor(1), *size = c.tensor(2);
  if (!x) return c.wrong_input(0);
  if (!begin || !size) return c.wrong_input(begin ? 2 : 1);
  std::vector<Dim> starts, sizes;
  if (!partly_known(c, begin, starts) || !partly_known(c, size, sizes) || starts.size() != sizes.size())
    return c.unsupported("begin and size of unknown length");
  const size_t rank = starts.size();
  for (size_t i = 0; i < rank; ++i) {
    const bool sound = !starts[i].known() || (starts[i].value >= 0 && starts[i].value <= kMostElements);
    if (!sound || (sizes[i].known() && sizes[i].value > kMostElements))
      return c.unsupported("a begin or size out of range");
  }
  if (rank == 0) return c.set(0, x);
  begin = c.to_i64(begin);
  size = c.to_i64(size);
  std::vector<int64_t> known_starts, known_ends, axes;
  std::vector<Value*> some_starts, some_ends;  // one element each
  bool all_known = true;
  std::vector<Dim> shape;
  for (size_t i = 0; i < rank; ++i) {
    const auto axis = static_cast<int64_t>(i);
    const Dim from = starts[i], n = sizes[i];
    const bool rest = n.known() && n.value < 0;
    shape.push_back(rest ? Dim() : n);
    if (rest && from.known() && from.value >= 0 && c.dim(x, static_cast<int>(i)) >= from.value)
      shape.back() = Dim(c.dim(x, static_cast<int>(i)) - from.value);
    const bool all_of_it = from.known() && from.value == 0 &&
                           (rest || (c.rank(x) > static_cast<int>(i) && n.same(x->type.shape[i])));
    if (all_of_it) {
      if (rest && c.rank(x) > static_cast<int>(i)) shape.back() = x->type.shape[i];
      continue;
    }
    axes.push_back(axis);
    Value* start = from.known() ? c.ints({from.value}) : sliced(c, begin, 0, axis, axis + 1);
    some_starts.push_back(start);
    if (rest) {
      some_ends.push_back(c.ints({INT64_MAX}));
    } else if (from.known() && n.known()) {
      some_ends.push_back(c.ints({from.value + n.value}));
    } else if (n.known()) {
      some_ends.push_back(c.emit("Add", {start, c.ints({n.value})}));
    } else {
      // A size that is computed may be -1 as well.
      Value* length = sliced(c, size, 0, axis, axis + 1);
      Value* to_end = c.emit("Less", {length, c.ints({0})});
      Value* sum = c.emit("Add", {start, length});
      some_ends.push_back(where(c, to_end, c.ints({INT64_MAX}), sum));
    }
    all_known = all_known && from.known() && n.known();
    known_starts.push_back(from.known() ? from.value : 0);
    known_ends.push_back(rest ? INT64_MAX : from.known() && n.known() ? from.value + n.value : 0);
  }
  if (axes.empty()) return c.set(0, x);
  Value* s = all_known ? c.ints(known_starts) : concatenated(c, some_starts, 0);
  Value* e = all_known ? c.ints(known_ends) : concatenated(c, some_ends, 0);
  Value* y = c.emit("Slice", {x, s, e, c.ints(axes)});
  refine_shape(y, shape);
  return c.set(0, y);
}

const OpRule kSliceRules[] = {{"Slice", convert_slice}};
}  // namespace

Span<const OpRule> slice_rules() {
  return {kSliceRules, 1};
}
}  // namespace jetline::tf
