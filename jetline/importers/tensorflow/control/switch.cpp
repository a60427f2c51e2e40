// Switch and Merge of TensorFlow 1 conditionals. A Switch whose predicate is known kills one side; where it
// is not known both sides are computed, and the Merge, which functionalize() told its predicate, chooses.
#include "jetline/importers/tensorflow/control/branch.h"
#include "jetline/importers/tensorflow/control/rules.h"
#include "jetline/importers/tensorflow/control/subgraph.h"
#include "jetline/importers/tensorflow/converter.h"
#include "jetline/importers/tensorflow/ops/typed.h"

namespace jetline::tf {
namespace {

Status convert_switch(OpContext& c) {
  Value* predicate = truth(c, c.in(1));
  if (!predicate) return c.wrong_input(1);
  int64_t known = 0;
  if (!c.known_int(predicate, known)) {
    if (Status s = c.set(0, c.in(0)); !s.ok()) return s;
    return c.set(1, c.in(0));
  }
  if (Status s = c.set(0, known ? Symbol::dead() : c.in(0)); !s.ok()) return s;
  return c.set(1, known ? c.in(0) : Symbol::dead());
}

Status convert_switch_n(OpContext& c) {
  int64_t known = 0;
  const int64_t n = c.int_attr("num_outs");
  if (!c.tensor(1)) return c.wrong_input(1);
  if (!c.known_int(c.tensor(1), known))
    return c.unsupported("a branch is chosen by an index that is only known when the model runs");
  const int64_t at = known < 0 || known >= n ? n - 1 : known;
  for (int64_t i = 0; i < n && i < 65536; ++i)
    if (Status s = c.set(static_cast<size_t>(i), i == at ? c.in(0) : Symbol::dead()); !s.ok()) return s;
  return Status();
}

Status convert_merge(OpContext& c) {
  const Attr* attr = c.attr("_true_input");
  const size_t sides = attr ? 2 : c.inputs();
  std::vector<size_t> alive;
  for (size_t i = 0; i < sides; ++i)
    if (c.in(i).kind() != Symbol::Kind::kDead) alive.push_back(i);
  if (alive.empty()) {
    if (Status s = c.set(0, Symbol::dead()); !s.ok()) return s;
    return c.set(1, Symbol::dead());
  }
  if (alive.size() == 1) {
    if (Status s = c.set(0, c.in(alive[0])); !s.ok()) return s;
    return c.set(1, c.int_scalar(static_cast<int64_t>(alive[0]), DType::kI32));
  }
  Value* predicate = attr ? truth(c, c.in(2)) : nullptr;
  if (!predicate)
    return c.unsupported("two branches meet, and by which condition they parted cannot be told");
  const size_t yes = attr->as_int() == 0 ? 0 : 1, no = 1 - yes;
  Value* which = c.cast(predicate, DType::kI32);
  if (Status s = c.set(1, yes == 1 ? which : c.emit("Sub", {c.int_scalar(1, DType::kI32), which})); !s.ok())
    return s;
  Value* a = c.tensor(yes);
  Value* b = c.tensor(no);
  if (a && b && c.is_static(a) && c.is_static(b) && c.dims(a) == c.dims(b) && c.dtype(a) == c.dtype(b))
    return c.set(0, a == b ? a : where(c, predicate, a, b));
  std::vector<Symbol> out;
  const Status s = join_branches(
      c, predicate, [&] { return std::vector<Symbol>{c.in(yes)}; },
      [&] { return std::vector<Symbol>{c.in(no)}; }, {true}, out);
  return s.ok() ? c.set(0, out[0]) : s;
}

Status convert_frame_rest(OpContext& c) {
  return Status::bad_input("tf.malformed-frame", "'" + c.name() + "' belongs to no whole loop",
                           "the graph was cut from a larger one, or is damaged");
}

Status convert_loop_cond(OpContext& c) {
  return c.set(0, c.in(0));
}

}  // namespace

Span<const OpRule> switch_rules() {
  static const char* const kFrame = "whole loops become ONNX Loop, or are laid out";
  static const OpRule kRules[] = {
      {"Enter", convert_frame_rest, "", kFrame},
      {"Exit", convert_frame_rest, "", kFrame},
      {"LoopCond", convert_loop_cond, "", kFrame},
      {"Merge", convert_merge, "output,value_index",
       "where the condition is not known both sides are computed"},
      {"NextIteration", convert_frame_rest, "", kFrame},
      {"RefEnter", convert_frame_rest, "", kFrame},
      {"RefExit", convert_frame_rest, "", kFrame},
      {"RefMerge", convert_merge, "output,value_index",
       "where the condition is not known both sides are computed"},
      {"RefNextIteration", convert_frame_rest, "", kFrame},
      {"RefSwitch", convert_switch, "output_false,output_true", ""},
      {"Switch", convert_switch, "output_false,output_true", ""},
      {"_SwitchN", convert_switch_n, "outputs*num_outs", "by a constant index"},
  };
  return {kRules, sizeof kRules / sizeof *kRules};
}

}  // namespace jetline::tf
