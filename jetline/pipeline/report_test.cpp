#include "jetline/pipeline/report.h"

#include <sstream>

#include "jetline/base/strings.h"
#include "jetline/base/testing.h"
#include "jetline/pipeline/report_html.h"

namespace jetline {
namespace {

StageOutcome report_stage(const std::string& name, const std::string& verb, const std::string& json) {
  StageOutcome o;
  o.spec.name = name;
  o.spec.title = name + " <title>";
  o.spec.verb = split(verb, ' ');
  o.state = StageState::kDone;
  o.record.key_parts = {{"a", "b"}};
  o.record.result = Json::parse(json);
  o.record.seconds = 3.25;
  o.record.command = "jetline " + verb;
  return o;
}

PipelineResult full_result() {
  PipelineResult r;
  r.started = "2024-05-01T12:00:00Z";
  r.stages = {
      report_stage("synth", "data synth", R"({"images": 1800, "boxes": 1400, "classes": ["can"]})"),
      report_stage("train", "train",
                   R"({"parameters": 400000, "steps": 900, "best": {"step": 800, "AP": 0.7, "AP50": 0.97},
        "history": [{"step": 1, "loss": 4.5}, {"step": 100, "loss": 2.5, "AP": 0.3, "AP50": 0.6},
                    {"step": 200, "loss": null, "AP": -1, "AP50": 0.8}], "conditions": {"threads": 2}})"),
      report_stage("verify", "verify",
                   R"({"same": true, "images": 8, "outputs": [{"name": "detections", "max_abs": 1e-5}]})"),
      report_stage("bench", "bench",
                   R"({"stages": {"pre": {"n": 9, "median_ms": 0.3}, "total": {"n": 9, "median_ms": 5.5}}})"),
      report_stage("eval", "eval", R"({"AP": 0.71, "AP50": 0.975, "APs": -1, "APl": 0.8})"),
      report_stage("drive", "drive",
                   R"({"episodes": [{"seed": 1, "outcome": "reached", "distance_m": 0.25, "collisions": 0},
        {"seed": 2, "outcome": "timeout", "distance_m": 1.5, "collisions": 1}],
        "latency_ms": {"median": 80, "histogram": [[60, 5], [80, 7]]}})"),
      report_stage("extra", "doctor", R"({"version": "0.1", "modules": []})"),
  };
  return r;
}

std::string page_of(const PipelineResult& r) {
  PipelineConfig c;
  c.path = "x/jetline.toml";
  c.title = "A <b>bold</b> title";
  return report_html(c, r, {MachineFacts{"A CPU", 2, 1 << 30, "Linux", ""}, "0.1"});
}

int occurrences(const std::string& text, const std::string& what) {
  int n = 0;
  for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++n;
  return n;
}

TEST(Report, ShowsTheFiguresOfEveryStage) {
  const std::string page = page_of(full_result());
  for (const char* expected :
       {"0.975", "0.710", "1 of 2", "1 collision", "5.50 ms", "400 k", "Training loss",
        "Accuracy on the validation images", "Glass-to-wheel latency", "A CPU", "AP, large"}) {
    EXPECT_NE(page.find(expected), std::string::npos) << expected;
  }
  EXPECT_EQ(occurrences(page, "<section"), 8);
  EXPECT_EQ(occurrences(page, "</section>"), 8);
}

TEST(Report, IsSelfContained) {
  const std::string page = page_of(full_result());
  EXPECT_EQ(page.find("<script"), std::string::npos);
  EXPECT_EQ(page.find("src=\"http"), std::string::npos);
  EXPECT_EQ(page.find("<link"), std::string::npos);
  EXPECT_EQ(page.find("@import"), std::string::npos);
  EXPECT_EQ(page.find("url("), std::string::npos);
}

TEST(Report, TextsAreEscaped) {
  PipelineResult r = full_result();
  r.stages[4].record.result["per_class"] =
      Json::parse(R"([{"name": "<script>x</script>", "AP": 1}, {"name": "b"}])");
  const std::string page = page_of(r);
  EXPECT_EQ(page.find("<script"), std::string::npos);
  EXPECT_EQ(page.find("<b>bold"), std::string::npos);
  EXPECT_NE(page.find("&lt;script&gt;"), std::string::npos);
}

