// jetline data synth: labelled pictures from the simulator.
#include "apps/jetline/data_synth.h"

#include <memory>

#include "jetline/base/strings.h"
#include "jetline/sim/synth.h"

namespace jetline::cli {
namespace {

struct SynthArgs {
  SynthOptions options;
  int count = 100;
  std::string split, size;
};

// "train=1200,val=200" -> pairs.
Status parse_splits(const std::string& text, std::vector<std::pair<std::string, int>>& out) {
  for (const std::string& piece : split(text, ',')) {
    const auto at = piece.find('=');
    int64_t n = 0;
    const bool ok =
        at != std::string::npos && at > 0 && parse_int(piece.substr(at + 1), n) && n >= 0 && n <= 10000000;
    if (!ok)
      return Status::usage("synth.options", "--split is not of the form name=count: " + piece,
                           "--split train=1200,val=200");
    out.emplace_back(piece.substr(0, at), static_cast<int>(n));
  }
  return Status();
}

Status run_synth(SynthArgs& a, Io& io) {
  SynthOptions& o = a.options;
  o.splits.clear();
  if (a.split.empty()) {
    o.splits.emplace_back("", a.count);
  } else {
    JETLINE_RETURN_IF_ERROR(parse_splits(a.split, o.splits));
  }
  if (!a.size.empty()) {
    const auto sides = split(to_lower(a.size), 'x');
    int64_t w = 0, h = 0;
    if (sides.size() != 2 || !parse_int(sides[0], w) || !parse_int(sides[1], h)) {
      return Status::usage("synth.options", "--size is not of the form 640x480: " + a.size);
    }
    o.width = static_cast<int>(std::min<int64_t>(w, 1 << 20));
    o.height = static_cast<int>(std::min<int64_t>(h, 1 << 20));
  }
  o.force = io.force;
  JETLINE_RETURN_IF_ERROR(io.may_write(o.output));
  JETLINE_ASSIGN_OR_RETURN(const SynthReport r, synth_dataset(o, io.progress(), io.cancel()));
  if (io.json) {
    io.emit_json(
        {{"output", r.output},
         {"images", r.images},
         {"boxes", r.boxes},
         {"classes", r.classes},
         {"format", o.format},
         {"seed", o.seed},
         {"camera", o.camera},
         {"width", o.width},
         {"height", o.height},
         {"occluded", r.occluded},
         {"redrawn", r.redrawn},
         {"height_px", {{"min", r.height_min_px}, {"median", r.height_median_px}, {"max", r.height_max_px}}},
         {"seconds", r.seconds}});
    return Status();
  }
  Table table({"what", "value>"});
  const auto number = [](double v) { return std::to_string(static_cast<int64_t>(v + 0.5)); };
  table.row({"pictures", std::to_string(r.images)});
  table.row({"with a can", std::to_string(r.boxes)});
  table.row({"partly hidden cans", std::to_string(r.occluded)});
  table.row({"can height min/median/max px",
             number(r.height_min_px) + " / " + number(r.height_median_px) + " / " + number(r.height_max_px)});
  table.row({"drawn again", std::to_string(r.redrawn)});
  io.print(table.str() + "written to " + r.output + " (" + o.format + ")\n");
  return Status();
}

}  // namespace

VerbRun setup_data_synth(CLI::App& app, Io& io) {
  auto a = std::make_shared<SynthArgs>();
  SynthOptions& o = a->options;
  app.add_option("-o,--output", o.output, "folder to write")->required();
  app.add_option("--count", a->count, "number of pictures, without splits")
      ->check(CLI::Range(1, 10000000))
      ->capture_default_str();
  app.add_option("--split", a->split,
                 "splits and their sizes, as train=1200,val=200,test=200; replaces --count");
  app.add_option("--seed", o.seed, "same seed, same pictures")->capture_default_str();
  app.add_option("--format", o.format, "yolo, voc or coco")
      ->check(CLI::IsMember({"yolo", "voc", "coco"}))
      ->capture_default_str();
  app.add_option("--camera", o.camera, "standard (62 degrees) or wide (136 degrees diagonal)")
      ->check(CLI::IsMember({"standard", "wide"}))
      ->capture_default_str();
  app.add_option("--size", a->size, "width x height of the pictures (default 640x480)");
  app.add_option("--empty", o.empty_fraction, "fraction of pictures without a can")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  app.add_option("--threads", o.threads, "threads; the pictures do not depend on it")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  return [a, &io]() { return run_synth(*a, io); };
}

}  // namespace jetline::cli
