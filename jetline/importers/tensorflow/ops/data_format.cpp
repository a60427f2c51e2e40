// Axis numbers and shape vectors from one layout to another: DataFormatDimMap, DataFormatVecPermute.
#include "jetline/importers/tensorflow/ops/forms.h"
#include "jetline/importers/tensorflow/ops/typed.h"
#include "jetline/importers/tensorflow/registry.h"

namespace jetline::tf {
namespace {

// Where each letter of `from` stands in `to`; false when they are not the same letters.
bool data_format_places(const std::string& from, const std::string& to, std::vector<int64_t>& places) {
  if (from.size() != to.size()) return false;
  for (char letter : from) {
    const size_t at = to.find(letter);
    if (at == std::string::npos) return false;
    places.push_back(static_cast<int64_t>(at));
  }
  return true;
}

// Axis i of the source format is axis places[i] of the destination; negative ones count from the end.
Status convert_dim_map(OpContext& c) {
  Value* x = c.tensor(0);
  if (!x) return c.wrong_input(0);
  std::vector<int64_t> places;
  if (!data_format_places(c.string_attr("src_format", "NHWC"), c.string_attr("dst_format", "NCHW"), places))
    return c.unsupported("these formats");
  const DType own = c.dtype(x);
  Value* map = c.cast(c.ints(places), own);
  return c.set(0, c.emit("Gather", {map, x}, {{"axis", 0}}));
}

// The entries of a vector [n] (or the rows of [n, 2]) in the destination's order. Without batch and channel,
// n is 2 less and only the other letters count.
Status convert_vec_permute(OpContext& c) {
  Value* x = c.tensor(0);
  if (!x) return c.wrong_input(0);
  std::string from = c.string_attr("src_format", "NHWC"), to = c.string_attr("dst_format", "NCHW");
  const int64_t n = c.dim(x, 0);
  if (n < 0) return c.unsupported("a vector of unknown length");
  if (n == static_cast<int64_t>(from.size()) - 2) {
    const auto spatial = [](std::string f) {
      std::string kept;
      for (char letter : f)
        if (letter != 'N' && letter != 'C') kept += letter;
      return kept;
    };
    from = spatial(from);
    to = spatial(to);
  }
  std::vector<int64_t> places;
  if (!data_format_places(to, from, places) || n != static_cast<int64_t>(places.size()))
    return c.unsupported("these formats");
  return c.set(0, c.emit("Gather", {x, c.ints(places)}, {{"axis", 0}}));
}

const OpRule kDataFormatRules[] = {
    {"DataFormatDimMap", convert_dim_map},
    {"DataFormatVecPermute", convert_vec_permute},
};
}  // namespace

Span<const OpRule> data_format_rules() {
  return {kDataFormatRules, sizeof(kDataFormatRules) / sizeof(OpRule)};
}
}  // namespace jetline::tf
