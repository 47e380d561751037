// TokenExplorer: layers x heads as small pictures, one head large, and the text with bars at its tokens.

const THUMB = 48; // pixels of a small picture, where a head has more tokens
const GAP = 2; // between small pictures, in their pixels
const BAR = 20; // height of the tallest bar, in pixels

// --- data -------------------------------------------------------------------

// The same rule as quantise.py: steps of .01 in the square root up to .16, steps of .008 above.
const VALUES = Float64Array.from({ length: 256 }, (_, level) => (level <= 40 ? (level / 100) ** 2 : (level - 20) / 125));

const unpacked = new WeakMap(); // by model: two views share one copy

function unpack(model) {
  if (!unpacked.has(model)) unpacked.set(model, unsqueeze(model));
  return unpacked.get(model);
}

async function unsqueeze(model) {
  const stream = new Blob([model.get("_levels")]).stream().pipeThrough(new DecompressionStream("gzip"));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  const parts = {};
  let offset = 0;
  for (const name of ["weights", "norm", "rollout"]) { // a table that crossed the page may have lost its order
    const shape = model.get("_meta").parts[name];
    if (!shape) continue;
    const size = shape.reduce((product, length) => product * length, 1);
    parts[name] = bytes.subarray(offset, offset + size);
    offset += size;
  }
  return parts;
}

// One head's numbers as a function of (query, key), for the chosen view.
function reader({ parts, meta }, { view, layer, head }) {
  const n = meta.tokens.length;
  if (view === "rollout") return (query, key) => VALUES[parts.rollout[query * n + key]];
  const place = layer * meta.parts.weights[1] + head;
  const levels = parts.weights.subarray(place * n * n, (place + 1) * n * n); // (key, query)
  if (view === "weight") return (query, key) => VALUES[levels[key * n + query]];
  const norms = Array.from(parts.norm.subarray(place * n, (place + 1) * n), (level) => VALUES[level] * meta.largest_norm);
  const totals = new Float64Array(n);
  for (let key = 0; key < n; key += 1) {
    for (let query = 0; query < n; query += 1) totals[query] += VALUES[levels[key * n + query]] * norms[key];
  }
  return (query, key) => (totals[query] > 0 ? (VALUES[levels[key * n + query]] * norms[key]) / totals[query] : 0);
}

function smallestSet(looks, mass) {
  const order = looks.map((_, key) => key).sort((a, b) => looks[b] - looks[a] || a - b);
  const total = looks.reduce((sum, value) => sum + value, 0);
  const marked = [];
  if (total <= 0) return { marked, held: 0 };
  let sum = 0;
  for (const key of order) {
    marked.push(key);
    sum += looks[key];
    if (sum / total >= mass - 1e-9) break;
  }
  return { marked, held: sum / total };
}

function compute(data, state) {
  const at = reader(data, state);
  const all = data.meta.tokens.map((_, i) => i);
  const looks = all.map((key) => at(state.token, key));
  return { at, looks, looked_at_by: all.map((query) => at(query, state.token)), ...smallestSet(looks, state.mass) };
}

// --- pictures ---------------------------------------------------------------

// A square of opacities, one pixel a token, or the largest of several tokens where there is no room.
function shades(at, n, size) {
  const alpha = new Uint8ClampedArray(size * size);
  const to = (i) => Math.floor((i * size) / n);
  for (let query = 0; query < n; query += 1) {
    for (let key = 0; key < n; key += 1) {
      const pixel = to(query) * size + to(key);
      alpha[pixel] = Math.max(alpha[pixel], Math.round(255 * Math.sqrt(at(query, key))));
    }
  }
  return alpha;
}

function paint(canvas, alpha, size, left = 0, top = 0) {
  const image = new ImageData(size, size);
  alpha.forEach((value, i) => { image.data[4 * i + 3] = value; });
  canvas.getContext("2d").putImageData(image, left, top);
}

// Opacities get the theme's colour.
function tint(canvas, color) {
  const context = canvas.getContext("2d");
  context.globalCompositeOperation = "source-in";
  context.fillStyle = color;
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.globalCompositeOperation = "source-over";
}

// A canvas with frames of lines above it; a click says where it was, as shares of width and height.
function picture(name, width, height, frames, onpick) {
  const canvas = html("canvas", { width, height, role: "img" });
  const rects = frames.map((frame) => drawn("rect", { class: frame, rx: 1 }));
  const node = html("div", { class: `av-picture ${name}`, onclick(event) {
    const box = canvas.getBoundingClientRect();
    const share = (place, from, length) => clamp((place - from) / length, 0, 0.999999);
    onpick(share(event.clientX, box.left, box.width), share(event.clientY, box.top, box.height));
  } }, canvas, drawn("svg", { class: "av-over", "aria-hidden": "true" }, ...rects));
  node.style.setProperty("--av-ratio", `${width} / ${height}`);
  return {
    node, canvas,
    frame(i, ...box) {
      rects[i].setAttribute("visibility", box.length ? "visible" : "hidden");
      ["x", "y", "width", "height"].forEach((side, k) => box.length && rects[i].setAttribute(side, percent(100 * box[k])));
    },
  };
}

