#include "jetline/importers/tensorflow/control/recurrent.h"

#include <algorithm>

#include "jetline/importers/tensorflow/control/cells.h"
#include "jetline/importers/tensorflow/control/recurrent_emit.h"
#include "jetline/importers/tensorflow/converter.h"

namespace jetline::tf {
namespace {

const Node* recurrent_producer(const Value* v, const char* op) {
  const Node* n = v ? v->producer() : nullptr;
  return n && n->is(op) ? n : nullptr;
}

class RecurrentMatch {
 public:
  RecurrentMatch(OpContext& c, LoopForm& form) : c_(c), form_(form) {}

  bool match() {
    find_trips(c_, form_);
    if (!form_.trips) return false;
    for (size_t i = 0; i < form_.vars.size(); ++i) {
      const LoopVar& v = form_.vars[i];
      if (v.role != LoopVar::Role::kTensor || OpContext::dtype(v.in) != DType::kF32) continue;
      mask_ = nullptr;
      const Value* next = held(v, mask_);
      std::optional<Cell> cell = find_cell(next, v.in);
      if (!cell) continue;
      cell_ = std::move(*cell);
      h_ = i;
      fresh_ = next;
      if (input() && mask() && states()) return true;
    }
    return false;
  }

  bool emit(std::vector<Symbol>& results) {
    RecurrentInputs in;
    in.x = turns_of(x_);
    in.trips = form_.trips;
    in.h = form_.vars[h_].first.value();
    in.c = cell_.c ? form_.vars[c_index_].first.value() : nullptr;
    if (mask_source_) in.mask = turns_of(mask_source_);
    const RecurrentOutputs out = emit_recurrent(c_, cell_, in);
    results.assign(form_.vars.size(), Symbol::unwanted());
    for (size_t i = 0; i < form_.vars.size(); ++i) {
      const LoopVar& v = form_.vars[i];
      switch (roles_[i]) {
        case Role::kNothing:
          if (v.role == LoopVar::Role::kInvariant) results[i] = v.first;
          break;
        case Role::kCounter:
          results[i] =
              Symbol(c_.cast(c_.emit("Add", {form_.trips, c_.to_i64(v.first.value())}), v.type.dtype));
          break;
        case Role::kHidden:
          results[i] = Symbol(recurrent_last(c_, in, out.last_h, v.first.value()));
          break;
        case Role::kCell:
          results[i] = Symbol(recurrent_last(c_, in, out.last_c, v.first.value()));
          break;
        case Role::kList: {
          ListPtr l;
          if (!list(v, in, out, l)) return false;
          results[i] = Symbol::of(l);
          break;
        }
      }
    }
    return true;
  }

 private:
  enum class Role { kNothing, kCounter, kHidden, kCell, kList };
  enum class Item { kNone, kHeld, kZeroed };

  // What a turn makes of `v` where the mask lets it: the value under Where(mask, value, as before).
  const Value* held(const LoopVar& v, const Value*& mask) const {
    const Node* n = recurrent_producer(v.next, "Where");
    if (!n || n->input(2) != v.in) return v.next;
    mask = n->input(0);
    return n->input(1);
  }

  // The tensor of all turns that `v` is one turn's slice of.
  Value* slice_of_turn(const Value* v) const {
    const Node* n = recurrent_producer(v, "Gather");
    int64_t start = -1;
    if (!n || n->int_or("axis", 0) != 0 || OpContext::rank(n->input(1)) != 0) return nullptr;
    if (form_.counter(c_, n->input(1), start) < 0 || start != 0) return nullptr;
    Value* stack = n->input(0);
    for (const Graph* g = form_.node->graph(); g; g = g->outer())
      if (stack->graph() == g) return stack;
    return nullptr;
  }

  bool input() {
    x_ = slice_of_turn(cell_.x);
    return x_ && OpContext::rank(x_) == 3 && OpContext::dtype(x_) == DType::kF32;
  }

  bool mask() {
    mask_source_ = nullptr;
    if (!mask_) return true;
    const Value* v = mask_;
    while (v->producer() && (recurrent_producer(v, "Tile") || recurrent_producer(v, "Expand") ||
                             recurrent_producer(v, "Identity") || recurrent_producer(v, "Cast")))
      v = v->producer()->input(0);
    mask_source_ = slice_of_turn(v);
    // [T, B, 1]: the same for all units.
    return mask_source_ && OpContext::dtype(mask_source_) == DType::kBool &&
           OpContext::rank(mask_source_) == 3 && OpContext::dim(mask_source_, 2) == 1;
  }

