// Converting one body: what is needed, in which order, node by node.
#include <algorithm>

#include "jetline/importers/tensorflow/control/needs.h"
#include "jetline/importers/tensorflow/converter.h"

namespace jetline::tf {
namespace {

bool body_is_write(std::string_view op) {
  static const char* const kPrefixes[] = {"Assign",
                                          "ResourceScatter",
                                          "ResourceApply",
                                          "ResourceSparseApply",
                                          "ScatterUpdate",
                                          "ScatterAdd",
                                          "ScatterSub",
                                          "ScatterMul",
                                          "ScatterDiv",
                                          "ScatterNdUpdate",
                                          "ScatterNdAdd",
                                          "ScatterNdSub",
                                          "ApplyGradient",
                                          "ApplyAdam",
                                          "ApplyMomentum",
                                          "StatefulUniform",
                                          "ResourceStridedSliceAssign",
                                          "CountUpTo",
                                          "ResourceCountUpTo"};
  for (const char* p : kPrefixes)
    if (op.substr(0, std::char_traits<char>::length(p)) == p) return true;
  return false;
}

}  // namespace

int Converter::flat_output(const NodeDef& node, std::string_view output_name, int index) {
  if (output_name.empty()) return index;
  if (node.op == "PartitionedCall" || node.op == "StatefulPartitionedCall") return index;
  const OpRule* rule = find_rule(node.op);
  if (!rule && library_.has(node.op)) {
    const FunctionDef* f = function(node.op);
    if (!f) return -1;
    for (size_t i = 0; i < f->outputs.size(); ++i)
      if (f->outputs[i].name == output_name) return static_cast<int>(i) + index;
    return -1;
  }
  if (!rule || !*rule->outputs) return index;
  int at = 0;
  std::string_view rest = rule->outputs;
  while (!rest.empty()) {
    const size_t comma = rest.find(',');
    std::string_view one = rest.substr(0, comma);
    rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
    const size_t star = one.find('*');
    const std::string_view name = one.substr(0, star);
    if (name == output_name) return at + index;
    if (star == std::string_view::npos) {
      ++at;
      continue;
    }
    std::string_view count = one.substr(star + 1);
    const bool list = count.size() > 2 && count.substr(count.size() - 2) == "[]";
    if (list) count.remove_suffix(2);
    const Attr* a = node.attr(count);
    at += a ? static_cast<int>(list ? static_cast<int64_t>(a->types().size()) : a->as_int()) : 0;
  }
  return index;  // a name this table does not know: operators of one output, or a newer TensorFlow
}

void Converter::mark(const Body& body, const std::vector<Source>& fetches,
                     std::vector<std::vector<bool>>& wanted, std::vector<bool>& arguments) {
  const std::vector<NodeDef>& nodes = *body.nodes;
  wanted.assign(nodes.size(), {});
  std::vector<int> work;
  auto want = [&](const Source& s) {
    if (s.node < 0) {
      if (s.argument >= 0 && static_cast<size_t>(s.argument) < arguments.size())
        arguments[static_cast<size_t>(s.argument)] = true;
      return;
    }
    std::vector<bool>& w = wanted[static_cast<size_t>(s.node)];
    const auto output = static_cast<size_t>(s.output);
    if (output < w.size() && w[output]) return;
    const bool first = w.empty();
    if (output >= w.size()) w.resize(output + 1, false);
    w[output] = true;
    // Only the needs of calls and control flow depend on which of their outputs are wanted.
    const NodeDef& n = nodes[static_cast<size_t>(s.node)];
    if (first || is_functional_control(n.op) || callee(n)) work.push_back(s.node);
  };
  for (const Source& s : fetches) want(s);
  while (!work.empty() && failure_.ok()) {
    const auto i = static_cast<size_t>(work.back());
    work.pop_back();
    const NodeDef& n = nodes[i];
    std::vector<bool> store;
    const std::vector<bool>* need = needs(n, wanted[i], store);
    size_t at = 0;
    const std::vector<Source>& from = sources(body, static_cast<int>(i));
    for (std::string_view input : n.inputs) {
      if (!input.empty() && input[0] == '^') continue;
      Source s = from[at];
      const bool needed = !need || at >= need->size() || (*need)[at];
      ++at;
      if (needed && (s.known() || resolve(body, input, s))) want(s);
    }
  }
}

std::vector<int> Converter::order(const Body& body, const std::vector<Source>& fetches,
                                  const std::vector<std::vector<bool>>& wanted,
                                  const std::vector<bool>& fed) {
  const std::vector<NodeDef>& nodes = *body.nodes;
  std::vector<uint8_t> state(nodes.size(), 0);  // 1: on the stack, 2: done
  std::vector<int> out;
  std::vector<std::pair<int, size_t>> stack;  // node, next data input
  for (const Source& fetch : fetches) {
    if (fetch.node >= 0 && !state[static_cast<size_t>(fetch.node)]) {
      stack.emplace_back(fetch.node, 0);
      state[static_cast<size_t>(fetch.node)] = 1;
    }
    while (!stack.empty()) {
      const int i = stack.back().first;
      const bool leaf = !fed.empty() && fed[static_cast<size_t>(i)];
      const std::vector<Source>& from = sources(body, i);
      bool descended = false;
      while (!leaf && stack.back().second < from.size() && !descended) {
        const Source s = from[stack.back().second++];
        if (s.node < 0) continue;
        const auto next = static_cast<size_t>(s.node);
        if (wanted[next].empty() || state[next] == 2) continue;  // an argument that a call does not need
        if (state[next] == 1) {
          fail(Status::bad_input("tf.cycle", "'" + std::string(nodes[next].name) + "' depends on itself",
                                 "the graph is damaged, or holds a loop that is no TensorFlow loop"));
          return {};
        }
        state[next] = 1;
        stack.emplace_back(s.node, 0);
        descended = true;
      }
      if (descended) continue;
      state[static_cast<size_t>(i)] = 2;
      out.push_back(i);
      stack.pop_back();
    }
  }
  return out;
}

bool Converter::writes(const FunctionDef& f) {
  const auto known = cache_->writes.find(&f);
  if (known != cache_->writes.end()) return known->second;
  cache_->writes[&f] = false;
  bool found = false;
  if (depth_ <= kMaxDepth) {
    ++depth_;
    for (const NodeDef& n : f.nodes) {
      if (found) break;
      const FunctionDef* g = body_is_write(n.op) ? nullptr : callee(n);
      found = body_is_write(n.op) || (g && writes(*g));
    }
    --depth_;
  }
  cache_->writes[&f] = found;
  return found;
}

std::vector<Symbol> Converter::body(const Body& body, const std::vector<Source>& fetches,
                                    const std::vector<Symbol>& arguments,
                                    const std::unordered_map<int, Symbol>& fed, const std::string& scope,
                                    const NodeDef* attrs) {
  const std::vector<NodeDef>& nodes = *body.nodes;
  std::vector<std::vector<bool>> wanted;
  std::vector<bool> needed(arguments.size(), false);
  mark(body, fetches, wanted, needed);
  std::vector<bool> is_fed(fed.empty() ? 0 : nodes.size(), false);
  for (const auto& [i, symbol] : fed) is_fed[static_cast<size_t>(i)] = true;
  const std::vector<int> sequence = order(body, fetches, wanted, is_fed);
  if (!failure_.ok()) return {};

  std::vector<std::vector<Symbol>> results(nodes.size());
  auto value = [&](const Source& s) -> Symbol {
    if (s.node < 0) return s.argument >= 0 ? arguments[static_cast<size_t>(s.argument)] : Symbol();
    const std::vector<Symbol>& r = results[static_cast<size_t>(s.node)];
    return static_cast<size_t>(s.output) < r.size() ? r[static_cast<size_t>(s.output)] : Symbol();
  };
  const std::string prefix = scope.empty() ? "" : scope + "/";
  std::vector<Symbol> inputs;
  for (const int i : sequence) {
    const auto at = static_cast<size_t>(i);
    if (!is_fed.empty() && is_fed[at]) {
      results[at] = {fed.at(i)};
      continue;
    }
    const NodeDef& n = nodes[at];
    std::vector<bool> store;
    const std::vector<bool>* need = needs(n, wanted[at], store);
    inputs.clear();
    for (const Source& s : sources(body, i)) {
      const bool unwanted = need && inputs.size() < need->size() && !(*need)[inputs.size()];
      inputs.push_back(unwanted ? Symbol::unwanted() : value(s));
    }
    bool substitute = false;
    if (attrs) {
      for (const auto& [key, a] : n.attrs) substitute = substitute || a.kind() == Attr::Kind::kPlaceholder;
    }
    if (substitute) {
      NodeDef copy = n;
      for (auto& [key, a] : copy.attrs) {
        if (a.kind() != Attr::Kind::kPlaceholder) continue;
        if (const Attr* given = attrs->attr(a.as_placeholder())) a = *given;
      }
      node(copy, inputs, prefix + std::string(n.name), wanted[at], results[at]);
    } else {
      node(n, inputs, prefix + std::string(n.name), wanted[at], results[at]);
    }
    if (!failure_.ok() || stopped_) return {};
  }

  // Writes that TensorFlow would do although no output needs them: those of a function always, those of a
  // plain graph when a control edge leads to them.
  std::vector<int> aside;
  std::vector<bool> seen(nodes.size(), false);
  for (size_t i = 0; i < nodes.size(); ++i) seen[i] = !wanted[i].empty();
  if (body.function) {
    for (size_t i = 0; i < nodes.size(); ++i)
      if (!seen[i]) aside.push_back(static_cast<int>(i));
  } else {
    std::vector<int> work(sequence);
    while (!work.empty()) {
      const NodeDef& n = nodes[static_cast<size_t>(work.back())];
      const bool beside = wanted[static_cast<size_t>(work.back())].empty();
      work.pop_back();
      for (std::string_view input : n.inputs) {
        if (!beside && !(input.size() > 1 && input[0] == '^')) continue;
        const InputRef ref = parse_input(input, false);
        const auto it = body.index.find(ref.node);
        if (it == body.index.end() || seen[static_cast<size_t>(it->second)]) continue;
        seen[static_cast<size_t>(it->second)] = true;
        aside.push_back(it->second);
        work.push_back(it->second);
      }
    }
  }
  for (const int i : aside) {
    const NodeDef& n = nodes[static_cast<size_t>(i)];
    const FunctionDef* f = body_is_write(n.op) ? nullptr : callee(n);
    if (!body_is_write(n.op) && !(f && writes(*f))) continue;
    for (std::string_view input : n.inputs) {
      if (!input.empty() && input[0] == '^') continue;
      Source s;
      if (!resolve(body, input, s)) break;
      for (int hops = 0; s.node >= 0 && hops < 64; ++hops) {
        const NodeDef& from = nodes[static_cast<size_t>(s.node)];
        if ((from.op != "Identity" && from.op != "RefIdentity") || from.inputs.empty() ||
            !resolve(body, from.inputs[0], s))
          break;
      }
      std::shared_ptr<const Resource> r;
      if (s.node < 0) {
        r = s.argument >= 0 ? arguments[static_cast<size_t>(s.argument)].resource() : nullptr;
      } else {
        const NodeDef& from = nodes[static_cast<size_t>(s.node)];
        if (from.op == "VarHandleOp" || from.op == "VariableV2" || from.op == "Variable") {
          auto made = std::make_shared<Resource>();
          made->node = prefix + std::string(from.name);
          r = made;
        }
      }
      if (r) written(n, prefix + std::string(n.name), r);
      if (!f) break;  // an operator writes its first input
    }
  }

  std::vector<Symbol> out;
  out.reserve(fetches.size());
  for (const Source& s : fetches) out.push_back(value(s));
  return out;
}

}  // namespace jetline::tf
