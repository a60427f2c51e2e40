// What the tests over the cases share: choosing, judging against known_gaps.txt, and running ONNX files in
// ONNX Runtime. For tests only; see cases_test.cpp for use.
#pragma once

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "jetline/base/testing.h"
#include "jetline/graph/onnx_file.h"
#include "jetline/importers/tensorflow/cases/cases.h"
#include "tests/python_oracle.h"

namespace jetline::tf::cases {

inline std::string cases_folder() {
  return testing::source_path("jetline/importers/tensorflow/cases");
}

// JETLINE_CASES: an expression searched in "Op/case"; "" is all of them, and then their number is judged too.
inline std::string wanted() {
  const char* text = std::getenv("JETLINE_CASES");
  return text ? text : "";
}

inline const std::vector<Case>& all() {
  static const auto* kAll = [] {
    auto loaded = load_all_cases(cases_folder() + "/data");
    EXPECT_TRUE(loaded.ok()) << loaded.status().to_string();
    return new std::vector<Case>(loaded.ok() ? std::move(loaded).value() : std::vector<Case>());
  }();
  return *kAll;
}

inline std::vector<const Case*> chosen() {
  std::vector<const Case*> out;
  const std::regex expression(wanted());
  for (const Case& c : all())
    if (std::regex_search(c.name, expression)) out.push_back(&c);
  return out;
}

// The SavedModel of a case as a folder, or its graph as a file graph.pb, below `folder`. What was written.
inline Result<std::string> place(const Case& c, const std::string& folder) {
  // Plain streams: write_file waits for the disk, and there are thousands of cases.
  const auto put = [](const std::string& path, ByteView b) {
    std::ofstream file(path, std::ios::binary);
    file.write(reinterpret_cast<const char*>(b.data()), static_cast<std::streamsize>(b.size()));
    return file.good() ? Status() : Status::internal("cases.write", "could not write " + path);
  };
  if (c.files.empty()) {
    const Status s = put(folder + "/graph.pb", c.graph);
    return s.ok() ? Result<std::string>(folder + "/graph.pb") : Result<std::string>(s);
  }
  const std::string model = folder + "/saved";
  if (const Status s = real_file_system().make_directories(model + "/variables"); !s.ok()) return s;
  for (const auto& [path, content] : c.files)
    if (const Status s = put(model + "/" + path, content); !s.ok()) return s;
  return model;
}

// Case -> what is wrong; "" where nothing is.
using Outcomes = std::map<std::string, std::string>;

// Gaps of one way: lines "way Op/case: reason".
inline std::map<std::string, std::string> gaps_of(const std::string& way) {
  std::map<std::string, std::string> gaps;
  std::ifstream file(cases_folder() + "/known_gaps.txt");
  EXPECT_TRUE(file.good());
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    const size_t space = line.find(' '), colon = line.find(": ");
    const bool sound = space != std::string::npos && colon != std::string::npos && colon > space;
    EXPECT_TRUE(sound) << line;
    if (sound && line.substr(0, space) == way)
      gaps[line.substr(space + 1, colon - space - 1)] = line.substr(colon + 2);
  }
  return gaps;
}

// Fails the test for what went wrong unlisted, and for what is listed and went well. The cases that agree.
inline std::set<std::string> judge(const std::string& way, const Outcomes& outcomes) {
  const auto gaps = gaps_of(way);
  std::set<std::string> passed, known;
  for (const auto& [name, why] : outcomes) {
    if (why.empty()) passed.insert(name);
    if (!why.empty() && !gaps.count(name)) ADD_FAILURE() << way << " " << name << ": " << why;
    if (why.empty() && gaps.count(name))
      ADD_FAILURE() << way << " " << name << " works; take it off known_gaps.txt";
  }
  for (const Case& c : all()) known.insert(c.name);
  for (const auto& [name, why] : gaps)
    if (!known.count(name)) ADD_FAILURE() << "known_gaps.txt lists " << name << ", which is no case";
  return passed;
}

// At least 230 operators and 900 cases, unless only some were asked for.
inline void expect_figures(const std::set<std::string>& passed) {
  if (!wanted().empty()) return;
  std::set<std::string> ops;
  for (const std::string& name : passed) ops.insert(name.substr(0, name.find('/')));
  std::printf("%zu cases of %zu operators agree\n", passed.size(), ops.size());
  EXPECT_GE(ops.size(), 230u);
  EXPECT_GE(passed.size(), 900u);
}

// ONNX files of cases in a folder (JETLINE_CASES_KEEP names one that stays), and the index that run_cases.py
// reads.
class OnnxRuntimeRun {
 public:
  // `data`: the folder of .cases files that the outputs are compared with; empty: the one-operator cases'.
  explicit OnnxRuntimeRun(const std::string& name, const std::string& data = "")
      : data_(data.empty() ? cases_folder() + "/data" : data) {
    const char* keep = std::getenv("JETLINE_CASES_KEEP");
    folder_ = keep ? std::string(keep) + "/" + name : temporary_.path();
    if (keep) {
      EXPECT_TRUE(real_file_system().make_directories(folder_).ok()) << folder_;
    }
  }
  const std::string& folder() const { return folder_; }
  // `inputs`, `outputs`: ONNX name and TensorFlow tensor.
  void add(const Case& c, const Model& model, const std::vector<std::pair<std::string, std::string>>& inputs,
           const std::vector<std::pair<std::string, std::string>>& outputs) {
    std::string file = c.name + ".onnx", ins, outs;
    std::replace(file.begin(), file.end(), '/', '.');
    const Result<std::string> bytes = save_onnx_bytes(model);
    if (!bytes.ok()) {
      outcomes_[c.name] = bytes.status().to_string();
      return;
    }
    std::ofstream(folder_ + "/" + file, std::ios::binary) << *bytes;
    for (const auto& [name, tensor] : inputs) ins += (ins.empty() ? "" : ";") + name + "=" + tensor;
    for (const auto& [name, tensor] : outputs) outs += (outs.empty() ? "" : ";") + name;
    index_ += c.name + "\t" + file + "\t" + ins + "\t" + outs + "\n";
    outcomes_[c.name] = "nothing came back from ONNX Runtime";
  }
  // What came of every case that was added.
  Outcomes run() {
    ProcessSpec spec;
    spec.argv = {testing::oracle_python(), cases_folder() + "/run_cases.py", data_, folder_};
    spec.timeout = 500 * kSecond;
    const Status written = write_file(folder_ + "/index", index_);
    EXPECT_TRUE(written.ok()) << written.to_string();
    const auto r = real_process_runner().run(spec);
    EXPECT_TRUE(r.ok()) << r.status().to_string();
    if (!r.ok()) return outcomes_;
    const std::string& e = r->errors;
    EXPECT_EQ(r->exit_code, 0) << e.substr(e.size() > 2000 ? e.size() - 2000 : 0);
    std::istringstream lines(r->output);
    for (std::string line; std::getline(lines, line);) {
      if (!wanted().empty()) std::printf("%s\n", line.c_str());
      std::vector<std::string> part;
      std::istringstream parts(line);
      for (std::string p; std::getline(parts, p, '\t');) part.push_back(p);
      EXPECT_GE(part.size(), 3u) << line;
      if (part.size() < 3) continue;
      outcomes_[part[0]] = part[1] == "ok" ? "" : (part.size() > 3 ? part[3] : "?");
    }
    return outcomes_;
  }

 private:
  TemporaryDirectory temporary_;
  std::string data_, folder_, index_;
  Outcomes outcomes_;
};

}  // namespace jetline::tf::cases
