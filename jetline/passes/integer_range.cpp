#include "jetline/passes/integer_range.h"

#include <algorithm>
#include <cstdlib>
#include <initializer_list>
#include <optional>

namespace jetline::passes {
namespace {

using Range = std::optional<IntegerRange>;

constexpr int64_t kRangeFar = int64_t{1}
                              << 40;  // what passes it is not followed; products of two stay in int64
constexpr IntegerRange kRangePositions = {0, INT32_MAX};

Range range_made(int64_t low, int64_t high) {
  if (low < -kRangeFar || high > kRangeFar) return std::nullopt;
  return IntegerRange{low, high};
}

Range range_of_numbers(const std::vector<int64_t>& v) {
  if (v.empty()) return IntegerRange{0, 0};
  const auto [low, high] = std::minmax_element(v.begin(), v.end());
  return range_made(*low, *high);
}

Range range_of_type(DType t) {
  switch (t) {
    case DType::kBool:
      return IntegerRange{0, 1};
    case DType::kU8:
      return IntegerRange{0, 255};
    case DType::kI8:
      return IntegerRange{-128, 127};
    case DType::kU16:
      return IntegerRange{0, 65535};
    case DType::kI16:
      return IntegerRange{-32768, 32767};
    case DType::kI32:
      return IntegerRange{INT32_MIN, INT32_MAX};
    default:
      return std::nullopt;
  }
}

class RangeRun {
 public:
  RangeRun(PassContext& c, IntegerRanges& ranges) : c_(c), ranges_(ranges) {}

  void node(const Node& n) {
    for (size_t i = 0; i < n.outputs().size(); ++i) {
      const Value* v = n.output(i);
      if (!v || !v->type.is_tensor()) continue;
      const Range type = range_of_type(v->type.dtype);
      if (!type && v->type.dtype != DType::kI64) continue;
      Range r = output(n, i);
      std::vector<int64_t> known;
      if (!r && known_ints(c_, v, known)) r = range_of_numbers(known);
      if (type && (!r || r->low < type->low || r->high > type->high)) r = type;
      if (r) ranges_[v] = *r;
    }
  }

 private:
  Range of(const Value* v) {
    if (!v) return std::nullopt;
    const auto it = ranges_.find(v);
    if (it != ranges_.end()) return it->second;
    std::vector<int64_t> numbers;
    if (constant_ints(v, numbers)) {
      const Range r = range_of_numbers(numbers);
      if (r) ranges_[v] = *r;
      return r;
    }
    return v->type.is_tensor() ? range_of_type(v->type.dtype) : std::nullopt;
  }

  Range joined(const Node& n, std::initializer_list<size_t> inputs) {
    Range all;
    for (const size_t i : inputs) {
      const Range r = of(n.input(i));
      if (!r) return std::nullopt;
      all = all ? IntegerRange{std::min(all->low, r->low), std::max(all->high, r->high)} : *r;
    }
    return all;
  }

  Range position(const Node& n, int64_t axis) {
    const int rank = rank_of(n.input(0));
    if (axis < 0) axis += rank;
    if (rank < 0 || axis < 0 || axis >= rank) return kRangePositions;
    const Dim& d = n.input(0)->type.shape[static_cast<size_t>(axis)];
    return d.known() ? range_made(0, std::max<int64_t>(d.value - 1, 0)) : kRangePositions;
  }

  Range product(const IntegerRange& a, const IntegerRange& b) {
    // Of numbers below 2^31 each: larger ones are not followed.
    if (!a.fits_int32() || !b.fits_int32()) return std::nullopt;
    const int64_t corners[] = {a.low * b.low, a.low * b.high, a.high * b.low, a.high * b.high};
    return range_made(*std::min_element(corners, corners + 4), *std::max_element(corners, corners + 4));
  }

