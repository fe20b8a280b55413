// Follows a stream of server-sent events from a cursor, through lost connections, restarts and sleep.
//
// fetch instead of EventSource: it tells when the server falls silent (it sends a comment every few seconds), and an
// answer such as 503 while the server restarts is no reason to give up.

const SILENT_MS = 20_000;
const AGAIN_MS = [300, 1000, 2000, 5000];

// Calls onEvent(data) for each event, onStatus("live" | "again" | "end" | "gone") for what the connection does.
export function follow(url, cursor, onEvent, onStatus) {
  const state = { cursor, tries: 0, stopped: false, abort: null, timer: null };

  async function read() {
    state.abort = new AbortController();
    const answer = await fetch(`${url}?after=${state.cursor}`, {
      headers: { Accept: "text/event-stream" }, signal: state.abort.signal, cache: "no-store",
    });
    if ([401, 403, 404].includes(answer.status)) return "gone";
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    onStatus("live");
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      watch();
      const { value, done } = await reader.read();
      if (done) throw new Error("the stream broke off");
      state.tries = 0;
      const blocks = (rest + value).split("\n\n");
      rest = blocks.pop();
      for (const block of blocks) {
        const found = take(block);
        if (found) return found;
      }
    }
  }

  function take(block) {
    const fields = {};
    for (const line of block.split("\n")) {
      const at = line.indexOf(": ");
      if (at > 0) fields[line.slice(0, at)] = line.slice(at + 2);
    }
    if (fields.event === "end" || fields.event === "gone") return fields.event;
    if (!fields.data) return null;
    if (fields.id) state.cursor = Number(fields.id);
    onEvent(JSON.parse(fields.data));
    return null;
  }

  function watch() {
    clearTimeout(state.timer);
    state.timer = setTimeout(() => state.abort?.abort(), SILENT_MS);
  }

  async function run() {
    while (!state.stopped) {
      try {
        onStatus(await read());
        return;
      } catch {
        clearTimeout(state.timer);
        if (state.stopped) return;
        onStatus("again");
        await new Promise((done) => {
          state.wake = done;
          setTimeout(done, AGAIN_MS[Math.min(state.tries++, AGAIN_MS.length - 1)]);
        });
      } finally {
        clearTimeout(state.timer);
      }
    }
  }

  // After sleep a connection may look alive though nobody is at its other end.
  let hiddenAt = 0;
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) hiddenAt = Date.now();
    else if (Date.now() - hiddenAt > SILENT_MS) { state.wake?.(); state.abort?.abort(); }
  });
  addEventListener("online", () => { state.wake?.(); });
  addEventListener("pagehide", () => { state.stopped = true; state.abort?.abort(); });
  addEventListener("pageshow", (event) => {
    if (event.persisted && state.stopped) { state.stopped = false; run(); }
  });
  run();
}
