// Einsum. One and two operands become transposes, sums and one product (Mul or MatMul), which every runtime
// has and is quick at; what is left (diagonals, three operands, sizes that only a runtime knows) is ONNX
// Einsum.
#include <algorithm>
#include <map>
#include <set>

#include "jetline/importers/tensorflow/op_context.h"
#include "jetline/importers/tensorflow/registry.h"

namespace jetline::tf {
namespace {

using EinsumLabels = std::vector<int>;  // letters; dimensions of an ellipsis count from 1000, from the right

struct EinsumTerms {
  std::vector<EinsumLabels> inputs;
  EinsumLabels output;
};

bool einsum_term(const std::string& text, int rank, EinsumLabels* labels) {
  const size_t dots = text.find("...");
  const int letters = static_cast<int>(text.size()) - (dots == std::string::npos ? 0 : 3);
  if (rank < letters || (dots == std::string::npos && rank != letters)) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (i == dots) {
      for (int n = rank - letters; n > 0; --n) labels->push_back(1000 + n);
      i += 2;
    } else if (std::isalpha(static_cast<unsigned char>(text[i]))) {
      labels->push_back(text[i]);
    } else {
      return false;
    }
  }
  return true;
}

// False when the equation is malformed or a rank is not known.
bool einsum_parse(const std::string& equation, const std::vector<int>& ranks, EinsumTerms* terms) {
  std::string text;
  for (const char ch : equation)
    if (ch != ' ') text += ch;
  const size_t arrow = text.find("->");
  if (arrow == std::string::npos) return false;
  std::vector<std::string> parts(1);
  for (const char ch : text.substr(0, arrow)) {
    if (ch == ',')
      parts.emplace_back();
    else
      parts.back() += ch;
  }
  if (parts.size() != ranks.size()) return false;
  int dots = 0;
  for (size_t i = 0; i < parts.size(); ++i) {
    EinsumLabels labels;
    if (!einsum_term(parts[i], ranks[i], &labels)) return false;
    for (const int l : labels) dots = std::max(dots, l - 1000);
    if (std::set<int>(labels.begin(), labels.end()).size() != labels.size()) return false;  // a diagonal
    terms->inputs.push_back(labels);
  }
  std::string out = text.substr(arrow + 2);
  const int letters = static_cast<int>(out.size()) - (out.find("...") == std::string::npos ? 0 : 3);
  const int rank = out.find("...") == std::string::npos ? letters : letters + dots;
  if (!einsum_term(out, rank, &terms->output)) return false;
  return std::set<int>(terms->output.begin(), terms->output.end()).size() == terms->output.size();
}

bool einsum_has(const EinsumLabels& labels, int l) {
  return std::find(labels.begin(), labels.end(), l) != labels.end();
}

// v with dimensions `from` turned into the order `to` (the same labels).
Value* einsum_order(OpContext& c, Value* v, const EinsumLabels& from, const EinsumLabels& to) {
  std::vector<int64_t> perm;
  for (const int l : to) perm.push_back(std::find(from.begin(), from.end(), l) - from.begin());
  return c.transpose(v, perm);
}

// Sums over the labels that nothing else needs.
Value* einsum_reduce(OpContext& c, Value* v, EinsumLabels* labels, const EinsumLabels& keep) {
  std::vector<int64_t> axes;
  EinsumLabels left;
  for (size_t i = 0; i < labels->size(); ++i) {
    if (einsum_has(keep, (*labels)[i]))
      left.push_back((*labels)[i]);
    else
      axes.push_back(static_cast<int64_t>(i));
  }
  *labels = left;
  return axes.empty() ? v : c.emit("ReduceSum", {v, c.ints(axes)}, {{"keepdims", 0}});
}

Value* einsum_multiply(OpContext& c, Value* a, Value* b, const EinsumLabels& la, const EinsumLabels& lb,
                       const EinsumLabels& out) {
  const auto spread = [&](Value* v, const EinsumLabels& labels) {
    EinsumLabels order;
    std::vector<int64_t> missing;
    for (size_t i = 0; i < out.size(); ++i) {
      if (einsum_has(labels, out[i]))
        order.push_back(out[i]);
      else
        missing.push_back(static_cast<int64_t>(i));
    }
    return c.unsqueeze(einsum_order(c, v, labels, order), missing);
  };
  return c.emit("Mul", {spread(a, la), spread(b, lb)});
}

struct EinsumGroups {
  EinsumLabels batch, contract, free_a, free_b;
};

// Sizes by label: numbers where known, -1 where not; 1 against n (an ellipsis that broadcasts) counts as n.
void einsum_sizes(const Value* v, const EinsumLabels& labels, std::map<int, int64_t>* sizes) {
  for (size_t i = 0; i < labels.size(); ++i) {
    const int64_t d = OpContext::dim(v, static_cast<int>(i));
    const auto at = sizes->emplace(labels[i], d).first;
    if (at->second <= 1 && d != 1) at->second = d;
  }
}

// [batch…, x, y] of v, each of the two groups in one dimension; null when sizes are missing.
Value* einsum_matrix(OpContext& c, Value* v, const EinsumLabels& labels, const EinsumLabels& batch,
                     const EinsumLabels& x, const EinsumLabels& y) {
  EinsumLabels order = batch;
  order.insert(order.end(), x.begin(), x.end());
  order.insert(order.end(), y.begin(), y.end());
  Value* m = einsum_order(c, v, labels, order);
  if (x.size() == 1 && y.size() == 1) return m;
  std::vector<int64_t> dims(batch.size(), 0);
  int open = 0;
  size_t at = batch.size();
  for (const EinsumLabels* group : {&x, &y}) {
    int64_t n = 1;
    for (size_t i = 0; i < group->size(); ++i, ++at) {
      const int64_t d = c.dim(m, static_cast<int>(at));
      n = n < 0 || d < 0 ? -1 : n * d;
    }
    open += n < 0 ? 1 : 0;
    dims.push_back(n);
  }
  return open > 1 ? nullptr : c.reshape(m, dims);
}

// The product of two operands, or null where sizes are missing.
Value* einsum_matmul(OpContext& c, Value* a, Value* b, const EinsumLabels& la, const EinsumLabels& lb,
                     const EinsumLabels& out) {
  EinsumGroups g;
  std::map<int, int64_t> sizes;
  einsum_sizes(a, la, &sizes);
  einsum_sizes(b, lb, &sizes);
  for (const int l : out) {
    if (einsum_has(la, l) && einsum_has(lb, l)) g.batch.push_back(l);
    if (einsum_has(la, l) && !einsum_has(lb, l)) g.free_a.push_back(l);
    if (!einsum_has(la, l)) g.free_b.push_back(l);
  }
  for (const int l : la)
    if (!einsum_has(out, l)) g.contract.push_back(l);
  int open = 0;
  std::vector<int64_t> dims(g.batch.size(), 0);
  for (const EinsumLabels* group : {&g.free_a, &g.free_b}) {
    for (const int l : *group) {
      open += sizes[l] < 0 ? 1 : 0;
      dims.push_back(sizes[l]);
    }
  }
  const bool plain = g.free_a.size() == 1 && g.free_b.size() == 1;
  if (!plain && open > 1) return nullptr;
  Value* left = einsum_matrix(c, a, la, g.batch, g.free_a, g.contract);
  Value* right = left ? einsum_matrix(c, b, lb, g.batch, g.contract, g.free_b) : nullptr;
  if (!right) return nullptr;
  Value* y = c.emit("MatMul", {left, right});
  if (!plain) y = c.reshape(y, dims);
  EinsumLabels order = g.batch;
  order.insert(order.end(), g.free_a.begin(), g.free_a.end());
  order.insert(order.end(), g.free_b.begin(), g.free_b.end());
  return einsum_order(c, y, order, out);
}

Value* einsum_lower(OpContext& c, const std::string& equation, const std::vector<Value*>& inputs) {
  std::vector<int> ranks;
  for (const Value* v : inputs) {
    if (c.rank(v) < 0) return nullptr;
    ranks.push_back(c.rank(v));
  }
  EinsumTerms t;
  if (!einsum_parse(equation, ranks, &t)) return nullptr;
  if (inputs.size() == 1) {
    Value* v = einsum_reduce(c, inputs[0], &t.inputs[0], t.output);
    return t.inputs[0].size() == t.output.size() ? einsum_order(c, v, t.inputs[0], t.output) : nullptr;
  }
  if (inputs.size() != 2) return nullptr;
  EinsumLabels &la = t.inputs[0], &lb = t.inputs[1];
  EinsumLabels keep_a = t.output, keep_b = t.output;
  keep_a.insert(keep_a.end(), lb.begin(), lb.end());
  Value* a = einsum_reduce(c, inputs[0], &la, keep_a);
  keep_b.insert(keep_b.end(), la.begin(), la.end());
  Value* b = einsum_reduce(c, inputs[1], &lb, keep_b);
  for (const int l : t.output)
    if (!einsum_has(la, l) && !einsum_has(lb, l)) return nullptr;
  bool contracts = false;
  for (const int l : la) contracts = contracts || !einsum_has(t.output, l);
  return contracts ? einsum_matmul(c, a, b, la, lb, t.output) : einsum_multiply(c, a, b, la, lb, t.output);
}

Status convert_einsum(OpContext& c) {
  const std::string equation = c.string_attr("equation");
  std::vector<Value*> inputs;
  for (size_t i = 0; i < c.inputs(); ++i) {
    if (!c.tensor(i)) return c.wrong_input(i);
    inputs.push_back(c.tensor(i));
  }
  if (inputs.empty()) return c.wrong_input(0);
  const DType type = c.dtype(inputs[0]);
  if (type == DType::kC64 || type == DType::kC128) return c.unsupported("complex numbers");
  const bool direct = type == DType::kF32 || type == DType::kF16 || type == DType::kF64 ||
                      type == DType::kI32 || type == DType::kI64;
  for (Value*& v : inputs) v = c.cast(v, direct ? type : type == DType::kBF16 ? DType::kF32 : DType::kI32);
  Value* y = einsum_lower(c, equation, inputs);
  if (!y) {
    if (!c.needs_opset(12)) return c.unsupported("equation " + equation + " needs ONNX opset 12");
    y = c.emit("Einsum", inputs, {{"equation", equation}});
  }
  return c.set(0, c.cast(y, type));
}

const OpRule kEinsumRules[] = {
    {"Einsum", convert_einsum, "", "as MatMul or Mul where sizes are known, else ONNX Einsum"},
};

}  // namespace

Span<const OpRule> einsum_rules() {
  return {kEinsumRules, std::size(kEinsumRules)};
}

}  // namespace jetline::tf
