// Check yourself: the reason of the answer that was chosen, out of the key below, which is hidden on the screen.
(() => {
  document.documentElement.classList.add("form-scripts");
  for (const question of document.querySelectorAll("fieldset.form-check")) {
    const output = question.querySelector("output");
    question.addEventListener("change", ({ target }) => {
      const right = target.value === question.dataset.right;
      const reason = document.getElementById(`check-${question.dataset.check}-reason-${target.value}`);
      const word = document.createElement("strong");
      word.textContent = right ? "Right." : "Not this one.";
      const words = [...reason.querySelectorAll("p")].flatMap((part) => [" ", ...part.cloneNode(true).childNodes]);
      output.replaceChildren(word, ...words);
      output.dataset.right = right;
    });
  }
})();
