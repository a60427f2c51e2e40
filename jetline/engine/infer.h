// Raw tensors through a model: fill the inputs from NumPy files (or with random numbers), run once, write the
// outputs. What `jetline infer` does; verify and the tests use it too.
//
// Thread rules: a free function, no shared state.
// Ids: infer.unknown-input (no input of that name), infer.missing-input (no value for an input), infer.syntax
// (NAME=FILE expected), engine.bad-shape, engine.bad-type; those of Engine::load, npy.h and base/files.h.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "jetline/base/clock.h"
#include "jetline/base/progress.h"
#include "jetline/engine/engine.h"
#include "jetline/engine/npy.h"

namespace jetline {

struct InferOptions {
  std::string model;
  EngineOptions engine;
  // "NAME=FILE.npy"; "FILE.npy" where the model has one input; "FILE.npz" fills inputs by the names inside.
  std::vector<std::string> inputs;
  // Fill inputs that no file gives: floats uniform in [0, 1) (16-bit ones in [0.5, 1)), uint8 0..255, other
  // integers 0..9, bools.
  bool random = false;
  uint64_t seed = 0;
  int repeat = 1;                 // runs; the last one's outputs count
  CancelToken* cancel = nullptr;  // looked at between runs
};

// What can be said about a tensor in one line. The figures leave NaN and infinities out.
struct TensorSummary {
  TensorInfo info;
  double min = 0, max = 0, mean = 0;
  int64_t not_finite = 0;
  bool numeric = false;
};

struct InferResult {
  std::vector<TensorSummary> inputs, outputs;
  std::vector<NamedArray> arrays;  // the outputs, in types NumPy knows
  std::map<std::string, std::string> conditions;
  std::vector<Nanos> times;  // one per run
};

Result<InferResult> infer(const InferOptions& options);

// infer.syntax when outputs cannot go to a file of this name.
Status check_output_name(const std::string& path);

// One output to .npy, several (or one) to .npz, by the extension. Id: infer.syntax for another extension.
Status save_outputs(const InferResult& result, const std::string& path, FileSystem& fs = real_file_system());

// The numbers of a tensor as doubles; false for types that are not numbers.
bool tensor_to_doubles(const TensorView& tensor, std::vector<double>& out);
TensorSummary summarize(const TensorView& tensor, const std::string& name);

// "NAME=1x3x320x320" or "NAME=1,3,320,320" into a map entry. Id: infer.syntax.
Status parse_shape_option(const std::string& text, std::map<std::string, std::vector<int64_t>>& shapes);

}  // namespace jetline
