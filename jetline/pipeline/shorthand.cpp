#include "jetline/pipeline/shorthand.h"

#include "jetline/base/strings.h"
#include "jetline/pipeline/toml_reader.h"

namespace jetline {
namespace {

// key = value becomes `--option value`; a boolean becomes `--option` or nothing.
struct ShorthandKey {
  const char* key;
  const char* option;
};

// In `args`, $DATA is the data set, $IMAGES a folder of its images ($IMAGES of the split `split` where the
// stage has that key), $CHECKPOINT and $MODEL what [train] and [export] made or the keys `checkpoint` and
// `model` name.
struct ShorthandKind {
  const char* name;
  const char* title;
  std::vector<std::string> verb, args, outputs;
  std::vector<ShorthandKey> keys;
};

const std::vector<ShorthandKind>& shorthand_kinds() {
  static const std::vector<ShorthandKind> kKinds = {
      {"synth",
       "Labelled images from the simulator",
       {"data", "synth"},
       {"-o", "{out}"},
       {"{out}"},
       {{"count", "--count"},
        {"split", "--split"},
        {"seed", "--seed"},
        {"format", "--format"},
        {"size", "--size"},
        {"camera", "--camera"},
        {"threads", "--threads"}}},
      {"data", "Data set", {"data", "inspect"}, {"$DATA"}, {}, {{"format", "--format"}}},
      {"train",
       "Training",
       {"train"},
       {"$DATA", "-o", "{out}"},
       {"{out}/best.ckpt"},
       {{"epochs", "--epochs"},
        {"steps", "--steps"},
        {"minutes", "--minutes"},
        {"size", "--size"},
        {"batch", "--batch"},
        {"network", "--network"},
        {"window", "--window"},
        {"window_part", "--window-part"},
        {"evaluate_every", "--evaluate-every"},
        {"loader_threads", "--loader-threads"},
        {"lr", "--lr"},
        {"seed", "--seed"},
        {"threads", "--threads"}}},
      {"export",
       "Export to ONNX",
       {"export"},
       {"$CHECKPOINT", "-o", "{out}/model.onnx"},
       {"{out}/model.onnx"},
       {{"opset", "--opset"}}},
      {"verify",
       "Verification of the export",
       {"verify"},
       {"$CHECKPOINT", "$MODEL", "--images", "$IMAGES"},
       {},
       {{"max_images", "--max-images"}, {"threads", "--threads"}}},
      {"bench",
       "Speed",
       {"bench"},
       {"$MODEL", "--images", "$IMAGES"},
       {},
       {
           {"runs", "--runs"},
           {"threads", "--threads"},
           {"engine", "--engine"},
           {"precision", "--precision"},
       }},
      {"eval",
       "Accuracy on unseen images",
       {"eval"},
       {"$MODEL", "$DATA"},
       {},
       {{"split", "--split"}, {"min_height", "--min-height"}, {"threads", "--threads"}}},
      {"detect",
       "Sample detections",
       {"detect"},
       {"$MODEL", "$SAMPLES", "-o", "{out}"},
       {"{out}"},
       {{"score", "--score"}, {"threads", "--threads"}}},
      {"drive",
       "Driving the simulated robot",
       {"drive"},
       {"--sim", "$MODEL"},
       {},
       {{"episodes", "--episodes"}, {"seed", "--seed"}, {"camera", "--camera"}, {"threads", "--threads"}}},
  };
  return kKinds;
}

// What the tables say about each other.
struct ShorthandContext {
  std::string data;              // template of the data set
  bool images_by_split = false;  // DATA/images/SPLIT rather than one folder of images
  std::string images_folder;
  std::string checkpoint, model;
  bool outside_data = false;  // data lies outside the pipeline's output
};

class ShorthandBuilder {
 public:
  ShorthandBuilder(const ShorthandKind& kind, const toml::table& table, const std::string& file,
                   ShorthandContext context)
      : kind_(kind), reader_(table, file, std::string("[") + kind.name + "]"), context_(std::move(context)) {}

