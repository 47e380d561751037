// Shows anywidgets in a built page: no kernel, no network, no other library.
(() => {
  const STATE = "application/vnd.jupyter.widget-state+json";
  const VIEW = "application/vnd.jupyter.widget-view+json";
  const modules = new Map();
  const styles = new Set();
  const models = new Map();

  const scripts = (type) => [...document.querySelectorAll(`script[type="${type}"]`)];

  function bytes(base64) {
    const text = atob(base64);
    return new DataView(Uint8Array.from(text, (letter) => letter.charCodeAt(0)).buffer);
  }

  function readStates() {
    const states = {};
    for (const script of scripts(STATE)) Object.assign(states, JSON.parse(script.textContent).state);
    for (const { state, buffers = [] } of Object.values(states)) {
      for (const { path, data } of buffers) {
        const holder = path.slice(0, -1).reduce((place, key) => place[key], state);
        holder[path.at(-1)] = bytes(data);
      }
    }
    return states;
  }

  // What a widget asks of its model. Changes stay in the page.
  function modelOf(state) {
    const listeners = new Map();
    const of = (name) => listeners.get(name) ?? listeners.set(name, new Set()).get(name);
    return {
      get: (name) => state[name],
      set(name, value) {
        if (Object.is(state[name], value)) return;
        state[name] = value;
        for (const event of [`change:${name}`, "change"]) [...of(event)].forEach((callback) => callback());
      },
      on: (event, callback) => of(event).add(callback),
      off: (event, callback) => (callback ? of(event).delete(callback) : of(event).clear()),
      save_changes() {},
      send() {},
    };
  }

  function load(source) {
    if (!modules.has(source)) {
      const address = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
      modules.set(source, import(address).then(({ default: widget }) => (typeof widget === "function" ? widget() : widget)));
    }
    return modules.get(source);
  }

  function addStyle(css) {
    if (!css || styles.has(css)) return;
    styles.add(css);
    document.head.append(Object.assign(document.createElement("style"), { textContent: css }));
  }

  async function show(script, states, el) {
    const id = JSON.parse(script.textContent).model_id;
    const state = states[id]?.state;
    if (!state?._esm) {
      el.textContent = "This control needs a running notebook.";
      return;
    }
    addStyle(state._css);
    const widget = await load(state._esm);
    if (!models.has(id)) {
      models.set(id, modelOf(state));
      await widget.initialize?.({ model: models.get(id) });
    }
    await widget.render({ model: models.get(id), el });
  }

  function fail(el, error) {
    el.textContent = `This explorer could not be shown: ${error.message}`;
    console.error(error);
  }

  function start() {
    const views = scripts(VIEW).map((script) => {
      const el = document.createElement("div");
      script.after(el);
      return [script, el];
    });
    let states = {};
    try {
      states = readStates();
    } catch (error) {
      views.forEach(([, el]) => fail(el, error));
      return;
    }
    for (const [script, el] of views) show(script, states, el).catch((error) => fail(el, error));
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
