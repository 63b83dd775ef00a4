// What AsyncAPI's own parser says of documents: [document] in; [{errors, channels, operations, messages}] out.
import { Parser } from "@asyncapi/parser";

let text = "";
for await (const piece of process.stdin) text += piece;
const said = [];
for (const each of JSON.parse(text)) {
  const { document, diagnostics } = await new Parser().parse(each);
  said.push({
    errors: diagnostics.filter(({ severity }) => severity === 0).map(({ path, message }) => `${path.join("/")}: ${message}`),
    channels: document ? document.channels().all().map((one) => one.id()) : [],
    operations: document ? document.operations().all().map((one) => `${one.action()} ${one.id()}`) : [],
    messages: document ? document.messages().all().map((one) => one.name()) : [],
  });
}
console.log(JSON.stringify(said));
