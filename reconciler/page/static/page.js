"use strict";
/* Live updates: one stream for all tabs of a browser (a shared worker), or one of this
   tab where the browser has no shared workers. A message names rooms; the part of the
   page that shows one of them is fetched again and morphed in. */
(() => {
  const STALE_MS = 15000, LONGEST_WAIT_MS = 15000, SEEN_MS = 15000;
  const shown = document.getElementById("connection");
  const live = document.getElementById("live");
  const past = document.querySelector("[data-past]") !== null;
  const words = {
    live: "Live", lost: "Connection lost: trying again", stale: "Not up to date: trying again",
    "signed-out": "Signed out: reload to sign in", past: "The past: not live", off: "Not live: reload to see changes",
  };
  let link = "off", failures = 0, status = 0;
  let heardAt = 0, timer = 0, busy = false, again = false, doneAt = 0, askedAt = Date.now();

  function show() {
    const state = link !== "live" ? link : failures ? "stale" : past ? "past" : "live";
    if (shown.dataset.state === state) return;
    shown.dataset.state = state;
    shown.textContent = words[state];
  }

  function say(now) {
    link = now;
    show();
  }

  async function refresh() {
    if (busy) { again = true; return; }
    busy = true;
    status = 200;
    const address = new URL(location.href);
    address.searchParams.set("fragment", "1");
    address.hash = "";
    try {
      await htmx.ajax("GET", address.pathname + address.search, {target: "#live", swap: "innerMorph"});
      tick();
    } finally {
      finish();
    }
  }

  document.addEventListener("htmx:response:error", (event) => { status = event.detail.ctx.response.status; });
  document.addEventListener("htmx:error", () => { status = 0; });

  /* A view that did not come is asked for again: what it would show is not shown yet. */
  function finish() {
    busy = false;
    doneAt = Date.now();
    const missed = status === 0 || status === 429 || status >= 500;
    failures = missed ? failures + 1 : 0;
    if (status === 401) say("signed-out"); else show();
    if (again || (missed && link === "live")) { again = false; schedule(); }
  }

  function schedule() {
    if (timer || !live) return;
    if (document.hidden) { again = true; return; }
    const pause = failures ? Math.min(500 * 2 ** failures, LONGEST_WAIT_MS) : Number(live.dataset.wait);
    const wait = Math.max(0, doneAt + pause - Date.now());
    timer = setTimeout(() => { timer = 0; refresh(); }, wait);
  }

  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && again && !busy) { again = false; schedule(); }
  });

  function concerns(rooms) {
    if (!live) return false;
    const watched = live.dataset.watch;
    return watched === "*" || rooms.includes("*") || rooms.includes(watched);
  }

  function hear(message) {
    const before = link;
    if (message.state !== "live") { say(message.state); return; }
    heardAt = Date.now();
    say("live");
    if (before === "lost" || before === "signed-out" || concerns(message.rooms)) schedule();
  }

  /* A room in which nothing changes is read again and again, and no message says so. */
  async function askWhenSeen() {
    const seen = document.querySelector("time[data-seen]");
    if (!seen || document.hidden || link !== "live" || Date.now() - askedAt < SEEN_MS) return;
    askedAt = Date.now();
    try {
      const answer = await fetch("/seen?" + new URLSearchParams({fragment: "1", room: live.dataset.watch}));
      const at = answer.ok && (await answer.json()).seen_at;
      if (at > seen.dataset.since) seen.dataset.since = Math.floor(at);
    } catch { /* the connection's state is shown already */ }
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
    if (heardAt && Date.now() - heardAt > STALE_MS && link === "live") say("lost");
    askWhenSeen();
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
