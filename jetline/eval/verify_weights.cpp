#include "jetline/eval/verify_weights.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>

#include "jetline/base/strings.h"

namespace jetline {
namespace {

struct WeightEntry {
  std::string name;
  const Tensor* tensor;
};

// Tensors of numbers with at least this many elements: smaller ones are shapes, axes and scalars.
constexpr int64_t kLeastWeights = 8;

bool is_weight(const Tensor& t) {
  const DType d = t.dtype();
  return (d == DType::kF32 || d == DType::kF16 || d == DType::kF64 || d == DType::kBF16) &&
         t.count() >= kLeastWeights;
}

std::vector<WeightEntry> weights_of(const Model& m) {
  std::vector<WeightEntry> all;
  // In the order of use: "the last tensors" then means the end of the network, however the file orders them.
  std::map<const Value*, bool> seen;
  for (const auto& node : m.graph().nodes()) {
    for (const Value* v : node->inputs()) {
      if (!v || seen[v]) continue;
      seen[v] = true;
      const Tensor* t = v->initializer();
      if (!t && v->producer() && v->producer()->is("Constant")) {
        const Attribute* value = v->producer()->attribute("value");
        t = value ? value->as_tensor() : nullptr;
      }
      if (t && is_weight(*t)) all.push_back({v->name(), t});
    }
  }
  return all;
}

int64_t total(const std::vector<WeightEntry>& all) {
  int64_t n = 0;
  for (const WeightEntry& w : all) n += w.tensor->count();
  return n;
}

// How one tensor of B stands to its partner.
enum class Relation { kEqual, kRounded, kConstant, kDifferent };

Relation relate(const Tensor& a, const Tensor& b) {
  if (a.dtype() == b.dtype() && std::memcmp(a.bytes().data(), b.bytes().data(), a.bytes().size()) == 0) {
    return Relation::kEqual;
  }
  const auto x = a.to_doubles(), y = b.to_doubles();
  if (!x.ok() || !y.ok()) return Relation::kDifferent;
  double largest = 0, apart = 0;
  bool rounding = true;
  bool constant_a = true, constant_b = true;
  for (size_t i = 0; i < x->size(); ++i) {
    const double p = (*x)[i], q = (*y)[i];
    largest = std::max(largest, std::fabs(p));
    const double d = std::fabs(p - q);
    // bfloat16, the coarsest of the float types, keeps 8 bits; float16 ends at 6e-8.
    rounding = rounding && d <= std::fabs(p) / 256 + 6e-8;
    if (!(d <= apart)) apart = std::isnan(d) ? INFINITY : d;
    constant_a = constant_a && p == (*x)[0];
    constant_b = constant_b && q == (*y)[0];
  }
  if (apart <= 1e-6 * largest) return Relation::kEqual;
  if (rounding) return Relation::kRounded;
  return constant_b && !constant_a ? Relation::kConstant : Relation::kDifferent;
}

std::string percent(int64_t part, int64_t whole) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f %%",
                whole ? 100.0 * static_cast<double>(part) / static_cast<double>(whole) : 0);
  return text;
}

// Index of each of A's tensors in B, -1 where there is none: by name and shape, else the next free one of the
// same shape.
std::vector<int> pair_weights(const std::vector<WeightEntry>& a, const std::vector<WeightEntry>& b) {
  std::map<std::string, int> by_name;
  std::map<std::vector<int64_t>, std::vector<int>> by_shape;
  for (size_t j = 0; j < b.size(); ++j) by_name[b[j].name] = static_cast<int>(j);
  std::vector<int> pair(a.size(), -1);
  std::vector<bool> used(b.size(), false);
  size_t named = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    const auto it = by_name.find(a[i].name);
    if (it == by_name.end() || b[static_cast<size_t>(it->second)].tensor->dims() != a[i].tensor->dims())
      continue;
    pair[i] = it->second;
    ++named;
  }
  if (named * 2 < std::min(a.size(), b.size())) std::fill(pair.begin(), pair.end(), -1);  // names by chance
  for (int p : pair) {
    if (p >= 0) used[static_cast<size_t>(p)] = true;
  }
  for (size_t j = b.size(); j-- > 0;) {
    if (!used[j]) by_shape[b[j].tensor->dims()].push_back(static_cast<int>(j));
  }
  for (size_t i = 0; i < a.size(); ++i) {
    auto& free = by_shape[a[i].tensor->dims()];
    if (pair[i] >= 0 || free.empty()) continue;
    pair[i] = free.back();
    free.pop_back();
  }
  return pair;
}

const Node* first_convolution(const Model& m) {
  for (const auto& node : m.graph().nodes()) {
    if (node->is("Conv") && node->input(1) && node->input(1)->initializer()) return node.get();
  }
  return nullptr;
}

}  // namespace

