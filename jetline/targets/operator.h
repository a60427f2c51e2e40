// What is known of one ONNX operator in the importers of TensorRT 7.1 to 11: one file per operator,
// targets/operators/NAME.toml (DOMAIN.NAME.toml outside ai.onnx), compiled in and parsed when a model asks
// for it.
//
//   op = "Resize"
//
//   [[importer]]                  # TensorRT versions whose ONNX parser has an importer of that name
//   trt = "7.1.."
//   source = "builtin_op_importers.cpp of onnx-tensorrt"
//
//   [[types]]                     # element types that an input may have; no row for a version: not
//   restricted trt = "7.1..8.4" input = 0                     # which inputs: one index or a list; absent: 0
//   allowed = ["float", "float16"]
//   source = "operators.md, types"
//
//   [[documented]]                # words of the support table, shown by `check --explain`
//   trt = "8.2"
//   supported = true
//   text = "…"
//   source = "…"
//
//   [[rule]]
//   id = "resize.cubic"           # becomes the finding trt.resize.cubic; several rows may share it
//   trt = "7.1..8.4"
//   when = "attr('mode') == 'cubic'"
//   effect = "refused"            # refused | wrong | plugin | slow | note | dla (falls back to the GPU)
//   proof = "documented"          # built | parsed | documented | inferred
//   message = "cubic interpolation has no importer before 8.5"
//   hint = "…"                    # what a person can do; optional
//   fix = "resize-cubic"          # a rewrite of the fix room; optional
//   plugin = "…"                  # for the effect plugin
//   source = "…"
//
// A rule that several operators share stands in one of operators/_*.toml with `ops = ["ReduceMean", …]`, what
// a DLA does not run in operators/_dla.toml; ops = ["*"] with `except = […]` means every known operator but
// those. Rules for graph inputs, outputs, initialisers and nesting stand in operators/_model.toml (op =
// "graph.input", …).
#pragma once

#include <string>
#include <vector>

#include "jetline/targets/condition.h"
#include "jetline/targets/version.h"

namespace jetline::targets {

enum class Effect { kRefused, kWrong, kPlugin, kSlow, kNote, kDla };
enum class Proof { kBuilt, kParsed, kDocumented, kInferred };
const char* to_string(Effect e);
const char* to_string(Proof p);

struct Rule {
  std::string id;  // "trt.resize.cubic"
  VersionRange trt;
  Condition when;
  Effect effect = Effect::kRefused;
  Proof proof = Proof::kDocumented;
  std::string message, hint, fix, plugin, source;
  bool from_user = false;
};

struct TypeRow {
  VersionRange trt;
  std::vector<int> inputs;
  std::vector<std::string> allowed;
  Proof proof = Proof::kDocumented;
  std::string source;
};

struct DocumentedRow {
  VersionRange trt;
  bool supported = false;
  std::string text, source;
};

struct ImporterRow {
  VersionRange trt;
  std::string source;
};

struct OperatorKnowledge {
  std::string op, domain;  // "" is ai.onnx
  std::vector<ImporterRow> importers;
  std::vector<TypeRow> types;
  std::vector<DocumentedRow> documented;
  std::vector<Rule> rules;

  bool has_importer(const Version& trt) const;
};

struct Plugin {
  std::string name, version;  // "EfficientNMS_TRT", "1"
  VersionRange trt;           // ships with these releases
  VersionRange deprecated;
  std::string interface, source;
};

}  // namespace jetline::targets
