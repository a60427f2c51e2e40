// What was done to a model, for people and for machines, and the table of rewrites for docs/fix.md. Pure
// functions; text ends with a newline, JSON does not.
#pragma once

#include <string>

#include "jetline/fix/fix.h"

namespace jetline::fix {

std::string report_text(const FixReport& report);
// `output` empty: nothing was written. Schema: docs/json.md.
std::string report_json(const std::string& model, const std::string& output, const FixReport& report);
// All rewrites with their laws, as Markdown.
std::string rewrites_table();

}  // namespace jetline::fix
