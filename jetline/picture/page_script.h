// The script of the page that `jetline graph -o FILE.html` writes.
#pragma once

#include <string>

namespace jetline::picture {

std::string page_script();

}  // namespace jetline::picture
