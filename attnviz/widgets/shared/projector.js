// Projector mode: an explorer alone on the screen, its controls beside the picture. Python puts this file after common.js.

const SCREEN = { width: 1280, height: 720 };
const TEXT = { page: 14, projector: 18 }; // pixels of the smallest text
const TELEPHONE = 700; // below this width nothing is enlarged
const PLACES = 'script[type="application/vnd.jupyter.widget-view+json"]';

const plainName = (name) => name.toLowerCase().replace(/[^a-z]/g, "");

// Which explorer of the page this one is, from 1 on. A built page marks the places, also of explorers that still load.
function placeOf(root) {
  const before = (selector) => [...document.querySelectorAll(selector)]
    .filter((one) => one.compareDocumentPosition(root) & Node.DOCUMENT_POSITION_FOLLOWING).length;
  return document.querySelector(PLACES) ? before(PLACES) : before(".av-root") + 1;
}

// `?projector` asks for the page's first explorer, `?projector=2` for the second, `?projector=RocSlider` for that one.
function isAsked(root, name) {
  const asked = new URLSearchParams(location.search).get("projector");
  if (asked === null || "avProjected" in document.documentElement.dataset) return false;
  return /[a-z]/i.test(asked) ? plainName(asked) === plainName(name) : placeOf(root) === Number(asked || 1);
}

// The explorer's parts move into a dialog and back, so that what the reader set stays set.
function projector(name) {
  let [root, figure, parts, seat] = [];
  const dialog = html("dialog", { class: "av-projector", "aria-label": `${name}, alone on the screen`, ...KEEPS_KEYS, onclose: leave });
  const toggle = button("Projector", () => (dialog.open ? dialog.close() : enter()), { class: "av-button av-project" });

  const enlarge = () => {
    const share = Math.min(innerWidth / SCREEN.width, innerHeight / SCREEN.height);
    root.style.zoom = innerWidth < TELEPHONE ? 1 : (Math.max(share, 1) * TEXT.projector) / TEXT.page;
  };

  function enter() {
    document.documentElement.dataset.avProjected = "";
    seat = html("div", { style: `height: ${root.offsetHeight}px` });
    root.replaceWith(seat);
    parts = [...root.children];
    const [controls, ...others] = parts.filter((one) => one !== figure);
    const side = html("div", { class: "av-side" }, controls, figure.querySelector(".av-foot"), ...others);
    root.replaceChildren(html("div", { class: "av-screen" }, side, figure));
    root.classList.add("av-projected");
    dialog.append(root);
    document.body.append(dialog);
    toggle.textContent = "Leave projector";
    enlarge();
    addEventListener("resize", enlarge);
    dialog.showModal();
  }

  function leave() {
    const foot = root.querySelector(".av-side > .av-foot");
    if (foot) figure.append(foot);
    root.replaceChildren(...parts);
    root.classList.remove("av-projected");
    root.style.zoom = "";
    toggle.textContent = "Projector";
    removeEventListener("resize", enlarge);
    seat.replaceWith(root);
    dialog.remove();
    toggle.focus();
  }

  // The dialog opens once the explorer stands on the page: JupyterLab puts it there later.
  const waiting = new ResizeObserver(() => {
    if (!root.isConnected) return;
    waiting.disconnect();
    if (isAsked(root, name)) enter();
  });

  return {
    toggle,
    watch(explorer, picture) {
      [root, figure] = [explorer, picture];
      waiting.observe(root);
    },
    stop() {
      waiting.disconnect();
      if (!dialog.open) return;
      seat.remove();
      dialog.close();
    },
  };
}
