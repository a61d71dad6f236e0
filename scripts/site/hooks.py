"""What the site has beyond docs/, for mkdocs (mkdocs.yml names this file).

Pages are written for GitHub, where a link such as ../include/fkd/net.hpp leads to a file of the repository. Here

- README.md, CONTRIBUTING.md and CHANGELOG.md become pages, as mkdocs.yml's `extra.pages` says;
- a file or folder outside of docs/ that a page links becomes a page below source/, with line numbers: the site carries what it
  cites, so that it is whole without a network and without an address of the repository;
- reference/ is made from the headers' comments (reference.py);
- KaTeX is copied from the system's package.

A link that leads nowhere stops the build.
"""

import os
import posixpath
import re
import shutil
import subprocess
import sys
from pathlib import Path

from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(Path(__file__).parent))
import reference  # noqa: E402

KATEX = Path(os.environ.get("FKD_KATEX", "/usr/share/javascript/katex"))
KATEX_LICENSE = Path("/usr/share/doc/libjs-katex/copyright")

LANGUAGES = {".hpp": "cpp", ".cpp": "cpp", ".inc": "cpp", ".cmake": "cmake", ".py": "python", ".json": "json", ".yml": "yaml"}
CODE = re.compile(r"(^(?P<fence> *(?:`{3,}|~{3,})).*?^(?P=fence)[ \t]*$|`[^`\n]+`)", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^()\s]+)\)")
HEADING = re.compile(r"^#+ +(.*)$", re.MULTILINE)

origins = {}  # page of the site: the file of the repository that it is made of
bodies = {}  # made page: its Markdown
anchors = {}  # (file of the repository, heading's anchor): the page that has it, where one file becomes several


def tracked():
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode == 0:
        return listed.stdout.split("\n")[:-1]
    skipped = {"build", "results", ".git"}
    return [str(p.relative_to(ROOT)) for p in sorted(ROOT.rglob("*")) if p.is_file() and p.relative_to(ROOT).parts[0] not in skipped]


