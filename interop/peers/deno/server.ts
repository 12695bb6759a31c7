// An HTTP/0.9 file server over Deno's QUIC for the interop bench.
// Arguments: root, certificate, key, host, port, ALPN, idle timeout in ms or '', preferred address or ''.
const [
  root = '',
  certificate = '',
  key = '',
  hostname = '',
  port = '',
  alpn = '',
  idle = '',
  preferred = '',
] = Deno.args;

const endpoint = new Deno.QuicEndpoint({ hostname, port: Number(port) });
const listener = endpoint.listen({
  cert: await Deno.readTextFile(certificate),
  key: await Deno.readTextFile(key),
  alpnProtocols: [alpn],
  ...(idle !== '' && { maxIdleTimeout: Number(idle) }),
  ...(preferred !== '' && { preferredAddressV4: preferred }),
});
console.log(`listening on ${hostname}:${endpoint.addr.port}`);

while (true) {
  const incoming = await listener.incoming();
  void serve(incoming).catch((error) => console.log(`connection ended: ${error}`));
}

async function serve(incoming: Deno.QuicIncoming): Promise<void> {
  // Streams of 0-RTT come before the handshake is over.
  const connection = incoming.accept({ zeroRtt: true });
  void echoDatagrams(connection).catch(() => undefined);
  for await (const stream of connection.incomingBidirectionalStreams) {
    void answer(stream).catch((error) => console.log(`stream ended: ${error}`));
  }
}

async function echoDatagrams(connection: Deno.QuicConn): Promise<void> {
  for (;;) await connection.sendDatagram(await connection.readDatagram());
}

async function answer(stream: Deno.QuicBidirectionalStream): Promise<void> {
  const request = await new Response(stream.readable).text();
  const [, name = ''] = /^GET \/([\w.-]+)/.exec(request) ?? [];
  const writer = stream.writable.getWriter();
  await writer.write(await Deno.readFile(`${root}/${name}`));
  await writer.close();
}
