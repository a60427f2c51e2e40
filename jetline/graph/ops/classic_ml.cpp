// The ai.onnx.ml domain (ONNX Operators-ml.md), and the optimisers of ai.onnx.preview.training.
#include <algorithm>

#include "jetline/graph/ops/types.h"

namespace jetline::ops {
namespace {

// Rows of a classifier's or regressor's input: [C] is one row.
Dim ml_rows(const Context& c) {
  const auto* x = c.shape(0);
  if (!x) return Dim();
  return x->size() == 1 ? Dim(1) : x->empty() ? Dim() : (*x)[0];
}

size_t ml_length(const Context& c, const char* name) {
  const Attribute* a = c.node().attribute(name);
  if (!a) return 0;
  if (a->as_strings()) return a->as_strings()->size();
  if (a->as_ints()) return a->as_ints()->size();
  return a->as_floats() ? a->as_floats()->size() : 0;
}

// Labels of whichever kind, then scores.
void classifier_infer(Context& c, const char* strings, const char* ints) {
  const bool text = ml_length(c, strings) > 0;
  size_t classes = std::max(ml_length(c, strings), ml_length(c, ints));
  c.set(0, text ? DType::kString : DType::kI64, {ml_rows(c)});
  c.set(1, DType::kF32, {ml_rows(c), classes ? Dim(static_cast<int64_t>(classes)) : Dim()});
}

void targets_infer(Context& c, DType t) {
  const int64_t n = c.node().int_or("n_targets", c.node().int_or("targets", 1));
  c.set(0, t, {ml_rows(c), n > 0 ? Dim(n) : Dim()});
}

void label_encoder_infer(Context& c) {
  DType t = DType::kUndefined;
  if (ml_length(c, "values_strings")) t = DType::kString;
  if (ml_length(c, "values_int64s")) t = DType::kI64;
  if (ml_length(c, "values_floats")) t = DType::kF32;
  if (const Attribute* a = c.node().attribute("values_tensor"); a && a->as_tensor())
    t = a->as_tensor()->dtype();
  if (t == DType::kUndefined && ml_length(c, "classes_strings"))  // version 1: whichever the input is not
    t = c.dtype(0) == DType::kString ? DType::kI64 : DType::kString;
  shape_of_input(c, 0, 0, t);
}

void feature_vectorizer_infer(Context& c) {
  const auto sizes = c.node().ints_or("inputdimensions", {});
  int64_t sum = 0;
  for (int64_t s : sizes) {
    if (s < 0 || __builtin_add_overflow(sum, s, &sum)) return c.set(0, DType::kF32, {ml_rows(c), Dim()});
  }
  c.set(0, DType::kF32, {ml_rows(c), sizes.empty() ? Dim() : Dim(sum)});
}

void array_feature_extractor_infer(Context& c) {
  const auto *x = c.shape(0), *y = c.shape(1);
  if (!x || !y || x->empty()) return c.set_dtype(0, c.dtype(0));
  Dim picked(1);
  for (const Dim& d : *y) picked = d.known() ? dim_mul(picked, d.value) : Dim();
  if (x->size() == 1) return c.set(0, c.dtype(0), {Dim(1), picked});
  std::vector<Dim> out = *x;
  out.back() = picked;
  c.set(0, c.dtype(0), std::move(out));
}

void one_hot_encoder_infer(Context& c) {
  const auto* x = c.shape(0);
  const size_t n = std::max(ml_length(c, "cats_int64s"), ml_length(c, "cats_strings"));
  if (!x) return c.set_dtype(0, DType::kF32);
  std::vector<Dim> out = *x;
  out.push_back(Dim(static_cast<int64_t>(n)));
  c.set(0, DType::kF32, std::move(out));
}

// A sequence of maps from label to score.
void zip_map_infer(Context& c) {
  ValueType map;
  map.kind = ValueType::Kind::kMap;
  map.dtype = ml_length(c, "classlabels_strings") ? DType::kString : DType::kI64;
  map.element = std::make_shared<ValueType>(ValueType::tensor(DType::kF32, {}));
  c.set_type(0, sequence_of(std::move(map)));
}

void cast_map_infer(Context& c) {
  const std::string to = c.node().string_or("cast_to", "TO_FLOAT");
  const int64_t n = c.node().int_or("max_map", 1);
  const bool sparse = c.node().string_or("map_form", "DENSE") == "SPARSE";
  c.set(0,
        to == "TO_STRING"  ? DType::kString
        : to == "TO_INT64" ? DType::kI64
                           : DType::kF32,
        {Dim(1), sparse && n > 0 ? Dim(n) : Dim()});
}

void dict_vectorizer_infer(Context& c) {
  const ValueType* t = c.type(0);
  const size_t n = std::max(ml_length(c, "int64_vocabulary"), ml_length(c, "string_vocabulary"));
  const bool map = t && t->kind == ValueType::Kind::kMap && t->element;
  c.set(0, map ? t->element->dtype : DType::kUndefined, {Dim(1), n ? Dim(static_cast<int64_t>(n)) : Dim()});
}

void category_mapper_infer(Context& c) {
  shape_of_input(c, 0, 0, c.dtype(0) == DType::kString ? DType::kI64 : DType::kString);
}

void float_like_infer(Context& c) {
  shape_of_input(c, 0, 0, DType::kF32);
}
void ml_same_infer(Context& c) {
  copy_input(c, 0, 0);
}

// Optimisers: inputs R, T, then per tensor X, G and state; outputs the new X and state.
void optimizer_infer(Context& c, size_t states) {
  const size_t inputs = c.node().inputs().size(), outputs = c.node().outputs().size();
  if (inputs < 2 || outputs == 0) return;
  const size_t tensors = (inputs - 2) / (2 + states);
  if (tensors == 0) return;
  for (size_t i = 0; i < outputs; ++i) {
    const size_t group = i / tensors, which = i % tensors;
    copy_input(c, i, group == 0 ? 2 + which : 2 + (group + 1) * tensors + which);
  }
}

constexpr const char* kMl = "ai.onnx.ml";
constexpr const char* kTraining = "ai.onnx.preview.training";

const Rule kMlRules[] = {
    {kMl, "ArrayFeatureExtractor", array_feature_extractor_infer},
    {kMl, "Binarizer", ml_same_infer},
    {kMl, "CastMap", cast_map_infer},
    {kMl, "CategoryMapper", category_mapper_infer},
    {kMl, "DictVectorizer", dict_vectorizer_infer},
    {kMl, "FeatureVectorizer", feature_vectorizer_infer},
    {kMl, "Imputer", ml_same_infer},
    {kMl, "LabelEncoder", label_encoder_infer},
    {kMl, "LinearClassifier",
     [](Context& c) { classifier_infer(c, "classlabels_strings", "classlabels_ints"); }},
    {kMl, "LinearRegressor", [](Context& c) { targets_infer(c, DType::kF32); }},
    {kMl, "Normalizer", float_like_infer},
    {kMl, "OneHotEncoder", one_hot_encoder_infer},
    {kMl, "SVMClassifier",
     [](Context& c) { classifier_infer(c, "classlabels_strings", "classlabels_ints"); }},
    {kMl, "SVMRegressor",
     [](Context& c) {
       c.set(0, DType::kF32, {ml_rows(c), Dim(1)});
     }},
    {kMl, "Scaler", float_like_infer},
    {kMl, "TreeEnsemble", [](Context& c) { targets_infer(c, c.dtype(0)); }},
    {kMl, "TreeEnsembleClassifier",
     [](Context& c) { classifier_infer(c, "classlabels_strings", "classlabels_int64s"); }},
    {kMl, "TreeEnsembleRegressor", [](Context& c) { targets_infer(c, DType::kF32); }},
    {kMl, "ZipMap", zip_map_infer},
    {kTraining, "Adagrad", [](Context& c) { optimizer_infer(c, 1); }},
    {kTraining, "Adam", [](Context& c) { optimizer_infer(c, 2); }},
    {kTraining, "Gradient",
     [](Context& c) {
       for (size_t i = 0; i < c.node().outputs().size(); ++i) copy_input(c, i, i);
     }},
    {kTraining, "Momentum", [](Context& c) { optimizer_infer(c, 1); }},
};
}  // namespace

Span<const Rule> ml_rules() {
  return {kMlRules, sizeof(kMlRules) / sizeof(Rule)};
}
}  // namespace jetline::ops
