// Draws the diagrams of a page, and draws them again when the reader switches between light and dark.
(() => {
  const boxes = [...document.querySelectorAll("pre.mermaid")];
  const sources = boxes.map((box) => box.textContent);

  const draw = async () => {
    const dark = document.documentElement.dataset.theme === "dark";
    mermaid.initialize({ startOnLoad: false, securityLevel: "strict", theme: dark ? "dark" : "neutral" });
    boxes.forEach((box, i) => {
      box.textContent = sources[i];
      box.removeAttribute("data-processed");
    });
    await mermaid.run({ nodes: boxes });
  };

  draw();
  new MutationObserver(draw).observe(document.documentElement, { attributeFilter: ["data-theme"] });
})();
