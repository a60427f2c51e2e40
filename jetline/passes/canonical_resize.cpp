// Law: a Resize gets one form, where that is exactly the same. Sizes that are whole multiples, or the same
// dimension as before, become constant scales: whatever computed them goes, and the batch stays open. A
// region of interest that the mode does not read goes, as do attributes that it does not read. Nearest
// samples of a whole multiple are asymmetric and rounded down: with half_pixel or pytorch_half_pixel and
// either rounding to the nearest, with tf_half_pixel_for_nn and floor, every sample lies 1/(2 scale) from
// where another one would be taken. pytorch_half_pixel is half_pixel where more than one sample is asked for,
// half_pixel_symmetric is half_pixel where size times scale is whole. Opset 11 and later. Exact. Measure:
// inputs that are not constant scales, attributes, coordinate modes, in this order.
#include <algorithm>
#include <cmath>

#include "jetline/passes/edit.h"

namespace jetline::passes {
namespace {

struct ResizeForm {
  std::string mode, where, rounding;
  std::vector<int64_t> axes;   // of scales and sizes
  std::vector<double> scales;  // empty: not known
};

bool resize_form_axes(const Node& n, std::vector<int64_t>& axes) {
  const int rank = rank_of(n.input(0));
  if (rank < 1) return false;
  const Attribute* a = n.attribute("axes");
  if (a && a->as_ints() && !a->as_ints()->empty()) {
    axes = *a->as_ints();
  } else {
    for (int i = 0; i < rank; ++i) axes.push_back(i);
  }
  for (int64_t& axis : axes) {
    axis += axis < 0 ? rank : 0;
    if (axis < 0 || axis >= rank) return false;
  }
  return true;
}

// A region or list of scales that says nothing.
bool resize_form_absent(const Value* v) {
  const Tensor* t = constant_of(v);
  return !v || (t && t->count() == 0);
}

// The exact scales that the sizes ask for; false where one is not known or not the ratio of two floats.
bool resize_form_from_sizes(PassContext& c, const Node& n, const ResizeForm& f, std::vector<double>& scales) {
  if (n.string_or("keep_aspect_ratio_policy", "stretch") != "stretch") return false;
  std::vector<int64_t> constant;
  const bool fixed = constant_ints(n.input(3), constant);
  const ops::KnownInts* followed = fixed ? nullptr : c.inference.ints(n.input(3));
  if (!fixed && !followed) return false;
  const size_t count = fixed ? constant.size() : followed->elements.size();
  if (count != f.axes.size()) return false;
  for (size_t i = 0; i < count; ++i) {
    const Dim in = n.input(0)->type.shape[static_cast<size_t>(f.axes[i])];
    const Dim out = fixed ? Dim(constant[i]) : followed->elements[i];
    if (in.same(out)) {
      scales.push_back(1);
      continue;
    }
    if (!in.known() || !out.known() || in.value < 1 || out.value < 1 || in.value > (1 << 20) ||
        out.value > (1 << 20)) {
      return false;
    }
    const double ratio = static_cast<double>(out.value) / static_cast<double>(in.value);
    // Whole multiples, and what halves; other ratios are rounded, and a size of 8.9999995 would be 8.
    if (static_cast<double>(static_cast<float>(ratio)) != ratio ||
        ratio * static_cast<double>(in.value) != static_cast<double>(out.value))
      return false;
    scales.push_back(ratio);
  }
  return true;
}

bool resize_form_given_scales(const Node& n, const ResizeForm& f, std::vector<double>& scales) {
  const Tensor* t = constant_of(n.input(2));
  if (!t || t->count() != static_cast<int64_t>(f.axes.size())) return false;
  auto numbers = t->to_doubles();
  if (!numbers.ok()) return false;
  scales = std::move(*numbers);
  return true;
}

bool resize_form_whole(const std::vector<double>& scales) {
  return !scales.empty() && std::all_of(scales.begin(), scales.end(),
                                        [](double s) { return s >= 1 && s <= 4096 && s == std::floor(s); });
}

// The dimensions of the result that are resized are more than one sample (or one of one).
bool resize_form_many(const Node& n, const ResizeForm& f) {
  const ValueType& out = n.output(0)->type;
  if (!out.has_shape || out.shape.size() != n.input(0)->type.shape.size()) return false;
  for (size_t i = 0; i < f.axes.size(); ++i) {
    const Dim& d = out.shape[static_cast<size_t>(f.axes[i])];
    const bool kept = d.same(n.input(0)->type.shape[static_cast<size_t>(f.axes[i])]) ||
                      (f.scales.size() == f.axes.size() && f.scales[i] == 1);
    if (!kept && !(d.known() && d.value > 1)) return false;
  }
  return true;
}

// Size times scale is whole along every axis.
bool resize_form_exact(const Node& n, const ResizeForm& f) {
  if (!n.input(3) && f.scales.size() != f.axes.size()) return false;
  for (size_t i = 0; !n.input(3) && i < f.axes.size(); ++i) {
    const Dim& d = n.input(0)->type.shape[static_cast<size_t>(f.axes[i])];
    const double s = f.scales[i];
    if (s == std::floor(s)) continue;
    const double size = d.known() ? static_cast<double>(d.value) * s : 0.5;
    if (size != std::floor(size)) return false;
  }
  return true;
}

// The coordinate mode (and rounding) that says the same in the commonest way.
void resize_form_simplest(const Node& n, ResizeForm& f) {
  if (f.mode == "nearest" && resize_form_whole(f.scales)) {
    const bool nearest = f.rounding == "round_prefer_floor" || f.rounding == "round_prefer_ceil";
    const bool centred = f.where == "half_pixel" || f.where == "half_pixel_symmetric" ||
                         (f.where == "pytorch_half_pixel" && resize_form_many(n, f));
    if ((centred && nearest) || (f.where == "tf_half_pixel_for_nn" && f.rounding == "floor")) {
      f.where = "asymmetric";
      f.rounding = "floor";
    }
    return;
  }
  if (f.where == "pytorch_half_pixel" && resize_form_many(n, f)) f.where = "half_pixel";
  if (f.where == "half_pixel_symmetric" && resize_form_exact(n, f)) f.where = "half_pixel";
}

bool resize_form_set(Node& n, const char* name, const std::string& wanted, const char* otherwise) {
  if (n.string_or(name, otherwise) == wanted) return false;
  n.set_attribute(Attribute(name, wanted));
  return true;
}

class ResizeCanon {
 public:
  ResizeCanon(PassContext& c, Node& n) : c_(c), n_(n) {}

