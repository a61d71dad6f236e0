#!/usr/bin/env bash
# Opens a report in headless Chromium, as wide as a desktop and as narrow as a phone, and checks that every picture is
# there, that nothing scrolls sideways, that nothing comes from elsewhere, and that the console stays silent.
#
#   check_report.sh REPORT.html     ends with 77 (ctest calls that skipped) where Chromium is not installed
set -euo pipefail

report=${1:?usage: check_report.sh REPORT.html}
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)
if [ -z "$browser" ]; then
  echo "skipped: Chromium is not installed (Debian: chromium)"
  exit 77
fi

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

if grep -Eqi '(src|href)="?(https?:)?//|url\((https?:)?//|@import|<script' "$report"; then
  echo "$report: expected a file that needs nothing else, got a link to elsewhere or a script"
  exit 1
fi

# The page in a frame of each width, looked at by a script that the page itself does not have.
{
  printf '%s' '<!DOCTYPE html><meta charset="utf-8"><title>check</title><body><script>const page = new TextDecoder().decode(Uint8Array.from(atob("'
  base64 -w0 "$report"
  cat <<'SCRIPT'
"), c => c.charCodeAt(0)));
const found = [];
let left = 2;
for (const width of [1280, 390]) {
  const frame = document.createElement("iframe");
  frame.style.cssText = `width:${width}px;height:900px;border:0`;
  frame.onload = () => {
    const inside = frame.contentDocument;
    const missing = [...inside.images].filter(i => !(i.complete && i.naturalWidth > 0)).length;
    const nameless = [...inside.images].filter(i => !i.alt).length;
    const empty = [...inside.querySelectorAll("svg")].filter(s => !(s.getBoundingClientRect().width > 10)).length;
    const sideways = inside.documentElement.scrollWidth - width;
    found.push(`WIDTH ${width} PICTURES ${inside.images.length} MISSING ${missing} NAMELESS ${nameless} EMPTY ${empty} SIDEWAYS ${sideways > 0 ? sideways : 0}`);
    if (--left === 0) document.body.textContent = found.join(" | ") + " END";
  };
  frame.srcdoc = page;
  document.body.append(frame);
}
</script>
SCRIPT
} >"$folder/check.html"

timeout 120 "$browser" --headless --no-sandbox --disable-gpu --disable-background-networking --user-data-dir="$folder/profile" \
  --window-size=1400,1000 --enable-logging=stderr --virtual-time-budget=20000 --dump-dom "file://$folder/check.html" \
  >"$folder/dom" 2>"$folder/log" || { echo "$report: expected Chromium to open it, got a failure:"; tail -5 "$folder/log"; exit 1; }

if grep ':CONSOLE' "$folder/log"; then
  echo "$report: expected a silent console, got the lines above"
  exit 1
fi
line=$(grep -o 'WIDTH.*END' "$folder/dom" || true)
echo "$line"
good='WIDTH [0-9]+ PICTURES [1-9][0-9]* MISSING 0 NAMELESS 0 EMPTY 0 SIDEWAYS 0'
if ! [[ $line =~ ^$good\ \|\ $good\ END$ ]]; then
  echo "$report: expected every picture, with a description, and nothing wider than the page, got: ${line:-nothing}"
  exit 1
fi
