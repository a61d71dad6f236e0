"""The API reference: a page for each header, from Doxygen's XML (Doxyfile).

The library has one concept a header, and the comment at its top explains it, so a header is the page: that comment, then what the
header declares, in its order. Members of a struct that are set with designated names are a table of options. Left out: what is
private, `detail`, `_inl` files and the backends' inner loops.
"""

import html
import posixpath
import re
import xml.etree.ElementTree as ET

ROOMS = ["core", "runtime", "backends", "layers", "network", "loss", "metrics", "optim", "train", "io", "testing"]

state = {}


def read(xml, root):
    """Reads every compound, and gives what is declared a page and an anchor."""
    headers, classes, targets, functions = {}, [], {}, []
    for file in sorted(xml.glob("*.xml")):
        if file.name == "index.xml":
            continue
        compound = ET.parse(file).getroot().find("compounddef")
        if compound is None:
            continue
        kind, location = compound.get("kind"), compound.find("location")
        if kind == "file":
            headers[location.get("file")] = compound
        elif kind in ("class", "struct", "union", "concept") and location is not None:
            classes.append(compound)
        elif kind == "namespace":
            functions += compound.iter("memberdef")
    declared = {name: [] for name in headers}
    for element in classes + functions:
        name = element.findtext("compoundname") or element.findtext("qualifiedname") or element.findtext("name")
        place = element.find("location")
        file = place.get("declfile") or place.get("file")
        if "detail" in name.split("::") or file not in declared or element.get("prot", "public") != "public":
            continue
        if not element.get("prot") and element.get("kind") != "concept":
            continue
        declared[file].append((int(place.get("declline") or place.get("line")), element))
    for file, elements in declared.items():
        elements.sort(key=lambda e: e[0])
        page = page_name(file)
        targets[headers[file].get("id")] = (page, "")
        for _, element in elements:
            anchor = anchor_of(element)
            targets[element.get("id")] = (page, anchor)
            for member in element.iter("memberdef"):
                targets.setdefault(member.get("id"), (page, anchor))
            for value in element.iter("enumvalue"):
                targets.setdefault(value.get("id"), (page, anchor))
    state.update(headers=headers, declared=declared, targets=targets)


def page_name(file):
    return "reference/" + file.removeprefix("fkd/").removesuffix(".hpp") + ".md"


def page_of(path):
    """The page of a header of this repository, or None."""
    file = path.removeprefix("include/")
    return page_name(file) if path.startswith("include/") and file in state["headers"] else None


def sources(page):
    return [f"include/{f}" for f in state["headers"] if page_name(f) == page]


def anchor_of(element):
    name = element.findtext("compoundname") or element.findtext("qualifiedname") or element.findtext("name")
    return re.sub(r"[^a-z0-9_]+", "-", name.removeprefix("fkd::").lower().replace("operator", "operator-")).strip("-")


# ---- Text of comments, as HTML

TAGS = {"computeroutput": "code", "emphasis": "em", "bold": "strong", "superscript": "sup", "subscript": "sub"}


def text_of(element):
    return "".join(element.itertext()) if element is not None else ""


def link_to(refid, inner, here):
    if refid not in state["targets"]:
        return inner
    page, anchor = state["targets"][refid]
    if page == here:
        return f'<a href="#{anchor}">{inner}</a>' if anchor else inner
    path = posixpath.relpath(page.removesuffix(".md") + ".html", posixpath.dirname(here))
    return f'<a href="{path}{"#" + anchor if anchor else ""}">{inner}</a>'


