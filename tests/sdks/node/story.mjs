import twilio from "twilio";

const { SIMULATOR_URL, TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN } = process.env;
const client = twilio(TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN);
client.api.baseUrl = SIMULATOR_URL;
const from = "+15550100001";

const sleep = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));
const code = (promise) => promise.then(() => 0, (error) => error.code);
const create = (label, to, more = {}) =>
  client.conferences("bridge").participants.create({ from, to, label, ...more });

const ann = await create("ann", "+15550100101", { earlyMedia: true, beep: "onEnter" });
const bob = await create("bob", "+15550100102", { muted: true });
const room = client.conferences(ann.conferenceSid);
const list = () => room.participants.list({ pageSize: 1 });
const connected = async () => {
  for (let tries = 0; tries < 300; tries += 1) {
    if ((await list()).every((each) => each.status === "connected")) return;
    await sleep(100);
  }
};
await connected();
const labels = async () => (await list()).map((each) => each.label).sort();
const sup = await create("sup", "+15550100103", {
  muted: true, coaching: true, callSidToCoach: ann.callSid,
});
await connected();
const found = { created: ann.label, sameRoom: bob.conferenceSid === ann.conferenceSid };
found.listed = await labels();
found.byLabel = (await room.participants("ann").fetch()).callSid === ann.callSid;
found.muted = (await room.participants("ann").update({ muted: true })).muted;
found.hold = (await room.participants(ann.callSid).update({ hold: true })).hold;
found.mutedOnly = (await room.participants.list({ muted: true })).length;
found.coaches = (await room.participants("sup").fetch()).callSidToCoach === ann.callSid;
found.live = (
  await client.conferences.list({ friendlyName: "bridge", status: "in-progress" })
).length;
found.callTo = (await client.calls(bob.callSid).fetch()).to;
found.callsTo = (await client.calls.list({ to: "+15550100103" })).length;
found.duplicate = await code(create("ann", "+15550100104"));
found.missing = await code(room.participants("nobody").fetch());
found.removed = await room.participants("bob").remove();
found.left = await labels();
found.completed = (await room.update({ status: "completed" })).status;
console.log(JSON.stringify(found));
