#include "apps/jetline/detector_options.h"

#include "jetline/base/files.h"
#include "jetline/base/strings.h"

namespace jetline::cli {

void DetectorFlags::add_to(CLI::App& app) {
  app.add_option("--head", options.head, "family of the detector (else the card's, else recognised)");
  app.add_option("--card", options.card_path, "sidecar card, TOML (else NAME.card.toml beside the model)");
  app.add_option("--labels", labels_file, "file with one class name a line");
  app.add_option("--size", size, "input size WxH of a model whose input size is free");
  app.add_option("--score", options.score_threshold, "least score, 0 to 1 (else the card's)");
  app.add_option("--nms", options.nms_iou,
                 "IoU above which a weaker box of the class is dropped (else the card's)");
  app.add_option("--max", options.max_detections, "most detections a picture")->capture_default_str();
  app.add_option("--engine", options.engine.engine, "engine to run the model with")->capture_default_str();
  app.add_option("--device", options.engine.device, "the engine's device")->capture_default_str();
  app.add_option("--threads", options.engine.threads, "threads of the engine (0: its choice)")
      ->check(CLI::Range(0, 1024));
  app.add_option("--precision", options.engine.precision, "arithmetic: f32, or lower where the device has it")
      ->capture_default_str();
  app.add_option("--cache", options.engine.cache_dir, "folder for compiled models: the next start is faster");
  auto* throughput_flag = app.add_flag("--throughput", throughput, "several pictures side by side");
  app.add_flag("--latency", latency, "one picture at a time, as fast as possible")->excludes(throughput_flag);
}

Result<DetectorOptions> DetectorFlags::resolve(bool many) const {
  DetectorOptions out = options;
  out.engine.throughput = throughput || (many && !latency);
  if (!size.empty()) {
    const auto parts = split(size, 'x');
    int64_t w = 0, h = 0;
    if (parts.size() != 2 || !parse_int(parts[0], w) || !parse_int(parts[1], h) || w < 1 || h < 1 ||
        w > 8192 || h > 8192) {
      return Status::usage("detect.size", "--size wants WIDTHxHEIGHT in pixels, not `" + size + "`",
                           "for example --size 320x240");
    }
    out.input_width = static_cast<int>(w);
    out.input_height = static_cast<int>(h);
  }
  if (!labels_file.empty()) {
    JETLINE_ASSIGN_OR_RETURN(const std::string text, read_file(labels_file, 1 << 20));
    for (const std::string& line : split(text, '\n')) {
      if (!trim(line).empty()) out.labels.emplace_back(trim(line));
    }
  }
  return out;
}

}  // namespace jetline::cli
