/* The chat's own controls: asking again, what to ask next, copying, judging, forgetting; and the
   newest question in view. All markup is the server's; sources are opened by panel.js.

   What is asked goes through Gradio's text boxes, as if it had been typed. */
"use strict";

const told = document.getElementById("told");
const MOST_WAITED = 20000; // milliseconds until what was pressed can be pressed again

function tell(message) {
  told.textContent = message;
  window.clearTimeout(tell.timer);
  tell.timer = window.setTimeout(() => told.replaceChildren(), 6000);
}

/** One of Gradio's text boxes. */
function box(name) {
  return document.querySelector(`#${name} textarea, #${name} input`);
}

/** Put `text` into a text box and submit it, as typing and Enter would. */
function submit(name, text) {
  const area = box(name);
  area.value = text;
  area.dispatchEvent(new Event("input", { bubbles: true }));
  // Gradio takes the value over in its next turn.
  window.requestAnimationFrame(() => {
    area.dispatchEvent(new KeyboardEvent("keypress", { key: "Enter", bubbles: true }));
  });
}

// -- what is pressed ---------------------------------------------------------------------------

async function copy(button) {
  const words = button.nextElementSibling;
  try {
    await navigator.clipboard.writeText(words.textContent);
    tell(told.dataset.copied);
  } catch (error) {
    // No clipboard without https, or it was not allowed: the words are shown to be selected.
    console.info("not copied:", error);
    words.hidden = false;
    window.getSelection().selectAllChildren(words);
    tell(told.dataset.notCopied);
  }
}

async function post(address, body) {
  try {
    const response = await fetch(address, {
      method: "POST",
      headers: body ? { "Content-Type": "application/json" } : {},
      body: body && JSON.stringify(body),
    });
    if (response.ok) return true;
    const refusal = await response.json();
    tell(refusal.error);
  } catch (error) {
    console.warn("not sent:", error);
    tell(told.dataset.notSent);
  }
  return false;
}

async function judge(button, reason) {
  const [verdict, answer] = button.value.split(" ");
  if (!(await post(`/api/answers/${answer}/judgement`, { verdict, reason }))) return;
  for (const other of button.parentElement.querySelectorAll(".judge")) {
    other.classList.toggle("given", other === button);
    other.setAttribute("aria-pressed", String(other === button));
  }
  tell(told.dataset.judged);
}

/** Ask back in a dialog; gives whether it was not cancelled. */
function askBack(dialog) {
  return new Promise((resolve) => {
    const close = (given) => () => {
      dialog.returnValue = given;
      dialog.close();
    };
    dialog.returnValue = "";
    dialog.querySelector(".cancel").onclick = close("");
    dialog.querySelector(".go").onclick = close("go");
    dialog.onclose = () => resolve(dialog.returnValue === "go");
    dialog.showModal();
  });
}

async function askReason(button) {
  const dialog = document.getElementById("reason");
  const own = document.getElementById("reason-own");
  own.value = "";
  for (const choice of dialog.querySelectorAll("input")) choice.checked = false;
  if (!(await askBack(dialog))) return;
  const chosen = dialog.querySelector("input:checked");
  const reason = [chosen?.value, own.value.trim()].filter(Boolean).join(": ");
  judge(button, reason.slice(0, own.maxLength));
}

async function leave(address) {
  if (await post(address)) window.location.reload();
}

let lastCommand = Promise.resolve();

/** Send a command when those before it are done; gives whether it was done in its turn. */
function obeyed(command) {
  lastCommand = lastCommand.then(() => send(command));
  return lastCommand;
}

/** Send a command; gives whether it was done: the server then empties the box. */
function send(command) {
  const begun = Date.now();
  submit("command", command);
  return new Promise((resolve) => {
    const timer = window.setInterval(() => {
      const done = !box("command").value;
      if (!done && Date.now() - begun < MOST_WAITED) return;
      window.clearInterval(timer);
      resolve(done);
    }, 100);
  });
}

