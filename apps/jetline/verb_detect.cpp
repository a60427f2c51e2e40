// jetline detect: pictures, videos and cameras through a detector.
#include <cstdio>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "apps/jetline/detector_options.h"
#include "apps/jetline/verb.h"
#include "jetline/vision/detect_run.h"

namespace jetline::cli {
namespace {

struct DetectState {
  std::string model;
  DetectorFlags flags;
  DetectRunOptions run;
  std::string ids = "position";
};

std::string detect_number(double v, const char* format) {
  char text[32];
  std::snprintf(text, sizeof text, format, v);
  return text;
}

std::string detect_label(const Card& card, int id) {
  const auto i = static_cast<size_t>(id);
  return i < card.labels.size() ? card.labels[i] : "#" + std::to_string(id);
}

void detect_print(Io& io, const DetectReport& report, const Card& card) {
  Table table({"picture", "class", "score>", "x1>", "y1>", "x2>", "y2>"});
  for (const DetectedImage& image : report.images) {
    const std::string name = image.frame >= 0 ? image.name + " #" + std::to_string(image.frame) : image.name;
    for (const Detection& d : image.detections) {
      table.row({name, detect_label(card, d.class_id), detect_number(d.score, "%.3f"),
                 detect_number(d.box.x1, "%.1f"), detect_number(d.box.y1, "%.1f"),
                 detect_number(d.box.x2, "%.1f"), detect_number(d.box.y2, "%.1f")});
    }
  }
  io.print(table.str());
}

Status detect_main(DetectState& s, Io& io) {
#ifdef __GLIBC__
  // An allocation arena for every thread of the engine costs some 20 MB and buys nothing: what runs in the
  // steady state does not allocate.
  mallopt(M_ARENA_MAX, 2);
#endif
  // Checked before the model is compiled: a typing error answers at once.
  JETLINE_ASSIGN_OR_RETURN(const auto inputs, expand_inputs(s.run.inputs));
  JETLINE_ASSIGN_OR_RETURN(const DetectorOptions options, s.flags.resolve(inputs.size() > 1));
  s.run.force = io.force;
  s.run.ids_from_names = s.ids == "name";
  JETLINE_ASSIGN_OR_RETURN(const auto detector, Detector::create(s.model, options));
  const Nanos start = real_clock().now();
  JETLINE_ASSIGN_OR_RETURN(const DetectReport report,
                           run_detect(*detector, s.run, &io.progress(), &io.cancel()));
  const double seconds = static_cast<double>(real_clock().now() - start) / kSecond;
  size_t found = 0;
  for (const DetectedImage& i : report.images) found += i.detections.size();
  if (io.json) {
    const std::string text = coco_results_json(report.images, detector->card().labels);
    std::fwrite(text.data(), 1, text.size(), stdout);
  } else if (s.run.outputs.empty()) {
    detect_print(io, report, detector->card());
  }
  for (const SkippedImage& skipped : report.skipped) {
    io.note("skipped " + skipped.path + ": " + skipped.why.id() + ": " + skipped.why.message());
  }
  const auto conditions = detector->conditions();
  const auto condition = [&](const char* key) {
    return conditions.count(key) ? conditions.at(key) : std::string("?");
  };
  io.note(std::to_string(report.images.size()) + " pictures, " + std::to_string(found) + " detections in " +
          detect_number(seconds, "%.2f s") + " (" + condition("engine") + " " + condition("engine_version") +
          ", " + condition("precision") + ", " + condition("threads") + " threads, " + condition("mode") +
          ", head " + condition("head") + " " + condition("input") + ")");
  for (const std::string& out : s.run.outputs) io.note("wrote " + out);
  const Status status = report.status();
  if (io.json && status.kind() == ErrorKind::kNegative) {
    // The array is on stdout already and stays the only thing there; the exit code says the rest.
    io.note("jetline: " + status.id() + ": " + status.message());
    return Status::negative(status.id(), "");
  }
  return status;
}

VerbRun setup_detect(CLI::App& app, Io& io) {
  auto s = std::make_shared<DetectState>();
  app.add_option("model", s->model, "detector: an ONNX file (or what the engine reads)")->required();
  app.add_option("input", s->run.inputs, "images, folders, patterns, video files, cameras (/dev/video0)")
      ->required();
  app.add_option("-o,--output", s->run.outputs,
                 "results.json, out.mp4, one.jpg, or a folder; may be given several times")
      ->allow_extra_args(false);
  app.add_flag("--strict", s->run.strict, "stop at the first picture that cannot be read");
  app.add_option("--frames", s->run.max_frames, "most frames of each video or camera (0: all)");
  app.add_option("--ids", s->ids,
                 "image ids in results: position (1, 2, ...) or name (the number in the file name)")
      ->check(CLI::IsMember({"position", "name"}))
      ->capture_default_str();
  s->flags.add_to(app);
  return [s, &io] { return detect_main(*s, io); };
}

}  // namespace

extern const Verb kDetectVerb;
const Verb kDetectVerb = {"detect", "find objects in pictures, videos or a camera",
                          "  jetline detect can.onnx photos/ -o found/ -o found.json\n"
                          "  jetline detect yolox_nano.onnx street.mp4 -o street-boxes.mp4 --score 0.4",
                          setup_detect};

}  // namespace jetline::cli
