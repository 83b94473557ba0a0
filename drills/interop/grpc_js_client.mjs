// gRPC's published interop cases, and some more, with @grpc/grpc-js: node grpc_js_client.mjs ADDRESS PROTO SECONDS
// The token is in INTEROP_TOKEN. With SECONDS it only makes calls for so long, sixteen at once.
import assert from "node:assert/strict";
import { once } from "node:events";
import grpc from "@grpc/grpc-js";
import loader from "@grpc/proto-loader";
import { LARGE, REQUEST_SIZES, RESPONSE_SIZES, SPECIAL, runAll } from "./cases.mjs";

const [address, proto, seconds] = process.argv.slice(2);
const { TestService, UnimplementedService } =
  grpc.loadPackageDefinition(loader.loadSync(proto, { keepCase: true })).grpc.testing;
const sizes = { "grpc.max_receive_message_length": -1, "grpc.max_send_message_length": -1 };
const stub = (Service, options) =>
  new Service(address, grpc.credentials.createInsecure(), { ...sizes, "grpc.use_local_subchannel_pool": 1, ...options });
const client = stub(TestService);
const absent = stub(UnimplementedService);

const metadata = (pairs = {}) => {
  const made = new grpc.Metadata();
  made.set("authorization", `Bearer ${process.env.INTEROP_TOKEN}`);
  for (const [key, value] of Object.entries(pairs)) made.set(key, value);
  return made;
};
const soon = (milliseconds = 20_000) => ({ deadline: Date.now() + milliseconds });
const body = (size) => ({ body: Buffer.alloc(size) });

const unary = (method, request, pairs, of = client) =>
  new Promise((resolve) => {
    const seen = {};
    const call = of[method](request, metadata(pairs), soon(), (error, response) => Object.assign(seen, { error, response }));
    call.on("metadata", (initial) => (seen.initial = initial));
    call.on("status", (status) => resolve({ ...seen, status }));
  });
const answered = async (...given) => {
  const seen = await unary(...given);
  assert.equal(seen.status.code, grpc.status.OK, seen.status.details);
  return seen;
};
const ended = (call) => new Promise((resolve) => call.on("status", resolve).on("error", () => {}));
const duplex = (pairs, options = soon()) => client.FullDuplexCall(metadata(pairs), options);
const collected = async (call) => {
  const lengths = [];
  call.on("data", (response) => lengths.push(response.payload.body.length));
  const status = await ended(call);
  assert.equal(status.code, grpc.status.OK, status.details);
  return lengths;
};
const ask = (size, sent = 0) => ({ response_parameters: [{ size }], payload: body(sent) });

const statusOfBoth = async (message) => {
  const response_status = { code: 2, message };
  const stream = duplex();
  const end = ended(stream);
  stream.resume();
  stream.end({ response_status });
  for (const status of [(await unary("UnaryCall", { response_status })).status, await end]) {
    assert.deepEqual([status.code, status.details], [2, message]);
  }
};

const large = async (of, size) => {
  const { response } = await answered("UnaryCall", { response_size: size, payload: body(size) }, {}, of);
  assert.equal(response.payload.body.length, size);
};

const cases = {
  empty_unary: () => answered("EmptyCall", {}),
  async large_unary() {
    const { response } = await answered("UnaryCall", { response_size: 314159, payload: body(271828) });
    assert.equal(response.payload.body.length, 314159);
  },
  client_streaming: () =>
    new Promise((resolve, reject) => {
      const call = client.StreamingInputCall(metadata(), soon(), (error, response) =>
        error ? reject(error) : resolve(assert.equal(response.aggregated_payload_size, 74922)));
      for (const size of REQUEST_SIZES) call.write({ payload: body(size) });
      call.end();
    }),
  async server_streaming() {
    const response_parameters = RESPONSE_SIZES.map((size) => ({ size }));
    const call = client.StreamingOutputCall({ response_parameters }, metadata(), soon());
    assert.deepEqual(await collected(call), RESPONSE_SIZES);
  },
  async ping_pong() {
    const call = duplex();
    const end = ended(call);
    for (const [index, size] of RESPONSE_SIZES.entries()) {
      call.write(ask(size, REQUEST_SIZES[index]));
      const [response] = await once(call, "data");
      assert.equal(response.payload.body.length, size);
    }
    call.end();
    assert.equal((await end).code, grpc.status.OK);
  },
  async empty_stream() {
    const call = duplex();
    call.end();
    assert.deepEqual(await collected(call), []);
  },
  async timeout_on_sleeping_server() {
    const call = duplex({}, soon(1));
    call.resume();
    call.write(ask(1, 27182));
    assert.equal((await ended(call)).code, grpc.status.DEADLINE_EXCEEDED);
  },
  async cancel_after_begin() {
    const call = client.StreamingInputCall(metadata(), soon(), () => {});
    call.cancel();
    assert.equal((await ended(call)).code, grpc.status.CANCELLED);
  },
  async cancel_after_first_response() {
    const call = duplex();
    const end = ended(call);
    call.write(ask(31415, 27182));
    const [response] = await once(call, "data");
    assert.equal(response.payload.body.length, 31415);
    call.cancel();
    assert.equal((await end).code, grpc.status.CANCELLED);
  },
  status_code_and_message: () => statusOfBoth("test status message"),
  async special_status_message() {
    const { status } = await unary("UnaryCall", { response_status: { code: 2, message: SPECIAL } });
    assert.deepEqual([status.code, status.details], [2, SPECIAL]);
  },
  async custom_metadata() {
    const bytes = Buffer.from([0xab, 0xab, 0xab]);
    const pairs = { "x-grpc-test-echo-initial": "test_initial_metadata_value", "x-grpc-test-echo-trailing-bin": bytes };
    const call = duplex(pairs);
    const initial = once(call, "metadata");
    const end = ended(call);
    call.resume();
    call.end(ask(314159));
    const seen = await answered("UnaryCall", { response_size: 314159 }, pairs);
    for (const [first, status] of [[seen.initial, seen.status], [(await initial)[0], await end]]) {
      assert.deepEqual(first.get("x-grpc-test-echo-initial"), ["test_initial_metadata_value"]);
      assert.deepEqual(status.metadata.get("x-grpc-test-echo-trailing-bin"), [bytes]);
    }
  },
  async unimplemented_method() {
    assert.equal((await unary("UnimplementedCall", {})).status.code, grpc.status.UNIMPLEMENTED);
  },
  async unimplemented_service() {
    assert.equal((await unary("UnimplementedCall", {}, {}, absent)).status.code, grpc.status.UNIMPLEMENTED);
  },
  "messages of 8 MiB": () => large(client, LARGE),
  async "gzip"() {
    const packing = stub(TestService, { "grpc.default_compression_algorithm": 2 });
    await large(packing, 271828);
    packing.close();
  },
  async "a deadline that passes"() {
    const call = duplex({}, soon(300));
    call.resume();
    assert.equal((await ended(call)).code, grpc.status.DEADLINE_EXCEEDED);
  },
};

const goOn = async () => {
  const until = Date.now() + 1000 * Number(seconds);
  const stream = duplex({}, soon(60_000));
  const end = ended(stream);
  stream.resume();
  stream.write(ask(1));
  const worker = async () => {
    while (Date.now() < until) await answered("UnaryCall", { response_size: 100 });
  };
  await Promise.all(Array.from({ length: 16 }, worker));
  stream.end(ask(1));
  const status = await end;
  assert.equal(status.code, grpc.status.OK, status.details);
};

await runAll(seconds === undefined ? cases : { "calls across ends of connections": goOn });
process.exit(0); // a call without an end must not keep it
