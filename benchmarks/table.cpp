// The networks of networks.txt: fkd beside the FMA limit, PyTorch, onnxruntime and OpenVINO, all in turn. For each
// network training at its batch, prediction of 100 images, and one image on one thread and on all.
#include "table.hpp"

#include <cstdlib>

#include "fma_limit.hpp"
#include "session.hpp"

namespace benchmarks {
namespace {

/// What is measured of a network.
struct Question {
  std::string name;     ///< in the JSON file
  std::string command;  ///< to a worker
  Index batch;          ///< 0: training's
  bool training, one_thread;
};

/// A worker's variant that takes part, and whether in training too.
struct Peer {
  Competitor* worker;
  std::string variant;
  bool trains;
};

std::vector<Competitor>& runtimes() {
  static std::vector<Competitor> all = [] {
    const char* set = std::getenv("FKD_PYTHON");
    const std::string python = set && *set ? set : "python3";
    std::vector<Competitor> made;
    for (const char* name : {"onnxruntime", "openvino"})
      made.emplace_back(name, std::vector<std::string>{python, "-B", FKD_BENCHMARKS "/peers/runtimes.py", name},
                        std::vector<std::string>{"default"});
    return made;
  }();
  return all;
}

std::vector<Peer> invite(Session& session) {
  std::vector<Peer> peers;
  for (Competitor& peer : session.peers)
    if (peer.name() == "pytorch")
      for (const std::string& variant : peer.variants()) peers.push_back({&peer, variant, true});
  for (Competitor& peer : runtimes()) try {
      session.results["versions"][peer.name()] = peer.ask("version");
      peers.push_back({&peer, "default", false});
    } catch (const LeftOut& error) {
      session.leave_out(peer.name(), error.what());
    }
  return peers;
}

/// The best of some peers: the least ratio.
struct Least {
  double ratio = std::numeric_limits<double>::quiet_NaN();
  std::string who = "-";
  void offer(double its, const std::string& name) {
    if (std::isfinite(its) && !(ratio <= its)) ratio = its, who = name;
  }
};

Json measure(Session& session, const TableEntry& entry, const Operations& operations, const Question& question,
             const std::vector<Peer>& peers, std::vector<std::string>& cells) {
  const Index batch = question.batch > 0 ? question.batch : entry.batch;
  const int threads = question.one_thread ? 1 : session.threads;
  std::vector<Contestant> all{session.plain.contestant(question.command, entry.name, batch, threads, "default"),
                              fma_contestant(fkd::isa(), threads)};
  std::vector<const Peer*> present;
  for (const Peer& peer : peers)
    if (peer.trains || !question.training) {
      all.push_back(peer.worker->contestant(question.command, entry.name, batch, threads, peer.variant));
      present.push_back(&peer);
    }
  interleave(all, session.quick ? Patience{5, 0.04, 8, 3} : Patience{7, 0.1, 8, 10});
  session.leave_out(entry.name + ", " + question.name, all);
  const double work = static_cast<double>(batch) * (question.training ? operations.training : operations.forward);
  const double share = work / (fma_operations(fkd::isa(), fma_repeat) * threads) * speed_ratio(all[0], all[1]);
  Json j{{"batch", batch},
         {"threads", threads},
         {"seconds", number(all[0].seconds())},
         {"images_per_second", number(static_cast<double>(batch) / all[0].seconds())},
         {"limit_share", number(share)}};
  Least pytorch, best;
  for (std::size_t i = 0; i < present.size(); ++i) {
    const Contestant& peer = all[i + 2];
    const std::string name =
        present[i]->worker->name() + (present[i]->variant == "default" ? "" : " " + present[i]->variant);
    const double ratio = speed_ratio(all[0], peer);
    if (present[i]->worker->name() == "pytorch") pytorch.offer(ratio, name);
    best.offer(ratio, name);
    j["peers"][name] = {{"seconds", number(peer.seconds())}, {"ratio", number(ratio)}};
  }
  j["pytorch_ratio"] = number(pytorch.ratio);
  j["best_ratio"] = number(best.ratio);
  j["best_peer"] = best.who;
  cells.insert(cells.end(), {fixed(1e3 * all[0].seconds(), 3), percent(share), fixed(pytorch.ratio, 2),
                             fixed(best.ratio, 2), best.who});
  return j;
}

}  // namespace

void measure_table(Session& session) {
  const Question questions[] = {{"train", "train", 0, true, false},
                                {"predict", "predict", 100, false, false},
                                {"latency", "predict", 1, false, true},
                                {"latency_all_threads", "predict", 1, false, false}};
  const std::vector<Peer> peers = invite(session);
  const char* only = std::getenv("FKD_NETWORKS_ONLY");  // one of them, by name
  std::vector<TextTable> tables(
      std::size(questions), TextTable{{"network", "batch", "fkd, ms", "share", "to PyTorch", "to the best", "which"}});
  for (const TableEntry& entry : read_table(FKD_BENCHMARKS "/networks.txt")) {
    if (only != nullptr ? entry.name != only : session.quick && !entry.quick) {
      session.leave_out("network " + entry.name, only != nullptr ? "FKD_NETWORKS_ONLY" : "a quick run");
      continue;
    }
    const Operations operations = operations_of(fkd::Model<float>{network_of(entry)});
    Json& results = session.results["networks"][entry.name];
    results["operations_per_image"] = {{"forward", operations.forward}, {"training", operations.training}};
    for (std::size_t q = 0; q < std::size(questions); ++q) {
      const Question& question = questions[q];
      std::vector<std::string> cells{entry.name, std::to_string(question.batch > 0 ? question.batch : entry.batch)};
      results[question.name] = measure(session, entry, operations, question, peers, cells);
      std::printf("%s, %s: %s ms, %s of the limit; to PyTorch %s, to the best %s (%s)\n", entry.name.c_str(),
                  question.name.c_str(), cells[2].c_str(), cells[3].c_str(), cells[4].c_str(), cells[5].c_str(),
                  cells[6].c_str());
      std::fflush(stdout);
      tables[q].add(cells);
    }
  }
  const std::string on_all = ", " + std::to_string(session.threads) + " threads";
  const std::string titles[] = {"Networks: training" + on_all, "Networks: prediction of 100" + on_all,
                                "Networks: one image, one thread", "Networks: one image" + on_all};
  for (std::size_t q = 0; q < std::size(questions); ++q) {
    session.heading(titles[q]);
    session.print(tables[q]);
  }
}

}  // namespace benchmarks
