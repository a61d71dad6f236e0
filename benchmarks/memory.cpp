// Memory: growth and peak of a process that trains or predicts, without the data. Each figure is measured in a fresh
// process.
#include "operations.hpp"
#include "session.hpp"

namespace benchmarks {
namespace {

struct Growth {
  double growth = std::numeric_limits<double>::quiet_NaN(), peak = growth;
};

/// The median growth of some fresh processes, and that process's peak.
Growth ask(Session& session, const Competitor& competitor, const std::string& question) {
  std::vector<double> growths, peaks;
  try {
    for (int i = 0; i < (session.quick ? 1 : 3); ++i) {
      std::istringstream answer{competitor.ask_afresh(question)};
      double growth = 0, peak = 0;
      answer >> growth >> peak;
      growths.push_back(growth), peaks.push_back(peak);
    }
  } catch (const LeftOut& error) {
    session.leave_out("memory, " + competitor.name() + ", " + question, error.what());
  }
  return {median(growths), median(peaks)};
}

std::string megabytes(double bytes) { return fixed(1e-6 * bytes, 1); }

}  // namespace

void measure_memory(Session& session) {
  session.heading("Memory in MB (10^6 bytes): growth over the run; whole process");
  struct Kind {
    std::string name, question;
    long batch;
  };
  const Kind kinds[] = {
      {"train", "train-memory", 0}, {"predict", "predict-memory", 100}, {"latency", "predict-memory", 1}};
  std::vector<std::string> header{"", "model", "batch", "fkd", "process"};
  for (const Competitor& peer : session.peers)
    header.insert(header.end(), {peer.name(), "process", "fkd's share of its growth"});
  TextTable table{header};
  for (const Kind& kind : kinds)
    for (const Network& net : networks()) {
      const long batch = kind.batch ? kind.batch : net.batch;
      const std::string question = kind.question + " " + net.name() + " " + std::to_string(batch) +
                                   " " + std::to_string(session.threads);
      const Growth own = ask(session, session.plain, question);
      Json& json = session.results[kind.name][net.name()];
      json["memory_bytes"] = number(own.growth);
      json["memory_process_bytes"] = number(own.peak);
      std::vector<std::string> cells{kind.name, std::to_string(net.number), std::to_string(batch),
                                     megabytes(own.growth), megabytes(own.peak)};
      // The main figure is training model 2; the peers are slow to start, so a quick run measures only that.
      const bool ask_peers = !session.quick || (kind.name == "train" && net.number == 2);
      for (const Competitor& peer : session.peers) {
        const Growth other = ask_peers ? ask(session, peer, question) : Growth{};
        json[peer.name() + "_memory_bytes"] = number(other.growth);
        json[peer.name() + "_memory_process_bytes"] = number(other.peak);
        cells.insert(cells.end(), {megabytes(other.growth), megabytes(other.peak), percent(own.growth / other.growth)});
      }
      table.add(cells);
    }
  if (session.quick && !session.peers.empty())
    session.leave_out("memory of the peers but for training model 2", "a quick run");
  session.print(table);
}

}  // namespace benchmarks
