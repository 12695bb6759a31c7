// A client of the runner's cases of WebTransport over Deno's WebTransport for the interop bench.
// Arguments: task, URL of the session, root, downloads, names of files to ask for.
import { answerRequests, type Carrier, requestFiles } from '../../endpoint/file-exchange.ts';

// Deno 2.9.6 sends FIN when the object of a closed stream is collected, and not before.
const collect = (globalThis as { gc?: () => void }).gc;
if (collect !== undefined) setInterval(collect, 100);

const [task = '', url = '', root = '', downloads = '', ...names] = Deno.args;

const session = new WebTransport(url);
await session.ready;
if (task === 'transfer') {
  // Its streams of streams do not end with the session.
  await Promise.race([answerRequests(session, root), session.closed.catch(() => undefined)]);
} else {
  await requestFiles(session, task.split('-')[1] as Carrier, names, downloads);
  session.close();
  // What is left of the connection does not end the program.
  await session.closed.catch(() => undefined);
}
Deno.exit(0);
