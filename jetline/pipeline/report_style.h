// The page's style sheet. For this room only.
#pragma once

#include <string>

namespace jetline {

std::string report_css();

}  // namespace jetline
