// jetline data convert and jetline data split
#include <map>

#include "apps/jetline/data_commands.h"
#include "jetline/data/split.h"
#include "jetline/data/summary.h"
#include "jetline/data/writers.h"

namespace jetline::cli {
namespace {

struct ConvertState {
  std::string path, output, to, shares;
  uint64_t seed = 0;
  bool link = false, round = false;
  DatasetOptions load;
};

SaveOptions convert_save_options(const ConvertState& s, Io& io) {
  SaveOptions o;
  o.images = s.link ? ImagePlacement::kLink : ImagePlacement::kCopy;
  o.force = io.force;
  o.round_voc = s.round;
  o.progress = &io.progress();
  o.cancel = &io.cancel();
  return o;
}

void convert_report(const ConvertState& s, const std::string& format, const std::vector<NamedSplit>& splits,
                    const SaveReport& r, Io& io) {
  if (r.crowds_dropped)
    io.note("note: " + std::to_string(r.crowds_dropped) +
            " crowd boxes were left out: YOLO cannot say \"crowd\"");
  if (r.areas_dropped)
    io.note("note: " + std::to_string(r.areas_dropped) +
            " segmentation areas were left out: only COCO holds them");
  if (io.json) {
    nlohmann::ordered_json j = {{"output", s.output},
                                {"format", format},
                                {"images", r.images},
                                {"boxes", r.boxes},
                                {"classes", splits[0].dataset.classes},
                                {"crowds_dropped", r.crowds_dropped},
                                {"areas_dropped", r.areas_dropped}};
    j["splits"] = nlohmann::ordered_json::object();
    for (const NamedSplit& split : splits) {
      if (!split.name.empty()) j["splits"][split.name] = split.dataset.images.size();
    }
    io.emit_json(j);
    return;
  }
  io.print("wrote " + s.output + ": " + format + ", " + std::to_string(r.images) + " images, " +
           std::to_string(r.boxes) + " boxes");
  for (const NamedSplit& split : splits) {
    if (!split.name.empty()) io.print(", " + split.name + " " + std::to_string(split.dataset.images.size()));
  }
  io.print("\n");
}

Status convert_main(ConvertState& s, Io& io) {
  std::vector<std::string> joined;
  JETLINE_ASSIGN_OR_RETURN(const auto splits, load_splits(s.path, s.load, &joined));
  for (const std::string& j : joined) io.note("note: split '" + j + "' joins others and is not written");
  JETLINE_ASSIGN_OR_RETURN(const SaveReport report,
                           save_splits(splits, s.output, s.to, convert_save_options(s, io)));
  convert_report(s, s.to, splits, report, io);
  return Status();
}

Status split_main(ConvertState& s, Io& io) {
  JETLINE_ASSIGN_OR_RETURN(const auto shares, parse_split_shares(s.shares));
  JETLINE_ASSIGN_OR_RETURN(const Dataset d, load_dataset(s.path, s.load));
  const auto twins = find_twins(d);
  JETLINE_ASSIGN_OR_RETURN(const auto parts, split_images(d, shares, s.seed, twins));
  if (!twins.empty()) {
    io.note("note: " + std::to_string(twins.size()) +
            " pictures stand there several times, byte for byte; the copies of one stay in one split");
  }
  if (!s.output.empty()) {
    std::vector<NamedSplit> splits;
    for (size_t i = 0; i < shares.size(); ++i) {
      NamedSplit one{shares[i].name, d};
      one.dataset.images.clear();
      for (const size_t k : parts[i]) one.dataset.images.push_back(d.images[k]);
      splits.push_back(std::move(one));
    }
    const std::string format = s.to.empty() ? d.format : s.to;
    JETLINE_ASSIGN_OR_RETURN(const SaveReport report,
                             save_splits(splits, s.output, format, convert_save_options(s, io)));
    convert_report(s, format, splits, report, io);
    return Status();
  }
  JETLINE_ASSIGN_OR_RETURN(const auto files, write_split_files(d, shares, parts, io.force));
  nlohmann::ordered_json j = {
      {"seed", s.seed}, {"files", files}, {"splits", nlohmann::ordered_json::object()}};
  Table table({"split", "images>"});
  for (size_t i = 0; i < shares.size(); ++i) {
    j["splits"][shares[i].name] = parts[i].size();
    table.row({shares[i].name, std::to_string(parts[i].size())});
  }
  if (io.json) {
    io.emit_json(j);
  } else {
    io.print(table.str());
    for (const std::string& f : files) io.note("wrote " + f);
  }
  return Status();
}

void add_convert_options(CLI::App& app, ConvertState& s) {
  app.add_flag("--link", s.link, "symbolic links to the images instead of copies");
  app.add_flag("--round", s.round, "VOC corners as whole pixels, for readers that take no fractions");
  add_data_options(app, s.load);
}

}  // namespace

VerbRun setup_data_convert(CLI::App& app, Io& io) {
  auto s = std::make_shared<ConvertState>();
  app.add_option("data", s->path, "folder, COCO json or YOLO data.yaml")->required();
  app.add_option("-o,--output", s->output, "new folder")->required();
  app.add_option("--to", s->to, "voc, coco or yolo")
      ->required()
      ->check(CLI::IsMember({"voc", "coco", "yolo"}));
  app.add_option("--split", s->load.split, "only this split");
  add_convert_options(app, *s);
  return [s, &io] { return convert_main(*s, io); };
}

VerbRun setup_data_split(CLI::App& app, Io& io) {
  auto s = std::make_shared<ConvertState>();
  app.add_option("data", s->path, "folder, COCO json or YOLO data.yaml")->required();
  app.add_option("shares", s->shares, "train=0.8,val=0.2 or train=160,val=40")->required();
  app.add_option("--seed", s->seed, "same seed, same splits")->capture_default_str();
  app.add_option("-o,--output", s->output, "write a new data set (else split files into the set itself)");
  app.add_option("--to", s->to, "format of the new data set (else the same)")
      ->check(CLI::IsMember({"voc", "coco", "yolo"}));
  add_convert_options(app, *s);
  return [s, &io] { return split_main(*s, io); };
}

}  // namespace jetline::cli
