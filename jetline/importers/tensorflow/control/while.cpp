// While: laid out turn by turn where the number of turns is known and small, else an ONNX Loop; loops that
// are an LSTM or a GRU become that.
#include "jetline/importers/tensorflow/control/loop.h"
#include "jetline/importers/tensorflow/control/needs.h"
#include "jetline/importers/tensorflow/control/recurrent.h"
#include "jetline/importers/tensorflow/control/rules.h"
#include "jetline/importers/tensorflow/control/subgraph.h"
#include "jetline/importers/tensorflow/converter.h"

namespace jetline::tf {
namespace {

constexpr int64_t kCountedTurns = 20000;   // turns followed to learn whether a loop ends
constexpr int64_t kUnrolledNodes = 40000;  // TensorFlow nodes that a loop may be laid out to

enum class Turns { kUnknown, kKnown, kEndless, kMany };

class WhileRule {
 public:
  explicit WhileRule(OpContext& c) : c_(c), converter_(c.converter()) {}

  Status convert() {
    const Attr* cond = c_.attr("cond");
    const Attr* body = c_.attr("body");
    if (!cond || !body)
      return Status::bad_input("tf.malformed",
                               std::string("a While lacks its ") + (cond ? "body" : "condition"));
    f_.cond = cond->as_func().name;
    f_.body = body->as_func().name;
    cond_ = converter_.function(f_.cond);
    body_ = converter_.function(f_.body);
    if (!cond_ || !body_) return c_.poisoned();
    const size_t n = c_.inputs();
    if (cond_->inputs.size() != n || body_->inputs.size() != n || body_->outputs.size() != n ||
        cond_->outputs.size() != 1)
      return Status::bad_input("tf.malformed", "a While with " + std::to_string(n) +
                                                   " variables has a condition or body with another number");
    std::vector<bool> wanted(n);
    for (size_t i = 0; i < n; ++i) wanted[i] = c_.wanted(i);
    needed_ = loop_needs(converter_, *cond_, *body_, wanted);
    for (size_t i = 0; i < n; ++i) first_.push_back(needed_[i] ? c_.in(i) : Symbol::unwanted());

    int64_t turns = 0;
    const Turns count = count_turns(turns);
    if (!converter_.failure().ok()) return c_.poisoned();
    if (count == Turns::kEndless)
      return Status::bad_input(
          "tf.loop-too-long",
          "the loop '" + c_.name() + "' never ends: no turn changes what its condition looks at");
    if (count == Turns::kKnown && turns == 0) return give(first_);
    bool done = false;
    if (looks_recurrent()) {
      Status s = recurrent(done);
      if (done || !s.ok()) return s;
    }
    if (count == Turns::kKnown && turns <= converter_.options().max_unroll &&
        turns * static_cast<int64_t>(body_->nodes.size()) <= kUnrolledNodes)
      return unroll(turns);
    return loop(count);
  }

 private:
  Status give(const std::vector<Symbol>& results) {
    for (size_t i = 0; i < results.size(); ++i) {
      if (!c_.wanted(i)) continue;
      if (results[i].kind() == Symbol::Kind::kNone) return c_.poisoned();
      if (Status s = c_.set(i, results[i]); !s.ok()) return s;
    }
    return Status();
  }

  // Whether the loop goes on from here; false when that is not known.
  bool test(const std::vector<Symbol>& state, bool& goes_on) {
    const std::vector<Symbol> out = converter_.call(f_.cond, state, c_.name() + "/cond", {}, &c_.node());
    if (out.size() != 1) return false;
    Value* v = out[0].kind() == Symbol::Kind::kNone ? nullptr : truth(c_, out[0]);
    int64_t known = 0;
    if (!v || !c_.known_int(v, known)) return false;
    goes_on = known != 0;
    return true;
  }

