/* Filters the directory while typing, as its form would by asking the server again: a row is shown
   when it holds every word and is stated to suit the audience. */
"use strict";

const form = document.querySelector(".filter");
const counted = document.getElementById("count");

function filter() {
  const wanted = form.elements.text.value.toLowerCase().split(/\s+/).filter(Boolean);
  const audience = form.elements.audience.selectedIndex; // 0: anyone
  let ways = 0;
  let partners = 0;
  for (const partner of document.querySelectorAll(".partner")) {
    let found = false;
    for (const row of partner.querySelectorAll(".way")) {
      const audiences = row.dataset.audiences.split(" ");
      row.hidden = !(
        wanted.every((word) => row.dataset.text.includes(word)) &&
        (audience === 0 || audiences.includes(String(audience)))
      );
      found ||= !row.hidden;
      ways += !row.hidden && row.matches("tr") ? 1 : 0;
    }
    partner.hidden = !found;
    partners += found ? 1 : 0;
  }
  counted.textContent = counted.dataset.template
    .replace("{ways}", ways)
    .replace("{partners}", partners);
  document.getElementById("none").hidden = partners > 0;
  const address = new URL(window.location.href);
  for (const { name, value } of [form.elements.text, form.elements.audience]) {
    if (value) address.searchParams.set(name, value);
    else address.searchParams.delete(name);
  }
  window.history.replaceState(null, "", address);
}

form.addEventListener("input", filter);
form.addEventListener("submit", (event) => {
  event.preventDefault();
  filter();
});
filter(); // what was chosen before this ran
