import { unixTimeAtZeroUs } from '@tsquic/event-adapters';
import { openListener } from '../listen.ts';
import { checkHandler } from '../option-checks.ts';
import { earlySettings } from './early-settings.ts';
import { type Http3Handler, type ServeOptions, splitServeOptions } from './serve-options.ts';
import { ConnectionServer, Http3Server } from './server.ts';
import { earlyDataFor, engineOptions, transportFor } from './session-options.ts';

/**
 * Serve HTTP/3. Each request goes to `handler` as a `Request`, and its `Response` is the answer, as in Deno, Bun and frameworks for them:
 * `serve({ port: 443, cert, key }, app.fetch)`.
 *
 * Rejects as `listen` does, with the system's error or `ERR_QUIC_INVALID_OPTION`; everything is then closed.
 */
export async function serve(options: ServeOptions, handler: Http3Handler): Promise<Http3Server> {
  const { config, listening } = splitServeOptions(options);
  checkHandler(handler);
  const { transport = {}, clock } = listening;
  const unixTimeMs = clock === undefined ? Date.now : (): number => (clock.nowUs() + zeroUs) / 1000;
  const zeroUs = listening.unixTimeAtZeroUs ?? (clock === undefined ? unixTimeAtZeroUs : 0);
  const server = new ConnectionServer(handler, config, unixTimeMs);
  const engine = engineOptions(config.http3, config.extensions);
  const settings = earlySettings(config);
  const listener = await openListener(
    {
      ...listening,
      ALPNProtocols: ['h3'],
      transport: transportFor(transport, engine),
      ...earlyDataFor(listening.earlyData, settings),
    },
    (connection) => server.serve(connection),
    (connection) => server.prepare(connection),
  );
  return new Http3Server(listener, server.sessions);
}
