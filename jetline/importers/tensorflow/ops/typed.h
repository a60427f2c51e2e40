// Emitting an ONNX operator in an element type that it exists for. TensorFlow has most operators for every
// type; ONNX (opset 13) and ONNX Runtime's CPU kernels have fewer. What is missing is computed in a wider
// type that holds every value exactly and cast back; a cast to a narrower integer drops the high bits, which
// is TensorFlow's wrap-around. Only double for operators that know float alone loses digits.
//
// Half precision is left as it is: ONNX has it nearly everywhere, and runtimes without a kernel compute in
// float and round, as TensorFlow's CPU kernels do.
#pragma once

#include <initializer_list>
#include <string>
#include <vector>

#include "jetline/importers/tensorflow/op_context.h"

namespace jetline::tf {

// The type in which `op` is computed for elements of type t: t itself where it exists, else a carrier;
// kUndefined when there is none (strings, complex numbers).
DType kernel_type(std::string_view op, DType t);

enum class TypedResult {
  kSame,
  kOwn
};  // of the inputs' type, or whatever the operator gives (bool, indices)

// Emits `op` with inputs [first, …) brought to its kernel type; kSame casts the result back to their type.
// Null (which set() reports) when the type cannot be had.
Value* typed(OpContext& c, const char* op, std::vector<Value*> inputs,
             const std::vector<AttrArg>& attributes = {}, TypedResult result = TypedResult::kSame,
             size_t first = 0);

// Binary arithmetic in one call.
inline Value* typed2(OpContext& c, const char* op, Value* a, Value* b) {
  return typed(c, op, {a, b});
}

bool is_float(DType t);     // half, bfloat16, float, double
bool is_integer(DType t);   // signed and unsigned, 8 to 64 bits
bool is_unsigned(DType t);  // uint8 to uint64
bool is_complex(DType t);

// Unsigned 64-bit numbers as int64 of the same order (top bit turned over), for comparing; others unchanged.
Value* ordered(OpContext& c, Value* v);

// Where in any element type; `test` is bool and broadcasts.
Value* where(OpContext& c, Value* test, Value* a, Value* b);

// log(1 + x) without loss near 0.
Value* log_one_plus(OpContext& c, Value* x);

// Polynomial with constant coefficients, highest power first, by Horner's rule.
Value* polynomial(OpContext& c, Value* x, std::initializer_list<double> coefficients);

}  // namespace jetline::tf
