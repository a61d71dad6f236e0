// The four models: training steps and predictions in images a second, and the latency of one image.
//
// Of each model take turns: fkd from plain -O2 with all threads and with one, fkd from -O3 -march=native -fopenmp, and
// the FMA limit; then fkd, its other backends, and every variant of every peer.
#include <algorithm>
#include <limits>

#include "backends.hpp"
#include "fma_limit.hpp"
#include "operations.hpp"
#include "session.hpp"

namespace benchmarks {
namespace {

/// train, predict or latency: what is measured, with how many images at once.
struct Kind {
  std::string name, question;
  long batch;  ///< 0: the report's
  bool training;
  std::string title;
};

/// Contestants of one model that take turns with each other, and where each stands in the list.
struct Field {
  std::vector<Contestant> all = {};
  std::size_t add(Contestant contestant) {
    all.push_back(std::move(contestant));
    return all.size() - 1;
  }
  static constexpr std::size_t absent = std::numeric_limits<std::size_t>::max();
  double seconds(std::size_t i) const {
    return i == absent ? std::numeric_limits<double>::quiet_NaN() : all[i].seconds();
  }
  /// How many times as fast i is as j.
  double ratio(std::size_t i, std::size_t j) const {
    return i == absent || j == absent ? std::numeric_limits<double>::quiet_NaN() : speed_ratio(all[i], all[j]);
  }
};

/// The fastest of some contestants, and how many times as fast fkd is; those that were left out do not count.
struct Best {
  std::string variant = "-";
  double seconds = std::numeric_limits<double>::quiet_NaN(), ratio = seconds;
  void offer(const std::string& name, double time, double fkd) {
    if (std::isfinite(time) && !(seconds <= time)) variant = name, seconds = time, ratio = fkd;
  }
};

struct PeerEntry {
  const Competitor* peer;
  std::string variant;
  std::size_t one, all;
};

/// A row has two fields: fkd beside the limits, in many rounds; and fkd beside its other backends and its peers, which
/// are slow, in as many as there is time for.
class Row {
 public:
  Row(Session& session, const Kind& kind, const Network& net)
      : session_{session}, kind_{kind}, net_{net}, batch_{kind.batch ? kind.batch : net.batch} {
    limit_ = own_.add(fma_contestant(fkd::isa(), session.threads));
    all_ = add(own_, session.plain, session.threads, "default");
    if (!session.quick) native_ = add(own_, session.native, session.threads, "default");
    one_ = add(own_, session.plain, 1, "default");
    limit_1_ = own_.add(fma_contestant(fkd::isa(), 1));
    beside_ = add(others_, session.plain, session.threads, "default");
    beside_1_ = kind.batch == 1 ? add(others_, session.plain, 1, "default") : beside_;
    for (const fkd::Backend<float>* backend : backends())
      if (backend->name != "reference" && backend != &default_backend() && !session.quick)
        backends_.emplace_back(backend->name, add(others_, session.plain, session.threads, std::string{backend->name}));
    for (Competitor& peer : session.peers)
      for (const std::string& variant : peer.variants()) {
        const std::size_t all = add(others_, peer, session.threads, variant);
        peers_.push_back({&peer, variant, kind.batch == 1 ? add(others_, peer, 1, variant) : all, all});
      }
  }

  void measure() {
    interleave(own_.all, session_.quick ? Patience{5, 0.06, 8, 1.5} : Patience{11, 0.3, 8, 20});
    if (!backends_.empty() || !peers_.empty())
      interleave(others_.all, session_.quick ? Patience{3, 0.06, 8, 1.5} : Patience{7, 0.3, 8, 20});
    session_.leave_out(kind_.name + " " + net_.name(), own_.all);
    session_.leave_out(kind_.name + " " + net_.name(), others_.all);
  }

  Json json() const {
    Json j{{"batch", batch_}, {"threads", session_.threads}};
    const double images = static_cast<double>(batch_);
    const bool latency = kind_.batch == 1;  // there fkd's own figure is that of one thread
    const std::size_t own = latency ? one_ : all_;
    j["images_per_second"] = number(images / own_.seconds(own));
    j["limit_images_per_second"] = number(limit(latency));
    j["limit_share"] = number(share(latency));
    j["operations_per_image"] = number(operations());
    j["seconds"] = number(own_.seconds(own));
    if (latency) {
      j["seconds_one_thread"] = number(own_.seconds(one_));
      j["seconds_all_threads"] = number(own_.seconds(all_));
    } else {
      j["one_thread_images_per_second"] = number(images / own_.seconds(one_));
    }
    j["threads_ratio"] = number(threads_ratio());
    j["native_images_per_second"] = number(images / own_.seconds(native_));
    j["plain_to_native_ratio"] = number(plain_ratio());
    for (const auto& [name, place] : backends_) j["backends"][name] = number(images / others_.seconds(place));
    j["pytorch_ratio"] = nullptr;
    for (const Competitor& peer : session_.peers) {
      const Best best = best_of(peer, latency);
      j[peer.name() + "_images_per_second"] = number(images / best.seconds);
      j[peer.name() + "_best"] = best.variant;
      j[peer.name() + "_ratio"] = number(best.ratio);
      if (latency) j[peer.name() + "_all_threads_ratio"] = number(best_of(peer, false).ratio);
    }
    for (const PeerEntry& entry : peers_)
      j["peers"][entry.peer->name()][entry.variant] = number(images / others_.seconds(latency ? entry.one : entry.all));
    return j;
  }