  Status build(StageSpec& stage) {
    stage.name = kind_.name;
    stage.title = kind_.title;
    stage.verb = kind_.verb;
    stage.outputs = kind_.outputs;
    std::string split = "test";
    double samples = 6;
    std::vector<std::string> extra;
    JETLINE_RETURN_IF_ERROR(reader_.text("title", stage.title));
    JETLINE_RETURN_IF_ERROR(reader_.number("timeout_minutes", stage.timeout_minutes));
    JETLINE_RETURN_IF_ERROR(reader_.texts("after", stage.after));
    JETLINE_RETURN_IF_ERROR(reader_.texts("args", extra));
    JETLINE_RETURN_IF_ERROR(overrides(stage));
    const std::string name = kind_.name;
    if (uses("$IMAGES") || uses("$SAMPLES") || name == "eval")
      JETLINE_RETURN_IF_ERROR(reader_.text("split", split));
    if (uses("$SAMPLES")) JETLINE_RETURN_IF_ERROR(reader_.number("samples", samples));
    for (const std::string& a : kind_.args) {
      std::string value = a;
      if (a == "$DATA") {
        value = context_.data;
      } else if (a == "$IMAGES" || a == "$SAMPLES") {
        value = context_.images_folder + (context_.images_by_split ? "/" + split : "");
        if (context_.data.empty()) value.clear();
        if (a == "$SAMPLES" && !value.empty()) {
          value = "{pick " + std::to_string(static_cast<int>(samples)) + " " + value + "}";
        }
      } else if (a == "$CHECKPOINT") {
        value = context_.checkpoint;
      } else if (a == "$MODEL") {
        value = context_.model;
      }
      if (value.empty()) return nothing_to_use(a);
      stage.args.push_back(value);
    }
    JETLINE_RETURN_IF_ERROR(options(stage, split));
    if (name == "drive") JETLINE_RETURN_IF_ERROR(drive_outputs(stage));
    stage.args.insert(stage.args.end(), extra.begin(), extra.end());
    return reader_.finish();
  }

 private:
  bool uses(const char* word) const {
    for (const std::string& a : kind_.args) {
      if (a == word) return true;
    }
    return false;
  }

  // `data`, `model` and `checkpoint` name something other than what an earlier stage made.
  Status overrides(StageSpec& stage) {
    std::string value;
    if (uses("$DATA") || uses("$IMAGES") || uses("$SAMPLES")) {
      const char* key = std::string(kind_.name) == "data" ? "path" : "data";
      JETLINE_RETURN_IF_ERROR(reader_.text(key, value));
      if (!value.empty()) {
        context_.data = context_.images_folder = value;
        context_.images_by_split = false;
        context_.outside_data = true;
      }
      if (context_.outside_data && !context_.data.empty()) stage.inputs.push_back(context_.data);
    }
    for (const auto& [word, key, slot] :
         {std::tuple<const char*, const char*, std::string*>{"$MODEL", "model", &context_.model},
          {"$CHECKPOINT", "checkpoint", &context_.checkpoint}}) {
      if (!uses(word)) continue;
      value.clear();
      JETLINE_RETURN_IF_ERROR(reader_.text(key, value));
      if (value.empty()) continue;
      *slot = value;
      stage.inputs.push_back(value);
    }
    return Status();
  }

