// Einsum (12) as transposes, reductions and matrix products, two operands at a time.
#include <algorithm>
#include <set>
#include <string>

#include "jetline/passes/opset/step.h"

namespace jetline::passes::opset {
namespace {

struct EinsumOperand {
  Value* value = nullptr;
  std::string labels;
};

std::string einsum_keep(const std::string& labels, const std::string& wanted, bool keep) {
  std::string out;
  for (char c : labels) {
    if ((wanted.find(c) != std::string::npos) == keep) out += c;
  }
  return out;
}

// Sums over the labels that nobody wants any more.
void einsum_reduce(Step& s, EinsumOperand& x, const std::string& wanted) {
  std::vector<int64_t> axes;
  for (size_t i = 0; i < x.labels.size(); ++i) {
    if (wanted.find(x.labels[i]) == std::string::npos) axes.push_back(static_cast<int64_t>(i));
  }
  if (axes.empty()) return;
  x.value = s.emit("ReduceSum", {x.value}, {{"axes", axes}, {"keepdims", 0}});
  x.labels = einsum_keep(x.labels, wanted, true);
}

void einsum_order(Step& s, EinsumOperand& x, const std::string& labels) {
  if (x.labels == labels) return;
  std::vector<int64_t> order;
  for (char c : labels) order.push_back(static_cast<int64_t>(x.labels.find(c)));
  x.value = s.emit("Transpose", {x.value}, {{"perm", order}});
  x.labels = labels;
}

// [groups…]: each group of labels one axis; false when more than one size is open.
bool einsum_group(Step& s, EinsumOperand& x, const std::vector<std::string>& groups) {
  if (std::all_of(groups.begin(), groups.end(), [](const std::string& g) { return g.size() == 1; }))
    return true;
  std::vector<int64_t> dims;
  int open = 0, axis = 0;
  for (const std::string& g : groups) {
    int64_t size = 1;
    for (size_t i = 0; i < g.size(); ++i) {
      const int64_t d = s.dim(x.value, axis++);
      if (d < 0 || size < 0 || __builtin_mul_overflow(size, d, &size)) size = -1;
    }
    open += size < 0;
    dims.push_back(size);
  }
  if (open > 1) return false;
  x.value = s.emit("Reshape", {x.value, s.int_list(dims)});
  return true;
}

std::vector<std::string> einsum_single(const std::string& labels) {
  std::vector<std::string> out;
  for (char c : labels) out.emplace_back(1, c);
  return out;
}

// The product of two operands with the labels `wanted` left.
std::string einsum_pair(Step& s, EinsumOperand a, EinsumOperand b, const std::string& wanted,
                        EinsumOperand& out) {
  einsum_reduce(s, a, wanted + b.labels);
  einsum_reduce(s, b, wanted + a.labels);
  const std::string common = einsum_keep(a.labels, b.labels, true);
  const std::string batch = einsum_keep(common, wanted, true), summed = einsum_keep(common, wanted, false);
  const std::string rows = einsum_keep(a.labels, b.labels, false),
                    columns = einsum_keep(b.labels, a.labels, false);
  std::vector<int64_t> sizes;  // of the result before the axes of rows and columns are one each
  int open = 0;
  for (char c : batch + rows) sizes.push_back(s.dim(a.value, static_cast<int>(a.labels.find(c))));
  for (char c : columns) sizes.push_back(s.dim(b.value, static_cast<int>(b.labels.find(c))));
  for (int64_t d : sizes) open += d < 0;
  for (char c : common) {
    const int64_t da = s.dim(a.value, static_cast<int>(a.labels.find(c))),
                  db = s.dim(b.value, static_cast<int>(b.labels.find(c)));
    if (da != db && (da == 1 || db == 1)) return "labels of which one side is broadcast";
  }
  einsum_order(s, a, batch + rows + summed);
  einsum_order(s, b, batch + summed + columns);
  std::vector<std::string> left = einsum_single(batch), right = left;
  left.push_back(rows);
  left.push_back(summed);
  right.push_back(summed);
  right.push_back(columns);
  if (!einsum_group(s, a, left) || !einsum_group(s, b, right)) return "axes of unknown size that become one";
  out.value = s.emit("MatMul", {a.value, b.value});
  out.labels = batch + rows + columns;
  if (rows.size() != 1 || columns.size() != 1) {
    if (open > 1) return "axes of unknown size that were one";
    out.value = s.emit("Reshape", {out.value, s.int_list(sizes)});
  }
  return "";
}

std::string einsum_down(Step& s) {
  std::string equation = s.node().string_or("equation", "");
  equation.erase(std::remove(equation.begin(), equation.end(), ' '), equation.end());
  if (equation.find('.') != std::string::npos) return "axes without labels (an ellipsis)";
  const size_t arrow = equation.find("->");
  std::string left = equation.substr(0, arrow), result;
  std::vector<EinsumOperand> operands;
  for (size_t i = 0, at = 0; i < s.node().inputs().size(); ++i) {
    const size_t comma = std::min(left.find(',', at), left.size());
    if (at > left.size()) return "an equation that does not fit its inputs";
    operands.push_back({s.in(i), left.substr(at, comma - at)});
    at = comma + 1;
  }
  const DType t = Step::dtype(s.in(0));
  if (t != DType::kF32 && t != DType::kF64 && t != DType::kF16 && t != DType::kI32 && t != DType::kI64)
    return "of " + std::string(dtype_name(t));
  for (const EinsumOperand& x : operands) {
    if (std::set<char>(x.labels.begin(), x.labels.end()).size() != x.labels.size()) return "a diagonal";
    if (Step::rank(x.value) != static_cast<int>(x.labels.size())) return "a tensor of unknown rank";
  }
  if (arrow != std::string::npos) {
    result = equation.substr(arrow + 2);
  } else {
    for (char c = 'A'; c <= 'z'; ++c) {  // those that stand once, in alphabetical order
      if (std::count(left.begin(), left.end(), c) == 1 && c != ',') result += c;
    }
  }
  if (std::set<char>(result.begin(), result.end()).size() != result.size())
    return "an output with a label twice";
  for (char c : result) {
    if (left.find(c) == std::string::npos) return "an output label that no input has";
  }
  if (operands.empty()) return "without inputs";
  EinsumOperand x = operands[0];
  for (size_t i = 1; i < operands.size(); ++i) {
    std::string wanted = result;
    for (size_t k = i + 1; k < operands.size(); ++k) wanted += operands[k].labels;
    EinsumOperand product;
    if (std::string why = einsum_pair(s, x, operands[i], wanted, product); !why.empty()) return why;
    x = product;
  }
  einsum_reduce(s, x, result);
  einsum_order(s, x, result);
  return s.become(x.value == s.in(0) ? s.emit("Identity", {x.value}) : x.value);
}

const Change kEinsumChanges[] = {{"Einsum", 12, nullptr, einsum_down}};
}  // namespace

Span<const Change> einsum_changes() {
  return {kEinsumChanges, sizeof(kEinsumChanges) / sizeof(Change)};
}
}  // namespace jetline::passes::opset