  Range arithmetic(const Node& n) {
    const Range a = of(n.input(0)), b = of(n.input(1));
    if (!a || !b || n.inputs().size() != 2) return std::nullopt;
    if (n.is("Add")) return range_made(a->low + b->low, a->high + b->high);
    if (n.is("Sub")) return range_made(a->low - b->high, a->high - b->low);
    if (n.is("Mul")) return product(*a, *b);
    if (n.is("Min")) return IntegerRange{std::min(a->low, b->low), std::min(a->high, b->high)};
    if (n.is("Max")) return IntegerRange{std::max(a->low, b->low), std::max(a->high, b->high)};
    if (b->low <= 0 && b->high >= 0) return std::nullopt;  // may divide by nothing
    if (n.is("Div")) {
      const int64_t most = std::max(std::abs(a->low), std::abs(a->high));
      return a->low >= 0 && b->low > 0 ? IntegerRange{0, a->high} : IntegerRange{-most, most};
    }
    const int64_t most = std::max(std::abs(b->low), std::abs(b->high)) - 1;  // Mod
    return n.int_or("fmod", 0) == 0 && b->low > 0 ? IntegerRange{0, most} : IntegerRange{-most, most};
  }

  // What moves, repeats or drops elements of its first input.
  static bool moves(const Node& n) {
    for (const char* op :
         {"Identity", "Reshape", "Squeeze", "Unsqueeze", "Transpose", "Flatten", "Slice", "Gather",
          "GatherElements", "GatherND", "Expand", "Tile", "Split", "ReduceMax", "ReduceMin"}) {
      if (n.is(op)) return true;
    }
    return false;
  }

  Range output(const Node& n, size_t i) {
    if (moves(n)) return joined(n, {0});
    if (n.is("Shape")) {
      std::vector<int64_t> dims;
      for (const Dim& d : n.input(0) ? n.input(0)->type.shape : std::vector<Dim>()) {
        if (!d.known()) return kRangePositions;
        dims.push_back(d.value);
      }
      return rank_of(n.input(0)) < 0 ? kRangePositions : range_of_numbers(dims);
    }
    if (n.is("Size") || n.is("NonZero")) return kRangePositions;
    if (n.is("NonMaxSuppression")) return IntegerRange{-1, INT32_MAX};
    if (n.is("ArgMax") || n.is("ArgMin")) return position(n, n.int_or("axis", 0));
    if (n.is("TopK")) return i == 1 ? position(n, n.int_or("axis", -1)) : joined(n, {0});
    if (n.is("Cast")) return of(n.input(0));
    if (n.is("Add") || n.is("Sub") || n.is("Mul") || n.is("Div") || n.is("Mod") || n.is("Min") || n.is("Max"))
      return arithmetic(n);
    if (n.is("Neg") || n.is("Abs")) {
      const Range a = of(n.input(0));
      if (!a) return std::nullopt;
      if (n.is("Neg")) return IntegerRange{-a->high, -a->low};
      const int64_t low = a->low <= 0 && a->high >= 0 ? 0 : std::min(std::abs(a->low), std::abs(a->high));
      return IntegerRange{low, std::max(std::abs(a->low), std::abs(a->high))};
    }
    if (n.is("Where")) return joined(n, {1, 2});
    if (n.is("ScatterElements") || n.is("ScatterND")) {
      return n.string_or("reduction", "none") == "none" ? joined(n, {0, 2}) : std::nullopt;
    }
    if (n.is("Concat")) {
      Range all;
      for (const Value* v : n.inputs()) {
        const Range r = of(v);
        if (!r) return std::nullopt;
        all = all ? IntegerRange{std::min(all->low, r->low), std::max(all->high, r->high)} : *r;
      }
      return all;
    }
    return std::nullopt;
  }

  PassContext& c_;
  IntegerRanges& ranges_;
};

}  // namespace

IntegerRanges integer_ranges(PassContext& c, const Graph& g) {
  IntegerRanges ranges;
  RangeRun run(c, ranges);
  for (const Value* v : g.initializers()) {
    std::vector<int64_t> numbers;
    if (!constant_of(v) || dtype_bits(v->initializer()->dtype()) < 8 || !constant_ints(v, numbers)) continue;
    const Range r = range_of_numbers(numbers);
    if (r) ranges[v] = *r;
  }
  for (const auto& n : g.nodes()) {
    if (n->domain().empty()) run.node(*n);
  }
  return ranges;
}

}  // namespace jetline::passes
