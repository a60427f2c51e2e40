// Any model that loads can be checked for any target, in every form of report: bounded, without a crash, with
// a verdict that its findings bear out.
#include <cstdlib>

#include "jetline/check/report/json.h"
#include "jetline/check/report/text.h"
#include "jetline/graph/onnx_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace jetline;  // NOLINT(google-build-using-namespace): one function
  static targets::Catalog catalog;
  static const std::vector<targets::Target> targets = [] {
    std::vector<targets::Target> list;
    for (const targets::TargetQuery& q :
         {targets::TargetQuery{"nano-2gb", "4.6.1", "", "", false, false},
          targets::TargetQuery{"orin-nx-16gb", "6.1", "", "int8", true, false},
          targets::TargetQuery{"", "", "11", "", false, true}}) {
      const auto t = targets::choose(catalog, q);
      if (!t.ok()) std::abort();
      list.push_back(*t);
    }
    return list;
  }();
  auto model = load_onnx_bytes(ByteView(data, size), nullptr);
  if (!model.ok()) return 0;
  check::Checker checker(**model, catalog);
  std::vector<check::Report> reports;
  for (const targets::Target& t : targets) {
    reports.push_back(checker.check(t));
    const check::Report& r = reports.back();
    for (const check::Finding& f : r.findings) {
      const bool bad =
          f.unknown || f.effect == targets::Effect::kRefused || f.effect == targets::Effect::kWrong;
      if (bad && is_yes(r.verdict)) std::abort();
    }
    (void)check::report_text("m", r);
    (void)check::report_json("m", r);
  }
  (void)check::matrix_text("m", reports);
  (void)check::reports_json("m", reports);
  (void)check::report_sarif("m", reports, "0");
  return 0;
}
