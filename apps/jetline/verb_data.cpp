// jetline data: labelled images in, labelled images out.
#include "apps/jetline/data_commands.h"
#include "apps/jetline/data_synth.h"

namespace jetline::cli {
namespace {

struct DataCommand {
  const char* name;
  const char* summary;
  const char* examples;
  VerbRun (*setup)(CLI::App& app, Io& io);
};
constexpr DataCommand kDataCommands[] = {
    {"inspect", "classes, counts, box sizes, split by split",
     "  jetline data inspect photos/\n  jetline data inspect annotations/instances_val.json --json",
     setup_data_inspect},
    {"convert", "between Pascal VOC, COCO json and YOLO txt",
     "  jetline data convert photos/ -o photos-yolo --to yolo\n"
     "  jetline data convert photos/ -o photos-coco --to coco --link",
     setup_data_convert},
    {"split", "divide into train, val and test, the same for the same seed",
     "  jetline data split photos/ train=0.8,val=0.2 --seed 7\n"
     "  jetline data split photos/ train=160,val=40 -o photos-split --to yolo",
     setup_data_split},
    {"doctor", "find what is wrong, with file and line; --fix mends what is safe",
     "  jetline data doctor photos/\n  jetline data doctor photos/ --fix --dry-run", setup_data_doctor},
    {"synth", "render labelled images in the simulator",
     "  jetline data synth -o cans --count 1600 --seed 1 --split train=1200,val=200,test=200 --format yolo\n"
     "  jetline data synth -o cans --count 50 --format voc",
     setup_data_synth},
};

VerbRun setup_data(CLI::App& app, Io& io) {
  app.require_subcommand(1);
  auto run = std::make_shared<VerbRun>();
  for (const DataCommand& c : kDataCommands) {
    CLI::App* sub = app.add_subcommand(c.name, c.summary);
    sub->footer(std::string("examples:\n") + c.examples);
    const VerbRun command = c.setup(*sub, io);
    sub->callback([run, command] { *run = command; });
  }
  return [run] { return *run ? (*run)() : Status::usage("data.what", "no subcommand was given"); };
}

}  // namespace

void add_data_options(CLI::App& app, DatasetOptions& options) {
  app.add_option("--format", options.format, "voc, coco or yolo (else recognised)")
      ->check(CLI::IsMember({"voc", "coco", "yolo"}));
  app.add_option("--labels", options.labels_path,
                 "COCO json or YOLO names file when it is not in the usual place");
  app.add_option("--classes", options.classes, "only these classes, in this order (comma separated)")
      ->delimiter(',');
  app.add_flag("--skip-missing", options.skip_missing, "leave out listed images that are not there");
}

extern const Verb kDataVerb;
const Verb kDataVerb = {"data", "labelled images: inspect, convert, split, doctor, synth",
                        "  jetline data inspect photos/\n  jetline data doctor photos/ --fix --dry-run",
                        setup_data};

}  // namespace jetline::cli
