// An HTTP/0.9 client over Deno's QUIC for the interop bench: fetches URLs of one server on one connection.
// Arguments: authority, directory to write to, ALPN, whether to send datagrams, to resume, to send 0-RTT, to connect for each file,
// idle timeout in ms or '', URLs.
const [
  authority = '',
  out = '',
  alpn = '',
  datagrams = '',
  resumes = '',
  early = '',
  perFile = '',
  idle = '',
  ...targets
] = Deno.args;

const urls = targets.map((target) => new URL(target));
const [server] = urls;
if (server === undefined) throw new Error('nothing to fetch');

// Connections that share an endpoint share sessions.
const endpoint = new Deno.QuicEndpoint({ hostname: server.hostname.startsWith('[') ? '::1' : '127.0.0.1' });
const options = {
  hostname: server.hostname.replace(/^\[|\]$/g, ''),
  port: Number(server.port),
  alpnProtocols: [alpn],
  caCerts: [await Deno.readTextFile(authority)],
  endpoint,
  // Who only listens is not found again after a change of its address.
  keepAliveInterval: 1000,
  ...(idle !== '' && { maxIdleTimeout: Number(idle) }),
};

if (perFile === 'true') {
  for (const url of urls) {
    // Another endpoint knows no session.
    const fresh = new Deno.QuicEndpoint({ hostname: endpoint.addr.hostname });
    const once = await Deno.connectQuic({ ...options, endpoint: fresh });
    await fetchOne(once, url);
    once.close({ closeCode: 0, reason: '' });
  }
  Deno.exit(0);
}

if (resumes === 'true') {
  const first = await Deno.connectQuic(options);
  await fetchOne(first, urls.shift()!);
  // The ticket may come after the file.
  await new Promise((resolve) => setTimeout(resolve, 200));
  first.close({ closeCode: 0, reason: '' });
}
const connecting = Deno.connectQuic({ ...options, zeroRtt: early === 'true' });
if (early === 'true' && connecting instanceof Promise) fail('no 0-RTT with this session');
const connection = await connecting;
await Promise.all(urls.map((url) => fetchOne(connection, url)));
if (datagrams === 'true') await echoDatagrams();
connection.close({ closeCode: 0, reason: '' });
// What is left of the endpoint would keep the process alive.
Deno.exit(0);

function fail(why: string): never {
  console.error(`Error: ${why}`);
  Deno.exit(1);
}

async function echoDatagrams(): Promise<void> {
  for (let number = 0; number < 20; number++) {
    await connection.sendDatagram(new Uint8Array(100).fill(number));
    const echoed = await connection.readDatagram();
    if (echoed.length !== 100 || echoed.some((byte) => byte !== number)) fail('another datagram came back');
  }
}

async function fetchOne(through: Deno.QuicConn, url: URL): Promise<void> {
  const stream = await through.createBidirectionalStream({ waitUntilAvailable: true });
  const writer = stream.writable.getWriter();
  await writer.write(new TextEncoder().encode(`GET ${url.pathname}\r\n`));
  await writer.close();
  const body = new Uint8Array(await new Response(stream.readable).arrayBuffer());
  await Deno.writeFile(`${out}/${url.pathname.split('/').pop()}`, body);
}
