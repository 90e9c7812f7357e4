"use strict";
/* The one stream of a browser, for all its tabs. */
const ports = new Set();
let state = "lost", source = null, wait = 500, due = 0;

function tell(message) {
  state = message.state;
  for (const port of ports) port.postMessage(message);
}

function open() {
  due = 0;
  if (source || !ports.size) return;
  source = new EventSource("/stream");
  for (const kind of ["hello", "rooms", "beat"])
    source.addEventListener(kind, (event) => {
      wait = 500;
      const rooms = JSON.parse(event.data).rooms;
      tell({state: "live", rooms: kind === "hello" ? ["*"] : rooms});
    });
  source.addEventListener("signed-out", () => { close(); retry(); });
  source.onerror = () => { close(); tell({state: "lost", rooms: []}); retry(); };
}

function close() {
  if (source) source.close();
  source = null;
}

/* Somebody who signed in again has a session of which an ended stream knew nothing. */
async function retry() {
  let status = 0;
  try { status = (await fetch("/session")).status; } catch { status = 0; }
  if (status === 401) { tell({state: "signed-out", rooms: []}); return; }
  wait = Math.min(wait * 2, 15000);
  if (!due) due = setTimeout(open, wait * (0.7 + 0.3 * Math.random()));
}

onconnect = (event) => {
  const port = event.ports[0];
  ports.add(port);
  port.onmessage = (message) => {
    if (message.data === "bye") ports.delete(port);
    if (!ports.size) close();
  };
  port.start();
  if (source && state === "live") port.postMessage({state, rooms: []});
  else open();
};
