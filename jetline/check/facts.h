// What a rule may know of a subject (targets/condition.h lists the words), answered from the graph.
//
// A tensor is const() when TensorRT's importer holds it as weights: a stored tensor, the value of a Constant
// node and, up to 8.2, a Transpose of such; everything that is computed is a tensor of the network to the
// importer, however constant it is (read in the importers' sources, 7.1 to 10.1: only these return weights).
// value() goes further: it also gives integers that shape inference follows. Inputs that are left out have no
// type, rank or content: not known; ask present() first.
//
// Ownership: refers to the model, whose types must be inferred. Threads: one (content is cached).
#pragma once

#include <unordered_map>

#include "jetline/check/fed.h"
#include "jetline/check/subject.h"
#include "jetline/graph/inference.h"
#include "jetline/targets/condition.h"

namespace jetline::check {

// What of the target a rule may ask; findings depend on nothing else of it.
struct Software {
  targets::Version tensorrt;
  targets::Precision precision = targets::Precision::kFp16;
  bool dla = false;
  bool strongly_typed = false;
};

class ModelFacts {
 public:
  // `inference` has walked the model.
  ModelFacts(const Model& model, ShapeInference& inference)
      : inference_(inference),
        fed_(model),
        inputs_(model.graph().free_inputs().size()),
        outputs_(model.graph().outputs().size()) {}
  // Up to 4096 numbers as far as known, or a list of texts; monostate when nothing is known.
  const targets::Operand& content(const Value* value);
  bool fed(const Value* value) { return fed_.holds(value); }
  bool fed_data(const Value* value) { return fed_.holds_data(value); }
  bool bent(const Value* value) { return fed_.bent(value); }
  size_t inputs() const { return inputs_; }  // that a caller feeds
  size_t outputs() const { return outputs_; }

 private:
  targets::Operand read(const Value* value);
  ShapeInference& inference_;
  FedValues fed_;
  size_t inputs_, outputs_;
  std::unordered_map<const Value*, targets::Operand> content_;
};

class SubjectFacts : public targets::NodeFacts {
 public:
  SubjectFacts(const Subject& subject, ModelFacts& model, const Software& software)
      : subject_(subject), model_(model), software_(software) {}
  targets::Operand fact(std::string_view name, int64_t index, int64_t second,
                        std::string_view text) const override;

 private:
  const Value* in(int64_t i) const;
  const Value* out(int64_t i) const;
  targets::Operand attribute(std::string_view name) const;
  const Subject& subject_;
  ModelFacts& model_;
  const Software& software_;
};

// Element type and shape of a value; a stored tensor's own where it has one.
ValueType type_of(const Value& value);
// "float", "int64", "sequence", "" (not known).
std::string type_word(const Value& value);
// Whether the importer of that release holds the value as weights.
bool const_for(const Value* value, const targets::Version& tensorrt);

}  // namespace jetline::check