WeightVerdict compare_weights(const Model& a, const Model& b) {
  const auto wa = weights_of(a), wb = weights_of(b);
  const std::vector<int> pair = pair_weights(wa, wb);
  int64_t equal = 0, rounded = 0, constant = 0, different = 0, alone = 0, paired = 0;
  size_t n_equal = 0, n_constant = 0, n_different = 0;
  std::string first_constant, first_different;
  for (size_t i = 0; i < wa.size(); ++i) {
    const int64_t n = wa[i].tensor->count();
    if (pair[i] < 0) {
      alone += n;
      continue;
    }
    ++paired;
    switch (relate(*wa[i].tensor, *wb[static_cast<size_t>(pair[i])].tensor)) {
      case Relation::kEqual:
        equal += n;
        ++n_equal;
        break;
      case Relation::kRounded:
        rounded += n;
        break;
      case Relation::kConstant:
        constant += n;
        if (n_constant++ == 0) first_constant = wa[i].name;
        break;
      case Relation::kDifferent:
        different += n;
        if (n_different++ == 0) first_different = wa[i].name;
        break;
    }
  }
  const int64_t all = total(wa), extra = total(wb) - (all - alone);
  const std::string of =
      std::to_string(wa.size()) + " weight tensors (" + human_count(static_cast<double>(all)) + ")";
  WeightVerdict v;
  v.different = static_cast<int64_t>(n_different + n_constant + (wa.size() - static_cast<size_t>(paired)));
  using Kind = WeightVerdict::Kind;
  if (alone == 0 && extra == 0 && different == 0 && constant == 0) {
    v.kind = rounded > equal / 100 ? Kind::kPrecision : Kind::kSame;
    v.text = v.kind == Kind::kSame
                 ? "all " + of + " are equal"
                 : "the weights are A's, rounded (" + percent(rounded, all) + " of " + of + ")";
    return v;
  }
  // Cut off: what is there is A's, and the rest is gone or blank.
  if (extra <= all / 100 && different <= all / 100 && equal + rounded > 0 && alone + constant > 0) {
    v.kind = Kind::kTruncated;
    v.text = std::to_string(n_equal) + " of " + of + " are A's; ";
    if (constant > 0) {
      v.text += std::to_string(n_constant) + " from '" + first_constant + "' on are blank in B (" +
                percent(constant, all) + " of the parameters)";
    }
    if (alone > 0) {
      v.text += std::string(constant > 0 ? "; " : "") +
                std::to_string(wa.size() - static_cast<size_t>(paired)) + " are missing in B (" +
                percent(alone, all) + ")";
    }
    return v;
  }
  if (alone * 20 <= all && extra * 20 <= all) {
    v.kind = Kind::kOtherWeights;
    v.text = "the same shapes with other values: " + std::to_string(n_different + n_constant) + " of " + of +
             " differ, first '" + (first_different.empty() ? first_constant : first_different) + "'";
    return v;
  }
  v.kind = Kind::kOtherModel;
  v.text = "another network: A has " + of + ", B " + std::to_string(wb.size()) + " (" +
           human_count(static_cast<double>(total(wb))) + "); " + percent(all - alone, all) +
           " of A's have a partner of the same shape";
  return v;
}

bool first_convolution_factor(const Model& a, const Model& b, std::array<float, 3>& factor) {
  const Node* ca = first_convolution(a);
  const Node* cb = first_convolution(b);
  if (!ca || !cb) return false;
  const Tensor& ta = *ca->input(1)->initializer();
  const Tensor& tb = *cb->input(1)->initializer();
  if (ta.dims() != tb.dims() || ta.dims().size() != 4 || ta.dims()[1] != 3) return false;
  const auto x = ta.to_doubles(), y = tb.to_doubles();
  if (!x.ok() || !y.ok()) return false;
  const size_t inner = static_cast<size_t>(ta.dims()[2] * ta.dims()[3]);
  for (size_t c = 0; c < 3; ++c) {
    // Least squares: y = s x over this input channel.
    double xx = 0, xy = 0, yy = 0;
    for (size_t i = c * inner; i < x->size(); i += 3 * inner) {
      for (size_t k = i; k < i + inner; ++k) {
        xx += (*x)[k] * (*x)[k];
        xy += (*x)[k] * (*y)[k];
        yy += (*y)[k] * (*y)[k];
      }
    }
    if (xx <= 0 || yy <= 0 || xy <= 0) return false;
    if (yy - xy * xy / xx > 1e-6 * yy) return false;
    factor[c] = static_cast<float>(xy / xx);
  }
  return true;
}

}  // namespace jetline
