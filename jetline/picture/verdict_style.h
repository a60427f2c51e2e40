// Colours of a drawing by what a check found: one class per node, the worst of its findings, which stand in
// its tooltip. Ownership: the options hold copies; the report may go. Threads: as the Model.
#pragma once

#include "jetline/check/check.h"
#include "jetline/picture/picture.h"

namespace jetline::picture {

// Sets style, port_style, legend and subtitle.
void color_by_verdict(const check::Report& report, PictureOptions& options);

}  // namespace jetline::picture
