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
  if (task === 'handshake') await noteProtocol(downloads, session.protocol);
  else if (task === 'transfer') {
    await answerRequests(session, join(www, endpoint));
    // It is the server that ends the session, when it has what it wants; some end the connection with it.
    return session.closed.then(ignore, ignore);
  } else {
    const names = parts.map(([, ...rest]) => rest.join('/'));
    await requestFiles(session, task.carrier, names, join(downloads, endpoint));
  }
  session.close();
  await session.closed;
}

function ignore(): void {}
