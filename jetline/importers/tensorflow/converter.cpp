#include "jetline/importers/tensorflow/converter.h"

#include <algorithm>

#include "jetline/importers/tensorflow/control/functionalize.h"
#include "jetline/importers/tensorflow/control/needs.h"

namespace jetline::tf {

Converter::Converter(Model& model, const FunctionLibrary& library, StateSource state,
                     const ImportOptions& options, ImportReport& report)
    : model_(model),
      library_(library),
      state_(std::move(state)),
      options_(options),
      report_(report),
      graph_(&model.graph()),
      inference_(model),
      cache_(state_.bodies ? state_.bodies : std::make_shared<BodyCache>()) {}

Body Converter::make_body(const std::vector<NodeDef>& nodes, const FunctionDef* function) const {
  Body b;
  b.nodes = &nodes;
  b.function = function;
  b.index.reserve(nodes.size());
  b.sources.resize(nodes.size());
  b.has_sources.resize(nodes.size());
  for (size_t i = 0; i < nodes.size(); ++i) b.index.emplace(nodes[i].name, static_cast<int>(i));
  if (function) {
    for (size_t i = 0; i < function->inputs.size(); ++i)
      b.arguments.emplace(function->inputs[i].name, static_cast<int>(i));
  }
  return b;
}

bool Converter::find_source(const Body& body, std::string_view input, Source& source) {
  source = Source();
  const InputRef ref = parse_input(input, body.function != nullptr);
  if (body.function && ref.output_name.empty()) {
    const auto arg = body.arguments.find(ref.node);
    if (arg != body.arguments.end()) {
      source.argument = arg->second;
      return true;
    }
  }
  const auto it = body.index.find(ref.node);
  if (it == body.index.end()) return false;
  const int output = flat_output((*body.nodes)[static_cast<size_t>(it->second)], ref.output_name, ref.index);
  if (output < 0 || output > 65536) return false;
  source = Source{it->second, output, -1};
  return true;
}

bool Converter::resolve(const Body& body, std::string_view input, Source& source) {
  if (find_source(body, input, source)) return true;
  const auto it = body.index.find(parse_input(input, body.function != nullptr).node);
  if (it == body.index.end()) {
    fail(Status::bad_input("tf.malformed",
                           "an input names '" + std::string(input) + "', which no node is called",
                           "the file is damaged, or was cut from a larger graph"));
  } else {
    fail(
        Status::bad_input("tf.malformed", "'" + std::string(input) + "' names an output that '" +
                                              std::string((*body.nodes)[static_cast<size_t>(it->second)].op) +
                                              "' does not have"));
  }
  return false;
}

const std::vector<Source>& Converter::sources(const Body& body, int node) {
  const auto i = static_cast<size_t>(node);
  std::vector<Source>& out = body.sources[i];
  if (body.has_sources[i]) return out;
  body.has_sources[i] = true;
  const NodeDef& n = (*body.nodes)[i];
  out.reserve(n.inputs.size());
  for (const std::string_view input : n.inputs) {
    if (!input.empty() && input[0] == '^') continue;
    Source s;
    find_source(body, input, s);
    out.push_back(s);
  }
  return out;
}

const FunctionDef* Converter::function(std::string_view name) {
  const auto made = cache_->made.find(name);
  if (made != cache_->made.end()) return made->second.get();
  Result<const FunctionDef*> f = library_.find(name);
  if (!f.ok()) {
    fail(f.status());
    return nullptr;
  }
  if (!*f) {
    fail(Status::bad_input("tf.malformed",
                           "the function '" + std::string(name) + "' is called but not in the library"));
  }
  return *f ? functional(*f) : nullptr;
}

const FunctionDef* Converter::functional(const FunctionDef* f) {
  const auto known = cache_->functional.find(f);
  if (known != cache_->functional.end()) return known->second ? known->second.get() : f;
  std::unique_ptr<FunctionDef>& own = cache_->functional[f];
  if (!has_frames_or_merges(f->nodes)) return f;
  Result<Functionalized> r = functionalize(f->nodes, true, std::string(f->name));
  if (!r.ok()) {
    fail(r.status());
    return f;
  }
  own = std::make_unique<FunctionDef>(*f);
  own->nodes = std::move(r->nodes);
  cache_->names.push_back(r->names);
  for (auto& g : r->functions) cache_->made.emplace(g->name, std::move(g));
  return own.get();
}

const std::vector<bool>* Converter::needs(const NodeDef& node, const std::vector<bool>& wanted,
                                          std::vector<bool>& store) {
  if (const FunctionDef* f = callee(node)) return &needed_arguments(*f, wanted);
  return control_needs(*this, node, wanted, store) ? &store : nullptr;
}

const FunctionDef* Converter::callee(const NodeDef& node) {
  if (node.op == "PartitionedCall" || node.op == "StatefulPartitionedCall") {
    const Attr* f = node.attr("f");
    return function(f ? f->as_func().name : std::string_view());
  }
  // TensorFlow 1 calls a function by using its name as the operator.
  return !find_rule(node.op) && library_.has(node.op) ? function(node.op) : nullptr;
}

const std::vector<bool>& Converter::needed_arguments(const FunctionDef& f, const std::vector<bool>& wanted) {
  const auto key = std::make_pair(&f, wanted);
  const auto known = cache_->needed.find(key);
  if (known != cache_->needed.end()) return known->second;
  // A function that calls itself: everything is needed, until call() finds the cycle.
  std::vector<bool>& out =
      cache_->needed.emplace(key, std::vector<bool>(f.inputs.size(), true)).first->second;
  if (depth_ > kMaxDepth) return out;
  ++depth_;
  auto it = cache_->bodies.find(&f);
  if (it == cache_->bodies.end()) it = cache_->bodies.emplace(&f, make_body(f.nodes, &f)).first;
  std::vector<Source> fetches;
  for (size_t i = 0; i < f.outputs.size(); ++i) {
    if (!wanted.empty() && (i >= wanted.size() || !wanted[i])) continue;
    const auto ret = f.ret.find(f.outputs[i].name);
    Source s;
    if (ret != f.ret.end() && resolve(it->second, ret->second, s)) fetches.push_back(s);
  }
  std::vector<std::vector<bool>> marked;
  std::vector<bool> arguments(f.inputs.size(), false);
  mark(it->second, fetches, marked, arguments);
  --depth_;
  out = std::move(arguments);
  return out;
}

std::vector<Symbol> Converter::call(std::string_view name, const std::vector<Symbol>& arguments,
                                    const std::string& scope, const std::vector<bool>& wanted,
                                    const NodeDef* attrs) {
  const FunctionDef* f = function(name);
  if (!f || !failure_.ok()) return {};
  if (arguments.size() != f->inputs.size()) {
    fail(Status::bad_input("tf.malformed", "'" + std::string(name) + "' takes " +
                                               std::to_string(f->inputs.size()) + " arguments and is given " +
                                               std::to_string(arguments.size())));
    return {};
  }
  if (depth_ >= kMaxDepth) {
    fail(Status::bad_input("tf.too-deep",
                           "functions call each other more than " + std::to_string(kMaxDepth) + " deep, '" +
                               std::string(name) + "' among them",
                           "a function that calls itself cannot be laid out as a graph"));
    return {};
  }
  ++depth_;
  ++report_.inlined;
  auto it = cache_->bodies.find(f);
  if (it == cache_->bodies.end()) it = cache_->bodies.emplace(f, make_body(f->nodes, f)).first;
  std::vector<Source> fetches;
  std::vector<size_t> places;
  std::vector<Symbol> out(f->outputs.size(), Symbol::unwanted());
  for (size_t i = 0; i < f->outputs.size(); ++i) {
    if (!wanted.empty() && (i >= wanted.size() || !wanted[i])) continue;
    const auto ret = f->ret.find(f->outputs[i].name);
    Source s;
    if (ret == f->ret.end()) {
      fail(Status::bad_input("tf.malformed", "the function '" + std::string(name) +
                                                 "' does not return its output '" +
                                                 std::string(f->outputs[i].name) + "'"));
    } else if (resolve(it->second, ret->second, s)) {
      fetches.push_back(s);
      places.push_back(i);
    }
  }
  if (failure_.ok()) {
    const std::vector<Symbol> got = body(it->second, fetches, arguments, {}, scope, attrs);
    for (size_t i = 0; i < places.size() && i < got.size(); ++i) out[places[i]] = got[i];
  }
  --depth_;
  return out;
}

std::vector<Symbol> Converter::run(const GraphDef& graph, const std::vector<std::string>& fetches,
                                   const std::unordered_map<std::string_view, Symbol>& fed) {
  Functionalized functional;
  const bool rewritten = has_frames_or_merges(graph.nodes);
  if (rewritten) {
    Result<Functionalized> r = functionalize(graph.nodes, false, "graph");
    if (!r.ok()) {
      fail(r.status());
      return {};
    }
    functional = std::move(r).value();
    cache_->names.push_back(functional.names);
    for (auto& g : functional.functions) cache_->made.emplace(g->name, std::move(g));
  }
  const Body b = make_body(rewritten ? functional.nodes : graph.nodes, nullptr);
  std::vector<Source> sources;
  for (const std::string& name : fetches) {
    Source s;
    if (!resolve(b, name, s)) return {};
    sources.push_back(s);
  }
  std::unordered_map<int, Symbol> by_node;
  for (const auto& [name, symbol] : fed) {
    const auto it = b.index.find(name);
    if (it != b.index.end()) by_node.emplace(it->second, symbol);
  }
  return body(b, sources, {}, by_node, "", nullptr);
}

void Converter::refuse(const NodeDef& node, const std::string& name, const std::string& reason,
                       const std::string& hint) {
  for (Unsupported& u : report_.unsupported) {
    if (u.op == node.op && u.reason == reason) {
      if (std::find(u.nodes.begin(), u.nodes.end(), name) == u.nodes.end()) u.nodes.push_back(name);
      return;
    }
  }
  report_.unsupported.push_back({std::string(node.op), reason, hint, {name}, {}});
}

void Converter::written(const NodeDef& node, const std::string& name,
                        const std::shared_ptr<const Resource>& r) {
  writes_[r ? r->node : std::string()].push_back({std::string(node.op), name});
}

void Converter::finish() {
  for (const auto& [variable, writes] : writes_) {
    const bool read = read_.count(variable) > 0;
    for (const Write& w : writes) {
      if (read) {
        report_.unsupported.push_back({w.op,
                                       "writes the variable '" + variable + "', which the outputs read",
                                       "ONNX has no variables; export a signature that only computes",
                                       {w.node},
                                       {}});
      } else {
        report_.warnings.push_back({"tf.write-dropped", "'" + w.node + "' (" + w.op +
                                                            ") writes the variable '" + variable +
                                                            "', which no output reads; it was left out"});
      }
    }
  }
  writes_.clear();
}

void Converter::needs_opset(int n) {
  report_.lowest_opset = std::max(report_.lowest_opset, n);
}

}  // namespace jetline::tf
