#include "jetline/check/judge.h"

#include <algorithm>

#include "jetline/check/newer_form.h"

namespace jetline::check {
namespace {

using targets::Effect;
using targets::Proof;
using targets::Truth;

Finding judge_from_rule(const targets::Rule& r) {
  Finding f;
  f.id = r.id;
  f.effect = r.effect;
  f.message = r.message;
  f.hint = r.hint;
  f.fix = r.fix;
  f.plugin = r.plugin;
  f.proof = r.proof;
  f.source = r.source;
  return f;
}

// The rewrite that gives a node inputs of another type; "" where there is none.
std::string judge_type_fix(const std::string& type) {
  static const std::pair<const char*, const char*> kFixes[] = {
      {"uint8", "uint8-through-float"},     {"bool", "bool-through-int32"},
      {"int32", "int-through-float"},       {"int64", "int-through-float"},
      {"double", "double-to-float"},        {"int8", "small-int-through-int32"},
      {"int16", "small-int-through-int32"}, {"uint16", "small-int-through-int32"}};
  for (const auto& [have, fix] : kFixes) {
    if (type == have) return fix;
  }
  return "";
}

std::string judge_full_name(const Subject& s) {
  return s.domain.empty() ? s.op : s.domain + "." + s.op;
}

// The plugin of that name and version in the release. `other` gets one of another version.
const targets::Plugin* judge_plugin(const targets::Catalog& catalog, const Subject& s,
                                    const targets::Version& trt, const targets::Plugin** other) {
  const std::string version = s.node ? s.node->string_or("plugin_version", "1") : "1";
  for (const targets::Plugin& p : catalog.plugins()) {
    if (p.name != s.op || !p.trt.holds(trt)) continue;
    if (p.version == version) return &p;
    *other = &p;
  }
  return nullptr;
}

}  // namespace

int severity(const Finding& f) {
  if (f.unknown) return 2;
  switch (f.effect) {
    case Effect::kRefused:
      return f.fix.empty() ? 0 : 1;
    case Effect::kWrong:
      return 3;
    case Effect::kPlugin:
      return 4;
    case Effect::kSlow:
      return 5;
    case Effect::kDla:
      return 6;
    case Effect::kNote:
      break;
  }
  return 7;
}

// One call of judge(): collects occurrences under (id, operator, message).
struct Judge::Run {
  Judge& judge;
  const Software& software;
  const targets::Release* release;
  Judgement out;
  std::unordered_map<std::string, size_t> groups;

  void add(Finding f, const Subject& s) {
    const std::string op = s.node ? judge_full_name(s) : "";
    const std::string key = f.id + '\n' + op + '\n' + f.message + (f.unknown ? "?" : "");
    const auto [at, fresh] = groups.try_emplace(key, out.findings.size());
    if (fresh) {
      f.op = op;
      out.findings.push_back(std::move(f));
    }
    std::string label = s.label();
    if (!label.empty()) out.findings[at->second].nodes.push_back(std::move(label));
  }

  // A plugin of the release runs the node. False: there is none.
  bool plugin(const Subject& s) {
    const targets::Plugin* other = nullptr;
    const targets::Plugin* p = judge_plugin(judge.catalog_, s, software.tensorrt, &other);
    if (!p && !other) return false;
    Finding f;
    f.source = (p ? p : other)->source;
    if (p) {
      f.id = "trt.plugin";
      f.effect = Effect::kPlugin;
      f.plugin = p->name;
      f.message =
          "runs as the plugin " + p->name + " that ships with TensorRT " + software.tensorrt.to_string();
      f.hint = "libnvinfer_plugin must be loaded and initialised (initLibNvInferPlugins)";
    } else {
      f.id = "trt.plugin-version";
      f.effect = Effect::kRefused;
      f.message = "TensorRT " + software.tensorrt.to_string() + " ships version " + other->version +
                  " of the plugin " + other->name + ", the node asks for version " +
                  s.node->string_or("plugin_version", "1");
    }
    add(std::move(f), s);
    return true;
  }

