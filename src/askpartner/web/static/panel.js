/* Opens the source of a citation beside the page it is cited on.

   The server writes all markup: a source is fetched as the page it also is on its own, and its
   <article> is moved into the panel. Without this script a citation opens that page in a tab. */
"use strict";

const panel = document.getElementById("panel");
const panelBody = document.getElementById("panel-body");
const narrow = window.matchMedia("(max-width: 640px)");

let cited = null; // the link the panel was opened from; focus goes back there
let wanted = 0; // number of the newest request; an older one that arrives later is dropped

function failure(message) {
  const article = document.createElement("article");
  article.className = "problem";
  const paragraph = document.createElement("p");
  paragraph.textContent = message;
  article.append(paragraph);
  return article;
}

async function fetchSource(address) {
  try {
    const response = await fetch(address);
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const article = page.getElementById("source");
    if (article) return document.adoptNode(article);
  } catch (error) {
    console.warn("source not fetched:", error);
  }
  return failure(panel.dataset.failed);
}

function markCited(link) {
  if (cited) cited.classList.remove("open");
  cited = link;
  if (cited) cited.classList.add("open");
}

async function openSource(link) {
  const number = ++wanted;
  const article = await fetchSource(link.href);
  if (number !== wanted) return;
  markCited(link);
  panelBody.replaceChildren(article);
  if (!panel.open) {
    // On a phone the sheet covers the page, so nothing below it may take focus or touch.
    if (narrow.matches) panel.showModal();
    else panel.show();
    document.body.classList.add("panel-open");
  }
  panelBody.scrollTop = 0;
  panelBody.focus({ preventScroll: true });
  // From the top when the quoted words are in view there, so that the heading is seen as well.
  const quote = document.getElementById("quote");
  const fold = panelBody.getBoundingClientRect().bottom;
  if (quote && quote.getBoundingClientRect().bottom > fold) {
    quote.scrollIntoView({ block: "start" });
  }
}

function closeSource() {
  wanted += 1;
  if (panel.open) panel.close();
}

panel.addEventListener("close", () => {
  document.body.classList.remove("panel-open");
  const link = cited;
  markCited(null);
  panelBody.replaceChildren();
  if (link && link.isConnected) link.focus();
  else document.querySelector("#message textarea")?.focus();
});

document.getElementById("panel-close").addEventListener("click", closeSource);
panel.addEventListener("click", (event) => {
  if (event.target === panel) closeSource(); // the backdrop of the sheet
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && panel.open) {
    event.preventDefault();
    closeSource();
  }
});
// A panel opened beside the page does not fit a window made narrow, nor the reverse.
narrow.addEventListener("change", closeSource);

document.addEventListener("click", (event) => {
  const link = event.target.closest("a.citation");
  if (!link || event.button !== 0) return;
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  openSource(link);
});
