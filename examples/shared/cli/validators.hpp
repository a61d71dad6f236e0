/// \file
/// Checks of option values; each error names what was expected and what came.
#pragma once

#include <string>
#include <vector>

#include <CLI/CLI.hpp>

namespace shared {

/// A number in [low, high), or (low, high) where `open` is set.
inline CLI::Validator number_between(double low, bool open, double high, const std::string& words) {
  return {[=](std::string& text) {
            double value = 0;
            const bool good =
                CLI::detail::lexical_cast(text, value) && (open ? value > low : value >= low) && value < high;
            return good ? std::string{} : "expected " + words + ", got " + text;
          },
          ""};
}

inline CLI::Validator whole_number(long long low, long long high) {
  const std::string words = "a whole number from " + std::to_string(low) + " to " + std::to_string(high);
  return {[=](std::string& text) {
            long long value = 0;
            return CLI::detail::lexical_cast(text, value) && value >= low && value <= high
                       ? std::string{}
                       : "expected " + words + ", got " + text;
          },
          ""};
}

inline CLI::Validator one_of(const std::vector<std::string>& words) {
  return {[=](std::string& text) {
            std::string all;
            for (const std::string& word : words) {
              if (word == text) return std::string{};
              all += (all.empty() ? "" : " or ") + word;
            }
            return "expected " + all + ", got " + text;
          },
          ""};
}

}  // namespace shared