  Status options(StageSpec& stage, const std::string& split) {
    for (const ShorthandKey& k : kind_.keys) {
      const std::string key = k.key, kind = kind_.name;
      if (kind == "synth" && key == "split") {
        std::vector<std::pair<std::string, int64_t>> parts;
        JETLINE_RETURN_IF_ERROR(reader_.counts(k.key, parts));
        std::vector<std::string> words;
        for (const auto& [part, n] : parts) words.push_back(part + "=" + std::to_string(n));
        if (!words.empty()) stage.args.insert(stage.args.end(), {k.option, join(words, ",")});
        continue;
      }
      if (kind == "eval" && key == "split") {
        if (context_.images_by_split || reader_.has(k.key))
          stage.args.insert(stage.args.end(), {k.option, split});
        continue;
      }
      std::string value;
      bool flag = false;
      JETLINE_RETURN_IF_ERROR(reader_.scalar(k.key, value, flag));
      if (!reader_.has(k.key)) continue;
      if (flag) {
        if (value == "true") stage.args.push_back(k.option);
      } else {
        stage.args.insert(stage.args.end(), {k.option, value});
      }
    }
    return Status();
  }

  // picture = true and video = true become files of the stage.
  Status drive_outputs(StageSpec& stage) {
    for (const auto& [key, option, path] :
         {std::tuple<const char*, const char*, const char*>{"picture", "--picture", "{out}/drive.png"},
          {"video", "--video", "{out}/drive.mp4"}}) {
      std::string value;
      bool flag = false;
      JETLINE_RETURN_IF_ERROR(reader_.scalar(key, value, flag));
      if (!reader_.has(key)) continue;
      if (!flag) return reader_.wrong(key, "true or false");
      if (value != "true") continue;
      stage.args.insert(stage.args.end(), {option, path});
      stage.outputs.push_back(path);
    }
    return Status();
  }

  Status nothing_to_use(const std::string& word) const {
    const char* what = "a data set";
    const char* how = "add [synth] or [data], or the key 'data'";
    if (word == "$CHECKPOINT") what = "a checkpoint", how = "add [train], or the key 'checkpoint'";
    if (word == "$MODEL") what = "a model", how = "add [export], or the key 'model'";
    if (std::string(kind_.name) == "data") how = "give the key 'path'";
    return Status::bad_input("pipeline.field", std::string("[") + kind_.name + "] needs " + what, how,
                             reader_.where());
  }

  const ShorthandKind& kind_;
  TomlReader reader_;
  ShorthandContext context_;
};

ShorthandContext shorthand_context(const toml::table& root) {
  ShorthandContext c;
  if (const toml::table* synth = root["synth"].as_table()) {
    c.data = "{synth}";
    const std::string format = (*synth)["format"].value_or(std::string("yolo"));
    c.images_by_split = format != "voc" && synth->contains("split");
    c.images_folder = format == "voc" ? "{synth}/JPEGImages" : "{synth}/images";
  } else if (const toml::table* data = root["data"].as_table()) {
    c.data = (*data)["path"].value_or(std::string());
    c.images_folder = c.data;
    c.outside_data = true;
  }
  if (root["train"].is_table()) c.checkpoint = "{train}/best.ckpt";
  if (root["export"].is_table()) c.model = "{export}/model.onnx";
  return c;
}

}  // namespace

std::vector<std::string> shorthand_names() {
  std::vector<std::string> names;
  for (const ShorthandKind& k : shorthand_kinds()) names.push_back(k.name);
  return names;
}

Status read_shorthands(const toml::table& root, const std::string& file, std::vector<StageSpec>& stages) {
  const ShorthandContext context = shorthand_context(root);
  for (const ShorthandKind& kind : shorthand_kinds()) {
    const toml::node* node = root.get(kind.name);
    if (!node) continue;
    const toml::table* table = node->as_table();
    if (!table) {
      return Status::bad_input("pipeline.field", std::string("'") + kind.name + "' must be a table",
                               std::string("write [") + kind.name + "] on a line of its own",
                               file + ":" + std::to_string(node->source().begin.line));
    }
    StageSpec stage;
    stage.line = static_cast<int>(table->source().begin.line);
    JETLINE_RETURN_IF_ERROR(ShorthandBuilder(kind, *table, file, context).build(stage));
    stages.push_back(std::move(stage));
  }
  return Status();
}

}  // namespace jetline
