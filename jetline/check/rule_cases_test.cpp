// Tiny graphs of one node, and what the rules say of them release by release: rule_cases.txt, whose head says
// how to read it.
#include <cstring>

#include "jetline/base/files.h"
#include "jetline/base/strings.h"
#include "jetline/check/testing.h"
#include "jetline/graph/infer.h"

namespace jetline::check {
namespace {

using jetline::testing::source_path;

std::vector<std::string> rule_case_words(std::string_view line) {
  std::vector<std::string> words;
  for (const std::string& w : split(line, ' ')) {
    if (!w.empty()) words.push_back(w);
  }
  return words;
}

// The bytes of one number; floats below 32 bits only as 0 and 1.
void rule_case_append(DType type, double v, std::vector<uint8_t>& bytes) {
  const auto put = [&](auto x) {
    uint8_t b[sizeof(x)];
    std::memcpy(b, &x, sizeof(x));
    bytes.insert(bytes.end(), b, b + sizeof(x));
  };
  switch (type) {
    case DType::kF32:
      return put(static_cast<float>(v));
    case DType::kF64:
      return put(v);
    case DType::kI64:
      return put(static_cast<int64_t>(v));
    case DType::kI32:
      return put(static_cast<int32_t>(v));
    case DType::kI8:
      return put(static_cast<int8_t>(v));
    case DType::kU8:
    case DType::kBool:
      return put(static_cast<uint8_t>(v));
    case DType::kF16:
      return put(static_cast<uint16_t>(v == 0 ? 0 : 0x3c00));
    case DType::kBF16:
      return put(static_cast<uint16_t>(v == 0 ? 0 : 0x3f80));
    default:
      ADD_FAILURE() << "no constants of type " << dtype_name(type);
  }
}

class RuleCase {
 public:
  explicit RuleCase(const std::string& line) : builder_(model.graph()) {
    const std::vector<std::string> words = rule_case_words(line);
    int64_t opset = 0;
    if (words.size() < 2 || !parse_int(words[0], opset)) {
      ADD_FAILURE() << "no graph: " << line;
      return;
    }
    model.set_opset("", opset);
    int64_t outputs = 1;
    for (size_t i = 2; i < words.size(); ++i) {
      if (!input(words[i]) && !(starts_with(words[i], "->") && parse_int(words[i].substr(2), outputs))) {
        attribute(words[i]);
      }
    }
    for (Value* v : builder_.ops(words[1], inputs_, static_cast<size_t>(outputs), attributes_, "n")) {
      model.graph().add_output(v);
    }
    EXPECT_TRUE(builder_.status().ok()) << line << ": " << builder_.status().to_string();
  }
  Model model;

