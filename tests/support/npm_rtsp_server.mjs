// A camera that nobody here wrote: npm's rtsp-streaming-server, which asks for Basic and sends over UDP only.
//
//   node npm_rtsp_server.mjs FOLDER USER PASSWORD     FOLDER: of the package; prints READY PORT
//
// ffmpeg publishes a moving test picture to it. Each line on standard input is answered with "logins N refused M".
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import net from "node:net";
import path from "node:path";
import readline from "node:readline";

const [folder, user, password] = process.argv.slice(2);

// It would listen on every interface: on loopback only.
const listen = net.Server.prototype.listen;
net.Server.prototype.listen = function (where, ...rest) {
  return typeof where === "number" ? listen.call(this, { port: where, host: "127.0.0.1" }, ...rest.filter((each) => typeof each === "function"))
                                   : listen.call(this, where, ...rest);
};

const free = () => new Promise((resolve) => {
  const server = net.createServer().listen(0, () => {
    const { port } = server.address();
    server.close(() => resolve(port));
  });
});

const require = createRequire(path.join(folder, "package.json"));
const RtspServer = require(folder).default;
const [serverPort, clientPort] = [await free(), await free()];
let logins = 0;
let refused = 0;
const server = new RtspServer({
  serverPort, clientPort, rtpPortStart: 20_000 + (process.pid % 2_000) * 10, rtpPortCount: 200,
  clientServerHooks: {
    authentication: async (name, secret) => {
      logins += 1;
      const good = name === user && secret === password;
      refused += good ? 0 : 1;
      return good;
    },
  },
});
await server.start();

const publisher = spawn("ffmpeg", ["-v", "error", "-re", "-f", "lavfi", "-i", "testsrc=size=640x360:rate=10", "-c:v", "libx264", "-preset", "ultrafast",
  "-tune", "zerolatency", "-pix_fmt", "yuv420p", "-g", "10", "-f", "rtsp", `rtsp://127.0.0.1:${serverPort}/live`], { stdio: "ignore" });
process.on("exit", () => publisher.kill());
for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => process.exit(0));

// Ready when it describes what is published (or asks who we are, for which it has to know the path).
const described = () => new Promise((resolve) => {
  const visitor = net.connect(clientPort, "127.0.0.1", () => {
    const login = Buffer.from(`${user}:${password}`).toString("base64");
    visitor.write(`DESCRIBE rtsp://127.0.0.1:${clientPort}/live RTSP/1.0\r\nCSeq: 1\r\nAuthorization: Basic ${login}\r\n\r\n`);
  });
  visitor.once("data", (bytes) => { visitor.destroy(); resolve(bytes.toString().startsWith("RTSP/1.0 200")); });
  visitor.once("error", () => resolve(false));
  visitor.setTimeout(1_000, () => { visitor.destroy(); resolve(false); });
});
while (!(await described())) await new Promise((resolve) => { setTimeout(resolve, 200); });
logins = 0;
refused = 0;
console.log(`READY ${clientPort}`);

readline.createInterface({ input: process.stdin })
  .on("line", () => console.log(`logins ${logins} refused ${refused}`))
  .on("close", () => process.exit(0));
