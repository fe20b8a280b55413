// Sends a dropped or chosen file to the API with progress; goes on to its page, or shows what the API says is wrong.
const token = document.querySelector('meta[name="csrf-token"]')?.content ?? "";

const forms = document.querySelectorAll("[data-upload]");
for (const form of forms) {
  const input = form.querySelector("[data-file]");
  input.addEventListener("change", () => input.files.length && take(form, input.files[0]));
  form.addEventListener("submit", (event) => event.preventDefault());
  const area = form.hasAttribute("data-anywhere") ? document : form; // all of the page, where nothing else takes files
  area.addEventListener("dragover", (event) => {
    event.preventDefault();
    form.classList.add("over");
  });
  area.addEventListener("dragleave", (event) => event.relatedTarget === null || area === form ? form.classList.remove("over") : null);
  area.addEventListener("drop", (event) => {
    event.preventDefault();
    form.classList.remove("over");
    if (event.dataTransfer.files.length) take(form, event.dataTransfer.files[0]);
  });
}

async function take(form, file) {
  form.querySelector("[data-problem]").replaceChildren();
  show(form, 0);
  const target = await targetOf(form);
  if (target) send(form, file, target);
}

// Where the file goes: the form's address, or the chosen project's networks; a project is started where there is none.
async function targetOf(form) {
  if (form.dataset.upload) return form.dataset.upload;
  const chosen = form.querySelector("[data-project]")?.value;
  if (chosen) return `/api/v1/projects/${chosen}/networks`;
  const headers = { "X-CSRFToken": token, "Content-Type": "application/json" };
  try {
    const answer = await fetch("/api/v1/projects", { method: "POST", headers, body: JSON.stringify({ name: form.dataset.newProject }) });
    const said = await answer.json();
    if (answer.ok) return `/api/v1/projects/${said.id}/networks`;
    refuse(form, said);
  } catch {
    refuse(form, AWAY);
  }
  return null;
}

const AWAY = { title: "Not sent", detail: "The server could not be reached.", fix: "try again" };

function send(form, file, target) {
  const query = new URLSearchParams();
  for (const [name, value] of new FormData(form)) if (typeof value === "string" && value.trim()) query.set(name, value.trim());
  if (form.hasAttribute("data-named") && !query.has("name")) query.set("name", plainName(file.name));
  const request = new XMLHttpRequest();
  request.open("POST", `${target}?${query}`);
  request.setRequestHeader("X-CSRFToken", token);
  request.setRequestHeader("Content-Type", "application/octet-stream");
  request.upload.addEventListener("progress", (event) => show(form, event.loaded / Math.max(1, event.total)));
  request.addEventListener("load", () => {
    const said = parsed(request.responseText);
    if (request.status === 201) location.assign(form.dataset.next + (form.dataset.next.endsWith("=") ? said.number ?? said.id : said.id));
    else refuse(form, said ?? { title: `Status ${request.status}`, detail: "The server gave no reason." });
  });
  request.addEventListener("error", () => refuse(form, AWAY));
  request.send(file);
}

function plainName(name) {
  const plain = name.replace(/\.(onnx|npz)$/i, "").replace(/[^A-Za-z0-9_. -]+/g, "-").replace(/^[^A-Za-z0-9]+/, "");
  return plain.slice(0, 100) || "file";
}

function parsed(text) {
  try { return JSON.parse(text); } catch { return null; }
}

function show(form, fraction) {
  const place = form.querySelector("[data-progress]");
  place.hidden = false;
  place.querySelector("progress").value = fraction;
  const words = fraction < 1 ? `Sending: ${Math.round(100 * fraction)} %` : "Checking the file ...";
  place.querySelector("[data-phase]").textContent = words;
}

// A message in its parts, as `told` in frontend/words.py has them.
function told(message) {
  const at = message.lastIndexOf("; ");
  const about = /\b(layer|node|map|weight|input|output|network|accelerator) '([^']+)'/.exec(message);
  return { text: at > 0 ? message.slice(0, at) : message, fix: at > 0 ? message.slice(at + 2) : "", kind: about?.[1] ?? "", name: about?.[2] ?? "" };
}

function capitalised(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function refuse(form, problem) {
  form.querySelector("[data-progress]").hidden = true;
  const card = document.createElement("section");
  card.className = "error-card";
  card.setAttribute("role", "alert");
  const title = document.createElement("h2");
  const said = told(problem.detail ?? problem.title);
  title.textContent = capitalised(said.text);
  card.append(title);
  const facts = document.createElement("dl");
  for (const [name, value] of [[capitalised(said.kind), said.name], ["Where", problem.field], ["Given", problem.value], ["Allowed, or likely fix", capitalised(said.fix)], ["Likely fix", capitalised(problem.fix ?? "")]]) {
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
