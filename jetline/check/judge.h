// Asks the rules of every operator about every subject of a model, for one software (TensorRT release,
// precision, DLA, typing), and groups what they answer.
//
// For each subject, in this order:
//   1. no table knows the operator: a plugin of that name that ships with the release runs it, else unknown
//   2. the release has no importer of that name: a rule of the operator may say so with a fix, else a plugin
//   of that
//      name runs it, else refused
//   3. element types against the operator's table
//   4. every rule whose versions hold the release
//   5. what the node says that came after the opset the release documents: importers ignore it. Attributes
//   and
//      inputs that some rule of the operator asks about are left to the rules.
// A refusing rule that cannot be decided gives a finding marked unknown; undecided notes and costs give none.
// Answers of rules that do not look at the target are kept, so that the next release costs little.
//
// Ownership: refers to subjects, facts and catalog. Threads: one.
#pragma once

#include <unordered_map>
#include <vector>

#include "jetline/check/check.h"
#include "jetline/check/facts.h"

namespace jetline::check {

// The first release whose parser imports functions of the model (LocalFunctionImporter in the importer
// lists).
inline const targets::Version kFunctionsFrom = {{9, 0, 0, 0}, 2};

struct Judgement {
  std::vector<Finding> findings;  // worst first
  std::vector<std::string> plugins;
  // Of the operators that simply run: the weakest proof.
  targets::Proof proof = targets::Proof::kDocumented;
  // For each subject whether a dla rule sends it to the GPU; empty without DLA.
  std::vector<bool> off_dla;
};

class Judge {
 public:
  Judge(const std::vector<Subject>& subjects, ModelFacts& facts, const Model& model,
        const targets::Catalog& catalog);
  Judgement judge(const Software& software);

 private:
  struct Run;
  targets::Truth answer(const targets::Rule& rule, size_t subject, const Software& software);

  const std::vector<Subject>& subjects_;
  ModelFacts& facts_;
  const Model& model_;
  const targets::Catalog& catalog_;
  bool const_moves_ = false;  // what is constant depends on the release in this model
  // What a rule's text asks about, found once.
  struct RuleUse {
    bool of_target = false;
    std::unordered_map<size_t, targets::Truth> answers;  // by subject
  };
  std::unordered_map<const targets::Rule*, RuleUse> rules_;
};

// How bad a finding is: 0 refused without fix, 1 refused with one, 2 unknown, 3 wrong, 4 plugin, 5 slow, 6
// dla, 7 note.
int severity(const Finding& finding);

}  // namespace jetline::check
