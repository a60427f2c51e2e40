// The board that the program runs on, by /proc/device-tree/model and the size of its memory; null on anything
// else.
#pragma once

#include "jetline/targets/catalog.h"

namespace jetline::cli {

const targets::Board* this_board(const targets::Catalog& catalog);
// The JetPack installed here; null where /etc/nv_tegra_release says nothing known.
const targets::JetPack* this_jetpack(const targets::Catalog& catalog);

}  // namespace jetline::cli
