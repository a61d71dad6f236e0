#include "shared/cli/program.hpp"

#include <cstdlib>
#include <exception>
#include <iostream>

#include <fkd/runtime/threads.hpp>

#include "shared/cli/validators.hpp"
#include "shared/common/nearest_word.hpp"
#include "shared/train/stop_request.hpp"

namespace shared {
namespace {

/// "--epocs: no such option of train; did you mean --epochs?"
std::string unknown_argument(CLI::App& app, const CLI::App* command) {
  std::vector<std::string> left = command ? command->remaining() : std::vector<std::string>{};
  if (left.empty()) left = app.remaining();
  if (left.empty()) return "";
  const std::string word = left.front().substr(0, left.front().find('='));
  std::vector<std::string> known;
  if (command) {
    for (const CLI::Option* option : command->get_options()) known.push_back(option->get_name());
  } else {
    for (const CLI::App* one : app.get_subcommands({})) known.push_back(one->get_name());
  }
  const std::string right = nearest(word, known);
  return word + ": no such " + (command ? "option of " + command->get_name() : "command") +
         (right.empty() ? "; --help lists them" : "; did you mean " + right + "?");
}

std::string no_command(const std::vector<Command>& commands) {
  std::string sentence = "expected a command: ";
  for (std::size_t i = 0; i < commands.size(); ++i)
    sentence.append(i == 0 ? "" : i + 1 == commands.size() ? " or " : ", ").append(commands[i].app->get_name());
  return sentence + "; --help says more";
}

int run(CLI::App& app, const std::vector<std::function<Command(CLI::App&)>>& add, int argc, char** argv) {
  app.require_subcommand(1);
  app.option_defaults()->always_capture_default();
  int threads = 0;
  std::vector<Command> commands;
  for (const auto& add_command : add) {
    commands.push_back(add_command(app));
    commands.back()
        .app->add_option("--threads", threads, "threads to use; 0: one for each processor. Results do not depend on it")
        ->check(whole_number(0, 1024));
  }
  const auto chosen = [&]() -> const Command* {
    for (const Command& command : commands)
      if (command.app->parsed()) return &command;
    return nullptr;
  };
  try {
    app.parse(argc, argv);
    fkd::set_threads(threads);
    request_stop_on_interrupt();
    chosen()->run(std::cout);
  } catch (const CLI::Success& help) {
    return app.exit(help);
  } catch (const CLI::ParseError& error) {
    std::string sentence = unknown_argument(app, chosen() ? chosen()->app : nullptr);
    if (sentence.empty()) sentence = chosen() ? error.what() : no_command(commands);
    std::cerr << app.get_name() << ": " << sentence << "\n";
    return 2;
  }
  if (!std::cout.flush()) throw std::runtime_error{"expected to write to standard output, got a failure"};
  return EXIT_SUCCESS;
}

}  // namespace

int run_program(const std::string& name, const std::string& description,
                const std::vector<std::function<Command(CLI::App&)>>& commands, int argc, char** argv) {
  try {
    CLI::App app{description};
    app.name(name);
    return run(app, commands, argc, argv);
  } catch (const std::bad_alloc&) {
    std::cerr << name << ": expected enough memory, got none\n";
  } catch (const std::exception& error) {
    std::cerr << name << ": " << error.what() << "\n";
  }
  return EXIT_FAILURE;
}

}  // namespace shared
