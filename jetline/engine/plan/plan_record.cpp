#include "jetline/engine/plan/plan_record.h"

#include <cstdio>
#include <nlohmann/json.hpp>

#include "jetline/base/hash.h"
#include "jetline/base/json_depth.h"

namespace jetline {
namespace {
using PlanJson = nlohmann::ordered_json;

constexpr const char* kPlanFormat = "jetline.plan";
constexpr int kPlanVersion = 1;
constexpr int kPlanMaxDepth = 32;  // the parser recurses on nesting; a record has five levels
constexpr int64_t kPlanRecordLimit = int64_t{64} << 20;  // thousands of layers with long names

// Reads fields with their types checked; the first wrong one is remembered.
class PlanFields {
 public:
  PlanFields(const PlanJson& json, std::string path) : json_(json), path_(std::move(path)) {}
  const std::string& wrong() const { return wrong_; }

  const PlanJson* at(const char* key, bool needed) {
    const auto it = json_.is_object() ? json_.find(key) : json_.end();
    if (it != json_.end()) return &*it;
    if (needed) miss(key);
    return nullptr;
  }
  void text(const char* key, std::string& out, bool needed = false) {
    const PlanJson* j = at(key, needed);
    if (j && j->is_string()) {
      out = j->get<std::string>();
    } else if (j) {
      miss(key);
    }
  }
  template <typename T>
  void integer(const char* key, T& out, bool needed = false) {
    const PlanJson* j = at(key, needed);
    if (j && j->is_number_integer()) {
      out = static_cast<T>(j->get<int64_t>());
    } else if (j) {
      miss(key);
    }
  }
  void number(const char* key, double& out) {
    const PlanJson* j = at(key, false);
    if (j && j->is_number()) {
      out = j->get<double>();
    } else if (j) {
      miss(key);
    }
  }
  void flag(const char* key, bool& out) {
    const PlanJson* j = at(key, false);
    if (j && j->is_boolean()) {
      out = j->get<bool>();
    } else if (j) {
      miss(key);
    }
  }
  void texts(const char* key, std::vector<std::string>& out) {
    const PlanJson* j = at(key, false);
    if (!j) return;
    if (!j->is_array()) return miss(key);
    for (const auto& e : *j) {
      if (!e.is_string()) return miss(key);
      out.push_back(e.get<std::string>());
    }
  }
  void miss(const std::string& key) {
    if (wrong_.empty()) wrong_ = path_ + key;
  }

