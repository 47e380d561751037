// The first page's vote: what moves the score is veiled until the reader has guessed, or has drawn the slider.
(() => {
  const ask = document.querySelector(".fp-ask");
  if (!ask) return;
  const page = ask.parentElement;
  const buttons = [...ask.querySelectorAll(".fp-vote button")];
  const answer = ask.querySelector(".fp-answer");
  const guess = document.createElement("p");

  const unveil = () => page.classList.remove("fp-veiled");
  for (const button of buttons) {
    button.addEventListener("click", () => {
      buttons.forEach((one) => one.setAttribute("aria-pressed", String(one === button)));
      guess.textContent = `You guessed “${button.textContent}”.`;
      unveil();
    });
  }
  page.addEventListener("input", unveil);
  page.classList.add("fp-veiled");
  answer.setAttribute("role", "status");
  answer.prepend(guess);
  ask.querySelectorAll("[hidden]").forEach((one) => { one.hidden = false; });
})();
