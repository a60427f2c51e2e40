// One HTML page that says what a pipeline did: figures, curves, tables, pictures and the conditions under
// which they were measured. Self-contained: charts are inline SVG, pictures are base64, there is no script
// and nothing is fetched; it follows the reader's light or dark setting and prints.
//
// A stage's section is made from what its verb printed under --json; keys that are missing leave a gap, never
// an error, so that a page can be made of any run, failed ones too. Threads: none of its own.
#pragma once

#include <string>

#include "jetline/base/files.h"
#include "jetline/pipeline/machine.h"
#include "jetline/pipeline/run.h"

namespace jetline {

struct ReportContext {
  MachineFacts machine;
  std::string version;  // of the program
};

std::string report_html(const PipelineConfig& config, const PipelineResult& result,
                        const ReportContext& context);

// Writes the page to OUTPUT/report.html and returns its path.
Result<std::string> write_report(const PipelineConfig& config, const PipelineResult& result,
                                 const ReportContext& context, FileSystem& fs = real_file_system());

}  // namespace jetline
