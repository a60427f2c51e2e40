#include "jetline/targets/board_load.h"

namespace jetline::targets {
namespace {

void read_precisions(RowReader& r, std::string_view key, std::vector<Precision>& out) {
  std::vector<std::string> words;
  r.texts(key, words);
  for (const std::string& w : words) {
    const Result<Precision> p = parse_precision(w);
    if (!p.ok()) return r.fail(key, p.status().message(), p.status().hint());
    out.push_back(*p);
  }
}

void read_board(RowReader& r, Board& b) {
  r.text("id", b.id, true);
  b.name = b.id;
  r.text("name", b.name);
  r.texts("aliases", b.aliases);
  r.texts("models", b.models);
  r.text("soc", b.soc);
  r.text("architecture", b.architecture);
  r.version("compute_capability", b.compute_capability, true);
  r.number("memory_gib", b.memory_gib);
  r.boolean("memory_is_shared", b.memory_is_shared);
  r.number("reserved_gib", b.reserved_gib);
  r.integer("dla_cores", b.dla_cores);
  r.integer("dla_generation", b.dla_generation);
  read_precisions(r, "precisions", b.precisions);
  read_precisions(r, "slow", b.slow);
  r.range("jetpack", b.jetpack);
  b.is_jetson = r.has("jetpack");
  r.range("tensorrt", b.tensorrt, true);
  r.text("note", b.note);
  r.text("source", b.source, true);
  if (b.precisions.empty()) b.precisions = {Precision::kFp32};
  if (b.dla_cores < 0 || b.dla_cores > 64) r.fail("dla_cores", "'dla_cores' must be from 0 to 64");
}

void read_peak(RowReader& r, Peak& p) {
  const auto figure = [&](std::string_view key, std::optional<double>& out) {
    if (!r.has(key)) return;
    double value = 0;
    r.number(key, value);
    if (value == 0) r.fail(key, "a peak of 0 is no peak", "leave out what is not known");
    out = value;
  };
  figure("fp32_tflops", p.fp32_tflops);
  figure("tf32_tflops", p.tf32_tflops);
  figure("fp16_tflops", p.fp16_tflops);
  figure("bf16_tflops", p.bf16_tflops);
  figure("int8_tops", p.int8_tops);
  figure("fp8_tflops", p.fp8_tflops);
  figure("fp4_tflops", p.fp4_tflops);
  figure("bandwidth_gbs", p.bandwidth_gbs);
  figure("dla_fp16_tflops", p.dla_fp16_tflops);
  figure("dla_int8_tops", p.dla_int8_tops);
  r.text("source", p.source, true);
}

void read_jetpack(RowReader& r, JetPack& j) {
  r.text("id", j.id, true);
  std::string number = j.id.substr(0, j.id.find(' '));  // "5.0 DP"
  const Result<Version> v = parse_version(number);
  if (!v.ok()) return r.fail("id", v.status().message(), v.status().hint());
  j.version = *v;
  r.version("tensorrt", j.tensorrt, true);
  r.version("cuda", j.cuda);
  r.version("cudnn", j.cudnn);
  r.text("l4t", j.l4t);
  r.text("released", j.released);
  r.text("ubuntu", j.ubuntu);
  r.texts("socs", j.socs);
  r.boolean("preview", j.preview);
  r.text("source", j.source, true);
}

void read_release(RowReader& r, Release& release) {
  r.version("version", release.version, true);
  r.integer("max_opset", release.max_opset);
  r.boolean("strongly_typed_only", release.strongly_typed_only);
  r.boolean("dla", release.dla);
  read_precisions(r, "precisions", release.precisions);
  r.text("source", release.source, true);
}

void read_plugin(RowReader& r, Plugin& p) {
  r.text("name", p.name, true);
  p.version = "1";
  r.text("version", p.version);
  r.range("trt", p.trt, true);
  if (r.has("deprecated")) {
    r.range("deprecated", p.deprecated);
  } else {
    p.deprecated.to.parts = 1;  // "..0": never
  }
  r.text("interface", p.interface);
  r.text("source", p.source, true);
}

template <typename Row>
Status read_into(const TomlRow& row, const std::string& file, void (*read)(RowReader&, Row&),
                 std::vector<Row>& out) {
  RowReader r(row, file);
  Row value;
  read(r, value);
  JETLINE_RETURN_IF_ERROR(r.finish());
  out.push_back(std::move(value));
  return Status();
}

}  // namespace

bool is_board_row(const TomlRow& row) {
  return row.name == "board" || row.name == "board.peak" || row.name == "board.mode" ||
         row.name == "jetpack" || row.name == "release" || row.name == "plugin";
}

Status read_board_row(const TomlRow& row, const std::string& file, BoardTables& out) {
  if (row.name == "board") return read_into(row, file, read_board, out.boards);
  if (row.name == "jetpack") return read_into(row, file, read_jetpack, out.jetpacks);
  if (row.name == "release") return read_into(row, file, read_release, out.releases);
  if (row.name == "plugin") return read_into(row, file, read_plugin, out.plugins);
  if (out.boards.empty())
    return toml_row_error(file, row.line, "[" + row.name + "] stands before any [[board]]");
  RowReader r(row, file);
  if (row.name == "board.mode") {
    PowerMode mode;
    r.text("name", mode.name, true);
    r.range("jetpack", mode.jetpack, true);
    read_peak(r, mode.peak);
    JETLINE_RETURN_IF_ERROR(r.finish());
    out.boards.back().modes.push_back(std::move(mode));
    return Status();
  }
  read_peak(r, out.boards.back().peak);
  return r.finish();
}

Result<BoardTables> load_board_tables(std::string_view text, const std::string& file, bool compiled_in) {
  JETLINE_ASSIGN_OR_RETURN(const std::vector<TomlRow> rows, read_toml_rows(text, file, compiled_in));
  BoardTables tables;
  JETLINE_RETURN_IF_ERROR(RowReader(rows[0], file).finish());
  for (size_t i = 1; i < rows.size(); ++i) {
    if (!is_board_row(rows[i]))
      return toml_row_error(file, rows[i].line, "'" + rows[i].name + "' is not known here");
    JETLINE_RETURN_IF_ERROR(read_board_row(rows[i], file, tables));
  }
  return tables;
}

}  // namespace jetline::targets
