#include "jetline/pipeline/report_stages.h"

#include <algorithm>
#include <cmath>

#include "jetline/base/files.h"
#include "jetline/base/strings.h"
#include "jetline/pipeline/placeholder.h"
#include "jetline/pipeline/report_html.h"
#include "jetline/pipeline/svg_chart.h"

namespace jetline {
namespace {

std::string card_html(const std::string& svg) {
  return "<div class=\"plot\">" + svg + "</div>\n";
}
std::string plots_html(const std::vector<std::string>& svgs) {
  std::string s = "<div class=\"plots\">";
  for (const std::string& svg : svgs) s += card_html(svg);
  return s + "</div>\n";
}

// -1 is how the metrics say "no ground truth of this kind".
std::string fraction_text(std::optional<double> v) {
  return v && *v >= 0 ? decimal(*v, 3) : "–";
}

// Name and value of the keys of `j` that are there, with a heading each.
using KeyNames = std::vector<std::pair<std::vector<std::string>, const char*>>;
std::string key_facts(const Json& j, const KeyNames& keys) {
  std::vector<std::pair<std::string, std::string>> facts;
  for (const auto& [path, name] : keys) {
    const std::string text = json_text(j, path);
    if (!text.empty()) facts.emplace_back(name, text);
  }
  return facts.empty() ? "" : facts_html(facts);
}

std::string conditions_facts(const Json& j) {
  if (!j.is_object() || !j.contains("conditions") || !j["conditions"].is_object()) return "";
  std::vector<std::pair<std::string, std::string>> facts;
  for (const auto& [k, v] : j["conditions"].items()) facts.emplace_back(k, json_scalar_text(v));
  if (facts.empty()) return "";
  return "<details><summary>Conditions</summary>" + facts_html(facts) + "</details>\n";
}

bool is_picture(const std::string& path) {
  const std::string e = file_extension_lower(path);
  return e == ".jpg" || e == ".jpeg" || e == ".png";
}

std::vector<std::string> pictures_below(const std::string& folder, size_t count) {
  const auto files = list_files_recursive(folder);
  std::vector<std::string> pictures;
  if (files.ok()) std::copy_if(files->begin(), files->end(), std::back_inserter(pictures), is_picture);
  return pick_evenly(pictures, count);
}

std::string gallery_html(const std::vector<std::string>& files, const char* css_class) {
  std::string s;
  for (const std::string& f : files) s += picture_html(f, file_name(f));
  return s.empty() ? "" : std::string("<div class=\"gallery ") + css_class + "\">" + s + "</div>\n";
}

std::string data_body(const StageOutcome& o, const std::vector<StageOutcome>&) {
  const Json& j = o.record.result;
  std::string s = key_facts(j, {{{"images"}, "images"},
                                {{"boxes"}, "boxes"},
                                {{"classes"}, "classes"},
                                {{"occluded"}, "partly hidden objects"},
                                {{"format"}, "format"},
                                {{"splits"}, "splits"}});
  if (stage_is(o, "data synth")) s += gallery_html(pictures_below(o.folder, 8), "small");
  return s;
}

std::string train_body(const StageOutcome& o, const std::vector<StageOutcome>&) {
  const Json& j = o.record.result;
  std::string s = key_facts(j, {{{"parameters"}, "parameters"},
                                {{"steps"}, "steps"},
                                {{"images"}, "training images"},
                                {{"best", "AP50"}, "best AP50 on the validation images"},
                                {{"best", "AP"}, "best AP on the validation images"},
                                {{"best", "step"}, "at step"}});
  LineSeries loss{"loss", {}}, ap{"AP", {}}, ap50{"AP50", {}};
  if (j.is_object() && j.contains("history") && j["history"].is_array()) {
    for (const Json& p : j["history"]) {
      const auto step = json_number(p, {"step"});
      if (!step) continue;
      if (const auto v = json_number(p, {"loss"})) loss.points.emplace_back(*step, *v);
      if (const auto v = json_number(p, {"AP"}); v && *v >= 0) ap.points.emplace_back(*step, *v);
      if (const auto v = json_number(p, {"AP50"}); v && *v >= 0) ap50.points.emplace_back(*step, *v);
    }
  }
  std::vector<std::string> plots;
  if (!loss.points.empty()) {
    LineChart c;
    c.title = "Training loss";
    c.x_label = "step";
    c.y_from_zero = true;
    c.series = {loss};
    plots.push_back(line_chart_svg(c));
  }
  if (!ap.points.empty() || !ap50.points.empty()) {
    LineChart c;
    c.title = "Accuracy on the validation images";
    c.x_label = "step";
    c.y_from_zero = true;
    c.y_top = 1;
    c.series = {ap, ap50};
    plots.push_back(line_chart_svg(c));
  }
  return s + (plots.empty() ? "" : plots_html(plots)) + conditions_facts(j);
}

std::string export_body(const StageOutcome& o, const std::vector<StageOutcome>&) {
  const Json& j = o.record.result;
  std::vector<std::pair<std::string, std::string>> facts;
  const auto add = [&](const char* key, const char* name, bool human) {
    if (const auto v = json_number(j, {key}))
      facts.emplace_back(name, human ? human_count(*v) : decimal(*v, 0));
  };
  add("opset", "ONNX opset", false);
  add("nodes", "nodes", false);
  add("parameters", "parameters", true);
  add("macs", "multiply-adds an image", true);
  if (!json_text(j, {"output"}).empty()) facts.emplace_back("file", json_text(j, {"output"}));
  return facts_html(facts);
}

std::string verify_body(const StageOutcome& o, const std::vector<StageOutcome>&) {
  const Json& j = o.record.result;
  std::string s;
  if (j.is_object() && j.contains("same") && j["same"].is_boolean()) {
    const bool same = j["same"].get<bool>();
    const std::string cause = json_text(j, {"cause", "text"});
    s += "<p>" + badge(same ? "same" : "different", same ? "good" : "bad") + " " +
         html_escape(same ? "Both give the same answer on " + json_text(j, {"images"}) + " images." : cause) +
         "</p>\n";
  }
  std::vector<std::vector<std::string>> rows;
  if (j.is_object() && j.contains("outputs") && j["outputs"].is_array()) {
    for (const Json& out : j["outputs"]) {
      rows.push_back({json_text(out, {"name"}), json_text(out, {"max_abs"}), json_text(out, {"max_rel"})});
    }
  }
  if (!rows.empty()) s += table_html({"raw output", "largest difference>", "relative>"}, rows);
  s += key_facts(j, {{{"boxes", "matched"}, "boxes that agree"},
                     {{"boxes", "missing"}, "missing"},
                     {{"boxes", "extra"}, "extra"},
                     {{"boxes", "max_shift_px"}, "largest shift (pixels)"},
                     {{"boxes", "max_score_diff"}, "largest score difference"}});
  return s;
}

std::string bench_body(const StageOutcome& o, const std::vector<StageOutcome>&) {
  const Json& j = o.record.result;
  if (!j.is_object() || !j.contains("stages") || !j["stages"].is_object()) return "";
  std::vector<std::vector<std::string>> rows;
  BarChart chart;
  chart.title = "Median time of an image (ms)";
  for (const auto& [name, v] : j["stages"].items()) {
    const auto ms = [&](const char* key) {
      const auto n = json_number(v, {key});
      return n ? decimal(*n, *n < 10 ? 3 : 2) : std::string("–");
    };
    rows.push_back({name, json_text(v, {"n"}), ms("median_ms"), ms("p90_ms"), ms("p99_ms")});
    chart.bars.push_back({name, json_number(v, {"median_ms"}).value_or(0), ms("median_ms")});
  }
  return "<div class=\"plots\"><div>" +
         table_html({"stage", "n>", "median ms>", "p90 ms>", "p99 ms>"}, rows) + "</div>" +
         card_html(bar_chart_svg(chart)) + "</div>\n" + conditions_facts(j);
}

std::string eval_body(const StageOutcome& o, const std::vector<StageOutcome>&) {
  const Json& j = o.record.result;
  static const std::pair<const char*, const char*> kFigures[] = {{"AP", "AP (mean over IoU 0.50 to 0.95)"},
                                                                 {"AP50", "AP at IoU 0.50"},
                                                                 {"AP75", "AP at IoU 0.75"},
                                                                 {"APs", "AP, small (under 32² pixels)"},
                                                                 {"APm", "AP, medium (32² to 96²)"},
                                                                 {"APl", "AP, large (over 96²)"},
                                                                 {"AR1", "recall, 1 detection an image"},
                                                                 {"AR10", "recall, 10 detections"},
                                                                 {"AR100", "recall, 100 detections"},
                                                                 {"ARs", "recall, small"},
                                                                 {"ARm", "recall, medium"},
                                                                 {"ARl", "recall, large"}};
  std::vector<std::vector<std::string>> rows;
  BarChart chart;
  chart.title = "Average precision";
  chart.top = 1;
  for (const auto& [key, name] : kFigures) {
    const auto v = json_number(j, {key});
    if (!v) continue;
    rows.push_back({key, fraction_text(v), name});
    const std::string k = key;
    if (k[1] != 'P') continue;
    chart.bars.push_back({k == "APs"   ? "small"
                          : k == "APm" ? "medium"
                          : k == "APl" ? "large"
                                       : k,
                          std::max(0.0, *v), fraction_text(v)});
  }
  std::string s = "<div class=\"plots\"><div>" + table_html({"figure", "value>", "meaning"}, rows) +
                  "</div>" + card_html(bar_chart_svg(chart)) + "</div>\n";
  std::vector<std::vector<std::string>> classes;
  if (j.is_object() && j.contains("per_class") && j["per_class"].is_array() && j["per_class"].size() > 1) {
    for (const Json& c : j["per_class"]) {
      classes.push_back({json_text(c, {"name"}), json_text(c, {"truths"}),
                         fraction_text(json_number(c, {"AP"})), fraction_text(json_number(c, {"AP50"}))});
    }
    s += table_html({"class", "objects>", "AP>", "AP50>"}, classes);
  }
  return s + conditions_facts(j);
}

std::string detect_body(const StageOutcome& o, const std::vector<StageOutcome>&) {
  const Json& j = o.record.result;
  std::string s;
  if (j.is_array()) s = facts_html({{"detections", std::to_string(j.size())}});
  return s + gallery_html(pictures_below(o.folder, 12), "medium");
}

// Bins as `drive` prints them: [from, count] a bin of 10 ms, empty ones left out.
std::vector<HistogramBin> latency_bins(const Json& latency) {
  constexpr double kWidth = 10;
  constexpr size_t kMostBins = 200;
  std::vector<HistogramBin> bins;
  if (!latency.is_object() || !latency.contains("histogram") || !latency["histogram"].is_array()) return bins;
  for (const Json& b : latency["histogram"]) {
    if (!b.is_array() || b.size() != 2 || !b[0].is_number() || !b[1].is_number()) continue;
    const double from = b[0].get<double>();
    while (!bins.empty() && bins.back().to < from && bins.size() < kMostBins) {
      bins.push_back({bins.back().to, bins.back().to + kWidth, 0});
    }
    if (bins.size() < kMostBins) bins.push_back({from, from + kWidth, b[1].get<double>()});
  }
  return bins;
}

std::string drive_body(const StageOutcome& o, const std::vector<StageOutcome>&) {
  const Json& j = o.record.result;
  std::string s;
  std::vector<std::vector<std::string>> rows;
  if (j.is_object() && j.contains("episodes") && j["episodes"].is_array()) {
    for (const Json& e : j["episodes"]) {
      const auto distance = json_number(e, {"distance_m"}), seconds = json_number(e, {"seconds"});
      rows.push_back({json_text(e, {"seed"}), json_text(e, {"outcome"}),
                      distance ? decimal(*distance, 2) : "–", json_text(e, {"collisions"}),
                      seconds ? decimal(*seconds, 1) : "–"});
    }
  }
  s += gallery_html(pictures_below(o.folder, 4), "large");
  std::string plot;
  if (j.is_object() && j.contains("latency_ms")) {
    const Json& latency = j["latency_ms"];
    HistogramChart chart;
    chart.title = "Glass-to-wheel latency";
    chart.x_label = "milliseconds from exposure to motor command";
    chart.y_label = "frames";
    chart.bins = latency_bins(latency);
    for (const char* key : {"median", "p90", "p99"}) {
      if (const auto v = json_number(latency, {key})) chart.marks.emplace_back(key, *v);
    }
    if (!chart.bins.empty()) plot = card_html(histogram_svg(chart));
  }
  if (!rows.empty()) {
    s += "<div class=\"plots\"><div>" +
         table_html({"seed>", "outcome", "distance m>", "collisions>", "seconds>"}, rows) + "</div>" + plot +
         "</div>\n";
  } else {
    s += plot;
  }
  const auto files = list_files_recursive(o.folder);
  for (const std::string& f : files.ok() ? *files : std::vector<std::string>()) {
    if (file_extension_lower(f) != ".mp4" && file_extension_lower(f) != ".avi") continue;
    s += "<p class=\"soft\">The video is beside this page: <a href=\"" +
         html_escape(o.spec.name + "/" + file_name(f)) + "\">" +
         html_escape(o.spec.name + "/" + file_name(f)) + "</a></p>\n";
  }
  return s + conditions_facts(j);
}

std::string other_body(const StageOutcome& o, const std::vector<StageOutcome>&) {
  std::vector<std::pair<std::string, std::string>> facts;
  if (o.record.result.is_object()) {
    for (const auto& [k, v] : o.record.result.items()) {
      if (!v.is_structured()) facts.emplace_back(k, json_scalar_text(v));
    }
  }
  return (facts.empty() ? "" : facts_html(facts)) + gallery_html(pictures_below(o.folder, 6), "medium");
}

struct StageSection {
  const char* verb;
  std::string (*body)(const StageOutcome&, const std::vector<StageOutcome>&);
};
constexpr StageSection kSections[] = {{"data", data_body},     {"train", train_body}, {"export", export_body},
                                      {"verify", verify_body}, {"bench", bench_body}, {"eval", eval_body},
                                      {"detect", detect_body}, {"drive", drive_body}};

}  // namespace

bool stage_is(const StageOutcome& stage, const std::string& verb) {
  return join(stage.spec.verb, " ") == verb;
}

std::string stage_body_html(const StageOutcome& stage, const std::vector<StageOutcome>& all) {
  for (const StageSection& s : kSections) {
    if (stage.spec.verb[0] == s.verb) return s.body(stage, all);
  }
  return other_body(stage, all);
}

namespace {

std::string drive_tile(const Json& j) {
  if (!j.is_object() || !j.contains("episodes") || !j["episodes"].is_array()) return "";
  int64_t reached = 0, collisions = 0;
  for (const Json& e : j["episodes"]) {
    reached += json_text(e, {"outcome"}) == "reached";
    collisions += static_cast<int64_t>(json_number(e, {"collisions"}).value_or(0));
  }
  return tile(std::to_string(reached) + " of " + std::to_string(j["episodes"].size()),
              "drives reached the object",
              std::to_string(collisions) + (collisions == 1 ? " collision" : " collisions"));
}

std::string stage_tiles(const StageOutcome& o) {
  const Json& j = o.record.result;
  std::string s;
  if (stage_is(o, "eval")) {
    if (const auto v = json_number(j, {"AP50"})) s += tile(fraction_text(v), "AP50", "on unseen images");
    if (const auto v = json_number(j, {"AP"})) s += tile(fraction_text(v), "AP", "mean over IoU 0.50–0.95");
  } else if (stage_is(o, "drive")) {
    s = drive_tile(j);
  } else if (stage_is(o, "bench")) {
    if (const auto v = json_number(j, {"stages", "total", "median_ms"})) {
      s = tile(decimal(*v, *v < 10 ? 2 : 1) + " ms", "an image", "median, all stages");
    }
  } else if (stage_is(o, "train")) {
    if (const auto v = json_number(j, {"parameters"})) {
      s = tile(human_count(*v), "parameters", "trained in " + duration_text(o.record.seconds));
    }
  } else if (stage_is(o, "verify") && j.is_object() && j.contains("same") && j["same"].is_boolean()) {
    s = tile(j["same"].get<bool>() ? "same" : "different", "export against training",
             json_text(j, {"images"}) + " images");
  }
  return s;
}

}  // namespace

std::string headline_html(const PipelineResult& result) {
  std::string s;
  for (const char* verb : {"eval", "drive", "bench", "train", "verify"}) {
    for (const StageOutcome& o : result.stages) {
      if (stage_is(o, verb)) s += stage_tiles(o);
    }
  }
  return s.empty() ? "" : "<div class=\"tiles\">" + s + "</div>\n";
}

}  // namespace jetline