TEST(Report, FailureShowsTheErrorAndWhatTheStageSaid) {
  PipelineResult r = full_result();
  r.stages[1].state = StageState::kFailed;
  r.stages[1].status = Status::bad_input("data.empty", "no <images>", "add some");
  r.stages[1].errors_tail = "last words";
  r.stages[1].record = StageRecord();
  r.status = r.stages[1].status;
  const std::string page = page_of(r);
  EXPECT_NE(page.find("data.empty"), std::string::npos);
  EXPECT_NE(page.find("no &lt;images&gt;"), std::string::npos);
  EXPECT_NE(page.find("last words"), std::string::npos);
}

// A verb of another version may print anything: the page must still be made.
TEST(Report, AnyJsonGivesAPage) {
  for (
      const char* json :
      {"null", "[]", "3", "\"x\"", "{}", R"({"history": 3, "outputs": {}, "stages": [], "episodes": [1, {}],
       "latency_ms": [], "per_class": [1, 2], "conditions": 5, "same": "x", "AP": "y", "best": []})",
       R"({"history": [1, {"step": "x"}, {"step": 1, "loss": 1e400}], "stages": {"a": 1, "b": {"median_ms": -5}},
       "latency_ms": {"histogram": [1, [1, 2], ["a", "b", "c"], {"from": 3, "to": 1, "count": -1}]}})"}) {
    PipelineResult r = full_result();
    const auto parsed = Json::parse(json, nullptr, false);
    for (StageOutcome& o : r.stages) o.record.result = parsed.is_discarded() ? Json() : parsed;
    EXPECT_NE(page_of(r).find("</html>"), std::string::npos) << json;
  }
  EXPECT_NE(page_of(PipelineResult()).find("</html>"), std::string::npos);
}

TEST(Report, PicturesAreInsideAndLimited) {
  TemporaryDirectory dir;
  JETLINE_ASSERT_OK(write_file(dir.file("a.png"), std::string("\x89PNG", 4)));
  EXPECT_NE(picture_html(dir.file("a.png"), "cap").find("data:image/png;base64,iVBORw=="), std::string::npos);
  EXPECT_NE(picture_html(dir.file("a.png"), "cap", 2).find("cap: "), std::string::npos);
  EXPECT_EQ(picture_html(dir.file("a.exe"), "cap"), "");
  EXPECT_NE(picture_html(dir.file("none.png"), "cap").find("cannot"), std::string::npos);
}

TEST(Report, WritesThePageOrNothing) {
  TemporaryDirectory dir;
  PipelineResult r = full_result();
  r.output = dir.path();
  PipelineConfig c;
  FaultyFileSystem fs;
  fs.bytes_left = 1000;
  EXPECT_EQ(write_report(c, r, {}, fs).status().id(), "file.disk-full");
  EXPECT_TRUE(list_directory(dir.path())->empty());
  JETLINE_ASSERT_OK_AND_ASSIGN(const auto path, write_report(c, r, {}));
  EXPECT_EQ(path, dir.file("report.html"));
}

TEST(ReportHtml, Base64) {
  const auto b = [](std::string_view s) {
    return base64(ByteView(reinterpret_cast<const uint8_t*>(s.data()), s.size()));
  };
  // The test vectors of RFC 4648, section 10.
  EXPECT_EQ(b(""), "");
  EXPECT_EQ(b("f"), "Zg==");
  EXPECT_EQ(b("fo"), "Zm8=");
  EXPECT_EQ(b("foo"), "Zm9v");
  EXPECT_EQ(b("foob"), "Zm9vYg==");
  EXPECT_EQ(b("fooba"), "Zm9vYmE=");
  EXPECT_EQ(b("foobar"), "Zm9vYmFy");
  EXPECT_EQ(b("\xff\xfe\xfd"), "//79");
}

TEST(ReportHtml, DurationsReadWell) {
  EXPECT_EQ(duration_text(0.0123), "12 ms");
  EXPECT_EQ(duration_text(1.44), "1.4 s");
  EXPECT_EQ(duration_text(59.4), "59 s");
  EXPECT_EQ(duration_text(200), "3 min 20 s");
  EXPECT_EQ(duration_text(7260), "2 h 1 min");
  EXPECT_EQ(duration_text(-1), "–");
}

}  // namespace
}  // namespace jetline
