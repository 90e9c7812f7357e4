"use strict";
/* Live updates: one stream for all tabs of a browser (a shared worker), or one of this
   tab where the browser has no shared workers. A message names rooms; the part of the
   page that shows one of them is fetched again and morphed in. */
(() => {
  const STALE_MS = 15000, GIVE_UP_MS = 10000;
  const shown = document.getElementById("connection");
  const live = document.getElementById("live");
  const past = document.querySelector("[data-past]") !== null;
  const words = {
    live: "Live", lost: "Connection lost: trying again",
    "signed-out": "Signed out: reload to sign in", past: "The past: not live", off: "Not live: reload to see changes",
  };
  let heardAt = 0, timer = 0, busy = false, again = false, doneAt = 0;

  function say(now) {
    const state = now === "live" && past ? "past" : now;
    if (shown.dataset.state === state) return;
    shown.dataset.state = state;
    shown.textContent = words[state];
  }

  async function refresh() {
    if (busy) { again = true; return; }
    busy = true;
    const address = new URL(location.href);
    address.searchParams.set("fragment", "1");
    address.hash = "";
    try {
      await Promise.race([
        htmx.ajax("GET", address.pathname + address.search, {target: "#live", swap: "innerMorph"}),
        new Promise((done) => setTimeout(done, GIVE_UP_MS)),
      ]);
      tick();
    } finally {
      busy = false;
      doneAt = Date.now();
      if (again) { again = false; schedule(); }
    }
  }

  function schedule() {
    if (timer || !live) return;
    const wait = Math.max(0, doneAt + Number(live.dataset.wait) - Date.now());
    timer = setTimeout(() => { timer = 0; refresh(); }, wait);
  }

  function concerns(rooms) {
    if (!live) return false;
    const watched = live.dataset.watch;
    return watched === "*" || rooms.includes("*") || rooms.includes(watched);
  }

  function hear(message) {
    const before = shown.dataset.state;
    if (message.state !== "live") { say(message.state); return; }
    heardAt = Date.now();
    say("live");
    if (before === "lost" || concerns(message.rooms)) schedule();
  }

  function connect() {
    if (window.SharedWorker) {
      const worker = new SharedWorker("/static/stream.js", {name: "reconciler"});
      worker.port.onmessage = (event) => hear(event.data);
      worker.port.start();
      addEventListener("pagehide", () => worker.port.postMessage("bye"));
      addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
      return;
    }
    const source = new EventSource("/stream");
    for (const kind of ["hello", "rooms", "beat"])
      source.addEventListener(kind, (event) => hear({state: "live", rooms: JSON.parse(event.data).rooms}));
    source.addEventListener("signed-out", () => { source.close(); say("signed-out"); });
    source.onerror = () => say("lost");
  }

  function span(seconds) {
    const left = Math.max(0, seconds);
    for (const [limit, unit, word] of [[100, 1, "s"], [6000, 60, "min"], [172800, 3600, "h"]])
      if (left < limit) return Math.round(left / unit) + " " + word;
    return Math.round(left / 86400) + " d";
  }

  const ahead = Number(document.body.dataset.now) - Date.now() / 1000;

  function tick() {
    const now = Date.now() / 1000 + ahead;
    for (const each of document.querySelectorAll("time[data-until]")) set(each, span(each.dataset.until - now));
    for (const each of document.querySelectorAll("time[data-since]")) set(each, span(now - each.dataset.since));
    if (heardAt && Date.now() - heardAt > STALE_MS && ["live", "past"].includes(shown.dataset.state)) say("lost");
  }

  function set(element, text) { if (element.textContent !== text) element.textContent = text; }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const typing = event.target.matches("input, select, textarea");
    if (typing && event.key !== "Escape") return;
    for (const each of document.querySelectorAll("[data-key]")) {
      if (each.dataset.key !== event.key) continue;
      event.preventDefault();
      if (each.matches("a")) each.click(); else each.focus();
      return;
    }
  });
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-submit]")) event.target.form.requestSubmit();
  });
  if (shown && document.querySelector(".who")) connect();
  tick();
  setInterval(tick, 1000);
})();
