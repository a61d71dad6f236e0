"""Checks a built site: every link, anchor, script, style sheet, font and picture is a file of the site; nothing is fetched.

    check_links.py FOLDER
"""

import re
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

FETCHED = {"script": "src", "img": "src", "iframe": "src", "source": "src", "object": "data"}


class Page(HTMLParser):
    def __init__(self, path):
        super().__init__()
        self.links, self.ids, self.fetched = [], {""}, []
        self.feed(path.read_text())

    def handle_starttag(self, tag, attributes):
        a = dict(attributes)
        if a.get("id"):
            self.ids.add(a["id"])
        if tag == "a" and a.get("name"):
            self.ids.add(a["name"])
        if tag == "a" and a.get("href") is not None:
            self.links.append(a["href"])
        if tag == "link" and a.get("href"):
            (self.fetched if set(a.get("rel", "").split()) & {"stylesheet", "icon", "preload"} else self.links).append(a["href"])
        if tag in FETCHED and a.get(FETCHED[tag]):
            self.fetched.append(a[FETCHED[tag]])


def main(top):
    top = Path(top).resolve()
    pages = {path: Page(path) for path in top.rglob("*.html")}
    wrong, count, outside = [], 0, set()

    def check(page, link, fetched):
        nonlocal count
        parts = urlsplit(link)
        if parts.scheme or parts.netloc:
            outside.add(link)
            if fetched and parts.scheme != "data":
                wrong.append(f"{page.relative_to(top)}: fetches {link}")
            return
        count += 1
        path = unquote(parts.path)
        target = (top / path.lstrip("/") if path.startswith("/") else page.parent / path).resolve() if path else page
        if target.is_dir():
            target /= "index.html"
        if not target.is_file():
            wrong.append(f"{page.relative_to(top)}: {link} is no file of the site")
        elif target in pages and unquote(parts.fragment) not in pages[target].ids and not parts.fragment.startswith("__"):
            wrong.append(f"{page.relative_to(top)}: {link}: no such anchor")

    for path, page in pages.items():
        if path.name == "404.html":
            continue  # its links are from the top of a server
        for link in page.links:
            check(path, link, False)
        for link in page.fetched:
            check(path, link, True)
    for sheet in top.rglob("*.css"):
        for link in re.findall(r"url\(\s*['\"]?([^'\")]+)", sheet.read_text()):
            if not link.startswith(("data:", "#")) and not link.endswith(".ttf"):  # .ttf is what no browser of today takes
                check(sheet, link, True)
    if len(pages) < 20 or count < 1000:
        wrong.append(f"expected at least 20 pages and 1000 links, got {len(pages)} and {count}")
    for line in sorted(wrong):
        print(line, file=sys.stderr)
    print(f"{len(pages)} pages, {count} links within the site, {len(outside)} addresses outside, {len(wrong)} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