  void unknown_operator(const Subject& s) {
    Finding f;
    f.id = "trt.unknown-operator";
    f.effect = Effect::kRefused;  // the parser looks for a plugin of that name and ends when there is none
    f.proof = Proof::kInferred;
    f.source = "onnx-tensorrt, FallbackPluginImporter: \"Plugin not found\"";
    f.message = "no table knows this operator; TensorRT would look for a plugin called '" + s.op +
                "', and none of that name ships with " + software.tensorrt.to_string();
    f.hint = "load a plugin library that brings it, or express it with operators of ONNX";
    add(std::move(f), s);
  }

  void no_importer(const Subject& s) {
    Finding f;
    f.id = "trt.no-importer";
    f.effect = Effect::kRefused;
    f.source = "builtin_op_importers.cpp of onnx-tensorrt, lists of 7.1 to 10.10; operators.md to 11.1";
    f.message =
        "the ONNX parser of TensorRT " + software.tensorrt.to_string() + " has no importer for " + s.op;
    targets::Version first;
    for (const targets::ImporterRow& row : s.knowledge->importers) {
      if (row.trt.from.known() && software.tensorrt < row.trt.from &&
          (!first.known() || row.trt.from < first)) {
        first = row.trt.from;
      }
    }
    f.hint = first.known() ? "TensorRT " + first.to_string() + " brings one" : "no release has one";
    add(std::move(f), s);
  }

  void types(const Subject& s) {
    if (!s.node) return;
    std::vector<int> seen;
    for (const targets::TypeRow& row : s.knowledge->types) {
      if (!row.trt.holds(software.tensorrt)) continue;
      for (const int i : row.inputs) {
        if (std::find(seen.begin(), seen.end(), i) != seen.end()) continue;
        seen.push_back(i);
        type_of_input(s, row, i);
      }
    }
  }

  // Rows for one input and release say together what is taken.
  void type_of_input(const Subject& s, const targets::TypeRow& first, int i) {
    const Value* v = i < 0 ? nullptr : s.node->input(static_cast<size_t>(i));
    if (!v) return;
    const std::string have = type_word(*v);
    std::vector<std::string> allowed;
    for (const targets::TypeRow& row : s.knowledge->types) {
      if (!row.trt.holds(software.tensorrt)) continue;
      if (std::find(row.inputs.begin(), row.inputs.end(), i) == row.inputs.end()) continue;
      allowed.insert(allowed.end(), row.allowed.begin(), row.allowed.end());
    }
    if (std::find(allowed.begin(), allowed.end(), have) != allowed.end()) return;
    std::string list;
    for (const std::string& a : allowed) list += (list.empty() ? "" : ", ") + a;
    Finding f;
    f.id = "trt.type";
    f.effect = Effect::kRefused;
    f.unknown = have.empty();
    f.proof = first.proof;
    f.source = first.source;
    f.message = "input " + std::to_string(i) + " of " + s.op + " takes " + list + ", " +
                (have.empty() ? "and its type is not known" : "this is " + have);
    f.hint = "a Cast before it";
    f.fix = judge_type_fix(have);
    add(std::move(f), s);
  }

  // True when a rule refuses the subject or hands it to a plugin.
  bool rules(size_t index, const Subject& s) {
    bool settled = false;
    for (const targets::Rule& r : s.knowledge->rules) {
      if (!r.trt.holds(software.tensorrt)) continue;
      if (r.effect == Effect::kDla && !software.dla) continue;
      const Truth t = judge.answer(r, index, software);
      if (t == Truth::kFalse) continue;
      const bool undecided = t == Truth::kUnknown;
      if (r.effect == Effect::kDla && s.node) out.off_dla[index] = true;  // what may go to the GPU does
      if (undecided && r.effect != Effect::kRefused && r.effect != Effect::kWrong) continue;
      Finding f = judge_from_rule(r);
      f.unknown = undecided;
      settled = settled || (!undecided && (r.effect == Effect::kRefused || r.effect == Effect::kPlugin));
      if (r.effect == Effect::kPlugin) {
        const std::string& name = r.plugin.empty() ? s.op : r.plugin;
        if (std::find(out.plugins.begin(), out.plugins.end(), name) == out.plugins.end()) {
          out.plugins.push_back(name);
        }
      }
      add(std::move(f), s);
    }
    return settled;
  }

