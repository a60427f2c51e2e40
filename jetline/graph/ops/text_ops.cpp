// Operators on text: StringConcat, StringSplit, StringNormalizer, RegexFullMatch, TfIdfVectorizer.
#include <algorithm>

#include "jetline/graph/ops/types.h"

namespace jetline::ops {
namespace {

void string_concat_infer(Context& c) {
  const auto *a = c.shape(0), *b = c.shape(1);
  if (a && b)
    c.set(0, DType::kString, broadcast(*a, *b));
  else
    c.set_dtype(0, DType::kString);
}

// Y gains an axis as long as the most pieces; Z counts the pieces.
void string_split_infer(Context& c) {
  const auto* x = c.shape(0);
  shape_of_input(c, 1, 0, DType::kI64);
  if (!x) return c.set_dtype(0, DType::kString);
  std::vector<Dim> out = *x;
  out.push_back(Dim());
  c.set(0, DType::kString, std::move(out));
}

// Stop words go from the last axis; without stop words the shape stays.
void string_normalizer_infer(Context& c) {
  const auto* x = c.shape(0);
  if (!x) return c.set_dtype(0, DType::kString);
  std::vector<Dim> out = *x;
  const Attribute* stop = c.node().attribute("stopwords");
  if (!out.empty() && stop && stop->as_strings() && !stop->as_strings()->empty()) out.back() = Dim();
  c.set(0, DType::kString, std::move(out));
}

// [C] or [N, C] -> the last axis has one place an n-gram: the greatest index plus one.
void tf_idf_infer(Context& c) {
  const auto* x = c.shape(0);
  const auto indexes = c.node().ints_or("ngram_indexes", {});
  if (!x || x->empty() || x->size() > 2 || indexes.empty()) return c.set_dtype(0, DType::kF32);
  const int64_t top = *std::max_element(indexes.begin(), indexes.end());
  std::vector<Dim> out = *x;
  out.back() = top >= 0 && top < INT64_MAX ? Dim(top + 1) : Dim();
  c.set(0, DType::kF32, std::move(out));
}

const Rule kTextRules[] = {
    {"", "StringConcat", string_concat_infer},
    {"", "StringSplit", string_split_infer, nullptr, true},
    {"", "StringNormalizer", string_normalizer_infer, nullptr, true},
    {"", "RegexFullMatch", [](Context& c) { shape_of_input(c, 0, 0, DType::kBool); }},
    {"", "TfIdfVectorizer", tf_idf_infer},
};
}  // namespace

Span<const Rule> text_rules() {
  return {kTextRules, sizeof(kTextRules) / sizeof(Rule)};
}
}  // namespace jetline::ops
