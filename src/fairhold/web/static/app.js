// What is nicer with a script. Every page works without it.
"use strict";

// A page that changes under somebody who is typing waits until the text is sent.
document.addEventListener("htmx:beforeSwap", (event) => {
  const target = event.detail.target;
  const typing = [...target.querySelectorAll("input:not([type=hidden]), textarea")].some(
    (field) => field.type !== "radio" && field.type !== "checkbox" && field.value !== field.defaultValue,
  );
  if (typing) {
    event.detail.shouldSwap = false;
    document.querySelectorAll("[data-changed]").forEach((line) => { line.hidden = false; });
  }
});

// The newest message is the one to see.
function toTheEnd() {
  document.querySelectorAll("[data-messages]").forEach((list) => { list.scrollTop = list.scrollHeight; });
}
document.addEventListener("htmx:afterSettle", toTheEnd);
document.addEventListener("DOMContentLoaded", toTheEnd);

// Sending twice does nothing twice; the button only says that something is under way.
document.addEventListener("submit", (event) => {
  const button = event.submitter;
  if (button && !event.defaultPrevented) {
    button.setAttribute("aria-busy", "true");
  }
});

// A deadline that comes near counts down.
function tick() {
  const now = Date.now() + Number(document.body.dataset.ahead || 0);
  document.querySelectorAll("time[data-left]").forEach((place) => {
    const left = Math.max(0, Date.parse(place.dateTime) - now);
    if (left > 0 && left < 3600000) {
      const seconds = Math.floor(left / 1000);
      const minutes = Math.floor(seconds / 60);
      place.textContent = `${minutes}:${String(seconds % 60).padStart(2, "0")}`;
    }
  });
}
setInterval(tick, 1000);
