// npm's web-push-testing as a push service on this machine: port in the arguments, "ready" out, until its end.
import { Server } from "node:http";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const PushService = require("web-push-testing/src/server.js");
const { PushApiModel } = require("web-push-testing/src/PushApiModel.js");

// By itself it would listen to everybody.
const { listen } = Server.prototype;
Server.prototype.listen = function (port, heard) {
  return listen.call(this, port, "127.0.0.1", () => {
    heard();
    console.log("ready");
  });
};
new PushService(new PushApiModel(), Number(process.argv[2])).startServer();