def rendered(element, here):
    """The content of an element of a comment, as HTML."""
    out = html.escape(element.text or "", quote=False)
    for child in element:
        inner = rendered(child, here)
        tag = child.tag
        if tag in TAGS:
            out += f"<{TAGS[tag]}>{inner}</{TAGS[tag]}>"
        elif tag == "ref":
            out += link_to(child.get("refid"), inner, here)
        elif tag == "ulink":
            out += f'<a href="{html.escape(child.get("url"))}">{inner}</a>'
        elif tag == "para":
            out += f"<p>{inner}</p>" if inner.strip() else ""
        elif tag == "itemizedlist":
            out += f"<ul>{inner}</ul>"
        elif tag == "orderedlist":
            out += f"<ol>{inner}</ol>"
        elif tag == "listitem":
            out += f"<li>{inner}</li>"
        elif tag in ("programlisting", "verbatim"):
            lines = [listing(line) for line in child] if tag == "programlisting" else [text_of(child)]
            out += f"<pre><code>{html.escape(chr(10).join(lines), quote=False)}</code></pre>"
        elif tag == "table":
            out += f"<table>{inner}</table>"
        elif tag == "row":
            out += f"<tr>{inner}</tr>"
        elif tag == "entry":
            name = "th" if child.get("thead") == "yes" else "td"
            out += f"<{name}>{inner}</{name}>"
        elif tag in ("sp", "nonbreakablespace"):
            out += " "
        elif tag == "linebreak":
            out += "<br>"
        elif tag in ("ndash", "mdash"):
            out += "–"
        elif tag == "parameterlist":
            continue
        else:
            out += inner
        out += html.escape(child.tail or "", quote=False)
    return out


def listing(line):
    out = line.text or ""
    for child in line:
        out += " " if child.tag == "sp" else listing(child)
        out += child.tail or ""
    return out


def comment(element, here, tag="div"):
    parts = [rendered(e, here) for e in (element.find("briefdescription"), element.find("detaileddescription")) if e is not None]
    body = "".join(parts).strip()
    # Blank lines would end the block of HTML within the page's Markdown.
    body = re.sub(r"\n\s*\n", "\n", body)
    return body if tag is None else f'<{tag} class="doc">{body}</{tag}>' if body else ""


# ---- Declarations


def template_of(element):
    params = element.find("templateparamlist")
    if params is None:
        return ""
    names = []
    for param in params:
        words = text_of(param.find("type")), text_of(param.find("declname")), text_of(param.find("defval"))
        names.append(f"{words[0]} {words[1]}".strip() + (f" = {words[2]}" if words[2] else ""))
    return f"template <{', '.join(names)}>\n"


def tidied(code):
    code = re.sub(r"\s+", " ", code).strip()
    for wrong, right in (("< ", "<"), (" >", ">"), (" &", "&"), (" *", "*"), ("&&", "&& "), ("fkd::", "")):
        code = code.replace(wrong, right)
    code = re.sub(r"(?<![&\w])([&*]+)(?=\w)", r"\1 ", re.sub(r"([&*]+)(?=[A-Za-z_])", r"\1 ", code))
    return code.replace("&& ,", "&&,").replace("&& )", "&&)")


def function_code(member):
    words = []
    if member.get("friend") == "yes" or member.get("kind") == "friend":
        words.append("friend")
    kind = text_of(member.find("type"))
    if member.get("static") == "yes" and "static" not in kind:
        words.append("static")
    if member.get("constexpr") == "yes" and "constexpr" not in kind:
        words.append("constexpr")
    if member.get("virt") == "virtual" or member.get("virt") == "pure-virtual":
        words.append("virtual")
    name = member.findtext("name")
    arguments = re.sub(r"\s+", " ", member.findtext("argsstring") or "")
    code = tidied(" ".join(words + [kind, name])) + tidied(arguments).replace("=0", " = 0")
    if len(code) > 100:
        code = wrapped(code)
    clause = member.find("requiresclause")
    return template_of(member) + (f"  requires {tidied(text_of(clause))}\n" if clause is not None else "") + code + ";"


def wrapped(code):
    """A long declaration with one argument a line."""
    at = code.find("(")
    depth, out = 0, code[: at + 1] + "\n    "
    for c in code[at + 1 :]:
        if c in "(<{":
            depth += 1
        elif c in ")>}":
            depth -= 1
        out += c
        if c == "," and depth == 0:
            out += "\n   "
    return out


def fenced(code):
    return f"```cpp\n{code}\n```\n\n"


