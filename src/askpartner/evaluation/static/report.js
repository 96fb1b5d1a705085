/* Filters the questions of a report and opens them for printing. The page is whole without it. */
"use strict";

const byId = (name) => document.getElementById(name);
const filters = {
  text: byId("filter-text"),
  result: byId("filter-result"),
  status: byId("filter-status"),
  tag: byId("filter-tag"), // missing when no question has a tag
  change: byId("filter-change"), // missing when nothing is compared
};
const count = byId("filter-count");

const questions = Array.from(byId("list").children, (item) => ({
  item,
  details: item.firstElementChild,
  result: new Set([item.dataset.result, ...names(item.dataset.faults).map((name) => `fault-${name}`)]),
  status: new Set([item.dataset.status]),
  tag: new Set(names(item.dataset.tags)),
  change: new Set(names(item.dataset.change)),
  text: null, // read when first searched
}));

function names(list) {
  return list ? list.split(" ") : [];
}

/* What a person would search: the question, its id and tags, and what was said. */
function textOf(question) {
  if (question.text === null) {
    const parts = question.item.querySelectorAll("summary, .answer");
    question.text = folded(Array.from(parts, (part) => part.textContent).join(" "));
  }
  return question.text;
}

function folded(text) {
  return text.toLowerCase().replace(/\s+/g, " ").trim();
}

function filter() {
  const words = folded(filters.text.value);
  const chosen = ["result", "status", "tag", "change"].filter((name) => filters[name]?.value);
  let shown = 0;
  for (const question of questions) {
    const fits =
      chosen.every((name) => question[name].has(filters[name].value)) &&
      (words === "" || textOf(question).includes(words));
    if (question.item.hidden === fits) question.item.hidden = !fits;
    shown += Number(fits);
  }
  count.textContent = count.dataset.template
    .replace("{shown}", String(shown))
    .replace("{count}", String(questions.length));
  byId("list").hidden = shown === 0;
  byId("none").hidden = shown > 0;
}

function setOpen(open) {
  for (const { item, details } of questions) if (!item.hidden) details.open = open;
}

function reset() {
  for (const field of Object.values(filters)) if (field) field.value = "";
  filter();
}

/* A link to a question opens it, whatever the filters say. */
function openLinked() {
  const question = questions.find(({ item }) => `#${item.id}` === location.hash);
  if (!question) return;
  if (question.item.hidden) reset();
  question.details.open = true;
  question.item.scrollIntoView({ block: "start" });
}

for (const field of Object.values(filters)) field?.addEventListener("input", filter);
byId("open-all").addEventListener("click", () => setOpen(true));
byId("close-all").addEventListener("click", () => setOpen(false));
byId("reset").addEventListener("click", reset);

/* A tag or a result told above the list: the questions behind it. */
document.addEventListener("click", (event) => {
  const picked = event.target.closest("[data-pick]")?.dataset;
  if (!picked) return;
  reset();
  byId(picked.from).value = picked.pick;
  filter();
});
window.addEventListener("hashchange", openLinked);

/* On paper everything is open that is shown, and afterwards as it was. */
let opened = [];
window.addEventListener("beforeprint", () => {
  opened = Array.from(document.querySelectorAll("details:not([open])"));
  for (const details of opened) details.open = true;
});
window.addEventListener("afterprint", () => {
  for (const details of opened) details.open = false;
  opened = [];
});

byId("filters").hidden = false;
for (const told of document.querySelectorAll(".needs-script")) told.hidden = false;
filter();
openLinked();
