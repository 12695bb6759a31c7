import {
  fetch,
  Http3Agent,
  type Http3AgentOptions,
  type Http3Handler,
  type Http3RequestInit,
  type Http3Server,
  serve,
  type ServeOptions,
} from 'tsquic/http3';
import { certificate, HOST } from '../endpoints.ts';

/** A server and a client over sockets, for what takes real time. */
export interface RealPair {
  readonly server: Http3Server;
  readonly agent: Http3Agent;
  get(path: string, init?: Http3RequestInit): Promise<Response>;
  close(): Promise<void>;
}

export async function realPair(
  handler: Http3Handler,
  options: Partial<ServeOptions> = {},
  agentOptions: Http3AgentOptions = {},
): Promise<RealPair> {
  const { certificatePem: cert, privateKeyPem: key } = await certificate();
  const server = await serve({ host: HOST, cert, key, ...options }, handler);
  const agent = new Http3Agent({ ca: cert, ...agentOptions });
  return {
    ...{ server, agent },
    get: (path, init = {}) => fetch(`https://${HOST}:${server.address.port}${path}`, { agent, ...init }),
    async close() {
      await agent.close();
      await server.close();
    },
  };
}
