"use strict";
// Drop, paste, print, and the marking of what belongs together. The page is complete without it.
const form = document.getElementById("form"), file = document.getElementById("file"), text = document.getElementById("text");
const status = document.getElementById("status"), send = document.getElementById("send");
const submit = () => form.requestSubmit(send);
form.addEventListener("submit", () => {
  send.disabled = true;
  status.textContent = form.dataset.reading;
});
addEventListener("pageshow", () => { send.disabled = false; status.textContent = ""; });
for (const kind of ["dragenter", "dragover"]) document.addEventListener(kind, event => {
  event.preventDefault();
  document.body.classList.add("over");
});
document.addEventListener("dragleave", event => { if (!event.relatedTarget) document.body.classList.remove("over"); });
document.addEventListener("drop", event => {
  event.preventDefault();
  document.body.classList.remove("over");
  if (!event.dataTransfer.files.length) return;
  file.files = event.dataTransfer.files;
  submit();
});
document.addEventListener("paste", event => {
  if (event.target instanceof HTMLTextAreaElement || event.target instanceof HTMLInputElement) return;
  if (event.clipboardData.files.length) file.files = event.clipboardData.files;
  else if (event.clipboardData.getData("text")) text.value = event.clipboardData.getData("text");
  else return;
  event.preventDefault();
  submit();
});
const printer = document.getElementById("print");
if (printer) { printer.hidden = false; printer.addEventListener("click", () => window.print()); }

// A line of the sheet, a value of the input, a row of the trace and a piece of the document belong together by the paths of the input.
const all = selector => [...document.querySelectorAll(selector)];
const lines = all("[data-f]"), values = all("[data-p]"), spots = all("[data-x]");
const byPath = new Map(), byPlace = new Map(), linesOf = new Map(), placesOf = new Map(), pathsOf = new Map();
const add = (map, key, value) => { if (!map.has(key)) map.set(key, []); map.get(key).push(value); };
for (const one of values) add(byPath, one.dataset.p, one);
for (const one of spots) add(byPlace, one.dataset.x, one);
for (const one of lines) for (const path of one.dataset.f.split(" ")) add(linesOf, path, one);
for (const row of all("tr.t")) for (const link of row.querySelectorAll("a")) {
  const place = decodeURIComponent(link.hash.slice(1));
  add(placesOf, row.dataset.p, place);
  add(pathsOf, place, row.dataset.p);
}
const paths = one => one.dataset.f !== undefined ? one.dataset.f.split(" ")
  : one.dataset.p !== undefined ? [one.dataset.p] : pathsOf.get(one.dataset.x) || [];
const clear = () => { for (const one of all(".lit")) one.classList.remove("lit"); };
const light = one => {
  clear();
  for (const path of paths(one)) {
    for (const part of [...byPath.get(path) || [], ...linesOf.get(path) || []]) part.classList.add("lit");
    for (const place of placesOf.get(path) || []) for (const part of byPlace.get(place) || []) part.classList.add("lit");
  }
};
let current = null;
const point = event => {
  const one = event.target.closest("[data-f], [data-p], [data-x]");
  if (!one || one === current) return;
  current = one;
  light(one);
};
document.addEventListener("mouseover", point);
document.addEventListener("focusin", point);
document.addEventListener("keydown", event => {
  if (event.key !== "Escape") return;
  current = null;
  clear();
});