 private:
  // "_" is a left-out input, "float[2,n]" one that is fed, "int64[2]=1,2" a stored one.
  bool input(const std::string& word) {
    if (word == "_") {
      inputs_.push_back(nullptr);
      return true;
    }
    const size_t open = word.find('['), close = word.find(']');
    const DType type = dtype_from_name(word.substr(0, open));
    if (close == std::string::npos || type == DType::kUndefined) return false;
    std::vector<Dim> shape;
    std::vector<int64_t> dims;
    for (const std::string& d : split(word.substr(open + 1, close - open - 1), ',')) {
      int64_t n = 0;
      if (d.empty()) continue;
      const bool number = parse_int(d, n);
      shape.push_back(number ? Dim(n) : Dim::named(d));
      dims.push_back(n);
    }
    const std::string name = "i" + std::to_string(inputs_.size());
    if (close + 1 == word.size()) {
      inputs_.push_back(builder_.input(name, type, shape));
      return true;
    }
    std::vector<double> given;
    for (const std::string& v : split(word.substr(close + 2), ',')) {
      double d = 0;
      if (parse_double(v, d)) given.push_back(d);
    }
    std::vector<uint8_t> bytes;  // the numbers that are given, over and over
    for (int64_t i = 0; i < element_count(dims) && !given.empty(); ++i) {
      rule_case_append(type, given[static_cast<size_t>(i) % given.size()], bytes);
    }
    auto tensor = Tensor::own(type, dims, std::move(bytes));
    EXPECT_TRUE(tensor.ok()) << word;
    inputs_.push_back(builder_.tensor(name, tensor.ok() ? *tensor : Tensor()));
    return true;
  }
  void attribute(const std::string& word) {
    const size_t equals = word.find('=');
    ASSERT_NE(equals, std::string::npos) << word;
    const std::string name = word.substr(0, equals);
    std::string text = word.substr(equals + 1);
    const bool list = !text.empty() && text[0] == '[';
    if (list) text = text.substr(1, text.size() - 2);
    const bool broken = text.find('.') != std::string::npos;
    int64_t n = 0;
    double d = 0;
    const std::string first = text.substr(0, text.find(','));
    if (!list && !broken && parse_int(text, n)) return attributes_.push_back({name, n});
    if (!list && parse_double(text, d)) return attributes_.push_back({name, d});
    if (!list) return attributes_.push_back({name, text});
    std::vector<int64_t> ints;
    std::vector<float> floats;
    std::vector<std::string> parts;
    if (!text.empty()) parts = split(text, ',');
    for (const std::string& p : parts) {
      if (parse_int(p, n)) ints.push_back(n);
      if (parse_double(p, d)) floats.push_back(static_cast<float>(d));
    }
    if (ints.size() == parts.size()) return attributes_.push_back({name, ints});
    if (floats.size() == parts.size()) return attributes_.push_back({name, floats});
    attributes_.push_back({name, parts});
  }

