// Padding that a release does not read: Pad by picking (Gather) or by joining (Concat), ConvTranspose with
// its padding as a Slice behind it, biases and splits.
#include <algorithm>

#include "jetline/fix/place.h"

namespace jetline::fix {
namespace {

// Begins and ends by axis, from attribute or inputs; empty text, or why they are not known.
std::string padding_of(Place& p, std::vector<int64_t>& begins, std::vector<int64_t>& ends) {
  const int rank = Place::rank(p.in(0));
  if (rank < 0) return "of unknown rank";
  std::vector<int64_t> pads, axes = iota(rank);
  if (p.opset() < 11) {
    pads = p.node().ints_or("pads", {});
  } else if (!p.ints(1, pads)) {
    return "its sizes are computed";
  }
  if (p.in(3) && !p.ints(3, axes)) return "its axes are computed";
  if (pads.size() != 2 * axes.size()) return "its sizes do not fit";
  begins.assign(static_cast<size_t>(rank), 0);
  ends = begins;
  for (size_t i = 0; i < axes.size(); ++i) {
    const int64_t a = axes[i] + (axes[i] < 0 ? rank : 0);
    if (a < 0 || a >= rank) return "its axes do not fit";
    begins[static_cast<size_t>(a)] = pads[i];
    ends[static_cast<size_t>(a)] = pads[i + axes.size()];
  }
  return "";
}

// The element that stands at place i of a padded axis of n.
int64_t padding_source(const std::string& mode, int64_t i, int64_t n) {
  if (mode == "wrap") return (i % n + n) % n;
  if (mode == "edge" || n == 1) return std::clamp<int64_t>(i, 0, n - 1);
  const int64_t period = 2 * (n - 1);
  const int64_t at = (i % period + period) % period;
  return at < n ? at : period - at;
}

Outcome padding_mode(Place& p) {
  const std::string mode = p.node().string_or("mode", "constant");
  if (mode == "constant") return Outcome::skipped();
  std::vector<int64_t> begins, ends;
  const std::string why = padding_of(p, begins, ends);
  if (!why.empty()) return Outcome::refused(why);
  Value* y = p.in(0);
  for (size_t a = 0; a < begins.size(); ++a) {
    if (begins[a] == 0 && ends[a] == 0) continue;
    const int64_t n = p.dim(p.in(0), static_cast<int>(a));
    if (n < 1 || n + begins[a] + ends[a] < 1 || n + begins[a] + ends[a] > kMaxFixConstant)
      return Outcome::refused("along an axis of unknown or great size");
    std::vector<int64_t> from;
    for (int64_t i = -begins[a]; i < n + ends[a]; ++i) from.push_back(padding_source(mode, i, n));
    y = p.gather(y, from, static_cast<int64_t>(a));
  }
  return p.done(y);
}

// Blocks of one number before and behind, axis after axis; what is cut off is sliced.
Outcome padding_value(Place& p) {
  if (p.node().string_or("mode", "constant") != "constant") return Outcome::skipped();
  std::vector<int64_t> begins, ends;
  const std::string why = padding_of(p, begins, ends);
  if (!why.empty()) return Outcome::refused(why);
  std::vector<double> value = {static_cast<double>(p.node().float_or("value", 0))};
  if (p.opset() >= 11 && p.in(2) && (!p.known(2, value) || value.size() != 1))
    return Outcome::refused("its number is computed");
  if (p.opset() >= 11 && !p.in(2)) value = {0};
  if (!Place::is_static(p.in(0))) return Outcome::refused("of unknown size");
  auto dims = Place::dims(p.in(0));
  Value* y = p.in(0);
  for (size_t a = 0; a < begins.size(); ++a) {
    if (begins[a] < 0 || ends[a] < 0) {
      y = p.slice(y, {static_cast<int64_t>(a)}, {std::max<int64_t>(-begins[a], 0)},
                  {dims[a] - std::max<int64_t>(-ends[a], 0)});
      dims[a] += std::min<int64_t>(begins[a], 0) + std::min<int64_t>(ends[a], 0);
    }
    std::vector<Value*> parts;
    for (int64_t size : {begins[a], int64_t{0}, ends[a]}) {
      if (size == 0 && parts.size() == (begins[a] > 0 ? 1u : 0u)) parts.push_back(y);
      if (size <= 0) continue;
      auto block = dims;
      block[a] = size;
      const int64_t count = element_count(block);
      if (count < 0 || count > kMaxFixConstant) return Outcome::refused("needs a block that is too large");
      parts.push_back(
          p.tensor(Place::dtype(y), block, std::vector<double>(static_cast<size_t>(count), value[0])));
    }
    if (parts.size() > 1) y = p.emit("Concat", parts, {{"axis", static_cast<int64_t>(a)}});
    dims[a] += std::max<int64_t>(begins[a], 0) + std::max<int64_t>(ends[a], 0);
  }
  return p.done(y);
}

// All of stride * (in - 1) + extent is computed; of that the wanted window is cut out. What output_padding
// asks for beyond it is nothing but the bias.
Outcome padding_conv_transpose(Place& p) {
  Node& n = p.node();
  const int rank = Place::rank(p.in(0));
  if (rank < 3 || !Place::is_static(p.in(1))) return Outcome::refused("of unknown rank");
  const auto spatial = static_cast<size_t>(rank) - 2;
  const auto w = Place::dims(p.in(1));
  const auto kernel = n.ints_or("kernel_shape", {w.begin() + 2, w.end()});
  const auto strides = n.ints_or("strides", std::vector<int64_t>(spatial, 1));
  const auto dilations = n.ints_or("dilations", std::vector<int64_t>(spatial, 1));
  auto pads = n.ints_or("pads", std::vector<int64_t>(2 * spatial, 0));
  const std::string automatic = n.string_or("auto_pad", "NOTSET");
  const Attribute* shape = n.attribute("output_shape");
  const auto extra = n.ints_or("output_padding", std::vector<int64_t>(spatial, 0));
  if (kernel.size() != spatial || strides.size() != spatial || dilations.size() != spatial ||
      pads.size() != 2 * spatial || extra.size() != spatial)
    return Outcome::refused("its attributes do not fit");
  std::vector<int64_t> axes, starts, ends, beyond(2 * static_cast<size_t>(rank), 0);
  for (size_t i = 0; i < spatial; ++i) {
    const int64_t in = p.dim(p.in(0), static_cast<int>(i) + 2), out = p.dim(p.out(), static_cast<int>(i) + 2);
    if (in < 1 || out < 1) return Outcome::refused("of unknown size");
    const int64_t full = strides[i] * (in - 1) + dilations[i] * (kernel[i] - 1) + 1;
    if (shape || automatic == "SAME_UPPER" || automatic == "SAME_LOWER") {
      // Padding follows from the size; ONNX ConvTranspose: the odd one goes to the end with SAME_UPPER.
      const int64_t total = full + extra[i] - out;
      const int64_t less = total / 2, more = total - less;
      pads[i] = automatic == "SAME_UPPER" ? less : more;
    } else if (automatic == "VALID") {
      pads[i] = 0;
    }
    if (pads[i] < 0) return Outcome::refused("with negative padding");
    axes.push_back(static_cast<int64_t>(i) + 2);
    starts.push_back(pads[i]);
    ends.push_back(std::min(pads[i] + out, full));
    beyond[static_cast<size_t>(rank) + i + 2] = std::max<int64_t>(pads[i] + out - full, 0);
  }
  const bool longer = std::any_of(beyond.begin(), beyond.end(), [](int64_t v) { return v > 0; });
  std::vector<Value*> inputs = {p.in(0), p.in(1)};
  if (p.in(2) && !longer) inputs.push_back(p.in(2));
  Value* y = p.emit("ConvTranspose", inputs,
                    {{"kernel_shape", kernel},
                     {"strides", strides},
                     {"dilations", dilations},
                     {"group", n.int_or("group", 1)}});
  y = p.pad(p.slice(y, axes, starts, ends), beyond);
  if (p.in(2) && longer) {
    std::vector<int64_t> by_channel(spatial + 1, 1);
    by_channel[0] = -1;
    y = p.add(y, p.reshape(p.in(2), by_channel));
  }
  return p.done(y);
}

Outcome padding_conv_bias(Place& p) {
  Node& n = p.node();
  const int rank = Place::rank(p.in(0));
  if (!p.in(2) || p.in(2)->is_constant()) return Outcome::skipped();
  if (rank < 3) return Outcome::refused("of unknown rank");
  Node* copy = n.graph()->clone_node(n, {}, &n);
  copy->resize_inputs(2);
  copy->name = n.name.empty() ? "" : n.name + "/without_bias";
  p.context().inference->node(*copy);
  std::vector<int64_t> by_channel(static_cast<size_t>(rank) - 1, 1);
  by_channel[0] = -1;
  return p.done(p.add(copy->output(0), p.reshape(p.in(2), by_channel)));
}

Outcome padding_split(Place& p) {
  Node& n = p.node();
  Value* x = p.in(0);
  const int rank = Place::rank(x);
  int64_t axis = n.int_or("axis", 0);
  axis += axis < 0 ? rank : 0;
  if (rank < 1 || axis < 0 || axis >= rank) return Outcome::refused("of unknown rank");
  int64_t at = 0;
  std::vector<Value*> parts;
  for (size_t i = 0; i < n.outputs().size(); ++i) {
    const int64_t size = n.output(i) ? p.dim(n.output(i), static_cast<int>(axis)) : -1;
    if (size < 0) return Outcome::refused("into parts of unknown size");
    parts.push_back(p.used(i) ? p.slice(x, {axis}, {at}, {at + size}) : nullptr);
    at += size;
  }
  for (size_t i = 0; i < parts.size(); ++i) {
    if (parts[i]) p.replace(i, parts[i]);
  }
  p.remove();
  return {};
}

}  // namespace

Result<int> run_pad_mode(Model&, FixContext& c) {
  return rewrite_places(c, {"Pad"}, padding_mode);
}
Result<int> run_pad_value(Model&, FixContext& c) {
  return rewrite_places(c, {"Pad"}, padding_value);
}
Result<int> run_conv_transpose_pads(Model&, FixContext& c) {
  return rewrite_places(c, {"ConvTranspose"}, padding_conv_transpose);
}
Result<int> run_conv_bias(Model&, FixContext& c) {
  return rewrite_places(c, {"Conv"}, padding_conv_bias);
}
Result<int> run_split_to_slices(Model&, FixContext& c) {
  return rewrite_places(c, {"Split"}, padding_split);
}

}  // namespace jetline::fix
