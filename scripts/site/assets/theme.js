// Before the page is drawn: the colours that the reader chose here, else those of the system.
(() => {
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  let chosen = null;
  try {
    chosen = localStorage.getItem("fob-theme");
  } catch {
    // a browser that keeps nothing
  }
  const isDark = () => (chosen ?? (dark.matches ? "dark" : "light")) === "dark";
  const apply = () => {
    root.dataset.theme = isDark() ? "dark" : "light";
  };
  apply();
  dark.addEventListener("change", apply);
  addEventListener("DOMContentLoaded", () => {
    // on a narrow screen the list of pages would hide the page
    if (matchMedia("(max-width: 55rem)").matches)
      document.querySelector("nav details").open = false;
    const button = document.querySelector("button.theme");
    button.hidden = false;
    button.addEventListener("click", () => {
      chosen = isDark() ? "light" : "dark";
      apply();
      try {
        localStorage.setItem("fob-theme", chosen);
      } catch {
        // it holds for this page alone
      }
    });
  });
})();
