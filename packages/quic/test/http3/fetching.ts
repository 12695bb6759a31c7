import {
  connectHttp3,
  type ConnectHttp3Options,
  fetch,
  Http3Agent,
  type Http3AgentOptions,
  type Http3RequestInit,
} from 'tsquic/http3';
import { certificate } from '../endpoints.ts';
import type { Scene } from './scene.ts';

/** A client in a scene: whatever host a URL names, its connections go to the scene's servers. */
export interface SceneClient {
  readonly agent: Http3Agent;
  /** What each connection was opened with. */
  readonly opened: ConnectHttp3Options[];
  /** Fetch, and let virtual time pass until there is an answer. */
  get(path: string | Request, init?: Http3RequestInit): Promise<Response>;
  /** Fetch without waiting. */
  begin(path: string | Request, init?: Http3RequestInit): Promise<Response>;
  close(): Promise<void>;
}

export async function clientIn(scene: Scene, options: Http3AgentOptions = {}): Promise<SceneClient> {
  const { certificatePem: ca } = await certificate();
  const opened: ConnectHttp3Options[] = [];
  const agent = new Http3Agent({
    ...scene.world,
    ca,
    servername: 'localhost',
    connect: (given) => {
      opened.push(given);
      const port = given.port === 443 ? scene.server.address.port : given.port;
      return connectHttp3({ ...given, host: '10.0.0.2', port, socket: scene.network.openPort('10.0.0.1') });
    },
    ...options,
  });
  const begin = (path: string | Request, init: Http3RequestInit = {}): Promise<Response> =>
    fetch(typeof path === 'string' && path.startsWith('/') ? `https://localhost${path}` : path, {
      agent,
      ...init,
    });
  return {
    ...{ agent, opened, begin },
    get: (path, init) => scene.until(begin(path, init)),
    async close() {
      await scene.until(agent.close());
      await scene.until(scene.server.close());
    },
  };
}

/** How a promise failed, as text. */
export function failure(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'none',
    (error: Error) => {
      const cause = error.cause as (Error & { code?: string }) | undefined;
      return `${error.name}: ${error.message}${cause === undefined ? '' : ` < ${cause.code ?? cause.name}: ${cause.message}`}`;
    },
  );
}