 private:
  const PlanJson& json_;
  std::string path_, wrong_;
};

bool plan_dims(const PlanJson& j, std::vector<int64_t>& out) {
  if (!j.is_array() || j.size() > 16) return false;
  for (const auto& e : j) {
    if (!e.is_number_integer()) return false;
    out.push_back(e.get<int64_t>());
  }
  return true;
}

PlanJson plan_ports_json(const std::vector<PlanPort>& ports) {
  PlanJson list = PlanJson::array();
  for (const PlanPort& p : ports)
    list.push_back({{"name", p.name}, {"type", std::string(dtype_name(p.dtype))}, {"shape", p.shape}});
  return list;
}

bool plan_ports(const PlanJson* j, std::vector<PlanPort>& out) {
  if (!j) return true;
  if (!j->is_array()) return false;
  for (const auto& e : *j) {
    PlanPort p;
    PlanFields f(e, "");
    std::string type;
    f.text("name", p.name, true);
    f.text("type", type, true);
    p.dtype = dtype_from_name(type);
    const PlanJson* shape = f.at("shape", true);
    if (!f.wrong().empty() || !plan_dims(*shape, p.shape)) return false;
    out.push_back(std::move(p));
  }
  return true;
}

bool plan_shapes(const PlanJson* j, std::map<std::string, ShapeRange>& out) {
  if (!j) return true;
  if (!j->is_object()) return false;
  for (const auto& [name, e] : j->items()) {
    ShapeRange r;
    if (!e.is_object() || !e.contains("min") || !e.contains("opt") || !e.contains("max")) return false;
    if (!plan_dims(e["min"], r.min) || !plan_dims(e["opt"], r.opt) || !plan_dims(e["max"], r.max))
      return false;
    out[name] = std::move(r);
  }
  return true;
}

Status plan_record_error(const std::string& what, const std::string& where) {
  return Status::bad_input("plan.record", "this is not the record of a plan: " + what,
                           "`jetline build` writes plan and record anew", where);
}

}  // namespace

std::string plan_record_path(const std::string& plan_path) {
  return plan_path + ".json";
}

std::string plan_record_to_json(const PlanRecord& r) {
  PlanJson j;
  j["format"] = kPlanFormat;
  j["version"] = kPlanVersion;
  j["plan"] = {{"bytes", r.bytes}, {"crc32c", r.crc32c}, {"sha256", r.sha256}};
  j["model"] = {{"name", r.model_name}, {"sha256", r.model_sha256}};
  j["made_by"] = {{"jetline", r.jetline}, {"built", r.built}};
  j["host"] = {{"tensorrt", r.host.tensorrt}, {"cuda", r.host.cuda},
               {"driver", r.host.driver},     {"compute_capability", r.host.compute_capability},
               {"gpu", r.host.gpu},           {"machine", r.host.machine},
               {"board", r.host.board},       {"jetpack", r.host.jetpack}};
  PlanJson shapes = PlanJson::object();
  for (const auto& [name, s] : r.shapes) shapes[name] = {{"min", s.min}, {"opt", s.opt}, {"max", s.max}};
  j["build"] = {{"precision", r.precision},   {"strongly_typed", r.strongly_typed},
                {"level", r.level},           {"workspace", r.workspace},
                {"flags", r.flags},           {"shapes", shapes},
                {"seconds", r.build_seconds}, {"attempts", r.attempts}};
  j["inputs"] = plan_ports_json(r.inputs);
  j["outputs"] = plan_ports_json(r.outputs);
  j["layers"] = r.layers;
  j["card"] = r.card;
  return j.dump(1, ' ', false, PlanJson::error_handler_t::replace) + "\n";
}

Result<PlanRecord> plan_record_from_json(std::string_view text, const std::string& where) {
  if (json_nests_deeper(text, kPlanMaxDepth)) return plan_record_error("nested too deeply", where);
  const PlanJson j = PlanJson::parse(text.begin(), text.end(), nullptr, false);
  if (j.is_discarded() || !j.is_object()) return plan_record_error("not a JSON object", where);
  PlanFields top(j, "");
  std::string format;
  int64_t version = 0;
  top.text("format", format, true);
  top.integer("version", version, true);
  if (!top.wrong().empty() || format != kPlanFormat)
    return plan_record_error("it does not say format \"" + std::string(kPlanFormat) + "\"", where);
  if (version != kPlanVersion)
    return plan_record_error("its version " + std::to_string(version) + " is not known here", where);

  PlanRecord r;
  std::string wrong;
  const PlanJson none = PlanJson::object();
  const auto section = [&](const char* key, bool needed) -> const PlanJson& {
    const PlanJson* s = top.at(key, needed);
    if (s && !s->is_object()) top.miss(key);
    return s && s->is_object() ? *s : none;
  };
  PlanFields file(section("plan", true), "plan."), model(section("model", false), "model."),
      made(section("made_by", false), "made_by."), host(section("host", true), "host."),
      build(section("build", false), "build.");
  file.integer("bytes", r.bytes, true);
  file.text("crc32c", r.crc32c, true);
  file.text("sha256", r.sha256);
  model.text("name", r.model_name);
  model.text("sha256", r.model_sha256);
  made.text("jetline", r.jetline);
  made.text("built", r.built);
  host.text("tensorrt", r.host.tensorrt, true);
  host.text("cuda", r.host.cuda);
  host.text("driver", r.host.driver);
  host.text("compute_capability", r.host.compute_capability, true);
  host.text("gpu", r.host.gpu);
  host.text("machine", r.host.machine);
  host.text("board", r.host.board);
  host.text("jetpack", r.host.jetpack);
  build.text("precision", r.precision);
  build.flag("strongly_typed", r.strongly_typed);
  build.integer("level", r.level);
  build.integer("workspace", r.workspace);
  build.texts("flags", r.flags);
  build.number("seconds", r.build_seconds);
  build.integer("attempts", r.attempts);
  if (!plan_shapes(build.at("shapes", false), r.shapes)) build.miss("shapes");
  if (!plan_ports(top.at("inputs", false), r.inputs)) top.miss("inputs");
  if (!plan_ports(top.at("outputs", false), r.outputs)) top.miss("outputs");
  top.texts("layers", r.layers);
  top.text("card", r.card);
  for (const PlanFields* f : {&top, &file, &model, &made, &host, &build}) {
    if (!f->wrong().empty())
      return plan_record_error("`" + f->wrong() + "` is missing or of a wrong type", where);
  }
  return r;
}

Result<PlanRecord> read_plan_record(const std::string& plan_path) {
  const std::string path = plan_record_path(plan_path);
  JETLINE_ASSIGN_OR_RETURN(const std::string text, read_file(path, kPlanRecordLimit));
  return plan_record_from_json(text, path);
}

Status write_plan(const std::string& plan_path, ByteView plan, PlanRecord& record, FileSystem& fs) {
  char crc[16];
  std::snprintf(crc, sizeof crc, "%08x", crc32c(plan));
  record.bytes = static_cast<int64_t>(plan.size());
  record.crc32c = crc;
  record.sha256 = sha256_hex(plan);
  JETLINE_ASSIGN_OR_RETURN(auto file, AtomicFile::create(plan_path, fs, Durability::kProcess));
  JETLINE_RETURN_IF_ERROR(file->append(plan));
  JETLINE_ASSIGN_OR_RETURN(auto beside,
                           AtomicFile::create(plan_record_path(plan_path), fs, Durability::kProcess));
  JETLINE_RETURN_IF_ERROR(beside->append(plan_record_to_json(record)));
  // From here on the old pair is gone: an old record beside a new plan would call it damaged.
  if (file_exists(plan_record_path(plan_path)))
    JETLINE_RETURN_IF_ERROR(fs.remove(plan_record_path(plan_path)));
  JETLINE_RETURN_IF_ERROR(file->commit());
  const Status recorded = beside->commit();
  if (!recorded.ok()) (void)fs.remove(plan_path);  // never a plan that nobody can judge
  return recorded;
}

}  // namespace jetline
