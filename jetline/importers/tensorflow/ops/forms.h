// Pieces that the rules of array operators share: axes, shape vectors with parts known and parts not, and
// constants made while converting.
#pragma once

#include <vector>

#include "jetline/graph/value_type.h"
#include "jetline/importers/tensorflow/op_context.h"

namespace jetline::tf {

// More dimensions than any tensor has; what claims more is damaged.
constexpr int64_t kMostAxes = 64;

// axis in [0, rank), negative ones counted from the end; false when it is out of range or rank unknown (< 0).
bool normalize_axis(int64_t& axis, int rank);
// The same for a list; doubles are removed and the result is ascending.
bool normalize_axes(std::vector<int64_t>& axes, int rank);

// What is known of an integer vector's elements: numbers, names of dimensions, nothing. False when not even
// the length is known.
bool partly_known(OpContext& c, const Value* v, std::vector<Dim>& out);

// The vector as int64 [n] whatever its rank and type.
Value* as_vector(OpContext& c, Value* v);
// v with a shape that is a vector of dims: constants where known; -1 for one that is not. See reshape.cpp.
Value* reshape_like(OpContext& c, Value* v, Value* dims);
Value* expand_to(OpContext& c, Value* v, Value* dims);  // Expand in any element type; unchanged where equal
// Concatenation of at least one value; of one: itself.
Value* concatenated(OpContext& c, const std::vector<Value*>& parts, int64_t axis);
// x[start:end:step] on one axis with numbers.
Value* sliced(OpContext& c, Value* x, int64_t axis, int64_t start, int64_t end, int64_t step = 1);
// Element i of dimension sizes of x, as an int64 vector of one element.
Value* dim_vector(OpContext& c, Value* x, int64_t axis);
// A tensor of one constant: dims is an int64 vector.
Value* filled(OpContext& c, Value* dims, double value, DType dtype);
Value* iota(OpContext& c, Value* length, DType dtype);  // 0, 1, …; length is an int64 scalar or vector of one

// Tells the type of `v` what the rule knows better than inference: dims where v's are unknown.
void refine_shape(Value* v, const std::vector<Dim>& shape);

}  // namespace jetline::tf