/** Ask again, without or for something. */
async function askAgain(button) {
  const understood = button.closest(".understood");
  const place = [...document.querySelectorAll("#chat .answer")].indexOf(button.closest(".answer"));
  replaced = { button, place };
  understood.classList.add("waiting");
  await obeyed(button.value);
  understood.classList.remove("waiting");
}

/** Delete the conversation of this page, then begin a new one. */
async function forget() {
  if (!(await askBack(document.getElementById("forgetting")))) return;
  if (await obeyed("forget")) leave("/api/conversation/begin");
}

function press(event) {
  const button = event.target.closest("button, a.ask");
  if (!button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  if (button.matches("a.ask")) {
    event.preventDefault();
    submit("message", new URL(button.href).searchParams.get("q"));
  } else if (button.matches(".command")) {
    askAgain(button);
  } else if (button.matches(".copy")) {
    copy(button);
  } else if (button.matches(".judge")) {
    if (button.value.startsWith("not_helpful ")) askReason(button);
    else judge(button, "");
  } else if (button.id === "begin") {
    leave("/api/conversation/begin");
  } else if (button.id === "forget") {
    forget();
  }
}

document.addEventListener("click", press);

// A menu closes when something else is pressed, or with Escape.
const keep = document.getElementById("keep");
document.addEventListener("click", (event) => {
  if (!keep.contains(event.target)) keep.open = false;
});
keep.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !keep.open) return;
  keep.open = false;
  keep.querySelector("summary").focus();
});

if (new URLSearchParams(window.location.search).has("embed")) {
  document.body.classList.add("embedded");
}

// -- what Gradio shows -------------------------------------------------------------------------

let shown = "";
let replaced = null; // the button pressed to ask again, and the place of its answer

/** Names for what Gradio leaves without, and what its sanitiser takes away. */
function nameParts() {
  // Gradio names each message by its own markup, which a screen reader would read out.
  for (const message of document.querySelectorAll("#chat [data-testid][aria-label]")) {
    message.removeAttribute("aria-label");
  }
  // And its button for sending is a picture without a name.
  for (const button of document.querySelectorAll("#message .submit-button:not([aria-label])")) {
    button.setAttribute("aria-label", told.dataset.send);
  }
  for (const button of document.querySelectorAll("#chat .judge:not([aria-pressed])")) {
    button.setAttribute("aria-pressed", String(button.classList.contains("given")));
  }
  // A brief can be selected by hand; where there is script, a button copies it.
  for (const brief of document.querySelectorAll("#chat .brief pre")) {
    if (brief.previousElementSibling?.matches(".copy")) continue;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = told.dataset.copy;
    brief.before(button);
  }
}

/** The conversation's address says nothing: the question of a link is asked once, not at reload. */
function forgetLink() {
  const address = new URL(window.location.href);
  if (!address.searchParams.has("q")) return;
  address.searchParams.delete("q");
  window.history.replaceState(null, "", address);
}

function conversationChanged() {
  nameParts();
  const asked = document.querySelectorAll("#chat .asked");
  const answers = document.querySelectorAll("#chat .answer");
  if (replaced && !replaced.button.isConnected && answers[replaced.place]) {
    // What was pressed is gone; focus stays with the answer that took its place.
    if (document.activeElement === document.body) {
      answers[replaced.place].tabIndex = -1;
      answers[replaced.place].focus({ preventScroll: true });
    }
    replaced = null;
  }
  const now = `${asked.length} ${answers.length}`;
  if (now === shown) return;
  shown = now;
  document.body.classList.toggle("talking", asked.length > 0);
  // The newest question at the top: its answer is read from its beginning, however long it is.
  if (asked.length > 0) {
    forgetLink();
    asked[asked.length - 1].scrollIntoView({ block: "start" });
  } else closeSource();
}

new MutationObserver(conversationChanged).observe(document.body, {
  childList: true,
  subtree: true,
});
