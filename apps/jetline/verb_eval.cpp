// jetline eval: how good a detector, or a file of detections, is on a labelled data set.
#include <algorithm>
#include <cstdio>

#include "apps/jetline/detector_options.h"
#include "apps/jetline/verb.h"
#include "jetline/eval/detection_errors.h"
#include "jetline/eval/evaluate.h"
#include "jetline/eval/results.h"

namespace jetline::cli {
namespace {

struct EvalState {
  std::string model, data, results, save;
  DatasetOptions load;
  DetectorFlags flags;
  MetricOptions metric;
  double at_score = -1;
  bool by_index = false;
};

std::string eval_number(double v) {
  if (v < 0) return "-";
  char text[32];
  std::snprintf(text, sizeof text, "%.4f", v);
  return text;
}

struct EvalFigures {
  CocoMetrics coco;
  VocMetrics voc, voc11;
  DetectionErrors diagnosis;
  std::map<std::string, std::string> conditions;
};

// The model's detections; also fills the conditions.
Result<ScoredBoxesPerImage> eval_run_model(EvalState& s, const Dataset& truth, EvalFigures& f, Io& io) {
  JETLINE_ASSIGN_OR_RETURN(DetectorOptions options, s.flags.resolve(false));
  // A curve wants the weak detections too; the card's threshold is for use, not for measuring.
  if (options.score_threshold < 0) options.score_threshold = 0.01f;
  JETLINE_ASSIGN_OR_RETURN(const auto detector, Detector::create(s.model, options));
  JETLINE_ASSIGN_OR_RETURN(const LabelMap classes,
                           map_classes(detector->card().labels, truth.classes, s.by_index));
  for (const std::string& note : classes.notes) io.note("note: " + note);
  JETLINE_ASSIGN_OR_RETURN(DetectorRun run,
                           run_detector(truth, *detector, classes, io.progress(), io.cancel()));
  f.conditions = detector->conditions();
  f.conditions["model"] = s.model;
  f.conditions["score_threshold"] = eval_number(static_cast<double>(detector->card().score_threshold));
  f.conditions["nms_iou"] = eval_number(static_cast<double>(detector->card().nms_iou));
  char seconds[32];
  std::snprintf(seconds, sizeof seconds, "%.2f", run.seconds);
  f.conditions["seconds"] = seconds;
  return std::move(run.detections);
}

nlohmann::ordered_json eval_json(const EvalState& s, const Dataset& truth, const EvalFigures& f) {
  const CocoMetrics& m = f.coco;
  nlohmann::ordered_json j = {{"AP", m.AP},       {"AP50", m.AP50}, {"AP75", m.AP75}, {"APs", m.APs},
                              {"APm", m.APm},     {"APl", m.APl},   {"AR1", m.AR1},   {"AR10", m.AR10},
                              {"AR100", m.AR100}, {"ARs", m.ARs},   {"ARm", m.ARm},   {"ARl", m.ARl}};
  j["per_class"] = nlohmann::ordered_json::array();
  for (size_t c = 0; c < m.per_class.size(); ++c) {
    const auto& p = m.per_class[c];
    j["per_class"].push_back({{"name", p.name},
                              {"truths", p.truths},
                              {"AP", p.AP},
                              {"AP50", p.AP50},
                              {"AR100", p.AR100},
                              {"voc_AP50", f.voc.per_class[c]},
                              {"voc07_AP50", f.voc11.per_class[c]}});
  }
  j["voc"] = {{"AP50", f.voc.mAP50}, {"AP50_11point", f.voc11.mAP50}};
  const DetectionErrors& d = f.diagnosis;
  j["diagnosis"] = {{"score", d.score},
                    {"precision", d.precision},
                    {"recall", d.recall},
                    {"f1", d.f1},
                    {"truths", d.truths},
                    {"correct", d.correct},
                    {"missed", d.missed},
                    {"duplicate", d.duplicate},
                    {"localisation", d.localisation},
                    {"confusion", d.confusion},
                    {"background", d.background}};
  j["images"] = truth.images.size();
  j["min_height"] = s.metric.min_height;
  j["conditions"] = f.conditions;
  return j;
}

void eval_print(const EvalState& s, const Dataset& truth, const EvalFigures& f, Io& io) {
  const CocoMetrics& m = f.coco;
  Table classes({"class", "objects>", "AP>", "AP50>", "AR100>", "VOC AP50>", "VOC07 AP50>"});
  int64_t objects = 0;
  for (size_t c = 0; c < m.per_class.size(); ++c) {
    const auto& p = m.per_class[c];
    objects += p.truths;
    if (p.truths == 0 && m.per_class.size() > 20) continue;  // an 80-class list with three in use
    classes.row({p.name, std::to_string(p.truths), eval_number(p.AP), eval_number(p.AP50),
                 eval_number(p.AR100), eval_number(f.voc.per_class[c]), eval_number(f.voc11.per_class[c])});
  }
  classes.row({io.bold("all"), std::to_string(objects), eval_number(m.AP), eval_number(m.AP50),
               eval_number(m.AR100), eval_number(f.voc.mAP50), eval_number(f.voc11.mAP50)});
  io.print(classes.str() + "\n");
  Table sizes(
      {"COCO", "all>", "IoU .50>", "IoU .75>", "small>", "medium>", "large>", "at most 1>", "10>", "100>"});
  sizes.row({"AP", eval_number(m.AP), eval_number(m.AP50), eval_number(m.AP75), eval_number(m.APs),
             eval_number(m.APm), eval_number(m.APl)});
  sizes.row({"AR", "", "", "", eval_number(m.ARs), eval_number(m.ARm), eval_number(m.ARl), eval_number(m.AR1),
             eval_number(m.AR10), eval_number(m.AR100)});
  io.print(sizes.str() + "\n");
  const DetectionErrors& d = f.diagnosis;
  char line[400];
  std::snprintf(line, sizeof line,
                "at score %.3f: precision %.3f, recall %.3f; %lld correct, %lld missed, %lld duplicate, %lld "
                "badly placed, "
                "%lld of the wrong class, %lld where nothing is\n",
                d.score, d.precision, d.recall, static_cast<long long>(d.correct),
                static_cast<long long>(d.missed), static_cast<long long>(d.duplicate),
                static_cast<long long>(d.localisation), static_cast<long long>(d.confusion),
                static_cast<long long>(d.background));
  io.print(line);
  std::string conditions = std::to_string(truth.images.size()) + " images";
  if (s.metric.min_height > 0)
    conditions += ", objects from " + eval_number(s.metric.min_height) + " px height";
  for (const auto& [key, value] : f.conditions) conditions += "; " + key + " " + value;
  io.print(conditions + "\n");
}

Status eval_main(EvalState& s, Io& io) {
  // `eval MODEL DATA`, or `eval --results R.json DATA`, where the one name is the data set.
  if (!s.results.empty() && s.data.empty()) std::swap(s.model, s.data);
  if (s.data.empty())
    return Status::usage("eval.what", "no data set was named",
                         "jetline eval MODEL DATA, or --results FILE DATA");
  if (!s.results.empty() && !s.model.empty()) {
    return Status::usage("eval.what", "a model and a results file were both named", "give one of them");
  }
  if (!s.save.empty()) JETLINE_RETURN_IF_ERROR(io.may_write(s.save));
  JETLINE_ASSIGN_OR_RETURN(const Dataset truth, load_dataset(s.data, s.load));
  EvalFigures f;
  ScoredBoxesPerImage detections;
  if (s.results.empty()) {
    JETLINE_ASSIGN_OR_RETURN(detections, eval_run_model(s, truth, f, io));
  } else {
    JETLINE_ASSIGN_OR_RETURN(ResultsReport r, read_results(s.results, truth, s.by_index));
    if (r.other_images)
      io.note("note: " + std::to_string(r.other_images) +
              " detections of images outside the set were left out");
    if (r.other_classes)
      io.note("note: " + std::to_string(r.other_classes) +
              " detections of classes outside the set were left out");
    f.conditions["results"] = s.results;
    f.conditions["detections"] = std::to_string(r.count);
    detections = std::move(r.detections);
  }
  f.conditions["data"] = s.data;
  f.conditions["split"] = s.load.split.empty() ? "everything" : s.load.split;
  if (!s.save.empty()) JETLINE_RETURN_IF_ERROR(write_results(s.save, truth, detections));
  f.coco = coco_metrics(truth, detections, s.metric);
  f.voc = voc_metrics(truth, detections, VocInterpolation::kEveryPoint, 0.5, s.metric);
  f.voc11 = voc_metrics(truth, detections, VocInterpolation::k11Point, 0.5, s.metric);
  f.diagnosis = find_detection_errors(truth, detections, s.metric, s.at_score);
  if (io.json) {
    io.emit_json(eval_json(s, truth, f));
  } else {
    eval_print(s, truth, f, io);
  }
  return Status();
}

VerbRun setup_eval(CLI::App& app, Io& io) {
  auto s = std::make_shared<EvalState>();
  app.add_option("model", s->model, "detector (with --results: the data set)")->required();
  app.add_option("data", s->data, "labelled data set: a folder, a COCO json, a YOLO data.yaml");
  app.add_option("--results", s->results, "measure this COCO results file instead of running a model");
  app.add_option("--split", s->load.split, "split of the data set (else everything)");
  app.add_option("--format", s->load.format, "voc, coco or yolo (else recognised)");
  app.add_flag("--skip-missing", s->load.skip_missing, "leave out listed images that are not there");
  app.add_option("--min-height", s->metric.min_height,
                 "objects lower than so many pixels count neither as found nor as missed")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--at", s->at_score, "score for the error diagnosis (else the one with the best F1)")
      ->check(CLI::Range(0.0, 1.0));
  app.add_flag("--by-index", s->by_index, "compare classes by position, not by name");
  app.add_option("--save-results", s->save, "write the detections as COCO results");
  s->flags.add_to(app);
  return [s, &io] { return eval_main(*s, io); };
}

}  // namespace

extern const Verb kEvalVerb;
const Verb kEvalVerb = {"eval", "COCO and VOC figures of a detector on a labelled data set",
                        "  jetline eval can.onnx data/ --split test --min-height 10\n"
                        "  jetline eval --results found.json data/annotations/instances_val.json --json",
                        setup_eval};

}  // namespace jetline::cli