function smallPictures(data, onpick) {
  const [layers, heads, n] = data.meta.parts.weights;
  const size = Math.min(THUMB, n);
  const step = size + GAP;
  const one = picture("av-small", heads * step, layers * step, ["av-frame"],
    (x, y) => onpick(Math.floor(y * layers), Math.floor(x * heads)));
  one.canvas.setAttribute("aria-label", `${layers} layers, from above to below, by ${heads} heads, from left to right`);
  let known = "";
  return {
    ...one,
    set(view, layer, head, color) {
      one.frame(0, head / heads, layer / layers, 1 / heads, 1 / layers);
      if (known === view + color) return;
      known = view + color;
      one.canvas.getContext("2d").clearRect(0, 0, one.canvas.width, one.canvas.height);
      for (let l = 0; l < layers; l += 1) {
        for (let h = 0; h < heads; h += 1) {
          const at = reader(data, { view, layer: l, head: h });
          paint(one.canvas, shades(at, n, size), size, h * step + GAP / 2, l * step + GAP / 2);
        }
      }
      tint(one.canvas, color);
    },
  };
}

function largePicture(n, onpick) {
  const one = picture("av-large", n, n, ["av-row-frame", "av-column-frame"], (x, y) => onpick(Math.floor(y * n)));
  let known = "";
  return {
    ...one,
    set(at, token, color, label) {
      one.frame(0, 0, token / n, 1, 1 / n);
      one.frame(1, token / n, 0, 1 / n, 1);
      if (known === label + color) return;
      known = label + color;
      one.canvas.setAttribute("aria-label", label);
      one.canvas.getContext("2d").clearRect(0, 0, n, n);
      paint(one.canvas, shades(at, n, n), n);
      tint(one.canvas, color);
    },
  };
}

// A token: a bar above it, where the chosen one looks; a bar below it, what looks at the chosen one.
function chip(text, onclick) {
  const up = drawn("rect", { class: "av-up", width: "100%", rx: 1.5 });
  const down = drawn("rect", { class: "av-down", width: "100%", rx: 1.5, y: 0 });
  const bars = (rect) => drawn("svg", { class: "av-bar av-short", "aria-hidden": "true", height: BAR }, rect);
  const node = html("button", { type: "button", role: "radio", class: "av-chip", onclick },
    bars(up), html("span", { class: "av-word" }, text), bars(down));
  return {
    node,
    set(looks, looked, marked, chosen) {
      up.setAttribute("y", (BAR * (1 - looks)).toFixed(2));
      up.setAttribute("height", (BAR * looks).toFixed(2));
      down.setAttribute("height", (BAR * looked).toFixed(2));
      node.classList.toggle("av-marked", marked);
      node.setAttribute("aria-checked", String(chosen));
      node.tabIndex = chosen ? 0 : -1;
    },
  };
}

// --- the explorer -------------------------------------------------------------

