// jetline data inspect
#include "apps/jetline/data_commands.h"
#include "jetline/data/summary.h"
#include "jetline/data/writers.h"

namespace jetline::cli {
namespace {

struct InspectDataState {
  std::string path;
  DatasetOptions load;
};

std::string size_bin_name(size_t bin) {
  if (bin == kSizeBins.size()) return "from " + std::to_string(kSizeBins.back());
  return (bin ? std::to_string(kSizeBins[bin - 1]) : "0") + "-" + std::to_string(kSizeBins[bin]);
}

nlohmann::ordered_json inspect_split_json(const NamedSplit& s, const DatasetSummary& m) {
  nlohmann::ordered_json j = {{"name", s.name},           {"images", m.images},
                              {"boxes", m.boxes},         {"images_without_boxes", m.images_without_boxes},
                              {"difficult", m.difficult}, {"crowds", m.crowds}};
  j["classes"] = nlohmann::ordered_json::array();
  for (size_t c = 0; c < s.dataset.classes.size(); ++c) {
    j["classes"].push_back(
        {{"name", s.dataset.classes[c]}, {"boxes", m.boxes_per_class[c]}, {"images", m.images_per_class[c]}});
  }
  j["box_sizes"] = nlohmann::ordered_json::array();
  for (size_t b = 0; b < m.sizes.size(); ++b)
    j["box_sizes"].push_back({{"pixels", size_bin_name(b)}, {"boxes", m.sizes[b]}});
  j["coco_sizes"] = {{"small", m.coco_small}, {"medium", m.coco_medium}, {"large", m.coco_large}};
  j["smallest_box_height"] = m.smallest_height;
  j["image_width"] = {m.min_width, m.max_width};
  j["image_height"] = {m.min_height, m.max_height};
  return j;
}

Status inspect_data_main(InspectDataState& s, Io& io) {
  std::vector<std::string> joined;
  JETLINE_ASSIGN_OR_RETURN(const auto splits, load_splits(s.path, s.load, &joined));
  std::vector<DatasetSummary> sums;
  for (const NamedSplit& split : splits) sums.push_back(summarize_dataset(split.dataset));
  const Dataset& first = splits[0].dataset;
  if (io.json) {
    nlohmann::ordered_json j = {
        {"path", s.path}, {"format", first.format}, {"root", first.root}, {"classes", first.classes}};
    j["splits"] = nlohmann::ordered_json::array();
    for (size_t i = 0; i < splits.size(); ++i) j["splits"].push_back(inspect_split_json(splits[i], sums[i]));
    j["joined_splits"] = joined;
    io.emit_json(j);
    return Status();
  }
  io.print(first.root + ": " + first.format + ", " + std::to_string(first.classes.size()) + " classes\n\n");
  const auto name = [&](size_t i) { return splits[i].name.empty() ? std::string("all") : splits[i].name; };
  std::vector<std::string> header{"class"};
  for (size_t i = 0; i < splits.size(); ++i) header.push_back(name(i) + ">");
  Table classes(header), sizes = [&] {
    std::vector<std::string> h = header;
    h[0] = "box size, px";
    return Table(h);
  }();
  const auto row = [&](Table& table, const std::string& title, auto value) {
    std::vector<std::string> cells{title};
    for (const DatasetSummary& m : sums) cells.push_back(std::to_string(value(m)));
    table.row(cells);
  };
  for (size_t c = 0; c < first.classes.size(); ++c) {
    row(classes, first.classes[c], [c](const DatasetSummary& m) { return m.boxes_per_class[c]; });
  }
  row(classes, io.bold("boxes"), [](const DatasetSummary& m) { return m.boxes; });
  row(classes, io.bold("images"), [](const DatasetSummary& m) { return m.images; });
  row(classes, "  without boxes", [](const DatasetSummary& m) { return m.images_without_boxes; });
  row(classes, "  difficult boxes", [](const DatasetSummary& m) { return m.difficult; });
  row(classes, "  crowds", [](const DatasetSummary& m) { return m.crowds; });
  for (size_t b = 0; b <= kSizeBins.size(); ++b) {
    row(sizes, size_bin_name(b), [b](const DatasetSummary& m) { return m.sizes[b]; });
  }
  io.print(classes.str() + "\n" + sizes.str());
  io.print("(size = square root of the area)\n");
  for (const std::string& j : joined) io.print("split '" + j + "' joins others and is not counted\n");
  return Status();
}

}  // namespace

VerbRun setup_data_inspect(CLI::App& app, Io& io) {
  auto s = std::make_shared<InspectDataState>();
  app.add_option("data", s->path, "folder, COCO json or YOLO data.yaml")->required();
  app.add_option("--split", s->load.split, "only this split");
  add_data_options(app, s->load);
  return [s, &io] { return inspect_data_main(*s, io); };
}

}  // namespace jetline::cli
