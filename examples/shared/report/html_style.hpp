/// \file
/// The style of every report: plain, for a phone, a screen and paper, light and dark.
///
/// Colours that carry meaning are Okabe and Ito's (sky blue, orange); truth and prediction differ in shape too.
#pragma once

#include <string_view>

namespace shared::html {

inline constexpr std::string_view style = R"css(
:root { color-scheme: light dark; --paper: #ffffff; --ink: #1d2329; --soft: #5a6570; --line: #d5dae0; --card: #f5f7f9; --accent: #0072b2; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #15191d; --ink: #e6e9ec; --soft: #a3adb7; --line: #39424b; --card: #1e242a; --accent: #56b4e9; }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body { margin: 0 auto; max-width: 76rem; padding: 1.5rem clamp(1rem, 3vw, 2.5rem) 4rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; overflow-wrap: break-word; }
h1 { font-size: clamp(1.6rem, 4vw, 2.3rem); line-height: 1.2; margin: 0.5rem 0; }
h2 { font-size: 1.4rem; line-height: 1.25; margin: 3rem 0 0.6rem; padding-top: 0.8rem; border-top: 1px solid var(--line); }
h3 { font-size: 1.08rem; margin: 1.8rem 0 0.3rem; }
p { max-width: 44rem; margin: 0.6rem 0; }
a { color: var(--accent); }
nav ul { display: flex; flex-wrap: wrap; gap: 0.2rem 1.2rem; list-style: none; margin: 1rem 0; padding: 0; }
figure { margin: 1rem 0; }
figcaption { color: var(--soft); font-size: 0.9rem; max-width: 44rem; margin-top: 0.3rem; }
img, svg { display: block; max-width: 100%; height: auto; }
img.pixels { image-rendering: pixelated; }
img.filters { width: min(100%, 20rem); }
.maps { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 22rem), 1fr)); gap: 1px; max-width: 62rem; }
.maps img { width: 100%; }
.columns, .few { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 29rem), 1fr)); gap: 0 2rem; align-items: start; }
.few { grid-template-columns: repeat(auto-fit, minmax(min(100%, 15rem), 1fr)); }
.plot svg { width: 100%; max-width: 40rem; font-family: inherit; }
.facts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(15rem, 44%), 1fr)); gap: 0.7rem; margin: 1.2rem 0; }
.facts div { background: var(--card); border-radius: 0.5rem; padding: 0.6rem 0.8rem; }
.facts dt { color: var(--soft); font-size: 0.82rem; line-height: 1.3; }
.facts dd { margin: 0; font-size: 1.25rem; font-weight: 600; font-variant-numeric: tabular-nums; }
.faces { display: grid; grid-template-columns: repeat(auto-fill, minmax(9.5rem, 1fr)); gap: 0.9rem; margin: 1rem 0; }
.faces figure { margin: 0; break-inside: avoid; }
.faces figcaption { font-size: 0.8rem; font-variant-numeric: tabular-nums; }
.face { position: relative; overflow: hidden; border-radius: 0.35rem; }
.face img { width: 100%; }
.face svg { position: absolute; inset: 0; width: 100%; height: 100%; }
.true { fill: #56b4e9; stroke: #003a5c; stroke-width: 0.35; }
.predicted { fill: none; stroke: #ffa02e; stroke-width: 0.95; }
.key { display: inline-block; width: 0.9em; height: 0.9em; border-radius: 50%; vertical-align: -0.1em; }
.key.dot { background: #56b4e9; border: 1px solid #003a5c; }
.key.ring { border: 2px solid #ffa02e; }
.map .predicted { opacity: 0.55; stroke-width: 0.7; }
.map { width: min(100%, 26rem); background: var(--card); border-radius: 0.35rem; }
.wide { overflow-x: auto; margin: 1rem 0; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 0.93rem; }
th, td { padding: 0.35rem 0.7rem; text-align: right; border-bottom: 1px solid var(--line); vertical-align: top; }
thead th { color: var(--soft); font-weight: 600; font-size: 0.85rem; line-height: 1.3; vertical-align: bottom; }
th:first-child, td:first-child { text-align: left; padding-left: 0; }
tbody th { font-weight: 600; white-space: nowrap; }
.nowrap { white-space: nowrap; }
@media screen and (max-width: 46rem) {
  table.stacked, .stacked tbody, .stacked tr, .stacked td, .stacked tbody th { display: block; width: 100%; }
  .stacked thead { position: absolute; clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden; }
  .stacked tr { background: var(--card); border-radius: 0.5rem; padding: 0.5rem 0.9rem; margin-bottom: 0.8rem; }
  .stacked tbody th { font-size: 1.05rem; border: 0; }
  .stacked td { display: flex; justify-content: space-between; gap: 1rem; padding: 0.25rem 0; text-align: right; }
  .stacked tr td:last-child { border: 0; }
  .stacked td::before { content: attr(data-name); color: var(--soft); text-align: left; }
  th, td { padding: 0.3rem 0.35rem; }
  tbody th { white-space: normal; }
}
@media print {
  :root { color-scheme: light; --paper: #ffffff; --ink: #000000; --soft: #444444; --line: #bbbbbb; --card: #f4f4f4; --accent: #000000; }
  body { font-size: 10pt; max-width: none; padding: 0; }
  nav { display: none; }
  h2 { margin-top: 1.6rem; }
  h2, h3, h2 + p, h3 + p { break-after: avoid; }
  p { break-inside: avoid; }
  .plot svg { max-width: 25rem; }
  .facts { grid-template-columns: repeat(4, 1fr); }
  figure, tr, .facts div { break-inside: avoid; }
  .faces { grid-template-columns: repeat(6, 1fr); }
  .columns { grid-template-columns: 1fr 1fr; }
  .wide { overflow: visible; }
  table { font-size: 8pt; }
  th, td { padding: 0.2rem 0.35rem; }
  img, .face, .facts div { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
)css";

}  // namespace shared::html
