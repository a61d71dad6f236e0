// Formulas: pymdownx.arithmatex leaves \( \) and \[ \] in elements of the class arithmatex. KaTeX is loaded where there are any.
(() => {
  const top = new URL(".", document.currentScript.src);
  const formulas = () => document.querySelectorAll(".arithmatex");
  const render = () =>
    formulas().forEach((element) => {
      const text = element.textContent.trim();
      const display = text.startsWith("\\[");
      katex.render(text.slice(2, -2), element, { displayMode: display, throwOnError: false, errorColor: "#d00" });
    });
  document.addEventListener("DOMContentLoaded", () => {
    if (formulas().length === 0) return;
    const script = document.createElement("script");
    script.src = new URL("katex/katex.min.js", top);
    script.onload = render;
    document.head.append(script);
  });
})();