def options(fields, here):
    rows = ""
    for field in fields:
        kind = html.escape(tidied(text_of(field.find("type"))), quote=False)
        default = tidied(text_of(field.find("initializer"))).lstrip("=").strip()
        rows += (
            f'<tr><td><code>.{field.findtext("name")}</code></td><td>{typed(field.find("type"), here) or kind}</td>'
            f'<td>{"<code>" + html.escape(default, quote=False) + "</code>" if default else ""}</td><td>{comment(field, here, None)}</td></tr>\n'
        )
    return f'<table class="options"><thead><tr><th>member</th><th>type</th><th>default</th><th></th></tr></thead><tbody>\n{rows}</tbody></table>\n\n'


def typed(element, here):
    out = html.escape(element.text or "", quote=False)
    for child in element:
        out += link_to(child.get("refid"), html.escape(text_of(child), quote=False), here) + html.escape(child.tail or "", quote=False)
    for wrong, right in (("&lt; ", "&lt;"), (" &gt;", "&gt;"), (" *", "*"), (" &amp;", "&amp;")):
        out = out.replace(wrong, right)
    return f"<code>{out}</code>"


def members(element, kinds):
    found = []
    for section in element.findall("sectiondef"):
        for member in section.findall("memberdef"):
            public = member.get("prot") == "public" or member.get("kind") == "friend"
            if public and member.get("kind") in kinds:
                found.append(member)
    return sorted(found, key=lambda m: int(m.find("location").get("line")))


def has_comment(element):
    return any(text_of(element.find(d)).strip() for d in ("briefdescription", "detaileddescription"))


def functions(found, here):
    """Those with a comment, each with it; overloads that follow without one share it. The others as one list."""
    out, waiting, rest = "", [], []
    for member in found:
        if has_comment(member):
            out += fenced("\n".join(function_code(m) for m in waiting + [member])) + comment(member, here) + "\n\n"
        else:
            rest.append(function_code(member))
    if rest:
        out += ("<p>Also:</p>\n\n" if out else "") + fenced("\n".join(rest))
    return out


def class_body(element, here):
    name = element.findtext("compoundname").removeprefix("fkd::")
    bases = ", ".join(tidied(text_of(b)) for b in element.findall("basecompoundref") if "detail" not in text_of(b))
    out = fenced(f"{template_of(element)}{element.get('kind')} {tidied(name)}{' : ' + bases if bases else ''};")
    out += comment(element, here) + "\n\n"
    fields = [m for m in members(element, {"variable"}) if m.get("static") != "yes"]
    constants = [m for m in members(element, {"variable"}) if m.get("static") == "yes"]
    if fields:
        out += options(fields, here)
    for member in members(element, {"enum"}):
        out += enum_body(member, here)
    if constants:
        lines = []
        for m in constants:
            said = re.sub(r"\s+", " ", text_of(m.find("briefdescription"))).strip()
            lines.append(f"{tidied(text_of(m.find('definition')).replace(element.findtext('compoundname') + '::', ''))}"
                         f" {tidied(text_of(m.find('initializer')))};{'  // ' + said if said else ''}")
        out += fenced("\n".join("static " + l.removeprefix("static ") for l in lines))
    return out + functions(members(element, {"function", "friend"}), here)


def concept_body(element, here):
    code = text_of(element.find("initializer"))
    # Doxygen gives a concept's comment as text; its definition as written.
    return fenced(reflowed(code)) + comment(element, here) + "\n\n"


def reflowed(code):
    code = tidied(code) if "\n" not in code else code.strip()
    return re.sub(r" && (?! )", "\n    && ", code) if len(code) > 90 else code


def enum_body(member, here):
    values = "".join(
        f'<tr><td><code>{v.findtext("name")}</code></td><td>{comment(v, here, None)}</td></tr>\n' for v in member.findall("enumvalue")
    )
    return fenced(f"enum class {member.findtext('name')};") + comment(member, here) + f'\n\n<table class="options"><tbody>\n{values}</tbody></table>\n\n'