def slug(heading):
    """GitHub's anchor of a heading."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
    return re.sub(r"[^\w\- ]", "", text).replace(" ", "-")


def outside_code(markdown, change):
    """Markdown with `change` applied to what is not code."""
    parts, end = [], 0
    for code in CODE.finditer(markdown):
        parts += [change(markdown[end : code.start()]), code.group(0)]
        end = code.end()
    return "".join(parts + [change(markdown[end:])])


def cut(markdown, part):
    """One section of level 2 as a page of its own, or, without a part, all but those that have a page of their own."""
    sections = re.split(r"(?=^## )", markdown, flags=re.MULTILINE)
    if part:
        for section in sections:
            if section.startswith("## ") and slug(section[3 : section.index("\n")]) == part:
                return section[1:]  # its heading becomes the page's
        raise PluginError(f"mkdocs.yml: extra.pages names a section that is not there: {part}")
    return sections


def made_pages(config):
    parts = {}
    for page, source in config["extra"]["pages"].items():
        name, _, part = source.partition("#")
        parts.setdefault(name, {})[part] = page
    for name, pages in parts.items():
        markdown = (ROOT / name).read_text()
        for part, page in pages.items():
            if part:
                bodies[page] = cut(markdown, part)
            else:
                rest = cut(markdown, "")
                for i, section in enumerate(rest):
                    other = slug(section[3 : section.index("\n")]) if section.startswith("## ") else ""
                    if other and other in pages:
                        title = section[3 : section.index("\n")]
                        rest[i] = f"## {title}\n\nEvery task in a few lines, compiled by a test: [{title.lower()}]({name}#{other}).\n\n"
                bodies[page] = "".join(rest)
            origins[page] = name
            for heading in HEADING.findall(bodies[page]):
                anchors.setdefault((name, slug(heading)), page)
        for part, page in pages.items():
            if part:
                anchors[(name, part)] = page


def site_page(target):
    """The page of the site that stands for a file of the repository."""
    if target.startswith("docs/"):
        return target[len("docs/") :]
    for page, origin in origins.items():
        if origin == target and "#" not in page and not page.startswith("source/"):
            return page
    if (ROOT / target).is_dir():
        return f"source/{target}/index.md"
    return f"source/{target}.md"


def resolve(link, page):
    """What a link of a page means in the site, as (page or file of the site, anchor, file of the repository), or None for an address."""
    if re.match(r"[a-z]+:", link):
        return None
    path, _, anchor = link.partition("#")
    origin = origins[page]
    # A link of a made page that this file wrote itself names the repository's file from the top.
    target = posixpath.normpath(posixpath.join(posixpath.dirname(origin), path)) if path else origin
    if target.startswith("..") or not (ROOT / target).exists():
        raise PluginError(f"{origin}: the link {link} leads to no file of the repository")
    if anchor and (target, anchor) in anchors:
        return anchors[(target, anchor)], anchor, target
    if re.fullmatch(r"L\d+", anchor):
        anchor = f"__codelineno-0-{anchor[1:]}"
    return site_page(target), anchor, target


def source_page(target, known):
    """A file as a page with line numbers; a folder as a list."""
    head = "---\nsearch: {exclude: true}\n---\n"
    path = ROOT / target
    if path.is_dir():
        inside = [f for f in known if f.startswith(target + "/")]
        lines = "".join(f"- [{f[len(target) + 1 :]}]({posixpath.relpath(f, target)})\n" for f in inside if readable(f))
        return f"{head}# {target}\n\n{lines}", inside
    if path.suffix == ".md":
        return path.read_text(), []
    text = path.read_text(errors="replace").rstrip("\n")
    language = LANGUAGES.get(path.suffix, "sh" if text.startswith("#!") else "cmake" if path.name == "CMakeLists.txt" else "text")
    api = reference.page_of(target)
    said = f"[Reference of this header](/{api})\n\n" if api else ""
    return f'{head}# {target}\n\n{said}`````{{.{language} linenums="1"}}\n{text}\n`````\n', []


def readable(name):
    return (ROOT / name).suffix not in {".png", ".jpg", ".svg", ".onnx", ".safetensors", ".npz", ".npy", ".bin", ".gz"}


def on_config(config):
    for needed, package in ((KATEX / "katex.min.js", "libjs-katex"), (ROOT / "build/docs/xml/index.xml", "doxygen")):
        if not needed.exists():
            raise PluginError(f"{needed} is missing ({package}); build the site with scripts/docs")
    reference.read(ROOT / "build/docs/xml", ROOT)
    for entry in config["nav"]:
        if entry.get("Reference") == "reference/index.md":
            entry["Reference"] = reference.nav()
    return config


def on_files(files, config):
    origins.clear(), bodies.clear(), anchors.clear()
    known = tracked()
    made_pages(config)
    for page, body in bodies.items():
        files.append(File.generated(config, page, content=body))
    for page, body in reference.pages().items():
        files.append(File.generated(config, page, content=body))
        origins[page] = None
    waiting = []
    for file in list(files.documentation_pages()):
        if file.src_uri not in origins:
            origins[file.src_uri] = f"docs/{file.src_uri}"
        if origins[file.src_uri] is None:
            waiting += reference.sources(file.src_uri)
            continue
        found = []
        outside_code(file.content_string, lambda text: found.extend(LINK.findall(text)) or text)
        waiting += [r[2] for r in (resolve(link, file.src_uri) for link in found) if r]
    done = set()
    while waiting:
        target = waiting.pop()
        page = site_page(target)
        if target in done or not page.startswith("source/"):
            continue
        done.add(target)
        if not readable(target):
            raise PluginError(f"a page links {target}, which is not in docs/ and is no text")
        body, inside = source_page(target, known)
        waiting += [f for f in inside if readable(f)]
        file = File.generated(config, page, content=body)
        file.inclusion = file.inclusion.NOT_IN_NAV
        files.append(file)
        origins[page] = target if not (ROOT / target).is_dir() else f"{target}/."
        if Path(target).suffix == ".md":
            outside_code(body, lambda text: waiting.extend(r[2] for r in (resolve(l, page) for l in LINK.findall(text)) if r) or text)
    return files


def on_page_markdown(markdown, page, config, files):
    here = page.file.src_uri
    if page.parent is None:  # a page by itself in the nav: its tables get the room of a list with one line
        page.meta.setdefault("hide", ["navigation"])
    if origins[here] is None:
        return markdown

    def change(match):
        link = match.group(1)
        if link.startswith("/"):  # a page of the site, from its top
            return f"]({posixpath.relpath(link[1:], posixpath.dirname(here) or '.')})"
        resolved = resolve(link, here)
        if resolved is None:
            return match.group(0)
        target, anchor, _ = resolved
        path = "" if target == here else posixpath.relpath(target, posixpath.dirname(here) or ".")
        return f"]({path}{'#' + anchor if anchor else ''})" if path or anchor else f"]({posixpath.basename(here)})"

    return outside_code(markdown, lambda text: LINK.sub(change, text))


def on_post_build(config):
    out = Path(config["site_dir"]) / "katex"
    out.mkdir(parents=True, exist_ok=True)
    for name in ("katex.min.css", "katex.min.js"):
        shutil.copyfile(KATEX / name, out / name)
    shutil.copytree(KATEX / "fonts", out / "fonts", dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.ttf"))
    if KATEX_LICENSE.exists():
        shutil.copyfile(KATEX_LICENSE, out / "LICENSE.txt")
