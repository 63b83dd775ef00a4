// What npm's cloudevents sends: {send: [event]} gives {binary, structured} of each, {batch: [[event]]} a request each.
import { CloudEvent, HTTP } from "cloudevents";

let text = "";
for await (const piece of process.stdin) text += piece;
const { send = [], batch = [] } = JSON.parse(text);
const sent = send.map((said) => {
  const event = new CloudEvent(said);
  return { binary: HTTP.binary(event), structured: HTTP.structured(event) };
});
const batches = batch.map((said) => ({
  headers: { "content-type": "application/cloudevents-batch+json; charset=utf-8" },
  body: JSON.stringify(said.map((each) => new CloudEvent(each))),
}));
console.log(JSON.stringify([...sent, ...batches]));
