// Reads the one-operator cases that make_cases.py wrote (container: case_file.py) and compares tensors with
// them. For tests only. Tensors are views into the file's bytes, which `owner` keeps.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "jetline/base/files.h"
#include "jetline/graph/tensor.h"

namespace jetline::tf::cases {

struct Case {
  std::string name;              // "Conv2D/same"
  std::vector<std::string> ops;  // in the graph and its functions
  std::string kind;              // "compare", "refuse", "random"
  std::string refuse;            // expected id
  double tolerance = 0;          // of the largest expected value
  double bounds[4] = {};         // random: least, greatest, least and greatest mean
  int64_t opset = 13;
  ByteView graph;
  std::vector<std::pair<std::string, ByteView>> files;  // of a SavedModel; then there is no graph
  std::vector<std::string> input_names, output_names;   // "x:0"
  std::vector<Tensor> inputs, outputs;                  // outputs are empty with "refuse"
  std::string op() const { return name.substr(0, name.find('/')); }
};

// cases.malformed when the file ends early or says what no writer says.
inline Result<std::vector<Case>> load_cases(ByteView data, const std::shared_ptr<const void>& owner) {
  const std::string magic = "jetline-cases 1\n";
  const auto bad = [](const std::string& why) {
    return Status::bad_input("cases.malformed", "not a sound file of cases: " + why);
  };
  if (data.size() < magic.size() || std::memcmp(data.data(), magic.data(), magic.size()) != 0)
    return bad("the beginning is missing");
  ByteView rest = data.subspan(magic.size());
  const auto take = [&rest](uint64_t n, ByteView& out) {
    if (n > rest.size()) return false;
    out = rest.subspan(0, static_cast<size_t>(n));
    rest = rest.subspan(static_cast<size_t>(n));
    return true;
  };
  const auto block = [&](ByteView& out) {
    ByteView length;
    if (!take(4, length)) return false;
    uint32_t n;
    std::memcpy(&n, length.data(), 4);
    return take(n, out);
  };
  std::vector<Case> cases;
  while (!rest.empty()) {
    Case c;
    ByteView header;
    if (!block(header) || !block(c.graph)) return bad("it ends early");
    std::istringstream lines(std::string(header.begin(), header.end()));
    for (std::string line; std::getline(lines, line);) {
      std::istringstream words(line);
      std::string key, text, type, dims;
      words >> key;
      if (key == "name") words >> c.name;
      if (key == "kind") words >> c.kind;
      if (key == "refuse") words >> c.refuse;
      if (key == "tolerance") words >> c.tolerance;
      if (key == "opset") words >> c.opset;
      if (key == "bounds") words >> c.bounds[0] >> c.bounds[1] >> c.bounds[2] >> c.bounds[3];
      while (key == "ops" && words >> text) c.ops.push_back(text);
      if (key == "file") {
        uint64_t size = 0;
        ByteView content;
        words >> text >> size;
        if (!take(size, content)) return bad("it ends early");
        c.files.emplace_back(text, content);
      }
      if (key != "input" && key != "output") continue;
      words >> text >> type >> dims;
      (key == "input" ? c.input_names : c.output_names).push_back(text);
      if (type == "none") continue;
      std::vector<int64_t> shape;
      if (dims != "-") {
        std::istringstream numbers(dims);
        for (std::string n; std::getline(numbers, n, ',');)
          shape.push_back(std::strtoll(n.c_str(), nullptr, 10));
      }
      const DType dtype = dtype_from_name(type);
      const int64_t count = element_count(shape);
      ByteView bytes;
      if (dtype == DType::kUndefined || count < 0) return bad("a tensor of " + c.name + " has no sound type");
      if (!take(static_cast<uint64_t>(dtype_bytes(dtype, count)), bytes)) return bad("it ends early");
      Result<Tensor> tensor = Tensor::view(dtype, shape, bytes, owner);
      if (!tensor.ok()) return tensor.status();
      (key == "input" ? c.inputs : c.outputs).push_back(std::move(tensor).value());
    }
    if (c.name.empty() || c.output_names.empty()) return bad("a case has no name or no outputs");
    cases.push_back(std::move(c));
  }
  return cases;
}

// Every case of every .cases file of a folder.
inline Result<std::vector<Case>> load_all_cases(const std::string& folder) {
  std::vector<Case> all;
  Result<std::vector<std::string>> files = list_directory(folder);
  if (!files.ok()) return files.status();
  for (const std::string& name : *files) {
    if (name.size() < 6 || name.compare(name.size() - 6, 6, ".cases") != 0) continue;
    auto file = MappedFile::open(folder + "/" + name);
    if (!file.ok()) return file.status();
    Result<std::vector<Case>> cases = load_cases((*file)->bytes(), *file);
    if (!cases.ok()) return cases.status();
    for (Case& c : *cases) all.push_back(std::move(c));
  }
  return all;
}

// What is wrong with `got`; empty when nothing. `worst` becomes the largest difference in parts of the
// largest expected value.
inline std::string compare_tensors(const Tensor& expected, const Tensor& got, double tolerance,
                                   double& worst) {
  std::ostringstream say;
  if (got.dtype() != expected.dtype() || got.dims() != expected.dims()) {
    const auto shape = [&say](const Tensor& t) {
      say << dtype_name(t.dtype()) << "[";
      for (size_t i = 0; i < t.dims().size(); ++i) say << (i ? "," : "") << t.dims()[i];
      say << "]";
    };
    shape(got);
    say << " for ";
    shape(expected);
    return say.str();
  }
  const DType t = expected.dtype();
  const bool floating = t == DType::kF16 || t == DType::kF32 || t == DType::kF64 || t == DType::kBF16;
  if (!floating) {
    if (expected.bytes().size() == 0 ||
        std::memcmp(expected.bytes().data(), got.bytes().data(), expected.bytes().size()) == 0)
      return "";
    worst = INFINITY;
    const auto a = expected.to_ints(), b = got.to_ints();
    if (!a.ok() || !b.ok()) return "other elements";
    for (size_t i = 0; i < a->size(); ++i) {
      if ((*a)[i] == (*b)[i]) continue;
      say << (*b)[i] << " for " << (*a)[i] << " at " << i;
      break;
    }
    return say.str();
  }
  const auto a = expected.to_doubles(), b = got.to_doubles();
  if (!a.ok() || !b.ok()) return "elements that cannot be read";
  double scale = 0;
  for (double v : *a)
    if (std::isfinite(v)) scale = std::max(scale, std::fabs(v));
  if (scale == 0) scale = 1;
  for (size_t i = 0; i < a->size(); ++i) {
    const double e = (*a)[i], g = (*b)[i];
    if (e == g || (std::isnan(e) && std::isnan(g))) continue;
    const double d = std::isfinite(e) && std::isfinite(g) ? std::fabs(e - g) / scale : INFINITY;
    worst = std::max(worst, d);
    if (d > tolerance && say.str().empty()) say << g << " for " << e << " at " << i;
  }
  return say.str();
}

}  // namespace jetline::tf::cases
