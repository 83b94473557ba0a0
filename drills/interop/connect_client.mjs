// The published interop cases with Connect's gRPC transport: node connect_client.mjs ADDRESS DESCRIPTORS
// The token is in INTEROP_TOKEN.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createFileRegistry, fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, createClient, decodeBinaryHeader, encodeBinaryHeader } from "@connectrpc/connect";
import { compressionGzip, createGrpcTransport } from "@connectrpc/connect-node";
import { LARGE, REQUEST_SIZES, RESPONSE_SIZES, SPECIAL, runAll } from "./cases.mjs";

const [address, descriptors] = process.argv.slice(2);
const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, readFileSync(descriptors)));
const identified = (next) => (request) => {
  request.header.set("authorization", `Bearer ${process.env.INTEROP_TOKEN}`);
  return next(request);
};
const transport = (options) =>
  createGrpcTransport({ baseUrl: `http://${address}`, interceptors: [identified], defaultTimeoutMs: 20_000, ...options });
const service = (name) => registry.getService(`grpc.testing.${name}`);
const client = createClient(service("TestService"), transport());

const body = (size) => ({ body: new Uint8Array(size) });
const ask = (size, sent = 0) => ({ responseParameters: [{ size }], payload: body(sent) });
async function* each(items) {
  yield* items;
}
const lengths = async (responses) => {
  const found = [];
  for await (const response of responses) found.push(response.payload.body.length);
  return found;
};
const failure = async (promise) => {
  const error = ConnectError.from(await promise.then(() => assert.fail("it did not fail"), (reason) => reason));
  return [error.code, error.rawMessage];
};
const refused = async (message) => {
  const responseStatus = { code: 2, message };
  assert.deepEqual(await failure(client.unaryCall({ responseStatus })), [Code.Unknown, message]);
  assert.deepEqual(await failure(lengths(client.fullDuplexCall(each([{ responseStatus }])))), [Code.Unknown, message]);
};
const large = async (of, size) => {
  const response = await of.unaryCall({ responseSize: size, payload: body(size) });
  assert.equal(response.payload.body.length, size);
};

await runAll({
  empty_unary: () => client.emptyCall({}),
  async large_unary() {
    assert.equal((await client.unaryCall({ responseSize: 314159, payload: body(271828) })).payload.body.length, 314159);
  },
  async client_streaming() {
    const response = await client.streamingInputCall(each(REQUEST_SIZES.map((size) => ({ payload: body(size) }))));
    assert.equal(response.aggregatedPayloadSize, 74922);
  },
  async server_streaming() {
    const responseParameters = RESPONSE_SIZES.map((size) => ({ size }));
    assert.deepEqual(await lengths(client.streamingOutputCall({ responseParameters })), RESPONSE_SIZES);
  },
  async ping_pong() {
    let answered;
    async function* requests() {
      for (const [index, size] of RESPONSE_SIZES.entries()) {
        const answer = new Promise((resolve) => (answered = resolve));
        yield ask(size, REQUEST_SIZES[index]);
        assert.equal(await answer, size);
      }
    }
    for await (const response of client.fullDuplexCall(requests())) answered(response.payload.body.length);
  },
  async empty_stream() {
    assert.deepEqual(await lengths(client.fullDuplexCall(each([]))), []);
  },
  async timeout_on_sleeping_server() {
    const [code] = await failure(lengths(client.fullDuplexCall(each([ask(1, 27182)]), { timeoutMs: 1 })));
    assert.equal(code, Code.DeadlineExceeded);
  },
  async cancel_after_begin() {
    const stop = new AbortController();
    const call = client.streamingInputCall(each([]), { signal: stop.signal });
    stop.abort();
    assert.equal((await failure(call))[0], Code.Canceled);
  },
  async cancel_after_first_response() {
    const stop = new AbortController();
    async function* requests() {
      yield ask(31415, 27182);
      await new Promise((resolve) => stop.signal.addEventListener("abort", resolve));
    }
    const read = async () => {
      for await (const response of client.fullDuplexCall(requests(), { signal: stop.signal })) {
        assert.equal(response.payload.body.length, 31415);
        stop.abort();
      }
    };
    assert.equal((await failure(read()))[0], Code.Canceled);
  },
  status_code_and_message: () => refused("test status message"),
  special_status_message: () => refused(SPECIAL),
  async custom_metadata() {
    const bytes = Uint8Array.of(0xab, 0xab, 0xab);
    const trailing = "x-grpc-test-echo-trailing-bin";
    const seen = {};
    const options = {
      headers: { "x-grpc-test-echo-initial": "test_initial_metadata_value", [trailing]: encodeBinaryHeader(bytes) },
      onHeader: (header) => (seen.initial = header.get("x-grpc-test-echo-initial")),
      onTrailer: (trailer) => (seen.trailing = decodeBinaryHeader(trailer.get(trailing))),
    };
    const calls = [() => client.unaryCall({ responseSize: 1 }, options), () => lengths(client.fullDuplexCall(each([ask(1)]), options))];
    for (const call of calls) {
      await call();
      assert.deepEqual(seen, { initial: "test_initial_metadata_value", trailing: bytes });
    }
  },
  async unimplemented_method() {
    assert.equal((await failure(client.unimplementedCall({})))[0], Code.Unimplemented);
  },
  async unimplemented_service() {
    const absent = createClient(service("UnimplementedService"), transport());
    assert.equal((await failure(absent.unimplementedCall({})))[0], Code.Unimplemented);
  },
  "messages of 8 MiB": () => large(client, LARGE),
  gzip: () => large(createClient(service("TestService"), transport({ sendCompression: compressionGzip })), 271828),
});
process.exit(0); // it keeps its connections open
