// The tables of targets as JSON (docs/json.md, targets).
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "jetline/targets/catalog.h"

namespace jetline::cli {

nlohmann::ordered_json targets_board_json(const targets::Catalog& catalog, const targets::Board& board);
nlohmann::ordered_json targets_jetpack_json(const targets::JetPack& jetpack);
nlohmann::ordered_json targets_release_json(const targets::Release& release);
nlohmann::ordered_json targets_operator_json(const targets::OperatorKnowledge& knowledge);

}  // namespace jetline::cli
