// Following the content of small tensors through a graph: shapes as integers (named dimensions included),
// conditions as 0 and 1, scales as floats. Rules that move elements say where each result comes from; rules
// that compute give a function of one or two elements. What is not known stays unknown element by element.
#pragma once

#include <functional>

#include "jetline/graph/ops/rules.h"

namespace jetline::ops {

// Where one element of a result comes from: element `at` of input `input`; at < 0: not known.
struct Pick {
  size_t input = 0;
  int64_t at = -1;
};

// True when the content of input i is followed (integers or floats), and then its dimensions.
const std::vector<int64_t>* followed_dims(const Context& c, size_t i);
// Sets output `output`'s content; nothing happens unless every input picked from is followed.
void follow_picks(Context& c, size_t output, std::vector<int64_t> dims, const std::vector<Pick>& picks);
// The same elements in another shape (Reshape, Squeeze, Identity).
void follow_reshaped(Context& c, size_t output, std::vector<int64_t> dims);
// The output's content where its inferred shape is all numbers and the elements are those of input 0.
void follow_same_elements(Context& c, size_t output, const std::vector<Dim>& shape);

// The elements that an index on broadcast dims `out` reads from a tensor of dims `in`, row-major.
std::vector<int64_t> broadcast_indices(const std::vector<int64_t>& in, const std::vector<int64_t>& out);
// Broadcast of sizes; false when they do not fit or hold too many elements to follow.
bool broadcast_sizes(const std::vector<int64_t>& a, const std::vector<int64_t>& b, std::vector<int64_t>& out);

using IntFn = Dim (*)(const Dim&, const Dim&);
using FloatFn = double (*)(double, double);
// Element-wise with broadcasting over every input of the node, left to right; null functions do not follow.
void follow_binary(Context& c, IntFn ints, FloatFn floats);
// Comparison: a bool content from integers or floats; Dim() where it is not known.
void follow_compare(Context& c, IntFn ints, bool (*floats)(double, double));
void follow_unary(Context& c, IntFn ints, FloatFn floats);  // the second argument repeats the first

bool follow_is_int(DType t);    // integers of whole bytes, and bool
bool follow_is_float(DType t);  // float16, bfloat16, float, double
// `d` where a tensor of type t can hold it, else unknown (a named dimension is taken to fit).
Dim fit_int(const Dim& d, DType t);
// v rounded to t; NaN (not known) for types that are not followed.
double round_float(double v, DType t);

}  // namespace jetline::ops