async function render({ model, el }) {
  const { meta, change, show } = connect({ model, el });
  const data = { meta, parts: await unpack(model) };
  const { tokens, views } = meta;
  const [layers, heads] = meta.parts.weights;
  const kinds = ["weight", "norm", "rollout"].filter((kind) => views[kind]);
  const counted = (name, count) => Array.from({ length: count }, (_, i) => `${name} ${i + 1}`);

  function step(event) {
    const now = model.get("token");
    const to = { ArrowLeft: now - 1, ArrowUp: now - 1, ArrowRight: now + 1, ArrowDown: now + 1, Home: 0, End: tokens.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const token = clamp(to, 0, tokens.length - 1);
    change({ token });
    chips[token].node.focus();
  }

  const layer = choice({ label: "Layer", options: counted("layer", layers), onchange: (i) => change({ layer: i }) });
  const head = choice({ label: "Head", options: counted("head", heads), onchange: (i) => change({ head: i }) });
  const view = choice({ label: "Numbers", options: kinds.map((kind) => views[kind]), onchange: (i) => change({ view: kinds[i] }) });
  const mass = slider({ label: "Mark the fewest tokens that hold", min: 5, max: 100, step: 5, oninput: (share) => change({ mass: share / 100 }) });
  const small = smallPictures(data, (l, h) => change({ layer: l, head: h, ...(model.get("view") === "rollout" && { view: "weight" }) }));
  const large = largePicture(tokens.length, (token) => change({ token }));
  const chips = tokens.map((text, i) => chip(text, () => change({ token: i })));
  const verdict = html("p", { class: "av-verdict" });
  const largeTitle = html("span", { class: "av-title" });
  const smallTitle = html("span", { class: "av-title" });
  const words = html("div", { class: "av-chips", role: "radiogroup", "aria-label": "Tokens; arrow keys choose another", onkeydown: step },
    ...chips.map((one) => one.node));
  const panel = (name, title, under, part) => html("div", { class: name }, title, html("span", { class: "av-under" }, under), part);
  const figure = html("div", { class: "av-figure" }, verdict,
    panel("av-text", html("span", { class: "av-title" }, meta.title || "The text"),
      "bar above a token: where the chosen token looks · bar below: who looks at it", words),
    html("div", { class: layers > 2 * heads ? "av-parts av-tall" : "av-parts" },
      panel("av-many", smallTitle, "one row a layer, one column a head; click one", small.node),
      panel("av-one", largeTitle, "a row looks, a column is looked at; click a row", large.node)),
    foot(meta.claim, "The longest bar is the largest number; a picture is the darker, the larger the square root of the weight. Grey bars are outside the marked set.", "Start"));

  function draw(state) {
    const result = compute(data, state);
    const color = getComputedStyle(figure).getPropertyValue("--av-weight").trim() || "#6a4fb8";
    layer.set(state.layer);
    head.set(state.head);
    view.set(kinds.indexOf(state.view));
    mass.set(Math.round(100 * state.mass), `${Math.round(100 * state.mass)}%`);
    showChips(chips, result, state.token);
    keepInSight(words, chips[state.token].node);
    const where = state.view === "rollout" ? "Rollout, all layers and heads" : `Layer ${state.layer + 1}, head ${state.head + 1}`;
    largeTitle.textContent = where;
    smallTitle.textContent = `All heads: ${views[state.view === "rollout" ? "weight" : state.view]}`;
    large.set(result.at, state.token, color, `${where}, ${views[state.view]}: ${tokens.length} by ${tokens.length} tokens`);
    small.set(state.view === "rollout" ? "weight" : state.view, state.layer, state.head, color);
    verdict.replaceChildren(...sentence(result, meta, state, where));
    return { said: verdict.textContent, tables: () => [numberTable(result, meta, state)] };
  }

  const unmount = show({
    kind: "av-claim av-token-explorer", controls: [layer.node, head.node, view.node, mass.node], figure, draw,
    fileName: (state) => `tokens-${state.view}-layer-${state.layer + 1}-head-${state.head + 1}`,
    saved(state) {
      const { at, ...result } = compute(data, state);
      return { ...state, title: meta.title, tokens, ...result };
    },
  });
  const theme = new MutationObserver(() => change({}));
  for (const node of [document.documentElement, document.body]) theme.observe(node, { attributeFilter: ["data-theme", "theme", "data-jp-theme-light"] });
  return () => {
    theme.disconnect();
    unmount();
  };
}

function showChips(chips, { looks, looked_at_by: looked, marked }, token) {
  const inside = new Set(marked);
  const [most, mostBack] = [Math.max(...looks) || 1, Math.max(...looked) || 1];
  chips.forEach((one, i) => one.set(looks[i] / most, looked[i] / mostBack, inside.has(i), i === token));
}

function keepInSight(box, node) {
  const top = node.offsetTop - box.offsetTop;
  box.scrollTop = clamp(box.scrollTop, top + node.offsetHeight - box.clientHeight, top);
}

function sentence({ looks, looked_at_by: looked, marked, held }, { tokens }, { token }, where) {
  const name = (i) => (i === token ? "itself" : strong(tokens[i]));
  const [most, from] = [argmax(looks), argmax(looked)];
  if (!marked.length) return [`${where}: `, strong(tokens[token]), " looks at nothing."];
  return [`${where}: `, strong(tokens[token]), " looks most at ", name(most), `, with ${decimals(looks[most])}. `,
    `${marked.length} of ${tokens.length} tokens hold ${wholePercent(held)}. It is looked at most by `, name(from), `, with ${decimals(looked[from])}.`];
}

function numberTable({ looks, looked_at_by: looked, marked }, { tokens, views }, { token, view }) {
  const inside = new Set(marked);
  const body = tokens.map((text, i) => [`${i + 1} ${text}`, decimals(looks[i], 4), inside.has(i) ? "yes" : "no", decimals(looked[i], 4)]);
  return table(`Where ${tokens[token]} (${token + 1}) looks, and who looks at it: ${views[view]}`, ["token", "looks at", "marked", "looked at by"], body);
}

export default { render };