  void by_name(const Subject& s) {
    Finding f;
    f.id = "trt.other-domain";
    f.effect = Effect::kWrong;
    f.unknown = true;
    f.proof = Proof::kInferred;
    f.source = "importers are found by the operator's name alone (onnx-tensorrt, ModelImporter.cpp)";
    f.message = "TensorRT takes " + judge_full_name(s) + " for ai.onnx's " + s.op +
                "; whether it means the same is not known";
    add(std::move(f), s);
  }

  // Calls that are left: all of them before 9.0, later those that inline_calls.h could not follow.
  void function_call(const Subject& s) {
    Finding f;
    f.id = "trt.function";
    f.effect = Effect::kRefused;
    f.unknown = !(software.tensorrt < kFunctionsFrom);
    f.source = "builtin_op_importers.cpp of onnx-tensorrt, LocalFunctionImporter from 9.0";
    f.message = f.unknown ? "what the function " + s.op + " does could not be followed"
                          : "functions that a model defines are imported from TensorRT 9.0 on";
    f.hint = "export without functions, or put their bodies in place of the calls";
    add(std::move(f), s);
  }

  void documented(const Subject& s) {
    for (const targets::DocumentedRow& row : s.knowledge->documented) {
      if (row.trt.holds(software.tensorrt) && row.supported) return;
    }
    out.proof = std::max(out.proof, Proof::kInferred);
  }

  void subject(size_t index, const Subject& s) {
    if (!s.knowledge) {
      if (plugin(s)) return;
      if (s.node && judge.model_.function(*s.node)) return function_call(s);
      return unknown_operator(s);
    }
    if (!s.node) {
      rules(index, s);
      return;
    }
    if (!s.knowledge->has_importer(software.tensorrt)) {
      if (judge.model_.function(*s.node)) return function_call(s);
      if (rules(index, s) || plugin(s)) return;
      return no_importer(s);
    }
    if (s.by_name) by_name(s);
    types(s);
    rules(index, s);
    documented(s);
    if (release && s.form) {
      if (std::optional<Finding> f = newer_form(s, *release, software.tensorrt)) add(std::move(*f), s);
    }
  }
};

Judge::Judge(const std::vector<Subject>& subjects, ModelFacts& facts, const Model& model,
             const targets::Catalog& catalog)
    : subjects_(subjects), facts_(facts), model_(model), catalog_(catalog) {
  for (const Subject& s : subjects_) {
    const_moves_ = const_moves_ || (s.node && s.node->is("Transpose") && is_weights(s.node->input(0)));
  }
}

Truth Judge::answer(const targets::Rule& rule, size_t subject, const Software& software) {
  const SubjectFacts facts(subjects_[subject], facts_, software);
  const auto [at, fresh] = rules_.try_emplace(&rule);
  RuleUse& use = at->second;
  if (fresh) {
    const std::string& text = rule.when.text();
    const auto asks = [&](const char* word) { return text.find(word) != std::string::npos; };
    use.of_target = asks("precision") || asks("strong") || asks("dla") || (const_moves_ && asks("const"));
  }
  if (use.of_target) return rule.when.evaluate(facts);
  const auto [known, first] = use.answers.try_emplace(subject, Truth::kUnknown);
  if (first) known->second = rule.when.evaluate(facts);
  return known->second;
}

Judgement Judge::judge(const Software& software) {
  Run run{*this, software, catalog_.find_release(software.tensorrt), {}, {}};
  if (software.dla) run.out.off_dla.assign(subjects_.size(), false);
  for (size_t i = 0; i < subjects_.size(); ++i) run.subject(i, subjects_[i]);
  for (const Finding& f : run.out.findings) {
    if (f.effect == Effect::kPlugin && !f.plugin.empty() &&
        std::find(run.out.plugins.begin(), run.out.plugins.end(), f.plugin) == run.out.plugins.end()) {
      run.out.plugins.push_back(f.plugin);
    }
  }
  std::stable_sort(run.out.findings.begin(), run.out.findings.end(),
                   [](const Finding& a, const Finding& b) { return severity(a) < severity(b); });
  return std::move(run.out);
}

}  // namespace jetline::check