  /// The table of images a second.
  std::vector<std::string> throughput() const {
    const double images = static_cast<double>(batch_);
    std::vector<std::string> cells{std::to_string(net_.number), std::to_string(batch_),
                                   fixed(limit(false), 0),      fixed(images / own_.seconds(all_), 0),
                                   percent(share(false)),       fixed(images / own_.seconds(one_), 0),
                                   fixed(threads_ratio(), 2),   fixed(images / own_.seconds(native_), 0),
                                   fixed(plain_ratio(), 2)};
    for (const auto& [name, place] : backends_) cells.push_back(fixed(images / others_.seconds(place), 0));
    for (const Competitor& peer : session_.peers) {
      const Best best = best_of(peer, false);
      cells.insert(cells.end(), {fixed(images / best.seconds, 0), best.variant, fixed(best.ratio, 2)});
    }
    return cells;
  }
  std::vector<std::string> throughput_header() const {
    std::vector<std::string> cells{"model",    "batch", "limit",          "fkd -O2", "share",
                                   "1 thread", "ratio", "fkd -O3 native", "ratio"};
    for (const auto& [name, place] : backends_) cells.push_back(name);
    for (const Competitor& peer : session_.peers) cells.insert(cells.end(), {peer.name(), "best", "ratio"});
    return cells;
  }

  /// The table of latencies, in milliseconds.
  std::vector<std::string> latency() const {
    std::vector<std::string> cells{std::to_string(net_.number), fixed(1e3 * own_.seconds(one_), 3),
                                   percent(share(true)), fixed(1e3 * own_.seconds(all_), 3)};
    for (const Competitor& peer : session_.peers) {
      const Best one = best_of(peer, true), all = best_of(peer, false);
      cells.insert(cells.end(), {fixed(1e3 * one.seconds, 3), one.variant, fixed(one.ratio, 2),
                                 fixed(1e3 * all.seconds, 3), fixed(all.ratio, 2)});
    }
    return cells;
  }
  std::vector<std::string> latency_header() const {
    std::vector<std::string> cells{"model", "fkd 1 thread, ms", "share", "all threads, ms"};
    for (const Competitor& peer : session_.peers)
      cells.insert(cells.end(), {peer.name() + " 1 thread, ms", "best", "ratio", "all threads, ms", "ratio"});
    return cells;
  }

 private:
  std::size_t add(Field& field, Competitor& competitor, int threads, const std::string& variant) {
    return field.add(competitor.contestant(kind_.question, net_.name(), batch_, threads, variant));
  }
  double operations() const { return kind_.training ? net_.training_operations() : net_.forward_operations(); }
  /// Images a second at the FMA limit, as it was in these rounds.
  double limit(bool one_thread) const {
    const double gflops = one_thread ? fma_gflops(own_.all[limit_1_], fkd::isa(), 1)
                                     : fma_gflops(own_.all[limit_], fkd::isa(), session_.threads);
    return gflops * 1e9 / operations();
  }
  /// Of the limit that was measured beside it, round by round.
  double share(bool one_thread) const {
    const std::size_t fkd = one_thread ? one_ : all_, fma = one_thread ? limit_1_ : limit_;
    const double images_at_the_limit = limit(one_thread) * own_.seconds(fma);  // while the FMA loop runs once
    return static_cast<double>(batch_) / images_at_the_limit * own_.ratio(fkd, fma);
  }
  double threads_ratio() const { return own_.ratio(all_, one_); }
  double plain_ratio() const { return own_.ratio(all_, native_); }
  Best best_of(const Competitor& peer, bool one_thread) const {
    Best best;
    for (const PeerEntry& entry : peers_) {
      const std::size_t place = one_thread ? entry.one : entry.all;
      if (entry.peer == &peer)
        best.offer(entry.variant, others_.seconds(place), others_.ratio(one_thread ? beside_1_ : beside_, place));
    }
    return best;
  }

  Session& session_;
  const Kind& kind_;
  const Network& net_;
  long batch_;
  Field own_, others_;
  std::size_t limit_, limit_1_, all_, one_, native_ = Field::absent, beside_, beside_1_;
  std::vector<std::pair<std::string, std::size_t>> backends_;
  std::vector<PeerEntry> peers_;
};

}  // namespace

void measure_networks(Session& session) {
  const Kind kinds[] = {{"train", "train", 0, true, "Training: images a second"},
                        {"predict", "predict", 100, false, "Prediction: images a second"},
                        {"latency", "predict", 1, false, "Latency: one image, milliseconds"}};
  const std::vector<Network> nets = networks();
  session.heading("Operations that one image needs, in millions (a multiply-add counts 2)");
  TextTable operations{{"model", "forward", "training"}};
  for (const Network& net : nets)
    operations.add({std::to_string(net.number), fixed(1e-6 * net.forward_operations(), 1),
                    fixed(1e-6 * net.training_operations(), 1)});
  session.print(operations);
  if (session.quick) session.leave_out("networks from -O3 -march=native, and on other backends", "a quick run");
  for (const Kind& kind : kinds) {
    session.heading(kind.title + ", " + std::to_string(session.threads) + " threads");
    std::vector<std::vector<std::string>> rows;
    for (const Network& net : nets) {
      Row row{session, kind, net};
      if (rows.empty()) rows.push_back(kind.batch == 1 ? row.latency_header() : row.throughput_header());
      row.measure();
      rows.push_back(kind.batch == 1 ? row.latency() : row.throughput());
      session.results[kind.name][net.name()] = row.json();
    }
    TextTable table{rows.front()};
    for (std::size_t r = 1; r < rows.size(); ++r) table.add(rows[r]);
    session.print(table);
  }
}

}  // namespace benchmarks
