#include "jetline/data/voc_xml.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace jetline;
  using namespace jetline::data_reader;
  Problems strict;
  std::vector<Finding> findings;
  Problems lenient(&findings);
  const auto one = parse_voc_xml(ByteView(data, size), "fuzz.xml", strict);
  const auto two = parse_voc_xml(ByteView(data, size), "fuzz.xml", lenient);
  // What the strict reader takes, the lenient one takes with nothing to report.
  if (one.ok() && (!two.ok() || !findings.empty() || one->objects.size() != two->objects.size()))
    __builtin_trap();
  return 0;
}