  GraphBuilder builder_;
  std::vector<Value*> inputs_;
  std::vector<AttrArg> attributes_;
};

// "8.2", "10.15s" (strongly typed)
targets::Target rule_case_target(std::string release) {
  targets::Target target;
  target.precision = targets::Precision::kFp32;
  if (!release.empty() && release.back() == 's') {
    target.strongly_typed = true;
    release.pop_back();
  }
  const auto version = targets::parse_version(release);
  EXPECT_TRUE(version.ok()) << release;
  if (version.ok()) target.tensorrt = *version;
  return target;
}

const char* rule_case_word(Verdict v) {
  switch (v) {
    case Verdict::kRuns:
      return "runs";
    case Verdict::kRunsWithPlugin:
      return "plugin";
    case Verdict::kRunsAfterFix:
      return "fix";
    case Verdict::kWrongNumbers:
      return "wrong";
    case Verdict::kUnknown:
      return "unknown";
    case Verdict::kWillNotFit:
      return "no-fit";
    case Verdict::kWillNotParse:
      return "refused";
  }
  return "";
}

TEST(RuleCases, EveryReleaseSaysWhatItsImporterDoes) {
  const auto text = read_file(source_path("jetline/check/rule_cases.txt"));
  ASSERT_TRUE(text.ok());
  targets::Catalog catalog;
  std::unique_ptr<RuleCase> graph;
  std::string drawn;
  int64_t cases = 0;
  for (const std::string& line : split(*text, '\n')) {
    if (line.empty() || line[0] == '#') continue;
    if (line[0] != ' ') {
      graph = std::make_unique<RuleCase>(line);
      drawn = line;
      continue;
    }
    const std::vector<std::string> words = rule_case_words(line);
    ASSERT_TRUE(graph && words.size() >= 2) << line;
    CheckOptions options;
    options.estimates = false;
    Checker checker(graph->model, catalog, options);
    for (const std::string& release : split(words[0], ',')) {
      const Report r = checker.check(rule_case_target(release));
      std::string found;
      for (const Finding& f : r.findings) found += ' ' + f.id + (f.unknown ? "?" : "");
      // A refusal with a rewrite that helps is "fix"; the table says what the importer does without it.
      const std::string word = rule_case_word(r.verdict);
      EXPECT_TRUE(word == words[1] || (word == "fix" && words[1] != "runs" && words[1] != "plugin"))
          << drawn << "\n  " << release << " is " << word << ", not " << words[1] << ':' << found;
      for (size_t i = 2; i < words.size(); ++i) {
        EXPECT_NE((found + ' ').find(" trt." + words[i] + ' '), std::string::npos)
            << drawn << "\n  " << release << " has no " << words[i] << ", but" << found;
      }
      ++cases;
    }
  }
  EXPECT_GT(cases, 300);
  EXPECT_TRUE(catalog.status().ok()) << catalog.status().to_string();
}

// What the release says of a model that is more than one node: the verdict's word and the ids.
std::string rule_case_said(Model& model, const std::string& release) {
  targets::Catalog catalog;
  CheckOptions options;
  options.estimates = false;
  Checker checker(model, catalog, options);
  const Report r = checker.check(rule_case_target(release));
  std::string said = rule_case_word(r.verdict);
  for (const Finding& f : r.findings) {
    if (f.effect != targets::Effect::kNote) said += ' ' + f.id;
  }
  return said;
}

TEST(RuleCases, SizesThroughARoundingAreRefusedBefore86) {
  for (const bool rounded : {true, false}) {
    Model model;
    model.set_opset("", 13);
    GraphBuilder b(model.graph());
    Value* x = b.input("x", DType::kF32, {Dim::named("n"), 4});
    Value* size = b.op("Cast", {b.op("Shape", {x})}, {{"to", 1}});
    if (rounded) size = b.op("Round", {size});
    b.output(b.op("Reshape", {x, b.op("Cast", {size}, {{"to", 7}})}), "y", DType::kF32, {Dim::named("n"), 4});
    ASSERT_TRUE(b.status().ok()) << b.status().to_string();
    EXPECT_EQ(rule_case_said(model, "8.2"), rounded ? "refused trt.shape.unary-open" : "runs");
    EXPECT_EQ(rule_case_said(model, "8.6"), "runs");
    EXPECT_EQ(rule_case_said(model, "10.6"), "runs");
  }
}

TEST(RuleCases, AShapeFromFedNumbersIsRefused) {
  for (const DType type : {DType::kF32, DType::kI64}) {
    Model model;
    model.set_opset("", 13);
    GraphBuilder b(model.graph());
    Value* x = b.input("x", DType::kF32, {2, 4});
    Value* size = b.op("Cast", {b.input("size", type, {2})}, {{"to", 7}});
    b.output(b.op("Reshape", {x, size}), "y", DType::kF32, {Dim(), Dim()});
    ASSERT_TRUE(b.status().ok()) << b.status().to_string();
    EXPECT_EQ(rule_case_said(model, "10.6"), type == DType::kF32 ? "refused trt.shape.fed-data" : "runs");
  }
}

TEST(RuleCases, ALoopThatCollectsNeedsItsNumberOfTurns) {
  for (const bool counted : {true, false}) {
    Model model;
    model.set_opset("", 13);
    Graph& g = model.graph();
    GraphBuilder b(g);
    Value* x = b.input("x", DType::kF32, {4});
    Value* go = b.input("go", DType::kBool, {});
    Node* n = g.add_node("Loop", {counted ? b.ints("turns", {}, {3}) : nullptr, go, x});
    auto body = std::make_unique<Graph>(&model, n);
    GraphBuilder inner(*body);
    inner.input("i", DType::kI64, {});
    Value* again = inner.input("again", DType::kBool, {});
    Value* state = inner.input("state", DType::kF32, {4});
    inner.output(inner.op("Identity", {again}), "again_out", DType::kBool, {});
    inner.output(inner.op("Relu", {state}), "state_out", DType::kF32, {4});
    inner.output(inner.op("Abs", {state}), "row", DType::kF32, {4});
    ASSERT_TRUE(inner.status().ok()) << inner.status().to_string();
    n->set_attribute(Attribute("body", std::move(body)));
    g.add_output(n->add_output("last"));
    g.add_output(n->add_output("rows"));
    EXPECT_EQ(rule_case_said(model, "8.2"), counted ? "runs" : "wrong trt.loop.no-trips");
    EXPECT_EQ(rule_case_said(model, "10.6"), counted ? "runs" : "wrong trt.loop.no-trips");
    EXPECT_EQ(rule_case_said(model, "10.15"), counted ? "runs" : "refused trt.loop.no-trips");
  }
}

}  // namespace
}  // namespace jetline::check
