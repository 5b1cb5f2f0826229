(() => {
  const MOST = 12;
  const input = document.querySelector("input[type=search]");
  const results = document.querySelector("#results");
  let index = null;

  /** Made at the first search: most readers do not search. */
  function searchIndex() {
    if (index) return index;
    index = new MiniSearch({
      fields: ["title", "page", "text"],
      storeFields: ["title", "page", "text"],
      searchOptions: {
        boost: { title: 4, page: 2 },
        prefix: true,
        fuzzy: 0.15,
        combineWith: "AND",
      },
    });
    index.addAll(searchEntries);
    return index;
  }

  /** The words around the first that was found. */
  function excerpt(text, terms) {
    const lower = text.toLowerCase();
    const at = Math.max(0, ...terms.map((term) => lower.indexOf(term)));
    const start = at < 60 ? 0 : text.indexOf(" ", at - 60) + 1;
    return `${start > 0 ? "… " : ""}${text.slice(start, start + 160)}${text.length > start + 160 ? " …" : ""}`;
  }

  function show() {
    const query = input.value.trim();
    const found = query === "" ? [] : searchIndex().search(query).slice(0, MOST);
    results.hidden = query === "";
    results.replaceChildren(
      ...found.map(({ id, title, page, text, terms }) => {
        const link = document.createElement("a");
        link.href = id;
        const head = document.createElement("strong");
        head.textContent = title === page ? title : `${page}: ${title}`;
        const body = document.createElement("span");
        body.textContent = excerpt(text, terms);
        link.append(head, body);
        const item = document.createElement("li");
        item.append(link);
        return item;
      }),
    );
    if (query !== "" && found.length === 0) {
      const item = document.createElement("li");
      item.textContent = "Nothing was found.";
      results.append(item);
    }
  }

  /** Moves the focus along the results: 1 down, -1 up. */
  function move(step) {
    const stops = [input, ...results.querySelectorAll("a")];
    const next = stops[stops.indexOf(document.activeElement) + step];
    if (next) next.focus();
  }

  input.hidden = false;
  input.addEventListener("input", show);
  input.form?.addEventListener("submit", (event) => event.preventDefault());
  document.querySelector("search").addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") move(1);
    else if (event.key === "ArrowUp") move(-1);
    else if (event.key === "Enter" && event.target === input) results.querySelector("a")?.click();
    else if (event.key === "Escape") {
      results.hidden = true;
      input.focus();
    } else return;
    event.preventDefault();
  });
  results.addEventListener("click", () => {
    results.hidden = true;
  });
  addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.target === input) return;
    event.preventDefault();
    input.focus();
  });
})();
