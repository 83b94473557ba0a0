// Calls each kind of method of the echo service with each effect: node faults.mjs ADDRESS
// TOKEN is the value of authorization, EFFECTS a list in JSON. Prints, by effect and method, the status and the number of messages.
import grpc from "@grpc/grpc-js";
import loader from "@grpc/proto-loader";

const [address] = process.argv.slice(2);
const { EchoService } = grpc.loadPackageDefinition(loader.loadSync("echo.proto")).sample.echo.v1;
const sent = [0, 1, 2].map((number) => ({ payload: Buffer.from([104, 105, number]) }));
const one = { payload: Buffer.from("hello"), count: 3 };

const metadata = (effect) => {
  const made = new grpc.Metadata();
  made.set("authorization", process.env.TOKEN);
  made.set("x-ndxp-fault", effect);
  return made;
};

// Each call has a connection of its own, because some effects end it.
const asked = (effect, method) =>
  new Promise((resolve) => {
    const options = { "grpc.use_local_subchannel_pool": 1, "grpc.enable_retries": 0 };
    const client = new EchoService(address, grpc.credentials.createInsecure(), options);
    const until = { deadline: Date.now() + (effect.startsWith("stall") ? 2000 : 20_000) };
    let messages = 0;
    const count = () => (messages += 1);
    const answered = (error, response) => (messages += error || !response ? 0 : 1);
    const calls = {
      Look: () => client.Look(one, metadata(effect), until, answered),
      Collect: () => client.Collect(metadata(effect), until, answered),
      Repeat: () => client.Repeat(one, metadata(effect), until).on("data", count),
      Converse: () => client.Converse(metadata(effect), until).on("data", count),
    };
    const call = calls[method]();
    call.on("error", () => {});
    call.on("status", ({ code }) =>
      setImmediate(() => {
        client.close();
        resolve(`${grpc.status[code]} ${messages}`);
      }));
    if (method === "Collect" || method === "Converse") {
      for (const request of sent) call.write(request);
      call.end();
    }
  });

const seen = {};
for (const effect of JSON.parse(process.env.EFFECTS)) {
  const methods = ["Look", "Collect", "Repeat", "Converse"];
  const results = await Promise.all(methods.map((method) => asked(effect, method)));
  seen[effect] = Object.fromEntries(methods.map((method, place) => [method, results[place]]));
}
console.log(JSON.stringify(seen));
