// Sends a dropped or chosen file to the API with progress; goes on to its page, or shows what the API says is wrong.
const token = document.querySelector('meta[name="csrf-token"]')?.content ?? "";

for (const form of document.querySelectorAll("[data-upload]")) {
  const input = form.querySelector("[data-file]");
  input.addEventListener("change", () => input.files.length && send(form, input.files[0]));
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("dragover", (event) => {
    event.preventDefault();
    form.classList.add("over");
  });
  form.addEventListener("dragleave", () => form.classList.remove("over"));
  form.addEventListener("drop", (event) => {
    event.preventDefault();
    form.classList.remove("over");
    if (event.dataTransfer.files.length) send(form, event.dataTransfer.files[0]);
  });
}

function send(form, file) {
  const query = new URLSearchParams();
  for (const [name, value] of new FormData(form)) if (typeof value === "string" && value.trim()) query.set(name, value.trim());
  if (form.querySelector("[name=name]") && !query.has("name")) query.set("name", plainName(file.name));
  const request = new XMLHttpRequest();
  request.open("POST", `${form.dataset.upload}?${query}`);
  request.setRequestHeader("X-CSRFToken", token);
  request.setRequestHeader("Content-Type", "application/octet-stream");
  request.upload.addEventListener("progress", (event) => show(form, event.loaded / Math.max(1, event.total)));
  request.addEventListener("load", () => {
    const said = parsed(request.responseText);
    if (request.status === 201) location.assign(form.dataset.next + (form.dataset.next.endsWith("=") ? said.number : said.id));
    else refuse(form, said ?? { title: `Status ${request.status}`, detail: "The server gave no reason." });
  });
  request.addEventListener("error", () => refuse(form, { title: "Not sent", detail: "The server could not be reached.", fix: "try again" }));
  form.querySelector("[data-problem]").replaceChildren();
  show(form, 0);
  request.send(file);
}

function plainName(name) {
  const plain = name.replace(/\.onnx$/i, "").replace(/[^A-Za-z0-9_. -]+/g, "-").replace(/^[^A-Za-z0-9]+/, "");
  return plain.slice(0, 100) || "network";
}

function parsed(text) {
  try { return JSON.parse(text); } catch { return null; }
}

function show(form, fraction) {
  const place = form.querySelector("[data-progress]");
  place.hidden = false;
  place.querySelector("progress").value = fraction;
  const words = fraction < 1 ? `Sending: ${Math.round(100 * fraction)} %` : "Checking the network ...";
  place.querySelector("[data-phase]").textContent = words;
}

function refuse(form, problem) {
  form.querySelector("[data-progress]").hidden = true;
  const card = document.createElement("section");
  card.className = "error-card";
  card.setAttribute("role", "alert");
  const title = document.createElement("h2");
  title.textContent = problem.detail ?? problem.title;
  card.append(title);
  const facts = document.createElement("dl");
  for (const [name, value] of [["Field", problem.field], ["Value", problem.value], ["Likely fix", problem.fix]]) {
    if (!value) continue;
    const term = document.createElement("dt");
    const text = document.createElement("dd");
    term.textContent = name;
    text.textContent = value;
    facts.append(term, text);
  }
  if (facts.children.length) card.append(facts);
  form.querySelector("[data-problem]").replaceChildren(card);
  form.querySelector("[data-file]").value = "";
}
