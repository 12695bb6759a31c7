// An HTTP/0.9 client over Deno's QUIC for the interop bench: fetches URLs of one server on one connection.
// Arguments: authority, directory to write to, ALPN, URLs.
const [authority = '', out = '', alpn = '', ...targets] = Deno.args;

const urls = targets.map((target) => new URL(target));
const [server] = urls;
if (server === undefined) throw new Error('nothing to fetch');

const connection = await Deno.connectQuic({
  hostname: server.hostname.replace(/^\[|\]$/g, ''),
  port: Number(server.port),
  alpnProtocols: [alpn],
  caCerts: [await Deno.readTextFile(authority)],
});
await Promise.all(urls.map(fetchOne));
connection.close({ closeCode: 0, reason: '' });
// What is left of the endpoint would keep the process alive.
Deno.exit(0);

async function fetchOne(url: URL): Promise<void> {
  const stream = await connection.createBidirectionalStream({ waitUntilAvailable: true });
  const writer = stream.writable.getWriter();
  await writer.write(new TextEncoder().encode(`GET ${url.pathname}\r\n`));
  await writer.close();
  const body = new Uint8Array(await new Response(stream.readable).arrayBuffer());
  await Deno.writeFile(`${out}/${url.pathname.split('/').pop()}`, body);
}
