// Raw outputs of our engines against ONNX Runtime, which others wrote, on the same inputs. One table for the
// real models, one for models made on the spot.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>

#include "jetline/base/module.h"
#include "jetline/base/strings.h"
#include "jetline/base/testing.h"
#include "jetline/engine/infer.h"
#include "tests/python_oracle.h"
#include "tests/small_models.h"

namespace jetline {
namespace {

// argv: manifest of lines "model<TAB>result prefix<TAB>low<TAB>high<TAB>size for dynamic spatial axes".
constexpr const char* kOnnxRuntimeScript = R"(
import sys, zlib
import numpy as np
import onnxruntime as ort
ort.set_default_logger_severity(3)
TYPES = {'float': 'f4', 'double': 'f8', 'float16': 'f2', 'int64': 'i8', 'int32': 'i4', 'uint8': 'u1', 'bool': '?'}
for line in open(sys.argv[1], encoding='utf-8'):
    model, prefix, low, high, size = line.rstrip('\n').split('\t')
    options = ort.SessionOptions()
    options.intra_op_num_threads = 2
    session = ort.InferenceSession(model, options, providers=['CPUExecutionProvider'])
    rng = np.random.default_rng(zlib.crc32(prefix.split('/')[-1].encode()))
    feed = {}
    for i in session.get_inputs():
        shape = [d if isinstance(d, int) else (2 if k == 0 else int(size)) for k, d in enumerate(i.shape)]
        t = TYPES[i.type[7:-1]]
        if t[0] == 'f':
            # A smooth picture with noise on top: real inputs are neither constant nor white.
            x = rng.random(shape)
            if len(shape) == 4:
                y = np.linspace(0, 3, shape[2])[:, None] + np.linspace(0, 5, shape[3])[None, :]
                x = 0.5 * x + 0.25 + 0.25 * np.sin(y + np.arange(shape[1])[:, None, None])
            feed[i.name] = (float(low) + x * (float(high) - float(low))).astype(t)
        else:
            feed[i.name] = rng.integers(0, 2 if t == '?' else 250, shape).astype(t)
    out = session.run(None, feed)
    np.savez(prefix + '.in.npz', **feed)
    np.savez(prefix + '.out.npz', **{o.name: v for o, v in zip(session.get_outputs(), out)})
)";

struct ParityCase {
  std::string model;
  double low = 0, high = 1;  // range of the input, as the model's own preprocessing gives it
  int dynamic_size = 64;
};

// A model for which the relative tolerance is looser, with the reason.
struct ParityException {
  const char* file;
  double relative;
  const char* reason;
};

struct ParityRow {
  std::string output;
  double max_abs = 0, range = 0;
  bool same_shape = true;
};

NpyArray reference_of(const std::vector<NamedArray>& all, const std::string& name) {
  for (const NamedArray& a : all) {
    if (a.name == name) return a.array;
  }
  return {};
}

ParityRow compare_output(const NamedArray& ours, NpyArray theirs) {
  ParityRow row;
  row.output = ours.name;
  row.same_shape = ours.array.shape == theirs.shape && ours.array.dtype == theirs.dtype;
  if (!row.same_shape) return row;
  std::vector<double> a, b;
  TensorView v;
  v.dtype = theirs.dtype;
  v.shape = theirs.shape;
  v.data = const_cast<uint8_t*>(ours.array.data.data());
  tensor_to_doubles(v, a);
  v.data = theirs.data.data();
  tensor_to_doubles(v, b);
  double lo = 1e300, hi = -1e300;
  for (size_t i = 0; i < b.size(); ++i) {
    const double d = std::fabs(a[i] - b[i]);
    row.max_abs = std::isnan(d) ? INFINITY : std::max(row.max_abs, d);
    lo = std::min(lo, b[i]);
    hi = std::max(hi, b[i]);
  }
  row.range = b.empty() ? 0 : hi - lo;
  return row;
}

void check_parity(const std::vector<ParityCase>& cases, const std::vector<ParityException>& exceptions,
                  const std::string& root) {
  TemporaryDirectory dir;
  std::string manifest;
  for (size_t i = 0; i < cases.size(); ++i) {
    manifest += cases[i].model + "\t" + dir.file(std::to_string(i)) + "\t" + std::to_string(cases[i].low) +
                "\t" + std::to_string(cases[i].high) + "\t" + std::to_string(cases[i].dynamic_size) + "\n";
  }
  JETLINE_ASSERT_OK(write_file(dir.file("manifest"), manifest));
  testing::run_oracle(kOnnxRuntimeScript, {dir.file("manifest")});
  std::printf("%-58s %-22s %12s %12s %10s\n", "model", "output", "max abs", "range", "limit");
  for (size_t i = 0; i < cases.size(); ++i) {
    const std::string file = cases[i].model.substr(root.size());
    SCOPED_TRACE(file);
    double relative = 1e-5;
    const char* reason = "";
    for (const ParityException& e : exceptions) {
      if (!ends_with(file, e.file)) continue;
      relative = e.relative;
      reason = e.reason;
    }
    InferOptions o;
    o.model = cases[i].model;
    o.engine.threads = 2;
    o.inputs = {dir.file(std::to_string(i)) + ".in.npz"};
    JETLINE_ASSERT_OK_AND_ASSIGN(const InferResult r, infer(o));
    JETLINE_ASSERT_OK_AND_ASSIGN(const auto theirs, load_npz(dir.file(std::to_string(i)) + ".out.npz"));
    ASSERT_EQ(r.arrays.size(), theirs.size());
    for (const NamedArray& ours : r.arrays) {
      const ParityRow row = compare_output(ours, reference_of(theirs, ours.name));
      const double limit = std::min(1e-3, relative * std::max(1.0, row.range));
      EXPECT_TRUE(row.same_shape) << row.output;
      EXPECT_LE(row.max_abs, limit) << row.output;
      std::printf("%-58s %-22s %12.3g %12.4g %10.2g %s\n", file.c_str(), row.output.c_str(), row.max_abs,
                  row.range, limit, reason);
    }
  }
}

TEST(EngineParity, RealModelsAgreeWithOnnxRuntime) {
  JETLINE_REQUIRE_TEST_DATA(root, "onnx");
  JETLINE_REQUIRE_ORACLE();
  if (find_module("openvino").empty()) GTEST_SKIP() << "notice: needs the openvino module";
  JETLINE_ASSERT_OK_AND_ASSIGN(const auto files, list_files_recursive(root));
  std::vector<ParityCase> cases;
  for (const std::string& f : files) {
    if (!ends_with(f, ".onnx")) continue;
    ParityCase c{f};
    // What each family is fed: YOLOX and YuNet raw levels, UltraFace (level - 127) / 128, NanoDet and the
    // JetBot networks levels minus a mean over a deviation; the others level / 255.
    if (f.find("yolox") != std::string::npos || f.find("yunet") != std::string::npos) c.high = 255;
    if (f.find("ultraface") != std::string::npos) c.low = -1;
    if (f.find("nanodet") != std::string::npos || f.find("jetbot") != std::string::npos)
      c.low = -2, c.high = 2.6;
    if (f.find("yunet") != std::string::npos) c.dynamic_size = 320;
    cases.push_back(c);
  }
  ASSERT_FALSE(cases.empty());
  // YOLOX-nano: 113 convolutions on raw levels 0..255. Evaluated in float64, OpenVINO is off by 2.7e-5,
  // PyTorch by 5.0e-5 and ONNX Runtime by 7.3e-5 of a range of 4.9: float32 rounding, in different orders of
  // summation.
  const std::vector<ParityException> exceptions = {
      {"yolox_nano.onnx", 3e-5, "float32 rounding over 113 convolutions on levels 0..255"}};
  check_parity(cases, exceptions, root);
}

TEST(EngineParity, SmallModelsAgreeWithOnnxRuntime) {
  JETLINE_REQUIRE_ORACLE();
  if (find_module("openvino").empty()) GTEST_SKIP() << "notice: needs the openvino module";
  TemporaryDirectory dir;
  std::vector<ParityCase> cases;
  for (const testing::SmallModel& m : testing::small_models()) {
    JETLINE_ASSERT_OK_AND_ASSIGN(const std::string bytes, testing::small_model_bytes(m));
    JETLINE_ASSERT_OK(write_file(dir.file(m.name + ".onnx"), bytes));
    cases.push_back({dir.file(m.name + ".onnx")});
  }
  check_parity(cases, {}, dir.path());
}

}  // namespace
}  // namespace jetline
