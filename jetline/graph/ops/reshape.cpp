// Operators about shapes themselves: Shape, Size, Reshape, Flatten, Squeeze, Unsqueeze, Expand, Tile.
#include <algorithm>

#include "jetline/graph/ops/follow.h"

namespace jetline::ops {
namespace {

void shape_infer(Context& c) {
  const auto* x = c.shape(0);
  if (!x) return c.set(0, DType::kI64, {Dim()});
  const int64_t rank = static_cast<int64_t>(x->size());
  auto bound = [rank](int64_t v) { return std::clamp<int64_t>(v < 0 ? v + rank : v, 0, rank); };
  const int64_t start = bound(c.node().int_or("start", 0)), end = bound(c.node().int_or("end", rank));
  KnownInts k;
  for (int64_t i = start; i < end; ++i) k.elements.push_back((*x)[static_cast<size_t>(i)]);
  k.dims = {static_cast<int64_t>(k.elements.size())};
  c.set(0, DType::kI64, {Dim(k.dims[0])});
  c.set_ints(0, std::move(k));
}

void size_infer(Context& c) {
  c.set(0, DType::kI64, {});
  const auto* x = c.shape(0);
  if (!x) return;
  Dim n(1);
  for (const Dim& d : *x) n = d.known() ? dim_mul(n, d.value) : Dim();
  c.set_ints(0, {{}, {n}});
}

// What stands for -1: input size over the size of the other target dims, named dims cancelled against each
// other.
Dim reshape_rest(std::vector<Dim> in, const std::vector<Dim>& out, size_t free) {
  int64_t divisor = 1, product = 1;
  for (size_t i = 0; i < out.size(); ++i) {
    if (i == free) continue;
    if (out[i].known()) {
      if (__builtin_mul_overflow(divisor, out[i].value, &divisor)) return Dim();
      continue;
    }
    const auto twin = std::find_if(in.begin(), in.end(), [&](const Dim& d) { return d.same(out[i]); });
    if (twin == in.end()) return Dim();
    in.erase(twin);
  }
  const Dim* named = nullptr;
  for (const Dim& d : in) {
    if (d.known()) {
      if (__builtin_mul_overflow(product, d.value, &product)) return Dim();
    } else if (named || d.kind != Dim::Kind::kParam) {
      return Dim();
    } else {
      named = &d;
    }
  }
  if (named) return product == divisor && divisor > 0 ? *named : Dim();
  return divisor > 0 && product % divisor == 0 ? Dim(product / divisor) : Dim();
}

void reshape_infer(Context& c) {
  const auto* x = c.shape(0);
  const KnownInts* target = c.ints(1);
  KnownInts from_attribute;  // before opset 5
  if (const Attribute* a = c.node().attribute("shape"); a && a->as_ints()) {
    from_attribute.elements.assign(a->as_ints()->begin(), a->as_ints()->end());
    target = &from_attribute;
  }
  if (!target) {
    const auto* length = c.shape(1);
    if (length && length->size() == 1 && (*length)[0].known() && (*length)[0].value <= 64) {
      return c.set(0, c.dtype(0), std::vector<Dim>(static_cast<size_t>((*length)[0].value)));
    }
    return c.set_dtype(0, c.dtype(0));
  }
  const bool zero_is_zero = c.node().int_or("allowzero", 0) != 0;
  std::vector<Dim> out = target->elements, rest = x ? *x : std::vector<Dim>();
  std::vector<Dim> compare = out;  // dims copied by 0 are taken out of both sides
  int64_t free = -1;
  for (size_t i = 0; i < out.size(); ++i) {
    if (!out[i].known()) continue;
    if (out[i].value == -1) {
      free = static_cast<int64_t>(i);
      out[i] = Dim();
    } else if (out[i].value == 0 && !zero_is_zero) {
      out[i] = x && i < x->size() ? (*x)[i] : Dim();
      compare[i] = Dim(1);
      if (i < rest.size()) rest[i] = Dim(1);
    } else if (out[i].value < 0) {
      return c.set_dtype(0, c.dtype(0));
    }
  }
  if (free >= 0 && x) out[static_cast<size_t>(free)] = reshape_rest(rest, compare, static_cast<size_t>(free));
  follow_same_elements(c, 0, out);
  c.set(0, c.dtype(0), std::move(out));
}

void flatten_infer(Context& c) {
  const auto* x = c.shape(0);
  if (!x) return c.set(0, c.dtype(0), {Dim(), Dim()});
  int64_t axis = c.node().int_or("axis", 1);
  if (axis < 0) axis += static_cast<int64_t>(x->size());
  if (axis < 0 || axis > static_cast<int64_t>(x->size())) return c.set_dtype(0, c.dtype(0));
  Dim halves[2] = {Dim(1), Dim(1)};
  for (size_t i = 0; i < x->size(); ++i) {
    Dim& h = halves[i < static_cast<size_t>(axis) ? 0 : 1];
    const Dim& d = (*x)[i];
    h = h.known() && h.value == 1 ? d : d.known() ? dim_mul(h, d.value) : Dim();
  }
  follow_same_elements(c, 0, {halves[0], halves[1]});
  c.set(0, c.dtype(0), {halves[0], halves[1]});
}

void squeeze_infer(Context& c) {
  const auto* x = c.shape(0);
  std::vector<int64_t> axes;
  bool given = false;
  if (!x || !axes_from(c, "axes", 1, axes, given)) return c.set_dtype(0, c.dtype(0));
  std::vector<bool> gone(x->size(), false);
  for (int64_t a : axes) {
    if (!normalize_axis(a, x->size())) return c.set_dtype(0, c.dtype(0));
    gone[static_cast<size_t>(a)] = true;
  }
  std::vector<Dim> out;
  for (size_t i = 0; i < x->size(); ++i) {
    // Without axes every 1 goes, and with an unknown dimension the rank is not known.
    if (!given && !(*x)[i].known()) return c.set_dtype(0, c.dtype(0));
    if (given ? !gone[i] : (*x)[i].value != 1) out.push_back((*x)[i]);
  }
  follow_same_elements(c, 0, out);
  c.set(0, c.dtype(0), std::move(out));
}

void unsqueeze_infer(Context& c) {
  const auto* x = c.shape(0);
  std::vector<int64_t> axes;
  bool given = false;
  if (!x || !axes_from(c, "axes", 1, axes, given) || axes.size() > 64) return c.set_dtype(0, c.dtype(0));
  const size_t rank = x->size() + axes.size();
  std::vector<bool> fresh(rank, false);
  for (int64_t a : axes) {
    if (!normalize_axis(a, rank) || fresh[static_cast<size_t>(a)]) return c.set_dtype(0, c.dtype(0));
    fresh[static_cast<size_t>(a)] = true;
  }
  std::vector<Dim> out;
  size_t from = 0;
  for (size_t i = 0; i < rank; ++i) out.push_back(fresh[i] ? Dim(1) : (*x)[from++]);
  follow_same_elements(c, 0, out);
  c.set(0, c.dtype(0), std::move(out));
}

void expand_infer(Context& c) {
  const auto* x = c.shape(0);
  const KnownInts* target = c.ints(1);
  if (!x || !target) {
    const auto* length = c.shape(1);
    if (!x || !length || length->size() != 1 || !(*length)[0].known() || (*length)[0].value > 64)
      return c.set_dtype(0, c.dtype(0));
    return c.set(0, c.dtype(0), broadcast(*x, std::vector<Dim>(static_cast<size_t>((*length)[0].value))));
  }
  std::vector<int64_t> sizes, dims;
  for (const Dim& d : target->elements) {
    if (d.known() && d.value < 0) return c.set_dtype(0, c.dtype(0));
    sizes.push_back(d.known() ? d.value : -1);
  }
  c.set(0, c.dtype(0), broadcast(*x, target->elements));
  const auto* from = followed_dims(c, 0);
  if (!from || !broadcast_sizes(*from, sizes, dims)) return;
  std::vector<Pick> picks;
  for (int64_t i : broadcast_indices(*from, dims)) picks.push_back({0, i});
  follow_picks(c, 0, std::move(dims), picks);
}

void tile_follow(Context& c) {
  const auto* from = followed_dims(c, 0);
  std::vector<int64_t> repeats;
  if (!from || !c.all_ints(1, repeats) || repeats.size() != from->size()) return;
  std::vector<int64_t> dims = *from;
  for (size_t i = 0; i < dims.size(); ++i) {
    if (repeats[i] < 0 || __builtin_mul_overflow(dims[i], repeats[i], &dims[i])) return;
  }
  const int64_t n = element_count(dims);
  if (n < 0 || n > static_cast<int64_t>(kMaxKnownInts)) return;
  std::vector<Pick> picks;
  for (int64_t i = 0; i < n; ++i) {
    int64_t rest = i, at = 0, stride = 1;
    for (size_t k = dims.size(); k-- > 0;) {
      at += rest % dims[k] % (*from)[k] * stride;
      rest /= dims[k];
      stride *= (*from)[k];
    }
    picks.push_back({0, at});
  }
  follow_picks(c, 0, std::move(dims), picks);
}

void tile_infer(Context& c) {
  const auto* x = c.shape(0);
  const KnownInts* repeats = c.ints(1);
  if (!x) return c.set_dtype(0, c.dtype(0));
  std::vector<Dim> out = *x;
  for (size_t i = 0; i < out.size(); ++i) {
    const bool known = repeats && i < repeats->elements.size() && repeats->elements[i].known();
    // A dimension of one repeated n times is n, whatever n is called.
    if (out[i].known() && out[i].value == 1 && repeats && i < repeats->elements.size())
      out[i] = known && repeats->elements[i].value < 0 ? Dim() : repeats->elements[i];
    else
      out[i] = known ? dim_mul(out[i], repeats->elements[i].value) : Dim();
  }
  c.set(0, c.dtype(0), std::move(out));
  tile_follow(c);
}

const Rule kReshapeRules[] = {
    {"", "Shape", shape_infer},     {"", "Size", size_infer},       {"", "Reshape", reshape_infer},
    {"", "Flatten", flatten_infer}, {"", "Squeeze", squeeze_infer}, {"", "Unsqueeze", unsqueeze_infer},
    {"", "Expand", expand_infer},   {"", "Tile", tile_infer},
};
}  // namespace

Span<const Rule> reshape_rules() {
  return {kReshapeRules, sizeof(kReshapeRules) / sizeof(Rule)};
}
}  // namespace jetline::ops
