// jetline data doctor
#include "apps/jetline/data_commands.h"
#include "jetline/data/doctor.h"

namespace jetline::cli {
namespace {

struct DataDoctorState {
  std::string path;
  DoctorOptions options;
  RepairOptions repair;
  bool fix = false, quick = false;
  size_t most = 200;
};

const char* severity_name(Severity s) {
  return s == Severity::kError ? "error" : s == Severity::kWarning ? "warning" : "info";
}

Status data_doctor_fix(DataDoctorState& s, Io& io) {
  s.repair.load = s.options.load;
  s.repair.force = io.force;
  JETLINE_ASSIGN_OR_RETURN(const RepairReport r,
                           repair_dataset(s.path, s.repair, io.progress(), io.cancel()));
  if (io.json) {
    nlohmann::ordered_json j = {
        {"dry_run", s.repair.dry_run}, {"repairs", nlohmann::ordered_json::array()}, {"files", r.files}};
    for (const Repair& x : r.repairs)
      j["repairs"].push_back({{"id", x.id}, {"where", x.where}, {"action", x.action}});
    io.emit_json(j);
    return Status();
  }
  for (const Repair& x : r.repairs) io.print(x.where + ": " + x.id + ": " + x.action + "\n");
  io.print(std::to_string(r.repairs.size()) + (s.repair.dry_run ? " repairs possible in " : " repairs in ") +
           std::to_string(r.files.size()) + " files\n");
  return Status();
}

Status data_doctor_main(DataDoctorState& s, Io& io) {
  if (s.fix) return data_doctor_fix(s, io);
  s.options.decode = s.options.compare_pixels = !s.quick;
  JETLINE_ASSIGN_OR_RETURN(const DoctorReport r,
                           examine_dataset(s.path, s.options, io.progress(), io.cancel()));
  if (io.json) {
    nlohmann::ordered_json j = {{"images", r.images},   {"boxes", r.boxes},
                                {"errors", r.errors},   {"warnings", r.warnings},
                                {"fixable", r.fixable}, {"findings", nlohmann::ordered_json::array()}};
    for (const Finding& f : r.findings) {
      j["findings"].push_back({{"id", f.id},
                               {"severity", severity_name(f.severity)},
                               {"where", f.where},
                               {"message", f.message},
                               {"fixable", f.fixable}});
    }
    io.emit_json(j);
  } else {
    size_t shown = 0;
    for (const Finding& f : r.findings) {
      if (shown++ == s.most) break;
      const std::string word = severity_name(f.severity);
      io.print(f.where + ": " + (f.severity == Severity::kError ? io.red(word) : word) + ": " + f.id + ": " +
               f.message + "\n");
    }
    if (r.findings.size() > s.most) {
      io.print("and " + std::to_string(r.findings.size() - s.most) + " more (--most 0 shows all)\n");
    }
    io.print(std::to_string(r.images) + " images, " + std::to_string(r.boxes) +
             " boxes: " + std::to_string(r.errors) + " errors, " + std::to_string(r.warnings) + " warnings" +
             (r.fixable ? ", " + std::to_string(r.fixable) + " can be mended with --fix" : "") + "\n");
  }
  // Exit 1: the answer is "not well".
  return r.errors ? Status::negative("data.unwell", "") : Status();
}

}  // namespace

VerbRun setup_data_doctor(CLI::App& app, Io& io) {
  auto s = std::make_shared<DataDoctorState>();
  app.add_option("data", s->path, "folder, COCO json or YOLO data.yaml")->required();
  auto* fix = app.add_flag(
      "--fix", s->fix, "clip boxes, drop empty and double ones, correct sizes; old files stay as NAME.bak");
  app.add_flag("--dry-run", s->repair.dry_run, "with --fix: list, write nothing")->needs(fix);
  app.add_option("-o,--output", s->repair.output,
                 "with --fix: leave the set alone, write a corrected one here")
      ->needs(fix);
  app.add_flag("--quick", s->quick, "read only the headers of images");
  app.add_option("--threads", s->options.threads, "threads for decoding (0: as many as cores)")
      ->check(CLI::Range(0, 256));
  app.add_option("--most", s->most, "findings to print (0: all)")
      ->capture_default_str()
      ->transform([](const std::string& v) { return v == "0" ? std::to_string(SIZE_MAX) : v; });
  add_data_options(app, s->options.load);
  return [s, &io] { return data_doctor_main(*s, io); };
}

}  // namespace jetline::cli
