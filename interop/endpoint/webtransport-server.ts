import { join } from 'node:path';
import type { ListenOptions } from 'tsquic';
import type { Http3Server } from 'tsquic/http3';
import { listenWebTransport } from '@tsquic/webtransport';
import type { Contract } from './contract.ts';
import { answerRequests, noteProtocol, requestFiles } from './file-exchange.ts';
import type { WebTransportTask } from './webtransport-task.ts';

/** Plays the server's part of a case of WebTransport in each session, at any path. */
export function serveWebTransport(
  { task, protocols, names }: WebTransportTask,
  { www, downloads }: Contract,
  options: ListenOptions,
): Promise<Http3Server> {
  const { ALPNProtocols: _, onError: __, ...listening } = options;
  const webTransport = { protocols, origins: '*', log: (line: string) => console.error(line) } as const;
  return listenWebTransport({ ...listening, webTransport }, async (session) => {
    const [, endpoint = ''] = session.request.path.split('/');
    if (task === 'handshake') return noteProtocol(downloads, session.protocol);
    if (task === 'transfer') return answerRequests(session, join(www, endpoint));
    const wanted = names.filter((name) => name.startsWith(`${endpoint}/`));
    const own = wanted.map((name) => name.slice(endpoint.length + 1));
    await requestFiles(session, task.carrier, own, join(downloads, endpoint));
    session.close();
  });
}
