// Draws the diagrams of a page, and draws them again when the reader switches between light and dark.
(() => {
  const boxes = [...document.querySelectorAll("pre.mermaid")];
  const sources = boxes.map((box) => box.textContent);

  const colours = {
    light: { primaryColor: "#eef3fb", primaryBorderColor: "#3b6ea8", primaryTextColor: "#1b1f24", lineColor: "#57606a" },
    dark: { primaryColor: "#1f2a36", primaryBorderColor: "#7fa8d9", primaryTextColor: "#e6edf3", lineColor: "#9aa7b4" },
  };

  const draw = async () => {
    const mode = document.documentElement.dataset.theme === "dark" ? "dark" : "light";
    mermaid.initialize({
      startOnLoad: false,
      securityLevel: "strict",
      theme: "base",
      themeVariables: { darkMode: mode === "dark", ...colours[mode] },
    });
    boxes.forEach((box, i) => {
      box.textContent = sources[i];
      box.removeAttribute("data-processed");
    });
    await mermaid.run({ nodes: boxes });
  };

  draw();
  new MutationObserver(draw).observe(document.documentElement, { attributeFilter: ["data-theme"] });
})();
