// What every page does: menus, theme, copy buttons, times, htmx's CSRF header.
import { agoText } from "./times.js";

const token = document.querySelector('meta[name="csrf-token"]')?.content ?? "";
document.addEventListener("htmx:configRequest", (event) => {
  event.detail.headers["X-CSRFToken"] = token;
});

for (const select of document.querySelectorAll("[data-theme-choice]")) {
  select.value = document.documentElement.dataset.theme;
  select.addEventListener("change", () => {
    document.documentElement.dataset.theme = select.value;
    try { localStorage.setItem("theme", select.value); } catch { /* forgotten with the page */ }
    document.dispatchEvent(new CustomEvent("themechange"));
  });
}
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  document.dispatchEvent(new CustomEvent("themechange"));
});

const burger = document.querySelector("[data-burger]");
burger?.addEventListener("click", () => {
  const open = burger.getAttribute("aria-expanded") !== "true";
  burger.setAttribute("aria-expanded", String(open));
});

document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details[data-menu][open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
  const button = event.target.closest("[data-copy], [data-copy-text]");
  if (button) copy(button);
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details[data-menu][open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

async function copy(button) {
  const text = button.dataset.copyText ?? document.querySelector(button.dataset.copy).textContent;
  try {
    await navigator.clipboard.writeText(text);
    say("Copied");
  } catch {
    say(`Copy this: ${text}`);
    return;
  }
  button.classList.add("copied");
  if (button.classList.contains("icon") || button.dataset.words) return void setTimeout(() => button.classList.remove("copied"), 1500);
  button.dataset.words = button.textContent;
  button.textContent = "Copied";
  setTimeout(() => {
    button.textContent = button.dataset.words;
    delete button.dataset.words;
    button.classList.remove("copied");
  }, 1500);
}

// Tells screen readers, and everybody where a copy was not possible.
export function say(text) {
  const place = document.getElementById("messages");
  const line = document.createElement("p");
  line.className = text === "Copied" ? "sr" : "message info";
  line.textContent = text;
  place.replaceChildren(line);
}

function tellTimes(root) {
  for (const time of root.querySelectorAll("time[data-when]")) {
    const date = new Date(time.dateTime);
    time.title = date.toLocaleString();
    time.textContent = agoText(date, new Date());
  }
}
tellTimes(document);
setInterval(() => tellTimes(document), 30_000);
document.addEventListener("htmx:afterSettle", () => tellTimes(document));
