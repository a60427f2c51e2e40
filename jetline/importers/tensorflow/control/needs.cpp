#include "jetline/importers/tensorflow/control/needs.h"

#include "jetline/importers/tensorflow/converter.h"

namespace jetline::tf {
namespace {

constexpr int kNeedsRounds = 64;

size_t needs_inputs(const NodeDef& node) {
  size_t n = 0;
  for (std::string_view input : node.inputs) n += input.empty() || input[0] != '^';
  return n;
}

std::vector<FunctionRef> needs_branches(const NodeDef& node) {
  std::vector<FunctionRef> out;
  for (const char* key : {"then_branch", "else_branch"})
    if (const Attr* a = node.attr(key)) out.push_back(a->as_func());
  if (const Attr* a = node.attr("branches"))
    for (const FunctionRef& f : a->funcs()) out.push_back(f);
  return out;
}

}  // namespace

bool is_functional_control(std::string_view op) {
  return op == "If" || op == "StatelessIf" || op == "While" || op == "StatelessWhile" || op == "Case" ||
         op == "StatelessCase";
}

std::vector<bool> loop_needs(Converter& converter, const FunctionDef& cond, const FunctionDef& body,
                             const std::vector<bool>& wanted) {
  const size_t n = body.inputs.size();
  std::vector<bool> need(wanted);
  need.resize(n, false);
  if (cond.inputs.size() != n || body.outputs.size() != n) return std::vector<bool>(n, true);
  const std::vector<bool> asked = converter.needed_arguments(cond, {true});
  for (size_t i = 0; i < n && i < asked.size(); ++i) need[i] = need[i] || asked[i];
  // One round for each variable that is made of another one; shift registers longer than this keep
  // everything.
  bool more = n > 0;
  for (int round = 0; more; ++round) {
    if (round == kNeedsRounds) return std::vector<bool>(n, true);
    more = false;
    const std::vector<bool> made_of = converter.needed_arguments(body, need);
    for (size_t i = 0; i < n && i < made_of.size(); ++i) {
      more = more || (made_of[i] && !need[i]);
      need[i] = need[i] || made_of[i];
    }
  }
  return need;
}

bool control_needs(Converter& converter, const NodeDef& node, const std::vector<bool>& wanted,
                   std::vector<bool>& needed) {
  if (!is_functional_control(node.op)) return false;
  needed.assign(needs_inputs(node), true);
  if (node.op == "While" || node.op == "StatelessWhile") {
    const Attr* cond = node.attr("cond");
    const Attr* body = node.attr("body");
    const FunctionDef* c = cond ? converter.function(cond->as_func().name) : nullptr;
    const FunctionDef* b = body ? converter.function(body->as_func().name) : nullptr;
    if (c && b && b->inputs.size() == needed.size()) needed = loop_needs(converter, *c, *b, wanted);
    return true;
  }
  std::vector<bool> any(needed.size(), false);
  for (const FunctionRef& branch : needs_branches(node)) {
    const FunctionDef* f = converter.function(branch.name);
    if (!f || f->inputs.size() + 1 != needed.size()) return true;
    std::vector<bool> want(wanted);
    want.resize(f->outputs.size(), false);
    const std::vector<bool> arguments = converter.needed_arguments(*f, want);
    for (size_t i = 0; i < arguments.size(); ++i) any[i + 1] = any[i + 1] || arguments[i];
  }
  any[0] = true;
  needed = std::move(any);
  return true;
}

}  // namespace jetline::tf