def member_body(member, here):
    kind = member.get("kind")
    if kind == "enum":
        return enum_body(member, here)
    if kind == "function":
        return fenced(function_code(member)) + comment(member, here) + "\n\n"
    if kind == "typedef":
        code = tidied(text_of(member.find("definition")))
        return fenced(template_of(member) + re.sub(r"^typedef (.*) (\S+)$", r"using \2 = \1", code) + ";") + comment(member, here) + "\n\n"
    initial = tidied(text_of(member.find("initializer")))
    code = tidied(text_of(member.find("definition")))
    if initial:
        code += " " + (initial if len(initial) < 120 else "= ...")
    return fenced(template_of(member) + code + ";") + comment(member, here) + "\n\n"


def name_in_page(element):
    name = element.findtext("compoundname") or element.findtext("qualifiedname") or element.findtext("name")
    return tidied(name.removeprefix("fkd::"))


def pages():
    made = {}
    for file, compound in state["headers"].items():
        here = page_name(file)
        out = f'# {file.removeprefix("fkd/")} {{ data-toc-label="{file.rsplit("/", 1)[-1]}" }}\n\n'
        depth = "../" * here.count("/")
        out += f'```cpp\n#include <{file}>\n```\n\n<p><a href="{depth}source/include/{file}.html">The header</a></p>\n\n'
        out += comment(compound, here) + "\n\n"
        seen = set()
        overloads = {}
        for _, element in state["declared"][file]:
            overloads.setdefault(name_in_page(element), []).append(element)
        for name, elements in overloads.items():
            body = ""
            for element in elements:
                if element.tag == "compounddef":
                    body += concept_body(element, here) if element.get("kind") == "concept" else class_body(element, here)
                else:
                    body += member_body(element, here)
            anchor = anchor_of(elements[0])
            if anchor in seen:
                continue
            seen.add(anchor)
            escaped = re.sub(r"([*_<>`\[\]])", r"\\\1", name)
            out += f"## {escaped} {{ #{anchor} }}\n\n{body}"
        made[here] = out
    made["reference/index.md"] = index()
    return made


def room_of(file):
    parts = file.removeprefix("fkd/").split("/")
    return parts[0] if len(parts) > 1 else ""


def first_sentence(compound):
    said = re.sub(r"\s+", " ", text_of(compound.find("briefdescription")) or text_of(compound.find("detaileddescription"))).strip()
    match = re.match(r"(.{25,}?[.:])(?: |$)", said)
    sentence = match.group(1) if match else said
    return html.escape(sentence.rstrip(":."), quote=False)


def index():
    out = (
        "# Reference\n\nA page for each header: the comment at its top, then what it declares. `<fkd/net.hpp>` includes all but io and "
        "testing; it lists the headers in the order in which to read them. In a table of members each is an option that a designated "
        "initialiser names, in the order in which C++ wants them.\n\n"
    )
    for room in ["", *ROOMS]:
        files = [f for f in state["headers"] if room_of(f) == room]
        if not files:
            continue
        out += f"## {room}\n\n" if room else ""
        out += '<table class="headers"><tbody>\n'
        for file in sorted(files):
            names = [e for _, e in state["declared"][file] if e.tag == "compounddef" and "<" not in e.findtext("compoundname")]
            links = ", ".join(link_to(e.get("id"), f"<code>{html.escape(name_in_page(e))}</code>", "reference/index.md") for e in names[:6])
            path = page_name(file).removeprefix("reference/").removesuffix(".md")
            out += f'<tr><td><a href="{path}.html">{path.rsplit("/", 1)[-1]}</a></td><td>{first_sentence(state["headers"][file])}</td><td>{links}</td></tr>\n'
        out += "</tbody></table>\n\n"
    return out


def nav():
    entries = ["reference/index.md"]
    files = sorted(state["headers"])
    for file in files:
        if not room_of(file):
            entries.append({file.removeprefix("fkd/").removesuffix(".hpp"): page_name(file)})
    for room in ROOMS:
        inside = [{f.rsplit("/", 1)[-1].removesuffix(".hpp"): page_name(f)} for f in files if room_of(f) == room]
        if inside:
            entries.append({room: inside})
    return entries
