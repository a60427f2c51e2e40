// Poolings in forms that a release does not read. The window of every output is known when sizes are: taps
// are picked by Gather where they do not lie side by side, padding stands in front, and where an average then
// divides by another count it is corrected by a constant, which the evaluator finds by pooling ones.
#include <algorithm>

#include "jetline/fix/place.h"
#include "jetline/graph/evaluate.h"

namespace jetline::fix {
namespace {

struct PoolForm {
  std::vector<int64_t> kernel, strides, dilations, begins, in, out;
};

std::string pool_form(Place& p, PoolForm& f) {
  Node& n = p.node();
  const int rank = Place::rank(p.in(0));
  if (rank < 3) return "of unknown rank";
  const auto spatial = static_cast<size_t>(rank) - 2;
  f.kernel = n.ints_or("kernel_shape", {});
  f.strides = n.ints_or("strides", std::vector<int64_t>(spatial, 1));
  f.dilations = n.ints_or("dilations", std::vector<int64_t>(spatial, 1));
  auto pads = n.ints_or("pads", std::vector<int64_t>(2 * spatial, 0));
  if (f.kernel.size() != spatial || f.strides.size() != spatial || f.dilations.size() != spatial ||
      pads.size() != 2 * spatial)
    return "its attributes do not fit";
  const std::string automatic = n.string_or("auto_pad", "NOTSET");
  for (size_t i = 0; i < spatial; ++i) {
    const int64_t in = p.dim(p.in(0), static_cast<int>(i) + 2), out = p.dim(p.out(), static_cast<int>(i) + 2);
    if (in < 1 || out < 1) return "of unknown size";
    f.in.push_back(in);
    f.out.push_back(out);
    int64_t begin = automatic == "NOTSET" ? pads[i] : 0;
    if (automatic == "SAME_UPPER" || automatic == "SAME_LOWER") {
      const int64_t total =
          std::max<int64_t>((out - 1) * f.strides[i] + f.dilations[i] * (f.kernel[i] - 1) + 1 - in, 0);
      begin = automatic == "SAME_UPPER" ? total / 2 : total - total / 2;
    }
    f.begins.push_back(begin);
  }
  return "";
}

// The node's average of ones, divided by that of the form with `kernel` and `strides` on `ones`: [1, 1,
// out…]. Empty when it is 1 everywhere; false when it cannot be computed.
bool pool_correction(Place& p, const PoolForm& f, const std::vector<double>& share,
                     std::vector<double>& factor) {
  Model model;
  model.set_opset("", p.opset());
  std::vector<int64_t> dims = {1, 1};
  dims.insert(dims.end(), f.in.begin(), f.in.end());
  const int64_t count = element_count(dims);
  if (count < 0 || count > kMaxFixConstant) return false;
  auto ones = Tensor::floats(dims, std::vector<float>(static_cast<size_t>(count), 1.0f));
  if (!ones.ok()) return false;
  Value* x = model.graph().add_input("x", ValueType::tensor(DType::kF32));
  Node* copy = model.graph().clone_node(p.node(), {{p.in(0), x}});
  const auto got = evaluate_node(*copy, {&*ones}, p.opset());
  if (!got.ok() || (*got)[0].count() != static_cast<int64_t>(share.size())) return false;
  bool one = true;
  factor.clear();
  for (size_t i = 0; i < share.size(); ++i) {
    if (share[i] <= 0) return false;  // a window of padding alone
    factor.push_back(static_cast<double>((*got)[0].at<float>(static_cast<int64_t>(i))) / share[i]);
    one = one && std::abs(factor.back() - 1) < 1e-7;
  }
  if (one) factor.clear();
  return true;
}

// Of every window the share of taps that lie inside the picture, by output place.
std::vector<double> pool_share(const PoolForm& f) {
  std::vector<double> share = {1};
  for (size_t i = 0; i < f.in.size(); ++i) {
    std::vector<double> next;
    for (double s : share) {
      for (int64_t o = 0; o < f.out[i]; ++o) {
        int64_t inside = 0;
        for (int64_t k = 0; k < f.kernel[i]; ++k) {
          const int64_t at = o * f.strides[i] + k * f.dilations[i] - f.begins[i];
          inside += at >= 0 && at < f.in[i];
        }
        next.push_back(s * static_cast<double>(inside) / static_cast<double>(f.kernel[i]));
      }
    }
    share = std::move(next);
  }
  return share;
}

Value* pool_corrected(Place& p, const PoolForm& f, Value* y, std::string& why) {
  std::vector<double> factor;
  if (!pool_correction(p, f, pool_share(f), factor))
    return why = "averages padding alone, or is too large", nullptr;
  if (factor.empty()) return y;
  std::vector<int64_t> dims = {1, 1};
  dims.insert(dims.end(), f.out.begin(), f.out.end());
  return p.mul(y, p.tensor(Place::dtype(y), dims, factor));
}

// The same windows with even strides, no dilation and no padding: Pad in front, as long as the windows reach.
Outcome pool_pads(Place& p) {
  Node& n = p.node();
  const bool average = n.is("AveragePool");
  if (n.is("MaxPool") && p.used(1)) return Outcome::refused("its indices are read");
  PoolForm f;
  if (const std::string why = pool_form(p, f); !why.empty()) return Outcome::refused(why);
  if (std::any_of(f.dilations.begin(), f.dilations.end(), [](int64_t d) { return d != 1; }))
    return Outcome::refused("has dilations too");
  const size_t spatial = f.in.size();
  const int64_t rank = static_cast<int64_t>(spatial) + 2;
  std::vector<int64_t> pads(2 * static_cast<size_t>(rank), 0);
  Value* x = p.in(0);
  for (size_t i = 0; i < spatial; ++i) {
    const int64_t reach = (f.out[i] - 1) * f.strides[i] + f.kernel[i] - f.in[i] - f.begins[i];
    if (average || n.is("LpPool")) {
      pads[i + 2] = f.begins[i];
      pads[static_cast<size_t>(rank) + i + 2] = std::max<int64_t>(reach, 0);
    } else if (f.begins[i] != 0 || reach > 0) {
      // The greatest of a window does not change when an element of it stands there twice: the border is
      // repeated as far as it lies in the windows that reach beyond it.
      if (f.begins[i] >= f.kernel[i] || reach >= f.kernel[i])
        return Outcome::refused("a window of padding alone");
      std::vector<int64_t> from;
      for (int64_t at = -f.begins[i]; at < f.in[i] + std::max<int64_t>(reach, 0); ++at)
        from.push_back(std::clamp<int64_t>(at, 0, f.in[i] - 1));
      x = p.gather(x, from, static_cast<int64_t>(i) + 2);
    }
  }
  x = p.pad(x, pads);
  std::vector<AttrArg> attributes = {{"kernel_shape", f.kernel}, {"strides", f.strides}};
  if (n.is("LpPool")) attributes.emplace_back("p", n.int_or("p", 2));
  Value* y = p.emit(n.op().c_str(), {x}, attributes);
  std::string why;
  if (average) y = pool_corrected(p, f, y, why);
  return y ? p.done(y) : Outcome::refused(why);
}

// Every tap of every window side by side, then windows next to each other. An axis grows by kernel / stride.
Outcome pool_dilations(Place& p) {
  Node& n = p.node();
  const bool average = n.is("AveragePool");
  if (n.is("MaxPool") && p.used(1)) return Outcome::refused("its indices are read");
  PoolForm f;
  if (const std::string why = pool_form(p, f); !why.empty()) return Outcome::refused(why);
  if (std::all_of(f.dilations.begin(), f.dilations.end(), [](int64_t d) { return d == 1; }))
    return Outcome::skipped();
  Value* x = p.in(0);
  const bool sums = average || n.is("LpPool");
  for (size_t i = 0; i < f.in.size(); ++i) {
    if (f.out[i] > kMaxFixConstant / f.kernel[i]) return Outcome::refused("of great size");
    std::vector<int64_t> from;
    bool beyond = false;
    for (int64_t o = 0; o < f.out[i]; ++o) {
      const int64_t first = o * f.strides[i] - f.begins[i];
      int64_t valid = -1;
      for (int64_t k = 0; k < f.kernel[i] && valid < 0; ++k) {
        const int64_t at = first + k * f.dilations[i];
        if (at >= 0 && at < f.in[i]) valid = at;
      }
      if (valid < 0) return Outcome::refused("a window of padding alone");
      for (int64_t k = 0; k < f.kernel[i]; ++k) {
        const int64_t at = first + k * f.dilations[i];
        const bool inside = at >= 0 && at < f.in[i];
        beyond = beyond || !inside;
        from.push_back(inside ? at : sums ? f.in[i] : valid);
      }
    }
    if (beyond && sums) {  // a row of zeros behind the last one, for taps outside
      std::vector<int64_t> pads(2 * (f.in.size() + 2), 0);
      pads[f.in.size() + 4 + i] = 1;
      x = p.pad(x, pads);
    }
    x = p.gather(x, from, static_cast<int64_t>(i) + 2);
  }
  std::vector<AttrArg> attributes = {{"kernel_shape", f.kernel}, {"strides", f.kernel}};
  if (n.is("LpPool")) attributes.emplace_back("p", n.int_or("p", 2));
  Value* y = p.emit(n.op().c_str(), {x}, attributes);
  std::string why;
  if (average) y = pool_corrected(p, f, y, why);
  return y ? p.done(y) : Outcome::refused(why);
}

Outcome pool_ceil_mode(Place& p) {
  return p.node().int_or("ceil_mode", 0) != 0 ? pool_pads(p) : Outcome::skipped();
}

Outcome pool_indices(Place& p) {
  Node& n = p.node();
  if (n.outputs().size() < 2) return Outcome::skipped();
  if (p.used(1)) return Outcome::refused("its indices are read");
  Node* copy = n.graph()->add_node("MaxPool", n.inputs(), &n);
  for (const Attribute& a : n.attributes()) {
    if (a.name() == "storage_order") continue;
    if (a.as_int()) copy->set_attribute(Attribute(a.name(), *a.as_int()));
    if (a.as_ints()) copy->set_attribute(Attribute(a.name(), *a.as_ints()));
    if (a.as_string()) copy->set_attribute(Attribute(a.name(), *a.as_string()));
  }
  copy->name = n.name;
  Value* y = copy->add_output(n.graph()->unique_name(n.output(0)->name()));
  p.context().inference->node(*copy);
  return p.done(y);
}

// (sum |x|^p)^(1/p): an average with padding counted, times the size of the window.
Outcome pool_lp(Place& p) {
  Node& n = p.node();
  const int64_t order = n.int_or("p", 2);
  if (order < 1) return Outcome::refused("of order " + std::to_string(order));
  const bool global = n.is("GlobalLpPool");
  const int rank = Place::rank(p.in(0));
  Value* x = p.emit("Abs", {p.in(0)});
  const auto exponent = static_cast<double>(order);
  if (order == 2) x = p.mul(x, x);
  if (order > 2) x = p.emit("Pow", {x, p.number(exponent, x)});
  if (global) {
    if (rank < 3) return Outcome::refused("of unknown rank");
    std::vector<int64_t> axes = iota(rank);
    axes.erase(axes.begin(), axes.begin() + 2);
    x = p.reduce("ReduceSum", x, axes, true);
  } else {
    PoolForm f;
    if (const std::string why = pool_form(p, f); !why.empty()) return Outcome::refused(why);
    if (std::any_of(f.dilations.begin(), f.dilations.end(), [](int64_t d) { return d != 1; }))
      return Outcome::refused("has dilations too");
    std::vector<int64_t> pads(2 * f.in.size() + 4, 0);
    int64_t window = 1;
    for (size_t i = 0; i < f.in.size(); ++i) {
      pads[i + 2] = f.begins[i];
      pads[f.in.size() + 4 + i] =
          std::max<int64_t>((f.out[i] - 1) * f.strides[i] + f.kernel[i] - f.in[i] - f.begins[i], 0);
      window *= f.kernel[i];
    }
    x = p.emit("AveragePool", {p.pad(x, pads)}, {{"kernel_shape", f.kernel}, {"strides", f.strides}});
    x = p.mul(x, p.number(static_cast<double>(window), x));
  }
  if (order == 2) x = p.emit("Sqrt", {x});
  if (order > 2) x = p.emit("Pow", {x, p.number(1 / exponent, x)});
  return p.done(x);
}

}  // namespace

Result<int> run_pool_pads(Model&, FixContext& c) {
  return rewrite_places(c, {"AveragePool", "MaxPool", "LpPool"}, pool_pads);
}
Result<int> run_pool_dilations(Model&, FixContext& c) {
  return rewrite_places(c, {"AveragePool", "MaxPool", "LpPool"}, pool_dilations);
}
Result<int> run_pool_ceil_mode(Model&, FixContext& c) {
  return rewrite_places(c, {"AveragePool", "MaxPool", "LpPool"}, pool_ceil_mode);
}
Result<int> run_max_pool_indices(Model&, FixContext& c) {
  return rewrite_places(c, {"MaxPool"}, pool_indices);
}
Result<int> run_lp_pool(Model&, FixContext& c) {
  return rewrite_places(c, {"LpPool", "GlobalLpPool"}, pool_lp);
}

}  // namespace jetline::fix
