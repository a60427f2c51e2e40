// The evaluator against the node tests that the onnx package defines for its backends: every model and its
// recorded outputs, generated once into the build folder. What is not evaluated, and why, stands in
// node_cases_refused.txt; that list must be right in both directions.
#include <cmath>
#include <cstdio>
#include <map>
#include <set>

#include "jetline/base/strings.h"
#include "jetline/base/testing.h"
#include "jetline/graph/evaluate/call.h"
#include "jetline/graph/node_cases.h"

namespace jetline {
namespace {

using calc::Item;
using testing::case_item;
using testing::NodeCase;
using testing::NodeCaseFile;

template <typename T>
std::string differing_numbers(const Tensor& got, const Tensor& want, const NodeCase& c, int64_t n) {
  for (int64_t i = 0; i < n; ++i) {
    T a{}, b{};
    if constexpr (std::is_floating_point_v<T>) {
      if (calc::lane_of(got.dtype()) == calc::Lane::kNone) {  // complex: two numbers an element
        a = got.at<T>(i);
        b = want.at<T>(i);
      }
    }
    if (calc::lane_of(got.dtype()) != calc::Lane::kNone) {
      calc::load(got.dtype(), got.bytes().data(), i, 1, &a);
      calc::load(want.dtype(), want.bytes().data(), i, 1, &b);
    }
    const bool both_nan = a != a && b != b;
    const double tolerance = std::is_integral_v<T> ? 0 : c.atol + c.rtol * std::fabs(static_cast<double>(b));
    if (a == b || both_nan || std::fabs(static_cast<double>(a) - static_cast<double>(b)) <= tolerance)
      continue;
    return "element " + std::to_string(i) + " is " + std::to_string(a) + ", not " + std::to_string(b);
  }
  return "";
}

std::string differing(const Item& got, const Item& want, const NodeCase& c) {
  if (want.kind == Item::Kind::kOptional && got.kind == Item::Kind::kTensor && want.items->size() == 1) {
    return differing(got, (*want.items)[0], c);
  }
  if (got.kind != want.kind) return "another kind of value";
  if (got.kind != Item::Kind::kTensor) {
    if (got.kind == Item::Kind::kNone) return "no value recorded";
    if (got.items->size() != want.items->size()) return std::to_string(got.items->size()) + " parts";
    for (size_t i = 0; i < got.items->size(); ++i) {
      const std::string d = differing((*got.items)[i], (*want.items)[i], c);
      if (!d.empty()) return d;
    }
    return "";
  }
  const Tensor &a = got.tensor, &b = want.tensor;
  if (a.dtype() != b.dtype()) {
    return "type " + std::string(dtype_name(a.dtype())) + ", not " + std::string(dtype_name(b.dtype()));
  }
  if (a.dims() != b.dims())
    return "shape " + calc::dims_text(a.dims()) + ", not " + calc::dims_text(b.dims());
  if (a.dtype() == DType::kString) return a.strings() == b.strings() ? "" : "other strings";
  switch (calc::lane_of(a.dtype())) {
    case calc::Lane::kFloat:
      return differing_numbers<float>(a, b, c, a.count());
    case calc::Lane::kDouble:
      return differing_numbers<double>(a, b, c, a.count());
    case calc::Lane::kUint:
      return differing_numbers<uint64_t>(a, b, c, a.count());
    case calc::Lane::kInt:
      return differing_numbers<int64_t>(a, b, c, a.count());
    default:
      return a.dtype() == DType::kC64 ? differing_numbers<float>(a, b, c, 2 * a.count())
                                      : differing_numbers<double>(a, b, c, 2 * a.count());
  }
}

// Empty when every output is as recorded.
std::string run_case(const NodeCase& c) {
  if (!c.why_not.empty()) return c.why_not;
  const Graph& g = c.model->graph();
  calc::ItemMap inputs;
  for (size_t i = 0; i < g.inputs().size(); ++i) {
    Item given = case_item(*c.data, "i" + std::to_string(i));
    // Weights that old models list among their inputs have a stored value instead.
    const bool stored = g.inputs()[i]->initializer() != nullptr;
    if (given.kind == Item::Kind::kTensor || !stored) inputs.emplace(g.inputs()[i], std::move(given));
  }
  auto outputs = calc::evaluate_items(g, std::move(inputs), {});
  if (!outputs.ok()) return outputs.status().to_string();
  for (size_t i = 0; i < outputs->size(); ++i) {
    const std::string d = differing((*outputs)[i], case_item(*c.data, "o" + std::to_string(i)), c);
    if (!d.empty()) return "output " + std::to_string(i) + ": " + d;
  }
  return "";
}

struct CaseTotals {
  int passed = 0, all = 0, whole = 0, operators = 0;  // whole: operators of which every test passes
};

// Runs all cases. The table of results stands in the build folder: one line a case, then one an operator (of
// cases with one node).
void evaluate_cases(const std::string& bytes, const std::string& refused_list, const std::string& table,
                    CaseTotals& totals) {
  NodeCaseFile file(bytes);
  const auto refused = testing::refused_cases(refused_list);
  std::set<std::string> refused_used;
  std::map<std::string, std::pair<int, int>> ops;  // passed, all
  std::string report;
  for (NodeCase c; file.next(c);) {
    const std::string why = run_case(c);
    const bool single = c.model && c.model->graph().node_count() == 1;
    const std::string op = single ? c.model->graph().nodes().front()->op() : "";
    ++totals.all;
    totals.passed += why.empty();
    if (single) {
      ops[op].first += why.empty();
      ++ops[op].second;
    }
    report += c.name + "\t" + (why.empty() ? "ok" : why) + "\n";
    bool expected = false;
    for (const auto& [pattern, reason] : refused) {
      if (!testing::name_matches(pattern, c.name)) continue;
      expected = true;
      if (!why.empty()) refused_used.insert(pattern);
    }
    if (!expected) {
      EXPECT_EQ(why, "") << c.name;
    }
  }
  for (const auto& [pattern, reason] : refused) {
    EXPECT_EQ(refused_used.count(pattern), 1u) << pattern << " is listed as refused, but nothing of it fails";
  }
  for (const auto& [op, n] : ops) {
    totals.whole += n.first == n.second;
    ++totals.operators;
    report += op + "\t" + std::to_string(n.first) + "/" + std::to_string(n.second) + "\n";
  }
  JETLINE_ASSERT_OK(write_file(std::string(JETLINE_BINARY_DIR) + "/" + table, report));
  std::printf("%d of %d node tests, %d of %d operators with every test passed\n", totals.passed, totals.all,
              totals.whole, totals.operators);
}

TEST(EvaluateNodeCases, ResultsAreThoseThatOnnxRecords) {
  JETLINE_REQUIRE_ORACLE();
  const std::string bytes = testing::cached_cases();
  ASSERT_FALSE(bytes.empty()) << "the node tests could not be generated";
  CaseTotals totals;
  evaluate_cases(bytes, "jetline/graph/evaluate/node_cases_refused.txt", "onnx_node_cases.txt", totals);
  EXPECT_GE(totals.whole, 170);
}

// The tests of an older onnx, which record what operators meant at earlier opsets.
TEST(EvaluateNodeCases, ResultsAreThoseThatThePackagedOnnxRecords) {
  JETLINE_REQUIRE_ORACLE();
  const std::string folder = testing::packaged_cases_folder();
  if (!file_exists(folder)) GTEST_SKIP() << "notice: needs the package libonnx-testdata";
  const std::string bytes = testing::cached_cases(folder);
  ASSERT_FALSE(bytes.empty()) << "the node tests could not be read";
  CaseTotals totals;
  evaluate_cases(bytes, "jetline/graph/evaluate/packaged_cases_refused.txt", "onnx_packaged_cases.txt",
                 totals);
  EXPECT_GE(totals.passed, 1000);
}

}  // namespace
}  // namespace jetline
