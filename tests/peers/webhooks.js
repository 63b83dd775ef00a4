// What npm's standardwebhooks says of messages: [{secret, headers, body}] in, ["ok" or why not] out.
import { Webhook } from "standardwebhooks";

let text = "";
for await (const piece of process.stdin) text += piece;
const said = JSON.parse(text).map(({ secret, headers, body }) => {
  try {
    new Webhook(secret).verify(body, headers);
    return "ok";
  } catch (fault) {
    return fault.message;
  }
});
console.log(JSON.stringify(said));