  // Follows only what the condition looks at, from turn to turn, while it stays known.
  Turns count_turns(int64_t& turns) {
    const std::vector<bool> watched =
        loop_needs(converter_, *cond_, *body_, std::vector<bool>(first_.size(), false));
    std::vector<Symbol> state = first_;
    const std::vector<Unsupported> refused = converter_.report().unsupported;
    const int inlined = converter_.report().inlined;
    Turns out = Turns::kMany;
    for (turns = 0; turns <= kCountedTurns && converter_.failure().ok(); ++turns) {
      bool goes_on = false;
      if (!test(state, goes_on)) {
        out = Turns::kUnknown;
        break;
      }
      if (!goes_on) {
        out = Turns::kKnown;
        break;
      }
      std::vector<Symbol> next = converter_.call(f_.body, state, c_.name() + "/count", watched, &c_.node());
      if (next.size() != state.size()) break;
      bool changed = false;
      for (size_t i = 0; i < next.size(); ++i) {
        if (!watched[i]) {
          next[i] = state[i];
          continue;
        }
        changed = changed || next[i].kind() != state[i].kind() || !next[i].is_tensor() ||
                  next[i].value() != state[i].value();
      }
      if (!changed) {
        out = Turns::kEndless;
        break;
      }
      state = std::move(next);
    }
    converter_.report().unsupported = refused;  // whatever it was, converting the loop will tell
    converter_.report().inlined = inlined;
    return out;
  }

  Status unroll(int64_t turns) {
    std::vector<Symbol> state = first_;
    for (int64_t i = 0; i < turns; ++i) {
      const std::string scope = turns == 1 ? c_.name() : c_.name() + "/" + std::to_string(i);
      std::vector<Symbol> next = converter_.call(f_.body, state, scope, needed_, &c_.node());
      if (!converter_.failure().ok() || next.size() != state.size()) return c_.poisoned();
      state = std::move(next);
    }
    converter_.report().unrolled += static_cast<int>(turns);
    return give(state);
  }

  // A cell multiplies what it carries, and squashes it.
  bool looks_recurrent() {
    bool product = false, squashed = false;
    for (const NodeDef& n : body_->nodes) {
      product = product || n.op == "MatMul" || n.op == "BatchMatMulV2" || n.op == "_FusedMatMul";
      squashed = squashed || n.op == "Tanh" || n.op == "Sigmoid" || n.op == "Relu";
    }
    return product && squashed;
  }

  Status recurrent(bool& done) {
    const std::vector<Unsupported> refused = converter_.report().unsupported;
    LoopForm form;
    Status s = build_loop(c_, f_, first_, needed_, form);
    if (!converter_.failure().ok()) return c_.poisoned();
    if (!s.ok()) {
      converter_.report().unsupported = refused;
      return Status();
    }
    std::vector<Symbol> results;
    done = as_recurrent(c_, form, results);
    discard(converter_, form.node);
    return done ? give(results) : Status();
  }

  Status loop(Turns count) {
    LoopForm form;
    Value* before = nullptr;
    const std::vector<Symbol> start = converter_.call(f_.cond, first_, c_.name() + "/first", {}, &c_.node());
    if (start.size() == 1 && start[0].kind() != Symbol::Kind::kNone) before = truth(c_, start[0]);
    if (!before) return c_.poisoned();
    if (Status s = build_loop(c_, f_, first_, needed_, form); !s.ok()) return s;
    std::vector<Symbol> results;
    if (Status s = finish_loop(c_, form, before, results); !s.ok()) return s;
    if (count == Turns::kMany && !form.trips)
      return Status::bad_input("tf.loop-too-long", "the loop '" + c_.name() + "' turns more than " +
                                                       std::to_string(kCountedTurns) + " times");
    return give(results);
  }

  OpContext& c_;
  Converter& converter_;
  LoopFunctions f_;
  const FunctionDef* cond_ = nullptr;
  const FunctionDef* body_ = nullptr;
  std::vector<bool> needed_;
  std::vector<Symbol> first_;
};

Status convert_while(OpContext& c) {
  return WhileRule(c).convert();
}

}  // namespace

Span<const OpRule> while_rules() {
  static const char* const kNote =
      "laid out where the number of turns is known and small; LSTM, GRU or Loop else";
  static const OpRule kRules[] = {
      {"StatelessWhile", convert_while, "output*T[]", kNote},
      {"While", convert_while, "output*T[]", kNote},
  };
  return {kRules, sizeof kRules / sizeof *kRules};
}

}  // namespace jetline::tf
