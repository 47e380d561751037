// Draws the diagrams of a page, and draws them again when the reader switches between light and dark.
(() => {
  const boxes = [...document.querySelectorAll("pre.mermaid")];
  const sources = boxes.map((box) => box.textContent);

  const look = getComputedStyle(document.documentElement);
  const colour = (name) => look.getPropertyValue(`--av-${name}`).trim();

  const draw = async () => {
    mermaid.initialize({
      startOnLoad: false,
      securityLevel: "strict",
      theme: "base",
      themeVariables: {
        darkMode: document.documentElement.dataset.theme === "dark", fontFamily: colour("sans"),
        primaryColor: colour("surface"), primaryBorderColor: colour("control"), primaryTextColor: colour("ink"),
        lineColor: colour("muted"),
      },
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
