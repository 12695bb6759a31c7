import { join } from 'node:path';
import type { ListenOptions } from 'tsquic';
import type { Http3Server } from 'tsquic/http3';
import { listenWebTransport } from '@tsquic/webtransport';
import type { Contract } from './contract.ts';
import { answerRequests, noteProtocol, requestFiles } from './file-exchange.ts';
import { pause } from './waiting.ts';
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
    // Some clients hear of the end of a session only when the connection is over.
    await pause(LAST_WORDS_MS);
    await session.connection.close({ code: H3_NO_ERROR });
  });
}

const LAST_WORDS_MS = 1000;
/** RFC 9114 §8.1 */
const H3_NO_ERROR = 0x100;
