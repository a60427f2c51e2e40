// onnx's node tests carried to every opset from 9 to 21: what can be converted gives the outputs of the
// original, by our evaluator and, where it runs them, by ONNX Runtime; onnx's checker takes all of them.
#include <map>

#include "jetline/graph/node_cases.h"
#include "jetline/passes/opset.h"
#include "jetline/passes/testing.h"

namespace jetline::passes {
namespace {

using jetline::testing::case_item;
using jetline::testing::NodeCase;

// Integers become constants, because conversion needs shapes and axes; the rest are fed.
void carried_bind(Graph& g, const Model& data, std::unordered_map<std::string, Tensor>& feeds) {
  const std::vector<Value*> inputs = g.inputs();
  for (size_t i = 0; i < inputs.size(); ++i) {
    const calc::Item item = case_item(data, "i" + std::to_string(i));
    if (item.kind != calc::Item::Kind::kTensor || item.tensor.dtype() != inputs[i]->type.dtype) continue;
    const DType t = item.tensor.dtype();
    if (inputs[i]->initializer() || inputs[i]->is_output()) continue;
    if (t != DType::kI64 && t != DType::kI32) {
      feeds.emplace(inputs[i]->name(), item.tensor);
      continue;
    }
    Value* constant = g.add_initializer(g.unique_name(inputs[i]->name() + "_data"), item.tensor);
    g.replace_all_uses(inputs[i], constant);
    EXPECT_TRUE(g.remove_input(inputs[i]).ok());
  }
}

Result<std::vector<Tensor>> carried_run(const Graph& g,
                                        const std::unordered_map<std::string, Tensor>& feeds) {
  std::unordered_map<const Value*, Tensor> values;
  for (const Value* v : g.inputs()) {
    const auto it = feeds.find(v->name());
    if (it != feeds.end()) values.emplace(v, it->second);
  }
  return evaluate_graph(g, values);
}

struct CarriedCount {
  int converted = 0, refused = 0;
};

// One case at one opset; false where it cannot be converted.
bool carried_to(const NodeCase& c, const Model& model, const std::vector<Tensor>& expected,
                const std::unordered_map<std::string, Tensor>& feeds, int64_t to, const std::string& folder,
                std::string& list) {
  auto copy = model.clone();
  const Status s = convert_opset(*copy, to);
  if (!s.ok()) {
    EXPECT_EQ(s.id(), "graph.opset-inexpressible") << c.name << " to " << to << ": " << s.to_string();
    return false;
  }
  EXPECT_TRUE(copy->graph().verify().ok()) << c.name << " to " << to;
  const auto got = carried_run(copy->graph(), feeds);
  EXPECT_TRUE(got.ok()) << c.name << " to " << to << ": " << got.status().to_string() << "\n"
                        << to_text(copy->graph());
  if (!got.ok()) return true;
  double tolerance = 1e-5;
  for (const Tensor& t : expected) {
    if (t.dtype() == DType::kF16) tolerance = 4e-3;
  }
  for (size_t i = 0; i < expected.size(); ++i) {
    EXPECT_LE(testing::difference(expected[i], (*got)[i]), tolerance)
        << c.name << " to " << to << ", output " << i << "\n"
        << to_text(copy->graph());
  }
  if (to == 9 || to == 11 || to == 13 || to == 17 || to == 21) {
    const std::string base = join_path(folder, c.name + "_" + std::to_string(to) + ".onnx");
    JETLINE_EXPECT_OK(save_onnx(*copy, base));
    list += join_path(folder, c.name + ".onnx") + "\t" + base + "\n";
  }
  return true;
}

TEST(OpsetNodeCases, CarriedToEveryOpset) {
  JETLINE_REQUIRE_ORACLE();
  const std::string bytes = jetline::testing::cached_cases();
  ASSERT_FALSE(bytes.empty());
  jetline::testing::NodeCaseFile file(bytes);
  TemporaryDirectory dir;
  std::map<int64_t, CarriedCount> counts;
  std::string list, refused;
  for (NodeCase c; file.next(c);) {
    if (!c.model || !c.why_not.empty() || c.model->opset() < 9 ||
        c.name.find("_bfloat16") != std::string::npos)
      continue;
    if (c.name.find("dropout") != std::string::npos && c.name.find("train") != std::string::npos) continue;
    std::unordered_map<std::string, Tensor> feeds;
    carried_bind(c.model->graph(), *c.data, feeds);
    const auto expected = carried_run(c.model->graph(), feeds);
    if (!expected.ok()) continue;  // sequences, random numbers, operators that are not evaluated
    JETLINE_ASSERT_OK(save_onnx(*c.model, dir.file(c.name + ".onnx")));
    for (int64_t to = 9; to <= 21; ++to) {
      const bool done = carried_to(c, *c.model, *expected, feeds, to, dir.path(), list);
      ++(done ? counts[to].converted : counts[to].refused);
      if (!done && to == 13) refused += c.name + "\n";
    }
  }
  for (const auto& [to, n] : counts)
    std::printf("opset %lld: %d converted, %d refused\n", static_cast<long long>(to), n.converted, n.refused);
  JETLINE_ASSERT_OK(write_file(std::string(JETLINE_BINARY_DIR) + "/opset_refused_13.txt", refused));
  EXPECT_GE(counts[21].converted, 900);
  EXPECT_GE(counts[13].converted, 700);
  EXPECT_GE(counts[9].converted, 450);
  JETLINE_ASSERT_OK(write_file(dir.file("list"), list));
  const std::string said = jetline::testing::run_oracle(R"(
import sys, numpy as np, onnx, onnxruntime as ort
ort.set_default_logger_severity(4)
NP = {1: np.float32, 2: np.uint8, 3: np.int8, 4: np.uint16, 5: np.int16, 6: np.int32, 7: np.int64, 9: np.bool_,
      10: np.float16, 11: np.float64, 12: np.uint32, 13: np.uint64}
cache = {}
def run(path, feeds):
    o = ort.SessionOptions(); o.log_severity_level = 4; o.intra_op_num_threads = 1
    o.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    s = ort.InferenceSession(path, o, providers=["CPUExecutionProvider"])
    return s.run(None, {i.name: feeds[i.name] for i in s.get_inputs()})
def original(path):
    if path not in cache:
        try:
            m = onnx.load(path); r = np.random.RandomState(1); feeds = {}
            for i in m.graph.input:
                t = i.type.tensor_type; d = [x.dim_value or 2 for x in t.shape.dim]
                v = r.uniform(0.1, 2, d) if t.elem_type in (1, 10, 11) else r.randint(0, 2, d)
                feeds[i.name] = np.asarray(v).astype(NP[t.elem_type])
            cache[path] = (feeds, run(path, feeds))
        except Exception as e:
            cache[path] = (None, str(e))
    return cache[path]
ran = checked = 0; bad = []
for line in open(sys.argv[1]):
    a, b = line.rstrip("\n").split("\t")
    try:
        onnx.checker.check_model(b); checked += 1
    except Exception as e:
        bad.append(f"{b}: checker: {str(e)[:300]}"); continue
    feeds, want = original(a)
    if feeds is None: continue
    try:
        got = run(b, feeds)
    except Exception as e:
        if "NOT_IMPLEMENTED" in str(e): continue
        bad.append(f"{b}: {str(e)[:300]}"); continue
    ran += 1
    for x, y in zip(want, got):
        x, y = np.asarray(x), np.asarray(y)
        tol = 5e-3 if x.dtype == np.float16 else 1e-5
        if x.dtype != y.dtype or x.shape != y.shape:
            bad.append(f"{b}: {x.dtype}{x.shape} became {y.dtype}{y.shape}"); break
        if x.dtype.kind in "fiub" and x.size:
            f, g = x.astype(np.float64), y.astype(np.float64)
            fin = np.abs(f[np.isfinite(f)]); top = max(1.0, fin.max() if fin.size else 1.0)
            if not np.allclose(f, g, rtol=0, atol=tol * top, equal_nan=True):
                bad.append(f"{b}: differs by {np.nanmax(np.abs(f - g))}"); break
print(f"{checked} models pass the checker, {ran} give the same in ONNX Runtime")
print("\n".join(bad[:60]))
print("BAD", len(bad))
)",
                                                        {dir.file("list")});
  std::printf("%s", said.c_str());
  EXPECT_NE(said.find("BAD 0\n"), std::string::npos);
}

}  // namespace
}  // namespace jetline::passes
