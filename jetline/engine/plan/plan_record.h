// PLAN.json: what is known of a TensorRT plan, written beside it. A plan is an opaque file that holds good
// for one release of TensorRT, one kind of GPU and one processor family; the record says which, so that a
// plan from elsewhere is recognised before the vendor's code sees a byte of it (plan_check.h), and it carries
// what a plan cannot: the model's hash and card, how it was built, the names of its layers.
//
// A plain value; no thread rules. Ids: plan.record (not the JSON it should be, a field of a wrong type or
// missing), file.*.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "jetline/base/dtype.h"
#include "jetline/base/files.h"
#include "jetline/base/status.h"

namespace jetline {

// Smallest, likeliest and largest shape of an input that the model leaves open.
struct ShapeRange {
  std::vector<int64_t> min, opt, max;
  bool operator==(const ShapeRange& o) const { return min == o.min && opt == o.opt && max == o.max; }
};

struct PlanPort {
  std::string name;
  DType dtype = DType::kUndefined;
  std::vector<int64_t> shape;  // -1: dynamic
};

// What a plan is bound to.
struct PlanHost {
  std::string tensorrt;            // "10.6.0.26": major.minor.patch, and the build where it is known
  std::string cuda;                // runtime it was made with, "12.6"
  std::string driver;              // the newest CUDA that the driver speaks, "13.0"
  std::string compute_capability;  // "8.7"
  std::string gpu;                 // "Orin", "NVIDIA H200"
  std::string machine;             // "aarch64-linux"
  std::string board, jetpack;      // "" off a Jetson
};

struct PlanRecord {
  // The file.
  int64_t bytes = 0;
  std::string crc32c;  // eight hexadecimal digits; compared on every load
  std::string sha256;  // names the plan
  // The model and who made the plan.
  std::string model_name, model_sha256;
  std::string jetline;  // version
  std::string built;    // UTC, "2026-01-31T12:00:00Z"
  PlanHost host;
  // How.
  std::string precision;  // "fp32", "tf32", "fp16"; "as the model" for strongly typed networks
  bool strongly_typed = false;
  int level = -1;         // builder optimisation level, -1: the release has none or its default
  int64_t workspace = 0;  // bytes; 0: the release's default
  std::vector<std::string> flags;
  std::map<std::string, ShapeRange> shapes;
  double build_seconds = 0;
  int attempts = 1;  // over 1: built again with less memory
  std::vector<PlanPort> inputs, outputs;
  std::vector<std::string> layers;  // as the engine names them after fusion
  std::string card;                 // the model's card, JSON; "" where it has none
};

std::string plan_record_path(const std::string& plan_path);  // PLAN.json

std::string plan_record_to_json(const PlanRecord& record);
Result<PlanRecord> plan_record_from_json(std::string_view json, const std::string& where);
// The record beside a plan. file.not-found where there is none.
Result<PlanRecord> read_plan_record(const std::string& plan_path);

// Fills bytes, crc32c and sha256 in and writes both files, the record last: a plan without its record is not
// taken for a whole one. A record of an older plan at that place is removed first.
Status write_plan(const std::string& plan_path, ByteView plan, PlanRecord& record,
                  FileSystem& fs = real_file_system());

}  // namespace jetline
