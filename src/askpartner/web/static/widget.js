/* A button on another site that opens the chat in a frame. Documented in docs/embed.md.

   <script src="https://ask.site.example/page/widget.js" data-askpartner defer></script>

   Takes its settings from the script's data attributes; adds one button, one dialog and one
   stylesheet of its own server, and touches nothing else of the page. */
"use strict";

(() => {
  const script = document.currentScript;
  if (!script || !script.hasAttribute("data-askpartner")) return;
  const server = new URL(script.src).origin;
  const label = script.dataset.label || "Ask about our partners";
  const close = script.dataset.close || "Close";
  // Scripts of the chat's own server, its own links and files; no way to move the page around it.
  const SANDBOX =
    "allow-scripts allow-same-origin allow-popups allow-popups-to-escape-sandbox allow-downloads";

  const element = (name, properties, ...children) => {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...children);
    return made;
  };

  const build = () => {
    document.head.append(
      element("link", { rel: "stylesheet", href: `${server}/page/widget.css` }),
    );
    const opener = element("button", { type: "button", className: "askpartner-open" }, label);
    opener.setAttribute("aria-haspopup", "dialog");
    opener.setAttribute("aria-expanded", "false");

    const closer = element("button", { type: "button", className: "askpartner-close" }, close);
    // The modal element keeps the focus inside, closes on Escape and gives the focus back.
    const dialog = element("dialog", { className: "askpartner-dialog" }, closer);
    dialog.setAttribute("aria-label", label);

    opener.addEventListener("click", () => {
      if (!dialog.querySelector("iframe")) {
        // Not before it is wanted: a page that nobody asks on loads nothing.
        const frame = element("iframe", { title: label, src: `${server}/?embed=1` });
        frame.setAttribute("sandbox", SANDBOX);
        frame.setAttribute("allow", "clipboard-write");
        dialog.append(frame);
      }
      dialog.showModal();
      opener.setAttribute("aria-expanded", "true");
      dialog.querySelector("iframe").focus();
    });
    closer.addEventListener("click", () => dialog.close());
    dialog.addEventListener("close", () => {
      opener.setAttribute("aria-expanded", "false");
      opener.focus();
    });
    document.body.append(opener, dialog);
  };

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", build);
  else build();
})();
