import { connect } from '../connect.ts';
import type { ConnectOptions } from '../options.ts';
import { Http3Session, type Http3SessionOptions } from './session.ts';
import { engineOptions, transportFor } from './session-options.ts';

/** Options of `connectHttp3`: those of `connect`, and those of a session. */
export interface ConnectHttp3Options extends Omit<ConnectOptions, 'ALPNProtocols'>, Http3SessionOptions {}

/**
 * Connect to a server of HTTP/3, for programs that do more than `fetch` does. Rejects as `connect` does, and with what
 * an extension throws; nothing is then left open.
 */
export async function connectHttp3(options: ConnectHttp3Options): Promise<Http3Session> {
  const { http3 = {}, extensions = [], handlers = {}, transport = {}, ...others } = options;
  const engine = engineOptions(http3, extensions);
  const connection = await connect({
    ...others,
    ALPNProtocols: ['h3'],
    ...(others.endpoint === undefined ? { transport: transportFor(transport, engine) } : {}),
  });
  try {
    return new Http3Session(connection, { http3, extensions, handlers });
  } catch (error) {
    void connection.close();
    throw error;
  }
}
