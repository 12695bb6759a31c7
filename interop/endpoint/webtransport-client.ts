import { join } from 'node:path';
import type { ConnectOptions } from 'tsquic';
import { WebTransport } from '@tsquic/webtransport';
import type { Contract } from './contract.ts';
import { answerRequests, noteProtocol, requestFiles } from './file-exchange.ts';
import type { WebTransportTask } from './webtransport-task.ts';

/** Plays the client's part of a case of WebTransport: one session, at the first part of the path of all requests. */
export async function runWebTransportClient(
  { task, protocols }: WebTransportTask,
  { requests, www, downloads }: Contract,
  options: ConnectOptions,
): Promise<void> {
  const { ALPNProtocols: _, host: __, port: ___, onSession: ____, onToken: _____, ...connection } = options;
  const parts = requests.map(({ pathname }) => pathname.split('/').slice(1));
  const [endpoint = ''] = parts[0] ?? [];
  if (parts.some(([other]) => other !== endpoint))
    throw new Error('REQUESTS names several sessions: this client has one for each connection');
  const session = new WebTransport(new URL(`/${endpoint}`, requests[0]), { protocols, connection });
  await session.ready;
  const places = { www: join(www, endpoint), downloads: join(downloads, endpoint) };
  try {
    if (task === 'handshake') await noteProtocol(downloads, session.protocol);
    // It is the server that ends the session, when it has what it wants; some end the connection with it.
    else if (task === 'transfer') await answerRequests(session, places.www);
    else {
      const names = parts.map(([, ...rest]) => rest.join('/'));
      await requestFiles(session, task.carrier, names, places.downloads);
    }
  } finally {
    session.close();
    await session.closed.catch(ignore);
  }
}

function ignore(): void {}