  bool states() {
    roles_.assign(form_.vars.size(), Role::kNothing);
    c_index_ = form_.vars.size();
    for (size_t i = 0; i < form_.vars.size(); ++i) {
      const LoopVar& v = form_.vars[i];
      int64_t start = 0;
      if (v.role == LoopVar::Role::kList) {
        roles_[i] = Role::kList;
        if (v.content || !list_fits(v)) return false;
      } else if (v.role == LoopVar::Role::kTensor) {
        const Value* mask = nullptr;
        const Value* next = held(v, mask);
        if (mask && !same_mask(mask)) return false;
        if (form_.counter(c_, v.in, start) >= 0) {
          roles_[i] = Role::kCounter;
        } else if (next == fresh_ && (i == h_ || !cell_reads(v.in)) &&
                   (mask != nullptr) == (mask_ != nullptr)) {
          roles_[i] = Role::kHidden;
        } else if (cell_.c && v.in == cell_.c && next == cell_.next_c &&
                   (mask != nullptr) == (mask_ != nullptr)) {
          roles_[i] = Role::kCell;
          c_index_ = i;
        } else {
          return false;
        }
      }
    }
    return !cell_.c || c_index_ < form_.vars.size();
  }

  bool cell_reads(const Value* v) const { return v == cell_.c || v == cell_.x; }

  bool same_mask(const Value* mask) const {
    if (!mask_) return false;
    auto root = [](const Value* v) {
      while (v->producer() && (recurrent_producer(v, "Tile") || recurrent_producer(v, "Expand") ||
                               recurrent_producer(v, "Identity")))
        v = v->producer()->input(0);
      return v;
    };
    const Value *a = root(mask), *b = root(mask_);
    if (a == b) return true;
    const Node *m = recurrent_producer(a, "Gather"), *n = recurrent_producer(b, "Gather");
    return m && n && m->input(0) == n->input(0) && slice_of_turn(a) && slice_of_turn(b);
  }

  // What a list gets each turn: the hidden state as held (of which variable), or zeros where masked.
  Item item_of(const Value* item, size_t& variable) const {
    if (!mask_) {
      variable = h_;
      return item == fresh_ ? Item::kHeld : Item::kNone;
    }
    for (size_t i = 0; i < form_.vars.size(); ++i) {
      const LoopVar& v = form_.vars[i];
      const Value* mask = nullptr;
      if (v.role != LoopVar::Role::kTensor || v.next != item || held(v, mask) != fresh_ || !mask) continue;
      variable = i;
      return Item::kHeld;
    }
    const Node* n = recurrent_producer(item, "Where");
    std::vector<double> zeros;
    if (!n || n->input(1) != fresh_ || !same_mask(n->input(0))) return Item::kNone;
    const Value* other = n->input(2);
    while (recurrent_producer(other, "Expand")) other = other->producer()->input(0);
    if (const Node* f = recurrent_producer(other, "ConstantOfShape")) {
      const Attribute* a = f->attribute("value");
      if (a && a->as_tensor()) {
        Result<std::vector<double>> r = a->as_tensor()->to_doubles();
        if (!r.ok() || r->size() != 1 || r->at(0) != 0) return Item::kNone;
      }
      return Item::kZeroed;
    }
    if (!c_.known_floats(other, zeros)) return Item::kNone;
    return std::all_of(zeros.begin(), zeros.end(), [](double z) { return z == 0; }) ? Item::kZeroed
                                                                                    : Item::kNone;
  }

  bool list_fits(const LoopVar& v) const {
    size_t variable = 0;
    if (v.scan) return item_of(v.scan, variable) != Item::kNone;
    for (const auto& [at, item] : v.places)
      if (item_of(item, variable) != Item::kHeld) return false;
    return !v.places.empty();
  }

  bool list(const LoopVar& v, const RecurrentInputs& in, const RecurrentOutputs& out, ListPtr& l) {
    size_t variable = h_;
    if (v.scan) {
      const Item kind = item_of(v.scan, variable);
      Value* all = kind == Item::kZeroed
                       ? recurrent_zeroed(c_, in, out.all_h)
                       : recurrent_spread(c_, in, out.all_h, form_.vars[variable].first.value());
      return scanned_list(c_, form_, v, all, l).ok();
    }
    auto state = std::make_shared<ListState>(*v.first.list());
    for (const auto& [at, item] : v.places) {
      item_of(item, variable);
      state->elements[static_cast<size_t>(at)] =
          recurrent_last(c_, in, out.last_h, form_.vars[variable].first.value());
    }
    l = state;
    return true;
  }

  // The first `trips` slices: all of them as a rule.
  Value* turns_of(Value* stack) {
    const Dim& d = stack->type.shape[0];
    const auto* known = c_.converter().inference().ints(form_.trips);
    if ((d.known() && d.value == form_.known_trips) ||
        (known && known->elements.size() == 1 && known->elements[0].same(d)))
      return stack;
    Value* end = c_.reshape(form_.trips, {1});
    return c_.emit("Slice", {stack, c_.ints({0}), end, c_.ints({0})}, {}, "turns");
  }

  OpContext& c_;
  LoopForm& form_;
  Cell cell_;
  size_t h_ = 0, c_index_ = 0;
  const Value* fresh_ = nullptr;  // the hidden state after a turn, before any mask
  const Value* mask_ = nullptr;
  Value *x_ = nullptr, *mask_source_ = nullptr;  // outside, all turns
  std::vector<Role> roles_;
};

}  // namespace

bool as_recurrent(OpContext& c, LoopForm& form, std::vector<Symbol>& results) {
  RecurrentMatch m(c, form);
  return m.match() && m.emit(results);
}

}  // namespace jetline::tf
