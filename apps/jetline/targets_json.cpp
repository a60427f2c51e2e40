#include "apps/jetline/targets_json.h"

namespace jetline::cli {
namespace {
using TargetsJson = nlohmann::ordered_json;
using targets::Peak;

TargetsJson targets_precisions(const std::vector<targets::Precision>& list) {
  TargetsJson j = TargetsJson::array();
  for (targets::Precision p : list) j.push_back(targets::to_string(p));
  return j;
}

TargetsJson targets_peak(const Peak& p) {
  TargetsJson j = TargetsJson::object();
  const auto figure = [&](const char* key, const std::optional<double>& v) {
    j[key] = v ? TargetsJson(*v) : TargetsJson(nullptr);
  };
  figure("fp32_tflops", p.fp32_tflops);
  figure("tf32_tflops", p.tf32_tflops);
  figure("fp16_tflops", p.fp16_tflops);
  figure("bf16_tflops", p.bf16_tflops);
  figure("int8_tops", p.int8_tops);
  figure("fp8_tflops", p.fp8_tflops);
  figure("fp4_tflops", p.fp4_tflops);
  figure("bandwidth_gbs", p.bandwidth_gbs);
  figure("dla_fp16_tflops", p.dla_fp16_tflops);
  figure("dla_int8_tops", p.dla_int8_tops);
  j["source"] = p.source;
  return j;
}

TargetsJson targets_rule(const targets::Rule& r) {
  return {{"id", r.id},
          {"tensorrt", r.trt.to_string()},
          {"when", r.when.text()},
          {"effect", targets::to_string(r.effect)},
          {"proof", targets::to_string(r.proof)},
          {"message", r.message},
          {"hint", r.hint},
          {"fix", r.fix},
          {"plugin", r.plugin},
          {"source", r.source},
          {"from_user", r.from_user}};
}

}  // namespace

TargetsJson targets_board_json(const targets::Catalog& catalog, const targets::Board& b) {
  TargetsJson j;
  j["id"] = b.id;
  j["name"] = b.name;
  j["aliases"] = b.aliases;
  j["soc"] = b.soc;
  j["architecture"] = b.architecture;
  j["compute_capability"] = b.compute_capability.to_string();
  j["jetson"] = b.is_jetson;
  j["memory_gib"] = b.memory_gib > 0 ? TargetsJson(b.memory_gib) : TargetsJson(nullptr);
  j["memory_is_shared"] = b.memory_is_shared;
  j["reserved_gib"] = b.reserved_gib;
  j["dla_cores"] = b.dla_cores;
  j["precisions"] = targets_precisions(b.precisions);
  j["slow"] = targets_precisions(b.slow);
  j["tensorrt"] = b.tensorrt.to_string();
  j["jetpacks"] = TargetsJson::array();
  for (const targets::JetPack& p : catalog.jetpacks()) {
    if (fits(b, p)) j["jetpacks"].push_back(p.id);
  }
  j["peak"] = targets_peak(b.peak);
  j["modes"] = TargetsJson::array();
  for (const targets::PowerMode& m : b.modes) {
    j["modes"].push_back(
        {{"name", m.name}, {"jetpack", m.jetpack.to_string()}, {"peak", targets_peak(m.peak)}});
  }
  j["note"] = b.note;
  j["source"] = b.source;
  return j;
}

TargetsJson targets_jetpack_json(const targets::JetPack& p) {
  return {{"id", p.id},
          {"tensorrt", p.tensorrt.to_string()},
          {"cuda", p.cuda.to_string()},
          {"cudnn", p.cudnn.to_string()},
          {"l4t", p.l4t},
          {"released", p.released},
          {"ubuntu", p.ubuntu},
          {"socs", p.socs},
          {"preview", p.preview},
          {"source", p.source}};
}

TargetsJson targets_release_json(const targets::Release& r) {
  return {{"version", r.version.to_string()},
          {"max_opset", r.max_opset},
          {"strongly_typed_only", r.strongly_typed_only},
          {"dla", r.dla},
          {"precisions", targets_precisions(r.precisions)},
          {"source", r.source}};
}

TargetsJson targets_operator_json(const targets::OperatorKnowledge& k) {
  TargetsJson j;
  j["op"] = k.op;
  j["domain"] = k.domain.empty() ? "ai.onnx" : k.domain;
  for (const char* key : {"importers", "types", "documented", "rules"}) j[key] = TargetsJson::array();
  for (const auto& r : k.importers)
    j["importers"].push_back({{"tensorrt", r.trt.to_string()}, {"source", r.source}});
  for (const auto& r : k.types) {
    j["types"].push_back({{"tensorrt", r.trt.to_string()},
                          {"inputs", r.inputs},
                          {"allowed", r.allowed},
                          {"proof", targets::to_string(r.proof)},
                          {"source", r.source}});
  }
  for (const auto& r : k.documented) {
    j["documented"].push_back({{"tensorrt", r.trt.to_string()},
                               {"supported", r.supported},
                               {"text", r.text},
                               {"source", r.source}});
  }
  for (const auto& r : k.rules) j["rules"].push_back(targets_rule(r));
  return j;
}

}  // namespace jetline::cli
