// Reading boards, JetPacks, releases and plugins from rows of TOML. For this room only.
#pragma once

#include <string>
#include <vector>

#include "jetline/targets/catalog.h"
#include "jetline/targets/toml_rows.h"

namespace jetline::targets {

struct BoardTables {
  std::vector<Board> boards;
  std::vector<JetPack> jetpacks;
  std::vector<Release> releases;
  std::vector<Plugin> plugins;
};

bool is_board_row(const TomlRow& row);  // "board", "board.peak", "board.mode", "jetpack", "release", "plugin"
// Appends what the row says; "board.peak" and "board.mode" go to the last board.
Status read_board_row(const TomlRow& row, const std::string& file, BoardTables& out);
Result<BoardTables> load_board_tables(std::string_view text, const std::string& file,
                                      bool compiled_in = false);

}  // namespace jetline::targets
