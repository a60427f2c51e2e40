// Einsum: sums of products over named indices, "..." included, as numpy.einsum.
#include <algorithm>
#include <map>

#include "jetline/graph/evaluate/product.h"

namespace jetline::calc {
namespace {

// Terms with their indices: letters, and for "..." the numbers of the dimensions it stands for, counted from
// the last one (-1), so that shorter ellipses broadcast.
struct EinsumPlan {
  std::vector<std::vector<int>> inputs;
  std::vector<int> output;
};

bool einsum_term(const std::string& text, size_t ellipsis_rank, std::vector<int>& out) {
  bool seen = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char ch = text[i];
    if ((ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z')) {
      out.push_back(ch);
    } else if (text.compare(i, 3, "...") == 0 && !seen) {
      seen = true;
      i += 2;
      for (size_t k = ellipsis_rank; k-- > 0;) out.push_back(-static_cast<int>(k) - 1);
    } else {
      return false;
    }
  }
  return true;
}

size_t einsum_letters(const std::string& text) {
  return text.size() - static_cast<size_t>(std::count(text.begin(), text.end(), '.'));
}

bool einsum_plan(Call& c, EinsumPlan& plan) {
  std::string equation = c.string_or("equation", "");
  equation.erase(std::remove(equation.begin(), equation.end(), ' '), equation.end());
  const size_t arrow = equation.find("->");
  const std::string left = equation.substr(0, arrow);
  std::vector<std::string> terms(1);
  for (char ch : left) {
    if (ch == ',') {
      terms.emplace_back();
    } else {
      terms.back() += ch;
    }
  }
  if (terms.size() != c.input_count()) return false;
  size_t widest = 0;
  for (size_t i = 0; i < terms.size(); ++i) {
    const size_t rank = c.tensor(i)->dims().size(), letters = einsum_letters(terms[i]);
    const bool dots = terms[i].find("...") != std::string::npos;
    if (rank < letters || (!dots && rank != letters)) return false;
    plan.inputs.emplace_back();
    if (!einsum_term(terms[i], dots ? rank - letters : 0, plan.inputs.back())) return false;
    if (dots) widest = std::max(widest, rank - letters);
  }
  if (arrow != std::string::npos) return einsum_term(equation.substr(arrow + 2), widest, plan.output);
  // Implicit: the ellipsis, then the letters that occur once, in alphabetical order.
  for (size_t k = widest; k-- > 0;) plan.output.push_back(-static_cast<int>(k) - 1);
  std::map<int, int> count;
  for (char ch : left) ++count[ch];
  for (const auto& [ch, n] : count) {
    if (n == 1 && ch != ',' && ch != '.') plan.output.push_back(ch);
  }
  return true;
}

// Sizes of the named indices; false when two inputs disagree. 1 broadcasts only for the ellipsis.
bool einsum_sizes(const Call& c, const EinsumPlan& plan, std::map<int, int64_t>& sizes) {
  for (size_t i = 0; i < plan.inputs.size(); ++i) {
    for (size_t d = 0; d < plan.inputs[i].size(); ++d) {
      const int64_t n = c.tensor(i)->dims()[d];
      const auto [it, fresh] = sizes.emplace(plan.inputs[i][d], n);
      if (fresh || it->second == n || n == 1) continue;
      if (it->second != 1) return false;
      it->second = n;
    }
  }
  return true;
}

Status run_einsum(Call& c) {
  if (c.input_count() == 0 || c.input_count() > 8) return c.unsupported("this number of inputs");
  JETLINE_RETURN_IF_ERROR(c.need_numbers(c.input_count()));
  const DType dtype = c.tensor(0)->dtype();
  EinsumPlan plan;
  std::map<int, int64_t> sizes;
  if (!einsum_plan(c, plan) || !einsum_sizes(c, plan, sizes)) {
    return c.bad_input("the equation '" + c.string_or("equation", "").substr(0, 80) +
                       "' does not fit the inputs");
  }
  Dims out, all;  // all: the output's indices, then those summed over
  std::vector<int> order;
  for (int name : plan.output) {
    if (sizes.count(name) == 0 || std::find(order.begin(), order.end(), name) != order.end()) {
      return c.bad_input("an output index that no input has");
    }
    order.push_back(name);
    out.push_back(sizes[name]);
  }
  Dims summed;
  for (const auto& [name, n] : sizes) {
    if (std::find(order.begin(), order.end(), name) != order.end()) continue;
    order.push_back(name);
    summed.push_back(n);
  }
  // Strides of each input along all indices; an index that occurs twice walks the diagonal.
  std::vector<Dims> strides(plan.inputs.size(), Dims(order.size(), 0));
  for (size_t i = 0; i < plan.inputs.size(); ++i) {
    if (c.tensor(i)->dtype() != dtype) return c.bad_input("the inputs have different types");
    const Dims own = row_strides(c.tensor(i)->dims());
    for (size_t d = 0; d < own.size(); ++d) {
      const auto at = std::find(order.begin(), order.end(), plan.inputs[i][d]) - order.begin();
      if (c.tensor(i)->dims()[d] != 1) strides[i][static_cast<size_t>(at)] += own[d];
    }
  }
  JETLINE_ASSIGN_OR_RETURN(const Buffer y, c.allocate(dtype, out));
  const int64_t results = element_count(out), terms = span_count(summed, 0, summed.size());
  JETLINE_RETURN_IF_ERROR(c.charge(span_count({results, terms, static_cast<int64_t>(strides.size())}, 0, 3)));
  with_lane(dtype, [&](auto lane) {
    using T = decltype(lane);
    using S = SumOf<T>;
    std::vector<Numbers<T>> v;
    for (size_t i = 0; i < c.input_count(); ++i) v.emplace_back(*c.tensor(i));
    Odometer outer(out);
    for (int64_t r = 0; r < results; ++r, outer.next()) {
      std::vector<int64_t> base(v.size(), 0);
      for (size_t i = 0; i < v.size(); ++i) {
        for (size_t d = 0; d < out.size(); ++d) base[i] += outer.index[d] * strides[i][d];
      }
      S sum = 0;
      Odometer inner(summed);
      for (int64_t t = 0; t < terms; ++t, inner.next()) {
        S product = 1;
        for (size_t i = 0; i < v.size(); ++i) {
          int64_t offset = base[i];
          for (size_t d = 0; d < summed.size(); ++d) offset += inner.index[d] * strides[i][out.size() + d];
          product *= static_cast<S>(v[i][offset]);
        }
        sum += product;
      }
      const T value = static_cast<T>(sum);
      store(dtype, y.data(), r, 1, &value);
    }
  });
  c.set(0, y.tensor(dtype, out));
  return {};
}

const Rule kEinsumRules[] = {{"Einsum", run_einsum}};

}  // namespace

Span<const Rule> einsum_rules() {
  return {kEinsumRules, sizeof kEinsumRules / sizeof *kEinsumRules};
}

}  // namespace jetline::calc
