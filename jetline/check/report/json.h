// Reports for machines. The schema of report_json, reports_json and diff_json is docs/check.schema.json; keys
// are only ever added. Pure functions; compact JSON without a newline at the end.
#pragma once

#include <string>
#include <vector>

#include "jetline/check/check.h"
#include "jetline/check/diff.h"

namespace jetline::check {

std::string report_json(const std::string& file, const Report& report);
// --all: {"model", "targets": [report without findings' nodes]}.
std::string reports_json(const std::string& file, const std::vector<Report>& reports);
std::string diff_json(const ModelDiff& diff);

// SARIF 2.1.0 of one or more reports on one model: a rule for each finding id, a result for each finding and
// target, logical locations for its nodes. What code-scanning services take. `uri` is the model's path as it
// should be shown, relative to the repository.
std::string report_sarif(const std::string& uri, const std::vector<Report>& reports,
                         const std::string& version);

}  // namespace jetline::check
