// jetline train: labelled pictures to a checkpoint.
#include <cstdio>
#include <cstdlib>
#include <memory>

#include "apps/jetline/verb.h"
#include "jetline/base/strings.h"
#include "jetline/eval/metrics.h"
#include "jetline/train/train.h"
#include "jetline/train/train_data.h"

namespace jetline::cli {
namespace {

struct TrainVerb {
  std::string data, size = "320x240", window, classes;
  TrainDataOptions source;
  TrainOptions options;
};

nlohmann::ordered_json point_json(const TrainPoint &p) {
  const auto figure = [](double v) {
    return v < 0 ? nlohmann::ordered_json(nullptr) : nlohmann::ordered_json(v);
  };
  return {{"step", p.step}, {"epoch", p.epoch},   {"loss", p.loss},
          {"lr", p.lr},     {"AP", figure(p.AP)}, {"AP50", figure(p.AP50)}};
}

std::string train_figure(double v, const char *format) {
  if (v < 0)
    return "-";
  char text[32];
  std::snprintf(text, sizeof text, format, v);
  return text;
}

void print_result(const TrainResult &r, Io &io) {
  Table table({"step>", "epoch>", "loss>", "AP>", "AP50>"});
  for (const TrainPoint &p : r.history) {
    if (p.AP < 0 && &p != &r.history.back())
      continue;
    table.row({std::to_string(p.step), train_figure(p.epoch, "%.1f"),
               train_figure(p.loss, "%.3f"), train_figure(p.AP, "%.3f"),
               train_figure(p.AP50, "%.3f")});
  }
  io.print(table.str());
  io.print("\n" + r.checkpoint + ": " +
           human_count(static_cast<double>(r.parameters)) +
           " parameters, step " + std::to_string(r.best.step) +
           (r.best.AP < 0 ? ", not validated"
                          : ", AP " + train_figure(r.best.AP, "%.3f") +
                                ", AP50 " + train_figure(r.best.AP50, "%.3f")) +
           "\n" + std::to_string(r.images) + " pictures, " +
           std::to_string(r.validation_images) + " to validate, " +
           train_figure(r.seconds, "%.0f") + " s, " +
           train_figure(r.images_per_second, "%.0f") + " pictures/s (" +
           r.conditions.at("backend") + ", " + r.conditions.at("threads") +
           " threads)\ncurve: " + r.curve + "\n");
}

Status parse_train_size(const char *option, const std::string &text,
                        const char *example, int &width, int &height) {
  const auto sides = split(text, 'x');
  int64_t w = 0, h = 0;
  if (sides.size() != 2 || !parse_int(sides[0], w) || !parse_int(sides[1], h) ||
      w < 1 || h < 1 || w > 4096 || h > 4096) {
    return Status::usage("train.options",
                         std::string(option) + " takes WIDTHxHEIGHT, not '" +
                             text + "'",
                         std::string("for example ") + example);
  }
  width = static_cast<int>(w);
  height = static_cast<int>(h);
  return Status();
}

Status run_train(TrainVerb &v, Io &io) {
  TrainOptions &o = v.options;
  JETLINE_RETURN_IF_ERROR(
      parse_train_size("--size", v.size, "320x240", o.width, o.height));
  if (!v.window.empty())
    JETLINE_RETURN_IF_ERROR(parse_train_size("--window", v.window, "160x128",
                                             o.window_width, o.window_height));
  if (!v.classes.empty()) {
    for (const std::string &c : split(v.classes, ','))
      v.source.classes.emplace_back(trim(c));
  }
  if (!v.options.resume)
    JETLINE_RETURN_IF_ERROR(
        io.may_write(join_path(v.options.output, "last.ckpt")));
  // LibTorch's OpenMP threads spin between two loops by default and so starve the threads that prepare pictures,
  // and any other program: measured 1.5 to 10 times slower on busy cores. Read when the module is loaded; a
  // person's own setting stays.
  setenv("OMP_WAIT_POLICY", "PASSIVE", 0);
  v.source.seed = v.options.seed;
  JETLINE_ASSIGN_OR_RETURN(const auto parts,
                           load_training_data(v.data, v.source));
  if (v.options.name.empty())
    v.options.name = file_name(v.options.output);
  v.options.metric = [](const Dataset &truth,
                        const std::vector<std::vector<Detection>> &detections) {
    const CocoMetrics m = coco_metrics(truth, detections);
    return ValidationFigures{m.AP, m.AP50};
  };
  JETLINE_ASSIGN_OR_RETURN(
      const TrainResult r,
      train(parts.first, parts.second, v.options, io.progress(), io.cancel()));
  if (!io.json) {
    print_result(r, io);
    return Status();
  }
  nlohmann::ordered_json j;
  j["checkpoint"] = r.checkpoint;
  j["last_checkpoint"] = r.last_checkpoint;
  j["curve"] = r.curve;
  j["parameters"] = r.parameters;
  j["steps"] = r.steps;
  j["seconds"] = r.seconds;
  j["images"] = r.images;
  j["validation_images"] = r.validation_images;
  j["images_per_second"] = r.images_per_second;
  j["best"] = point_json(r.best);
  j["history"] = nlohmann::ordered_json::array();
  for (const TrainPoint &p : r.history)
    j["history"].push_back(point_json(p));
  j["conditions"] = r.conditions;
  io.emit_json(j);
  return Status();
}

VerbRun setup_train(CLI::App &app, Io &io) {
  auto v = std::make_shared<TrainVerb>();
  TrainOptions &o = v->options;
  app.add_option(
         "DATA", v->data,
         "data set: Pascal VOC, COCO or YOLO (see jetline data inspect)")
      ->required();
  app.add_option("-o,--output", o.output,
                 "run folder: last.ckpt, best.ckpt, curve.svg")
      ->required();
  app.add_option("--size", v->size,
                 "network input, WIDTHxHEIGHT, multiples of 16")
      ->capture_default_str();
  app.add_option("--window", v->window,
                 "train on windows of WIDTHxHEIGHT around objects first: cheaper "
                 "steps, small objects seen more often (default: none)");
  app.add_option("--window-part", o.window_part,
                 "part of the steps that see windows, the rest whole pictures")
      ->capture_default_str();
  auto *length = app.add_option_group("length", "length of the run (one of)");
  length->add_option("--epochs", o.epochs, "passes over the training pictures");
  length->add_option("--steps", o.steps, "batches");
  length->add_option("--minutes", o.minutes,
                     "wall time, reading pictures included");
  length->require_option(1);
  app.add_option("--batch", o.batch, "pictures a step")->capture_default_str();
  app.add_option("--lr", o.lr,
                 "peak learning rate (AdamW, warm-up then half a cosine)")
      ->capture_default_str();
  app.add_option("--seed", o.seed, "of weights, order and augmentation")
      ->capture_default_str();
  app.add_option(
         "--threads", o.threads,
         "of the network's arithmetic; part of what makes a run repeatable")
      ->capture_default_str();
  app.add_option("--loader-threads", o.loader_threads, "that prepare pictures")
      ->capture_default_str();
  app.add_option("--network", o.size, "default or small")
      ->capture_default_str();
  app.add_option("--name", o.name,
                 "model name in the card (default: the run folder's)");
  app.add_option("--format", v->source.format,
                 "voc, coco or yolo (default: recognised)");
  app.add_option("--labels", v->source.labels_path,
                 "label file when it is not in the usual place");
  app.add_option("--classes", v->classes,
                 "comma separated: fixes order and membership");
  app.add_option("--train-split", v->source.train_split,
                 "default: train where there is one, else everything");
  app.add_option(
      "--val", v->source.val_split,
      "split that judges (default: val or valid where there is one)");
  app.add_option(
         "--val-split", v->source.val_fraction,
         "part of the training pictures held back where no split judges")
      ->capture_default_str();
  app.add_option("--evaluate-every", o.evaluate_every,
                 "steps (default: about ten times a run)");
  app.add_option("--checkpoint-every", o.checkpoint_every,
                 "steps between writes of last.ckpt")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  app.add_flag("--resume", o.resume,
               "go on from RUN/last.ckpt with the same options");
  auto *augment = app.add_option_group(
      "augment", "strength of random changes, 0 switches one off");
  augment->add_option("--flip", o.augment.flip, "probability of a mirror image")
      ->capture_default_str();
  augment
      ->add_option("--geometry", o.augment.geometry,
                   "probability of zoom, stretch and shift")
      ->capture_default_str();
  augment
      ->add_option("--zoom", o.augment.zoom,
                   "up to this part larger, half of it smaller")
      ->capture_default_str();
  augment
      ->add_option("--mosaic", o.augment.mosaic,
                   "probability of four pictures in one")
      ->capture_default_str();
  augment->add_option("--brightness", o.augment.brightness, "of the full range")
      ->capture_default_str();
  augment->add_option("--contrast", o.augment.contrast, "factor, each way")
      ->capture_default_str();
  augment->add_option("--saturation", o.augment.saturation, "factor, each way")
      ->capture_default_str();
  augment->add_option("--hue", o.augment.hue, "of a full turn")
      ->capture_default_str();
  augment->add_option("--blur", o.augment.blur, "probability")
      ->capture_default_str();
  augment->add_option("--noise", o.augment.noise, "probability")
      ->capture_default_str();
  // For the test of what a sudden death leaves behind.
  app.add_option("--kill-at-step", o.kill_at_step)->group("");
  return [v, &io] { return run_train(*v, io); };
}

} // namespace

extern const Verb kTrainVerb;
const Verb kTrainVerb = {
    "train", "labelled pictures to a detector's checkpoint",
    "  jetline train data/cans -o runs/can --size 320x240 --epochs 15\n"
    "  jetline train VOC2007 -o runs/voc --size 416x416 --minutes 25 "
    "--val-split 0.2 --json",
    setup_train};

} // namespace jetline::cli
