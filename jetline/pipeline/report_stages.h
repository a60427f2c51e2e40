// The part of the report that knows the verbs: what to show of each one's JSON. One function a verb, found by
// the stage's verb; anything else is shown as a list of its scalars. For this room only.
#pragma once

#include <string>
#include <vector>

#include "jetline/pipeline/run.h"

namespace jetline {

// Body of a stage's section, as HTML.
std::string stage_body_html(const StageOutcome& stage, const std::vector<StageOutcome>& all);

// The few figures of the whole run that a reader looks for first, as tiles.
std::string headline_html(const PipelineResult& result);

// True when the stage's verb is `verb` ("eval", "data synth").
bool stage_is(const StageOutcome& stage, const std::string& verb);

}  // namespace jetline
