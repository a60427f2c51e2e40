// Zero points other than 0. Bytes around 128 are signed bytes around 0: both ends of every chain change
// together. Other zero points are computed in floats: round, clamp and scale, as the operators say.
#include <algorithm>

#include "jetline/fix/place.h"
#include "jetline/passes/edit.h"

namespace jetline::fix {
namespace {

bool quant_zero(const Value* v, double& zero) {
  return passes::uniform_constant(v, zero);
}

// Scale or zero point brought to where it broadcasts against x; null: its axis is not known.
Value* quant_along(Place& p, Value* v, const Value* x) {
  const int rank = Place::rank(x);
  if (Place::rank(v) == 0 || (Place::rank(v) == 1 && p.dim(v, 0) == 1)) return v;
  int64_t axis = p.node().int_or("axis", 1);
  axis += axis < 0 ? rank : 0;
  if (rank < 1 || axis < 0 || axis >= rank || Place::rank(v) != 1) return nullptr;
  std::vector<int64_t> dims(static_cast<size_t>(rank), 1);
  dims[static_cast<size_t>(axis)] = -1;
  return p.reshape(v, dims);
}

// What reads a quantised value, when it is nothing but DequantizeLinear.
bool quant_only_dequantized(const Value* v) {
  return !v->is_output() && std::all_of(v->uses().begin(), v->uses().end(), [](const Use& u) {
    return u.node && u.node->is("DequantizeLinear") && u.index == 0;
  });
}

// uint8 with zero point 128 and its readers become int8 with 0.
bool quant_shift(Place& p) {
  Node& n = p.node();
  double zero = 0;
  if (!p.in(2) || Place::dtype(p.in(2)) != DType::kU8 || !quant_zero(p.in(2), zero) || zero != 128)
    return false;
  Value* y = n.output(0);
  if (!quant_only_dequantized(y)) return false;
  for (const Use& u : y->uses()) {
    double other = 0;
    if (!u.node->input(2) || !quant_zero(u.node->input(2), other) || other != 128) return false;
  }
  const auto dims = Place::dims(p.in(2));
  Value* none =
      p.tensor(DType::kI8, dims, std::vector<double>(static_cast<size_t>(element_count(dims)), 0.0));
  for (const Use& u : std::vector<Use>(y->uses())) u.node->set_input(2, none);
  n.set_input(2, none);
  n.remove_attribute("output_dtype");
  y->type.dtype = DType::kI8;
  return true;
}

// Round(x / scale) + zero, cut to the range: kept as a float, which DequantizeLinear's rest then scales back.
Outcome quant_quantize(Place& p) {
  double zero = 0;
  if (!p.in(2) || (quant_zero(p.in(2), zero) && zero == 0)) return Outcome::skipped();
  if (quant_shift(p)) return {};
  Value* y = p.out();
  const DType t = Place::dtype(p.in(2));
  if (t != DType::kU8 && t != DType::kI8) return Outcome::refused("to " + std::string(dtype_name(t)));
  if (!quant_only_dequantized(y))
    return Outcome::refused("its bytes are read by something else than DequantizeLinear");
  Value* scale = quant_along(p, p.in(1), p.in(0));
  Value* shift = quant_along(p, p.in(2), p.in(0));
  if (!scale || !shift) return Outcome::refused("along an axis of unknown rank");
  const DType work = Place::dtype(p.in(1));
  shift = p.cast(shift, work);
  Value* q = p.add(p.emit("Round", {p.div(p.cast(p.in(0), work), scale)}), shift);
  q = t == DType::kU8 ? p.clip(q, 0, 255) : p.clip(q, -128, 127);
  Value* back = p.mul(p.sub(q, shift), scale);
  // Readers that say the same scale and zero point give exactly this; others work from the number itself.
  for (const Use& u : std::vector<Use>(y->uses())) {
    Node* d = u.node;
    Place reader(p.context(), *d);
    Value* result = back;
    if (d->input(1) != p.in(1) || d->input(2) != p.in(2)) {
      Value* s = quant_along(reader, d->input(1), y);
      Value* z = d->input(2) ? quant_along(reader, d->input(2), y) : nullptr;
      if (!s || (d->input(2) && !z)) return Outcome::refused("is read along an axis of unknown rank");
      result = reader.mul(z ? reader.sub(q, reader.cast(z, work)) : q, s);
    }
    (void)reader.done(result == back ? reader.emit("Identity", {back}) : result);
  }
  p.remove();
  return {};
}

// Constants are known numbers; the rest is a Cast, a difference and a product.
Outcome quant_dequantize(Place& p) {
  double zero = 0;
  if (!p.in(2) || (quant_zero(p.in(2), zero) && zero == 0)) return Outcome::skipped();
  if (p.in(0)->producer() && p.in(0)->producer()->is("QuantizeLinear"))
    return Outcome::skipped();  // goes with its QuantizeLinear
  Value* scale = quant_along(p, p.in(1), p.in(0));
  Value* shift = quant_along(p, p.in(2), p.in(0));
  if (!scale || !shift) return Outcome::refused("along an axis of unknown rank");
  const DType work = Place::dtype(p.in(1));
  std::vector<double> content;
  Value* x = p.in(0);
  if (x->is_constant()) {
    // Weights: a byte becomes a float in the file.
    const auto values = x->initializer()->to_doubles();
    if (!values.ok() || x->initializer()->count() > (int64_t{1} << 26))
      return Outcome::refused("of constants that are too large");
    x = p.tensor(work, x->initializer()->dims(), *values);
  } else {
    x = p.cast(x, work);
  }
  return p.done(p.mul(p.sub(x, p.cast(shift, work)), scale));
}

}  // namespace

Result<int> run_quantization_zero_point(Model&, FixContext& c) {
  // A node that is asked for brings its partners with it.
  const auto places = c.places;
  c.places.clear();
  auto quantized = rewrite_places(c, {"QuantizeLinear"}, quant_quantize);
  if (quantized.ok()) {
    JETLINE_ASSIGN_OR_RETURN(const int rest, rewrite_places(c, {"DequantizeLinear"}, quant_dequantize));
    quantized = *quantized + rest;
  }
  c.places = places;
  return quantized;
}

}  // namespace jetline::fix
