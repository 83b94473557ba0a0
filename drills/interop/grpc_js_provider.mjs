// The interop service with @grpc/grpc-js and its reflection: node grpc_js_provider.mjs PROTO, prints its port.
import grpc from "@grpc/grpc-js";
import loader from "@grpc/proto-loader";
import { ReflectionService } from "@grpc/reflection";

const definition = loader.loadSync(process.argv[2], { keepCase: true, defaults: true });
const { TestService } = grpc.loadPackageDefinition(definition).grpc.testing;
const INITIAL = "x-grpc-test-echo-initial";
const TRAILING = "x-grpc-test-echo-trailing-bin";

const echoed = (call) => {
  const initial = new grpc.Metadata();
  const trailing = new grpc.Metadata();
  for (const value of call.metadata.get(INITIAL)) initial.add(INITIAL, value);
  for (const value of call.metadata.get(TRAILING)) trailing.add(TRAILING, value);
  call.sendMetadata(initial);
  return trailing;
};
const refusal = ({ response_status: status }) => status && { code: status.code, details: status.message };
const body = (size) => ({ payload: { body: Buffer.alloc(size) } });

const server = new grpc.Server({ "grpc.max_receive_message_length": -1, "grpc.max_send_message_length": -1 });
server.addService(TestService.service, {
  EmptyCall: (call, done) => done(null, {}),
  UnaryCall(call, done) {
    const trailing = echoed(call);
    done(refusal(call.request) ?? null, body(call.request.response_size), trailing);
  },
  StreamingInputCall(call, done) {
    let size = 0;
    call.on("data", (request) => (size += request.payload.body.length));
    call.on("end", () => done(null, { aggregated_payload_size: size }));
  },
  StreamingOutputCall(call) {
    for (const { size } of call.request.response_parameters) call.write(body(size));
    call.end();
  },
  FullDuplexCall(call) {
    const trailing = echoed(call);
    call.on("data", (request) => {
      const refused = refusal(request);
      if (refused) call.emit("error", refused);
      else for (const { size } of request.response_parameters) call.write(body(size));
    });
    call.on("end", () => call.end(trailing));
  },
});
new ReflectionService(definition).addToServer(server);
server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  console.log(port);
});
