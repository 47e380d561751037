// A picture that is wider than a telephone is drawn aside in its box; so that a keyboard can do it, the box takes the focus.
(() => {
  const boxes = [...document.querySelectorAll(".cell_output:has(img)")];

  function look() {
    for (const box of boxes) {
      const wide = box.scrollWidth > box.clientWidth;
      for (const [name, value] of [["tabindex", "0"], ["role", "region"], ["aria-label", "Picture, wider than the page"]]) {
        if (wide) box.setAttribute(name, value);
        else box.removeAttribute(name);
      }
    }
  }

  window.addEventListener("load", look);
  window.addEventListener("resize", look);
})();
