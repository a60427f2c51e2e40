// Einsum (ONNX Operators.md): the labels of the inputs' axes give the sizes of the output's.
#include <algorithm>
#include <map>
#include <string>

#include "jetline/graph/ops/types.h"

namespace jetline::ops {
namespace {

struct EinsumTerm {
  std::string before, after;  // labels left and right of the ellipsis
  bool ellipsis = false;
};

bool einsum_term(const std::string& text, EinsumTerm& t) {
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '.') {
      if (t.ellipsis || text.compare(i, 3, "...") != 0) return false;
      t.ellipsis = true;
      i += 2;
    } else {
      (t.ellipsis ? t.after : t.before) += text[i];
    }
  }
  return true;
}

Dim einsum_merge(const Dim& a, const Dim& b) {
  if (a.known() && a.value == 1) return b;
  if (b.known() && b.value == 1) return a;
  if (a.known()) return a;
  if (b.known()) return b;
  return a.same(b) ? a : Dim();
}

void einsum_infer(Context& c) {
  c.set_dtype(0, c.dtype(0));
  std::string equation = c.node().string_or("equation", "");
  equation.erase(std::remove(equation.begin(), equation.end(), ' '), equation.end());
  const size_t arrow = equation.find("->");
  const std::string left = equation.substr(0, arrow);
  std::map<char, std::pair<Dim, int>> labels;  // size, how often it stands on the left
  std::vector<Dim> middle;
  bool any_ellipsis = false;
  size_t at = 0;
  for (size_t i = 0; i < c.node().inputs().size(); ++i) {
    const size_t comma = std::min(left.find(',', at), left.size());
    if (at > left.size()) return;
    EinsumTerm t;
    const auto* x = c.shape(i);
    if (!x || !einsum_term(left.substr(at, comma - at), t)) return;
    at = comma + 1;
    const size_t named = t.before.size() + t.after.size();
    if (x->size() < named || (!t.ellipsis && x->size() != named)) return;
    const size_t hidden = x->size() - named;
    auto meet = [&](char label, const Dim& d) {
      auto [it, fresh] = labels.emplace(label, std::make_pair(d, 0));
      if (!fresh) it->second.first = einsum_merge(it->second.first, d);
      ++it->second.second;
    };
    for (size_t k = 0; k < t.before.size(); ++k) meet(t.before[k], (*x)[k]);
    for (size_t k = 0; k < t.after.size(); ++k) meet(t.after[k], (*x)[t.before.size() + hidden + k]);
    if (t.ellipsis) {
      any_ellipsis = true;
      const auto from = x->begin() + static_cast<std::ptrdiff_t>(t.before.size());
      middle = broadcast(middle, std::vector<Dim>(from, from + static_cast<std::ptrdiff_t>(hidden)));
    }
  }
  EinsumTerm result;
  if (arrow != std::string::npos) {
    if (!einsum_term(equation.substr(arrow + 2), result)) return;
  } else {
    result.ellipsis = any_ellipsis;
    for (const auto& [label, what] : labels) {
      if (what.second == 1) result.after += label;  // std::map keeps them in alphabetical order
    }
  }
  std::vector<Dim> out;
  auto append = [&](const std::string& names) {
    for (char label : names) {
      const auto it = labels.find(label);
      out.push_back(it == labels.end() ? Dim() : it->second.first);
    }
  };
  append(result.before);
  if (result.ellipsis) out.insert(out.end(), middle.begin(), middle.end());
  append(result.after);
  c.set(0, c.dtype(0), std::move(out));
}

// Every output element is one product over all labels (for two inputs: as numpy does without reordering).
Macs einsum_macs(const Context& c) {
  return c.node().inputs().size() < 2 ? Macs{true, false, 0} : Macs{};
}

const Rule kEinsumRules[] = {{"", "Einsum", einsum_infer, einsum_macs}};
}  // namespace

Span<const Rule> einsum_rules() {
  return {kEinsumRules, sizeof(kEinsumRules) / sizeof(Rule)};
}
}  // namespace jetline::ops
