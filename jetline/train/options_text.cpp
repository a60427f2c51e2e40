#include "jetline/train/options_text.h"

#include <cmath>
#include <cstdio>

#include "jetline/base/hash.h"
#include "jetline/base/strings.h"

namespace jetline {
namespace {

// Names, sizes and boxes of a data set; the pictures' pixels are not read a second time.
std::string dataset_text_hash(const Dataset& d) {
  Sha256 h;
  char text[160];
  for (const std::string& c : d.classes) h.update(c + "\n");
  for (const LabelledImage& i : d.images) {
    h.update(i.name + "\n");
    for (const LabelledBox& b : i.boxes) {
      std::snprintf(text, sizeof text, "%d %.3f %.3f %.3f %.3f %d\n", b.class_id,
                    static_cast<double>(b.box.x1), static_cast<double>(b.box.y1),
                    static_cast<double>(b.box.x2), static_cast<double>(b.box.y2), b.crowd);
      h.update(std::string_view(text));
    }
  }
  return h.hex().substr(0, 16);
}

Status bad_option(const std::string& what, const std::string& hint = "") {
  return Status::usage("train.options", what, hint);
}

}  // namespace

Status check_train_options(const TrainOptions& o, const Dataset& training) {
  if (o.width % 16 || o.height % 16 || o.width < 32 || o.height < 32 || o.width > 2048 || o.height > 2048) {
    return bad_option(
        "the input size " + std::to_string(o.width) + "x" + std::to_string(o.height) + " cannot be trained",
        "both sides must be multiples of 16 between 32 and 2048");
  }
  if (o.window_width != 0 || o.window_height != 0) {
    const auto fits = [](int side, int limit) { return side >= 32 && side <= limit && side % 16 == 0; };
    if (!fits(o.window_width, o.width) || !fits(o.window_height, o.height)) {
      return bad_option("a window of " + std::to_string(o.window_width) + "x" +
                            std::to_string(o.window_height) + " cannot be trained",
                        "both sides must be multiples of 16 between 32 and the input's");
    }
    if (!(o.window_part >= 0 && o.window_part <= 1))
      return bad_option("the part of the steps on windows must be between 0 and 1");
  }
  if ((o.epochs > 0) + (o.steps > 0) + (o.minutes > 0) != 1 || o.epochs < 0 || o.steps < 0 || o.minutes < 0) {
    return bad_option("the length of the run must be said once",
                      "give one of --epochs, --steps or --minutes");
  }
  if (o.epochs > 100000 || o.steps > 100000000 || o.minutes > 100000)
    return bad_option("the run is too long");
  if (o.batch < 1 || o.batch > 1024)
    return bad_option("a batch holds 1 to 1024 pictures, not " + std::to_string(o.batch));
  if (!(o.lr > 0) || o.lr > 1 || !std::isfinite(o.lr))
    return bad_option("the learning rate must be above 0 and at most 1");
  if (o.threads < 1 || o.threads > 256 || o.loader_threads < 1 || o.loader_threads > 64) {
    return bad_option("threads must be 1 to 256, loader threads 1 to 64");
  }
  if (!(o.ema_decay >= 0 && o.ema_decay < 1)) return bad_option("the decay of the average must be in [0, 1)");
  if (o.output.empty()) return bad_option("no run folder given", "-o RUN names it");
  const AugmentOptions& a = o.augment;
  for (double p :
       {a.flip, a.geometry, a.blur, a.noise, a.mosaic, a.brightness, a.contrast, a.saturation, a.shift}) {
    if (!(p >= 0 && p <= 1)) return bad_option("strengths of augmentation are between 0 and 1");
  }
  if (!(a.zoom >= 0 && a.zoom <= 1.5) || !(a.aspect >= 0 && a.aspect < 0.9) ||
      !(a.hue >= 0 && a.hue <= 0.5)) {
    return bad_option("zoom is 0 to 1.5, aspect 0 to 0.9, hue 0 to 0.5");
  }
  if (training.images.empty() || training.classes.empty()) {
    return Status::bad_input("train.no-data", "there is nothing to train on in " + training.root,
                             "`jetline data inspect` shows what the folder holds", training.root);
  }
  int64_t boxes = 0;
  for (const LabelledImage& i : training.images) boxes += static_cast<int64_t>(i.boxes.size());
  if (boxes == 0) {
    return Status::bad_input("train.no-data", "no picture of " + training.root + " has a labelled box",
                             "`jetline data inspect` shows what the folder holds", training.root);
  }
  for (const LabelledImage& i : training.images) {
    for (const LabelledBox& b : i.boxes) {
      if (b.class_id < 0 || static_cast<size_t>(b.class_id) >= training.classes.size()) {
        return Status::bad_input("train.no-data",
                                 "a box has class " + std::to_string(b.class_id) + " of " +
                                     std::to_string(training.classes.size()),
                                 "", b.where);
      }
    }
  }
  return Status();
}

Card training_card(const TrainOptions& o, const std::vector<std::string>& classes) {
  Card card;
  card.name = o.name.empty() ? "detector" : o.name;
  card.head = "jetline";
  card.labels = classes;
  card.input.name = "images";
  card.input.width = o.width;
  card.input.height = o.height;
  card.input.fit = Fit::kLetterbox;
  card.input.mean = {127.5f, 127.5f, 127.5f};
  card.input.scale = {1 / 64.f, 1 / 64.f, 1 / 64.f};  // levels to about unit deviation
  card.score_threshold = 0.35f;
  card.nms_iou = 0.5f;
  card.provenance = o.provenance;
  card.provenance["jetline_version"] = JETLINE_VERSION;
  card.provenance["seed"] = std::to_string(o.seed);
  return card;
}

std::string canonical_options(const TrainOptions& o, const Dataset& training, const Dataset& validation) {
  std::string s;
  const auto add = [&s](const char* key, double v) {
    char text[96];
    std::snprintf(text, sizeof text, "%s=%.17g\n", key, v);
    s += text;
  };
  s += "network=" + o.size + "\n";
  add("width", o.width);
  add("height", o.height);
  add("epochs", static_cast<double>(o.epochs));
  add("steps", static_cast<double>(o.steps));
  add("minutes", o.minutes);
  add("batch", o.batch);
  add("lr", o.lr);
  add("weight decay", o.weight_decay);
  add("warm-up", static_cast<double>(o.warmup_steps));
  add("average decay", o.ema_decay);
  s += "seed=" + std::to_string(o.seed) + "\n";
  add("threads", o.threads);
  if (o.window_width > 0) {
    add("window width", o.window_width);
    add("window height", o.window_height);
    add("window part", o.window_part);
  }
  const AugmentOptions& a = o.augment;
  const std::pair<const char*, double> strengths[] = {
      {"flip", a.flip},         {"geometry", a.geometry},     {"zoom", a.zoom},
      {"aspect", a.aspect},     {"shift", a.shift},           {"brightness", a.brightness},
      {"contrast", a.contrast}, {"saturation", a.saturation}, {"hue", a.hue},
      {"blur", a.blur},         {"noise", a.noise},           {"mosaic", a.mosaic}};
  for (const auto& k : strengths) add(k.first, k.second);
  s += "training data=" + dataset_text_hash(training) + "\n";
  s += "validation data=" + dataset_text_hash(validation) + "\n";
  return s;
}

Status compare_options(const std::string& saved, const std::string& now, const std::string& where) {
  if (saved == now) return Status();
  const auto a = split(saved, '\n'), b = split(now, '\n');
  for (size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    if (a[i] == b[i]) continue;
    return Status::usage("train.resume-mismatch", "the run to resume had " + a[i] + ", now it is " + b[i],
                         "resume with the options of the first call, or start a new run in another folder",
                         where);
  }
  return Status::usage("train.resume-mismatch", "the run to resume had other options", "start a new run",
                       where);
}

}  // namespace jetline
