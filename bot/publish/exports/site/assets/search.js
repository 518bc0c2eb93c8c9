// Searches the prebuilt index. Its parts are scripts, the one thing a page in a folder may load.
(() => {
  "use strict";
  const form = document.getElementById("search");
  const box = document.getElementById("found");
  const root = form.dataset.root;
  const words = new Map(), posts = new Map();
  let pages = null, asked = 0;
  const SHOWN = 50, POSTS_A_PART = 1000;

  window.earshotWords = (head, found) => words.set(head, new Map(Object.entries(found)));
  window.earshotPosts = (part, found) => posts.set(part, found);
  window.earshotPages = (found) => { pages = found; };

  const load = (name) => new Promise((done) => {
    const script = document.createElement("script");
    script.src = `${root}search/${name}.js`;
    script.onload = () => done(true);
    script.onerror = () => done(false); // no post has such a word
    document.head.append(script);
  });

  // The same folding as Earshot's for what people type: case, ё and ґ, apostrophes, stress marks.
  const folded = (text) => text.toLowerCase().replaceAll("ё", "е").replaceAll("ґ", "г")
    .normalize("NFC").replace(/['’ʼ`´\u0301\u00ad\u200b-\u200d]/gu, "");

  async function having(word) {
    const letters = [...word].slice(0, 2);
    const head = letters.join("");
    if (!words.has(head)) {
      const name = "w-" + letters.map((letter) => letter.codePointAt(0).toString(16)).join("-");
      if (!await load(name)) words.set(head, new Map());
    }
    const found = new Set();
    for (const [known, steps] of words.get(head)) {
      if (!known.startsWith(word)) continue;
      let number = 0;
      for (const step of steps) { number += step; found.add(number); }
    }
    return found;
  }

  async function preview(number) {
    const part = Math.floor(number / POSTS_A_PART);
    if (!posts.has(part)) await load(`p-${part}`);
    return posts.get(part)[number % POSTS_A_PART];
  }

  function line(found) {
    const [page, anchor, day, text] = found;
    const item = document.createElement("li");
    const link = document.createElement("a");
    link.href = `${root}${pages[page][0]}#${anchor}`;
    link.textContent = `${pages[page][1]}, ${day}`;
    const said = document.createElement("bdi");
    said.textContent = text;
    item.append(link, document.createElement("br"), said);
    return item;
  }

  async function show(numbers, list, more, from) {
    for (const number of numbers.slice(from, from + SHOWN)) list.append(line(await preview(number)));
    more.hidden = from + SHOWN >= numbers.length;
    more.onclick = () => show(numbers, list, more, from + SHOWN);
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const turn = ++asked;
    const typed = folded(document.getElementById("words").value).match(/[\p{L}\p{N}]+/gu) || [];
    box.hidden = false;
    const wanted = typed.filter((word) => [...word].length > 1);
    if (!wanted.length) { box.textContent = "Write a word of at least two letters."; return; }
    if (!pages) await load("pages");
    const sets = [];
    for (const word of wanted) sets.push(await having(word));
    if (turn !== asked) return;
    sets.sort((one, other) => one.size - other.size);
    const numbers = [...sets[0]].filter((number) => sets.every((set) => set.has(number)));
    const dated = [];
    for (const number of numbers.slice(0, 5000)) dated.push([(await preview(number))[2], number]);
    dated.sort((a, b) => (a[0] < b[0] ? 1 : a[0] > b[0] ? -1 : b[1] - a[1]));
    const ordered = dated.map((pair) => pair[1]).concat(numbers.slice(5000));
    const count = document.createElement("p");
    count.id = "count";
    count.textContent = `${numbers.length} posts found`;
    const list = document.createElement("ol");
    const more = document.createElement("button");
    more.type = "button";
    more.textContent = "More";
    box.replaceChildren(count, list, more);
    await show(ordered, list, more, 0);
  });
})();