  bool run() {
    f_.mode = n_.string_or("mode", "nearest");
    f_.where = n_.string_or("coordinate_transformation_mode", "half_pixel");
    f_.rounding = n_.string_or("nearest_mode", "round_prefer_floor");
    if (!resize_form_axes(n_, f_.axes) || !n_.output(0)) return false;
    bool changed = false;
    std::vector<double> scales;
    if (n_.input(3) && resize_form_absent(n_.input(2)) && resize_form_from_sizes(c_, n_, f_, scales)) {
      replace(2, store(scales, "_scales"));
      replace(3, nullptr);
      n_.resize_inputs(3);
      changed = true;
    }
    if (resize_form_given_scales(n_, f_, scales)) f_.scales = scales;
    if (f_.where != "tf_crop_and_resize") changed = no_region() || changed;
    resize_form_simplest(n_, f_);
    changed = resize_form_set(n_, "coordinate_transformation_mode", f_.where, "half_pixel") || changed;
    if (f_.mode == "nearest") {
      changed = resize_form_set(n_, "nearest_mode", f_.rounding, "round_prefer_floor") || changed;
    } else {
      changed = n_.remove_attribute("nearest_mode") || changed;
    }
    if (f_.mode != "cubic") changed = n_.remove_attribute("cubic_coeff_a") || changed;
    if (f_.where != "tf_crop_and_resize") changed = n_.remove_attribute("extrapolation_value") || changed;
    return changed;
  }

 private:
  Value* store(const std::vector<double>& values, const char* what) {
    std::vector<float> floats(values.begin(), values.end());
    auto t = Tensor::floats({static_cast<int64_t>(floats.size())}, floats);
    return t.ok() ? add_constant(*n_.graph(), std::move(*t), n_.output(0)->name() + what) : nullptr;
  }

  void replace(size_t i, Value* v) {
    Value* old = n_.input(i);
    n_.set_input(i, v);
    if (!old || !old->uses().empty()) return;
    if (old->producer()) {
      remove_unused(c_, old->producer());
    } else {
      remove_unused_constant(c_, old);
    }
  }

  // Before opset 13 the region is there but empty.
  bool no_region() {
    const Value* old = n_.input(1);
    if (c_.opset >= 13) {
      if (!old) return false;
      replace(1, nullptr);
      return true;
    }
    if (resize_form_absent(old)) return false;
    replace(1, store({}, "_roi"));
    return true;
  }

  PassContext& c_;
  Node& n_;
  ResizeForm f_;
};

}  // namespace

Result<int> run_canonical_resize(Model& model, PassContext& c) {
  int changes = 0;
  if (c.opset < 11) return changes;
  each_graph(model.graph(), [&](Graph& g) {
    // What goes with the sizes of a Resize stands before it.
    for (Node* n : g.node_list()) {
      if (n->is("Resize") && n->input(0)) changes += ResizeCanon(c, *n).run();
    }
  });
  return changes;
}

}  // namespace jetline::passes
