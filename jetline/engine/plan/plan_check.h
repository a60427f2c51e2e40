// Is this plan for this machine, and whole? Answered from the first bytes of the file, its size and its
// record, before the vendor's deserialiser sees it: handed a foreign or damaged plan it prints a riddle at
// best.
//
// What is compared, in this order: that it is a plan; its size; processor family, TensorRT release (exactly,
// or the major number where the plan was built version compatible), compute capability; the CRC-32C of all
// bytes. All but the last takes the same time whatever the size. Threads: free functions. Ids:
// plan.not-a-plan, plan.no-record (a release before 8.6 writes no version into its plans, so one without a
// record cannot be judged), plan.truncated, plan.damaged, plan.older, plan.newer, plan.other-machine,
// plan.other-gpu, plan.stale; plan.record, file.*.
#pragma once

#include "jetline/base/span.h"
#include "jetline/engine/plan/plan_record.h"

namespace jetline {

// The header that TensorRT 8.6 and later put in front of a plan.
struct PlanHeader {
  bool present = false;
  int major = 0, minor = 0, patch = 0, build = 0;
};
PlanHeader plan_header(ByteView bytes);

// Has a record beside it, or begins like a plan.
bool looks_like_plan(const std::string& path, ByteView bytes);

// OK, or why this file must not be given to TensorRT on `host`. `record` may be null: then the header alone
// speaks, and damage goes unnoticed.
Status check_plan(const std::string& path, ByteView bytes, const PlanRecord* record, const PlanHost& host);

// plan.stale when the model of that hash is not what the plan was built from.
Status check_plan_model(const std::string& plan_path, const PlanRecord& record, const std::string& model_path,
                        const std::string& model_sha256);

// Compares the digits of two releases, as far as both have them: negative when `a` is older.
int compare_releases(const std::string& a, const std::string& b);

}  // namespace jetline
