#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>

#include <fkd/io/write_file.hpp>

#include "commands/commands.hpp"
#include "commands/load_data.hpp"
#include "common/shared.hpp"
#include "lessons/lesson.hpp"
#include "shared/common/text_table.hpp"
#include "shared/train/stop_request.hpp"
#include "train/run_folder.hpp"

namespace facial_keypoints {

namespace {

/// A standalone SVG file from an element of a page: black text on white.
std::string svg_file(std::string svg) {
  constexpr std::string_view page = "currentColor";
  for (std::size_t at = 0; (at = svg.find(page, at)) != std::string::npos;) svg.replace(at, page.size(), "black");
  svg.insert(svg.find('>', svg.find("<svg")) + 1, "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>");
  return "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n" +
         svg.insert(svg.find("<svg") + 4, " font-family=\"sans-serif\"");
}

}  // namespace

void lesson(const LessonOptions& options, std::ostream& print) {
  const auto found = std::find_if(lessons().begin(), lessons().end(),
                                  [&](const Lesson& one) { return options.letter == std::string{one.letter}; });
  if (found == lessons().end()) throw DataError{"lesson: expected a letter from A to H, got " + options.letter};
  using Clock = std::chrono::steady_clock;
  const Clock::time_point begin = Clock::now();
  const Dataset data = load(options.data, Parts::training, print);
  make_folder(options.out);
  print << "Lesson " << found->letter << ": " << found->title << ", on " << data.name << "\n\n" << std::flush;
  const Outcome outcome = found->teach({data.training, options.out, options.seed, print});
  if (stop_requested()) throw DataError{"lesson: stopped before its end"};

  const std::string name = std::string{"lesson_"} + found->letter;
  const Plot picture = outcome.curves.series.empty() ? plot(outcome.bars, name) : plot(outcome.curves, name);
  if (!picture.svg.empty())
    fkd::io::write_file(options.out / (name + ".svg"), [&](std::ostream& out) { out << svg_file(picture.svg); });
  fkd::io::write_file(options.out / (name + ".txt"), [&](std::ostream& out) { out << outcome.sentence << "\n"; });
  print << "\n" << outcome.sentence << "\n\n";
  if (!picture.problem.empty()) print << picture.problem << "\n";
  print << "wrote " << (options.out / (name + (picture.svg.empty() ? ".txt" : ".svg"))).string() << " after "
        << fixed(std::chrono::duration<double>(Clock::now() - begin).count(), 0) << " s\n";
}

}  // namespace facial_keypoints
