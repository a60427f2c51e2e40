#include "jetline/pipeline/report.h"

#include "jetline/base/strings.h"
#include "jetline/pipeline/report_html.h"
#include "jetline/pipeline/report_stages.h"
#include "jetline/pipeline/report_style.h"
#include "jetline/pipeline/svg_chart.h"

namespace jetline {
namespace {

const char* state_css(StageState state) {
  switch (state) {
    case StageState::kDone:
      return "good";
    case StageState::kFailed:
    case StageState::kCancelled:
      return "bad";
    default:
      return "calm";
  }
}

std::string error_html(const StageOutcome& o) {
  if (o.status.ok()) return "";
  std::string s = "<div class=\"error\"><p><b>" + html_escape(o.status.id()) + "</b></p><p>" +
                  html_escape(o.status.message()) + "</p>";
  if (!o.status.hint().empty()) s += "<p class=\"soft\">" + html_escape(o.status.hint()) + "</p>";
  s += "</div>\n";
  if (!o.errors_tail.empty()) s += "<pre>" + html_escape(o.errors_tail) + "</pre>\n";
  return s;
}

std::string section_html(const StageOutcome& o, const std::vector<StageOutcome>& all) {
  std::string s = "<section id=\"" + html_escape(o.spec.name) + "\"><div class=\"head\"><h2>" +
                  html_escape(o.spec.title.empty() ? o.spec.name : o.spec.title) + "</h2>" +
                  badge(stage_state_word(o.state), state_css(o.state));
  if (o.record.seconds > 0) {
    s += "<span class=\"soft\">" +
         html_escape(duration_text(o.record.seconds) + " · " +
                     human_bytes(static_cast<double>(o.record.peak_rss_bytes)) + " · " + o.record.started) +
         "</span>";
  }
  s += "</div>\n" + error_html(o);
  if (o.state != StageState::kNotRun || !o.record.key_parts.empty()) s += stage_body_html(o, all);
  if (!o.record.command.empty()) {
    s += "<details><summary>Command</summary><pre>" + html_escape(o.record.command) + "</pre></details>\n";
  }
  return s + "</section>\n";
}

std::string times_html(const PipelineResult& result) {
  BarChart chart;
  double total = 0;
  for (const StageOutcome& o : result.stages) {
    if (o.record.seconds <= 0) continue;
    chart.bars.push_back({o.spec.name, o.record.seconds, duration_text(o.record.seconds)});
    total += o.record.seconds;
  }
  if (chart.bars.empty()) return "";
  chart.title = "Time of each stage, " + duration_text(total) + " in all";
  return "<div class=\"plot\">" + bar_chart_svg(chart) + "</div>\n";
}

std::string conditions_html(const PipelineResult& result, const ReportContext& context) {
  auto facts = machine_lines(context.machine);
  facts.emplace_back("jetline", context.version);
  facts.emplace_back("this run", result.started + ", " + duration_text(result.seconds));
  std::vector<std::vector<std::string>> rows;
  for (const StageOutcome& o : result.stages) {
    rows.push_back(
        {o.spec.name, stage_state_word(o.state), o.reason, o.record.started,
         o.record.seconds > 0 ? duration_text(o.record.seconds) : "",
         o.record.peak_rss_bytes > 0 ? human_bytes(static_cast<double>(o.record.peak_rss_bytes)) : ""});
  }
  return "<section id=\"conditions\"><div class=\"head\"><h2>Conditions</h2></div>\n" + facts_html(facts) +
         "<div class=\"plots\"><div>" +
         table_html({"stage", "state", "because", "begun (UTC)", "time>", "memory>"}, rows) + "</div>" +
         times_html(result) + "</div></section>\n";
}

// How the run as a whole went, in one line.
std::string verdict_html(const PipelineResult& result) {
  int done = 0, unchanged = 0;
  for (const StageOutcome& o : result.stages) {
    done += o.state == StageState::kDone;
    unchanged += o.state == StageState::kUnchanged;
  }
  const std::string counts = std::to_string(done) + " of " + std::to_string(result.stages.size()) +
                             " stages ran, " + std::to_string(unchanged) + " unchanged";
  if (result.status.ok())
    return "<p>" + badge("finished", "good") + " <span class=\"soft\">" + counts + "</span></p>\n";
  const bool stopped = result.status.kind() == ErrorKind::kCancelled;
  return "<p>" + badge(stopped ? "stopped" : "failed", "bad") + " <span class=\"soft\">" + counts + "; " +
         html_escape(result.status.message()) + "</span></p>\n";
}

}  // namespace

std::string report_html(const PipelineConfig& config, const PipelineResult& result,
                        const ReportContext& context) {
  std::string s =
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n<title>" +
      html_escape(config.title) + "</title>\n<style>" + report_css() + chart_css() +
      "</style></head>\n<body><main>\n<header><h1>" + html_escape(config.title) + "</h1>\n";
  if (!config.description.empty()) s += "<p>" + html_escape(config.description) + "</p>\n";
  s += verdict_html(result) + "</header>\n" + headline_html(result);
  for (const StageOutcome& o : result.stages) s += section_html(o, result.stages);
  s += conditions_html(result, context);
  s += "<footer>Made by jetline " + html_escape(context.version) + " from " +
       html_escape(file_name(config.path)) + ".</footer>\n</main></body></html>\n";
  return s;
}

Result<std::string> write_report(const PipelineConfig& config, const PipelineResult& result,
                                 const ReportContext& context, FileSystem& fs) {
  const std::string path = join_path(result.output, "report.html");
  JETLINE_RETURN_IF_ERROR(write_file(path, report_html(config, result, context), fs));
  return path;
}

}  // namespace jetline
