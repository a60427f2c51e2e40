// jetline verify: two forms of a detector on the same pictures.
#include "apps/jetline/verb.h"
#include "jetline/eval/verify.h"

namespace jetline::cli {
namespace {

struct VerifyState {
  VerifyOptions options;
  EngineOptions engine;
  std::string precision_b;
};

std::string verify_number(double v) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3g", v);
  return text;
}

void verify_json(const VerifyState& s, const VerifyResult& r, Io& io) {
  nlohmann::ordered_json j;
  j["same"] = r.same;
  j["cause"] = nullptr;
  j["causes"] = nlohmann::ordered_json::array();
  for (const VerifyCause& c : r.causes) j["causes"].push_back({{"id", c.id}, {"text", c.text}});
  if (!r.causes.empty()) j["cause"] = j["causes"][0];
  j["outputs"] = nlohmann::ordered_json::array();
  for (const OutputDifference& o : r.outputs) {
    j["outputs"].push_back({{"name", o.name},
                            {"max_abs", o.max_abs},
                            {"max_rel", o.max_rel},
                            {"outside", o.outside},
                            {"comparable", o.comparable}});
  }
  j["boxes"] = {{"comparable", r.boxes.comparable},     {"matched", r.boxes.matched},
                {"missing", r.boxes.missing},           {"extra", r.boxes.extra},
                {"max_shift_px", r.boxes.max_shift_px}, {"max_score_diff", r.boxes.max_score_diff}};
  j["images"] = r.images;
  const VerifyTolerance& t = s.options.tolerance;
  j["tolerance"] = {{"raw_abs", t.raw_abs}, {"raw_rel", t.raw_rel}, {"box_px", t.box_px}, {"score", t.score}};
  j["notes"] = r.notes;
  j["a"] = {{"file", s.options.a}, {"kind", r.kind_a}, {"conditions", r.conditions_a}};
  j["b"] = {{"file", s.options.b}, {"kind", r.kind_b}, {"conditions", r.conditions_b}};
  io.emit_json(j);
}

void verify_text(const VerifyState& s, const VerifyResult& r, Io& io) {
  io.print("A  " + s.options.a + " (" + r.kind_a + ")\nB  " + s.options.b + " (" + r.kind_b + ")\n" +
           std::to_string(r.images) + " pictures\n\n");
  Table table({"output", "max abs>", "max / range>", "outside tolerance>"});
  for (const OutputDifference& o : r.outputs) {
    if (!o.comparable) {
      table.row({o.name, "-", "-", "no partner in B"});
    } else {
      table.row({o.name, verify_number(o.max_abs), verify_number(o.max_rel),
                 verify_number(100 * o.outside) + " %"});
    }
  }
  io.print(table.str());
  if (r.boxes.comparable) {
    io.print("\nboxes: " + std::to_string(r.boxes.matched) + " matched, " + std::to_string(r.boxes.missing) +
             " missing in B, " + std::to_string(r.boxes.extra) + " extra in B; corners within " +
             verify_number(r.boxes.max_shift_px) + " px, scores within " +
             verify_number(r.boxes.max_score_diff) + "\n");
  }
  for (const std::string& note : r.notes) io.print("note: " + note + "\n");
  if (r.same) {
    io.print("\n" + io.green("same") + "\n");
    return;
  }
  io.print("\n" + io.red("different") + "\n");
  for (const VerifyCause& c : r.causes) io.print("  " + io.bold(c.id) + ": " + c.text + "\n");
}

Status run_verify(VerifyState& s, Io& io) {
  s.options.hop_a.engine = s.engine;
  s.options.hop_b.engine = s.engine;
  if (!s.precision_b.empty()) s.options.hop_b.engine.precision = s.precision_b;
  JETLINE_ASSIGN_OR_RETURN(const VerifyResult r, verify(s.options, io.progress(), io.cancel()));
  if (io.json) {
    verify_json(s, r, io);
  } else {
    verify_text(s, r, io);
  }
  return r.same ? Status() : Status::negative("verify.differs", "");  // everything is said above
}

VerbRun setup_verify(CLI::App& app, Io& io) {
  auto s = std::make_shared<VerifyState>();
  VerifyOptions& o = s->options;
  app.add_option("a", o.a, "the side that counts as right: a .ckpt or .onnx file")->required();
  app.add_option("b", o.b, "the side that is checked")->required();
  app.add_option("--images", o.images, "a folder of pictures, or one")->required();
  app.add_option("--max-images", o.max_images, "at most so many, evenly spaced")
      ->capture_default_str()
      ->check(CLI::Range(1, 100000));
  app.add_option("--card-a", o.hop_a.card_path, "sidecar card of A");
  app.add_option("--card-b", o.hop_b.card_path, "sidecar card of B");
  app.add_option("--engine", s->engine.engine, "which engine runs ONNX files")->capture_default_str();
  app.add_option("--threads", s->engine.threads, "0: the engine's choice")->check(CLI::Range(0, 1024));
  app.add_option("--precision-b", s->precision_b, "arithmetic of B: f32, bf16 or f16");
  app.add_option("--raw-abs", o.tolerance.raw_abs, "raw outputs: absolute tolerance")->capture_default_str();
  app.add_option("--raw-rel", o.tolerance.raw_rel, "raw outputs: relative tolerance")->capture_default_str();
  app.add_option("--box-px", o.tolerance.box_px, "boxes: tolerance of a corner in pixels")
      ->capture_default_str();
  app.add_option("--score-diff", o.tolerance.score, "boxes: tolerance of a score")->capture_default_str();
  return [s, &io] { return run_verify(*s, io); };
}

}  // namespace

extern const Verb kVerifyVerb;
const Verb kVerifyVerb = {"verify", "two forms of a detector on the same pictures, and why they differ",
                          "  jetline verify best.ckpt can.onnx --images photos/\n"
                          "  jetline verify original.onnx converted.onnx --images photos/ --json",
                          setup_verify};

}  // namespace jetline::cli
