// Guess first: the answers become buttons, and the half of the next explorer that answers waits behind a veil.
// Nothing is stored. Without this script all is open.
(() => {
  const guess = document.querySelector(".form-guess");
  const list = guess.querySelector(".form-answers");
  const make = (name, properties = {}, ...children) => {
    const node = Object.assign(document.createElement(name), properties);
    node.append(...children);
    return node;
  };
  const button = (...words) => make("button", { type: "button", className: "form-button" }, ...words);
  const follows = (one) => guess.compareDocumentPosition(one) & Node.DOCUMENT_POSITION_FOLLOWING;

  const views = [...document.querySelectorAll('script[type="application/vnd.jupyter.widget-view+json"]')];
  const explorer = views.find(follows)?.parentElement;
  const bar = make("p", { className: "form-veil" }, "The half that answers is veiled until you guess. ");
  const said = make("output", { className: "form-said" });
  const showMe = [button("Show me"), button("Show me")];

  function veil() {
    const part = guess.dataset.veil ? `.form-veiled :is(${guess.dataset.veil})` : ".form-veiled > div";
    const rule = `${part}, ${part} * { visibility: hidden !important; }`;
    document.head.append(make("style", {}, `@media screen { ${rule} }`));
    explorer.classList.add("form-veiled");
    bar.append(showMe[1]);
    explorer.before(bar);
  }

  function open() {
    if (!explorer?.classList.contains("form-veiled")) return;
    const inside = bar.contains(document.activeElement);
    explorer.classList.remove("form-veiled");
    bar.remove();
    showMe[0].hidden = true;
    if (inside) {
      explorer.tabIndex = -1;
      explorer.focus();
    }
  }

  function vote(chosen, buttons) {
    buttons.forEach((one) => one.setAttribute("aria-pressed", String(one === chosen)));
    said.textContent = explorer ? "Noted. Now look below whether it is so." : "Noted. The end of the page answers.";
    remember(chosen.textContent);
    open();
  }

  function remember(words) {
    document.querySelector(".form-mine")?.replaceChildren(" You guessed: ", make("strong", {}, words), " · ");
  }

  const buttons = [...list.children].map((item) => {
    const one = button(...item.firstElementChild.childNodes);
    one.setAttribute("aria-pressed", "false");
    return one;
  });
  buttons.forEach((one) => one.addEventListener("click", () => vote(one, buttons)));
  const question = guess.querySelector(".form-question");
  question.id ||= "form-question";
  const group = make("div", { className: "form-votes" }, ...buttons);
  group.setAttribute("role", "group");
  group.setAttribute("aria-labelledby", question.id);
  list.replaceWith(group, said);
  if (!explorer) return;
  veil();
  group.append(showMe[0]);
  showMe[0].classList.add("form-quiet");
  showMe.forEach((one) => one.addEventListener("click", open));
})();
