// What the verbs of surgery share: reading the model, writing the result with its sidecar, and the ports of a
// model as JSON and text.
#pragma once

#include <memory>

#include "apps/jetline/verb.h"
#include "jetline/graph/inspect.h"
#include "jetline/surgery/extract.h"

namespace jetline::cli {

struct SurgeryFiles {
  std::string model, output;
};
// The two paths as options.
void surgery_options(CLI::App& app, SurgeryFiles& files);

// Checks that the output may be written (its sidecar too), then loads; notes of loading go to stderr.
Result<std::unique_ptr<Model>> surgery_load(const SurgeryFiles& files, Io& io);
// Writes the model and, where the input has a sidecar, a copy of that.
Status surgery_save(const Model& model, const SurgeryFiles& files, std::vector<std::string>& notes,
                    const std::vector<std::pair<std::string, std::string>>& renamed = {});

nlohmann::ordered_json surgery_ports_json(const std::vector<PortInfo>& ports);
std::string surgery_ports_text(const char* label, const std::vector<PortInfo>& ports);
nlohmann::ordered_json surgery_pairs_json(const std::vector<std::pair<std::string, std::string>>& pairs);

// The report of extract and cut.
void surgery_report(const surgery::CutModel& cut, const SurgeryFiles& files, Io& io);

}  // namespace jetline::cli
