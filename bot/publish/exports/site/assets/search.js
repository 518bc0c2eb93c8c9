// Searches the prebuilt index. Its parts are scripts, the one thing a page in a folder may load.
(() => {
  "use strict";
  const form = document.getElementById("search");
  const box = document.getElementById("found");
  const root = form.dataset.root;
  const words = new Map(), forms = new Map(), posts = new Map();
  let pages = null, asked = 0;
  const SHOWN = 50, POSTS_A_PART = 1000;

  window.earshotWords = (head, found) => words.set(head, new Map(Object.entries(found)));
  window.earshotForms = (head, found) => forms.set(head, found);
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

  // The part of an index that has the words with the same first two letters as this one.
  async function part(kind, index, word) {
    const letters = [...word].slice(0, 2);
    const head = letters.join("");
    if (!index.has(head)) {
      const name = letters.map((letter) => letter.codePointAt(0).toString(16)).join("-");
      if (!await load(`${kind}-${name}`)) index.set(head, new Map());
    }
    return index.get(head);
  }

  // The words of the site that are forms of the one typed: of itself if it is a base form.
  async function formsOf(word) {
    const own = [word], others = [word];
    for (const [isBase, stem, ends, there] of await part("f", forms, word)) {
      if (!word.startsWith(stem)) continue;
      const at = ends.indexOf(word.slice(stem.length));
      if (at >= 0) (isBase && at === 0 ? own : others).push(...there);
    }
    return new Set(own.length > 1 ? own : others);
  }

  async function having(typed) {
    const found = new Set();
    const add = (steps) => {
      let number = 0;
      for (const step of steps) { number += step; found.add(number); }
    };
    if (typed.endsWith("*")) {
      const beginning = typed.slice(0, -1);
      for (const [known, steps] of await part("w", words, beginning)) {
        if (known.startsWith(beginning)) add(steps);
      }
      return found;
    }
    for (const word of await formsOf(typed)) {
      const known = await part("w", words, word);
      if (known.has(word)) add(known.get(word));
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
    const typed = folded(document.getElementById("words").value).match(/[\p{L}\p{N}]+\*?/gu) || [];
    box.hidden = false;
    const wanted = typed.filter((word) => [...word.replace("*", "")].length > 1);
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
    const whole = wanted.filter((word) => !word.endsWith("*"));
    if (!numbers.length && whole.length) {
      count.textContent += `. For words that begin so, write ${whole[0]}*`;
    }
    const list = document.createElement("ol");
    const more = document.createElement("button");
    more.type = "button";
    more.textContent = "More";
    box.replaceChildren(count, list, more);
    await show(ordered, list, more, 0);
  });
})();
