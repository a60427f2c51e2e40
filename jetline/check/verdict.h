// From findings and estimate to one word. The first line that holds decides:
//
//   will not parse   something is refused, and not everything that is refused or wrong has a fix, or
//   something is
//                    unknown beside it
//   runs after fix   something is refused, and every refused or wrong case has a fix
//   unknown          a rule that may refuse or falsify could not be decided, or no table knows an operator
//   parses but gives wrong numbers
//   will not fit     the engine needs more memory than the board has for it, at the least
//   runs with plugin
//   runs
//
// A "no" is proven as well as its best finding, a "yes" as badly as its worst operator.
#pragma once

#include "jetline/check/judge.h"

namespace jetline::check {

// False when the least that the engine needs is more than the board leaves it.
bool fits(const Report& report);
// Fills verdict, proof, reason, plugins and findings of `report`; its target and estimate are there.
void decide(const Judgement& judgement, Report& report);

}  // namespace jetline::check
