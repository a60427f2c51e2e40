// `jetline.toml`: what a pipeline does, read into a list of stages in the order in which they can run.
//
// A stage is one call of the program itself: a verb with arguments, the inputs whose content counts, the
// outputs that must be there afterwards. `[[stage]]` says it in general; tables named after the usual stages
// ([synth], [data], [train], [export], [verify], [bench], [eval], [detect], [drive]) are shorthands that know
// how the stages fit together (shorthand.cpp). docs/pipeline.md describes the file. Plain values; no thread
// rules.
//
// In arguments, inputs and outputs, `{out}` is the stage's own folder, `{NAME}` the folder of stage NAME
// (which then runs before), `{pick N PATH}` N files of a folder, evenly spaced by name; `{{` is a brace.
// Other paths are relative to the folder of the file.
//
// Ids: pipeline.syntax, pipeline.unknown-key, pipeline.field, pipeline.stage-name, pipeline.duplicate-stage,
// pipeline.unknown-stage, pipeline.cycle, pipeline.no-stages, pipeline.placeholder, and those of read_file.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "jetline/base/status.h"

namespace jetline {

struct StageSpec {
  std::string name;                  // letters, digits, '-', '_'; also the folder below the output
  std::vector<std::string> verb;     // {"data", "synth"}
  std::vector<std::string> args;     // with placeholders; --json, --force and --quiet are added
  std::vector<std::string> inputs;   // files and folders from outside whose content counts
  std::vector<std::string> outputs;  // files and folders that must be there (and not be empty) afterwards
  std::vector<std::string> after;    // stages that run before; those named by placeholders are added
  std::string title;                 // heading in the report
  double timeout_minutes = 0;        // 0 = none
  int line = 0;                      // in the file
};

struct PipelineConfig {
  std::string path;    // the file
  std::string folder;  // where stages run: the folder of the file, "." when it has none
  std::string name, title, description;
  std::string output;             // folder of all results, relative to `folder`
  std::vector<StageSpec> stages;  // each after those it needs
};

Result<PipelineConfig> load_pipeline(const std::string& path);
// `path` is used for messages, the default name and `folder`; nothing is opened.
Result<PipelineConfig> parse_pipeline(std::string_view toml, const std::string& path);

// Orders stages so that each comes after those it needs, otherwise as given; fills `after` from placeholders.
Status order_stages(std::vector<StageSpec>& stages, const std::string& where);

}  // namespace jetline
