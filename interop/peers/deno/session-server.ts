// A server of the runner's cases of WebTransport over Deno's upgradeWebTransport for the interop bench.
// Arguments: task, certificate, key, host, port, root, downloads, names of files to ask for.
import { answerRequests, type Carrier, requestFiles } from '../../endpoint/file-exchange.ts';

// Deno 2.9.6 sends FIN when the object of a closed stream is collected, and not before.
const collect = (globalThis as { gc?: () => void }).gc;
if (collect !== undefined) setInterval(collect, 100);

const [task = '', certificate = '', key = '', hostname = '', port = '', root = '', downloads = '', ...names] =
  Deno.args;

const endpoint = new Deno.QuicEndpoint({ hostname, port: Number(port) });
const listener = endpoint.listen({
  cert: await Deno.readTextFile(certificate),
  key: await Deno.readTextFile(key),
  alpnProtocols: ['h3'],
});
console.log(`listening on ${hostname}:${endpoint.addr.port}`);

while (true) {
  const incoming = await listener.incoming();
  void serve(incoming).catch((error) => console.log(`session ended: ${error}`));
}

async function serve(incoming: Deno.QuicIncoming): Promise<void> {
  const session = await Deno.upgradeWebTransport(await incoming.accept());
  await session.ready;
  if (task === 'transfer') return answerRequests(session, root);
  await requestFiles(session, task.split('-')[1] as Carrier, names, downloads);
  session.close();
}
