// A term shows its meaning while the pointer or the focus is on it; Escape closes it, and the link still leads on.
(() => {
  const meanings = new Map([...document.querySelectorAll(".form-meanings > [data-term]")].map((one) => [one.dataset.term, one]));
  const box = document.createElement("div");
  box.id = "form-meaning";
  box.className = "form-box";
  box.setAttribute("role", "tooltip");
  box.hidden = true;
  document.body.append(box);
  let shown = null;
  let waiting = 0;

  function place(term) {
    const at = term.getBoundingClientRect();
    const width = document.documentElement.clientWidth;
    const left = Math.max(8, Math.min(at.left, width - box.offsetWidth - 8));
    const below = at.bottom + 6 + box.offsetHeight < window.innerHeight;
    box.style.left = `${left + window.scrollX}px`;
    box.style.top = `${(below ? at.bottom + 6 : at.top - 6 - box.offsetHeight) + window.scrollY}px`;
  }

  function show(term, meaning) {
    clearTimeout(waiting);
    if (shown !== term) hide();
    shown = term;
    box.replaceChildren(...[...meaning.childNodes].map((node) => node.cloneNode(true)));
    box.hidden = false;
    term.setAttribute("aria-describedby", box.id);
    place(term);
  }

  function hide() {
    clearTimeout(waiting);
    shown?.removeAttribute("aria-describedby");
    shown = null;
    box.hidden = true;
  }

  // The pointer may move from the term into the box.
  const hideSoon = () => {
    clearTimeout(waiting);
    waiting = setTimeout(hide, 200);
  };

  for (const link of document.querySelectorAll("article a[href*='#term-']")) {
    const meaning = meanings.get(link.hash.slice(1));
    if (!meaning) continue;
    link.classList.add("form-term");
    link.addEventListener("mouseenter", () => show(link, meaning));
    link.addEventListener("focus", () => show(link, meaning));
    link.addEventListener("mouseleave", hideSoon);
    link.addEventListener("blur", hide);
  }
  box.addEventListener("mouseenter", () => clearTimeout(waiting));
  box.addEventListener("mouseleave", hideSoon);
  document.addEventListener("keydown", ({ key }) => key === "Escape" && hide());
})();
