import { connect, type ConnectOptions, type QuicConnection, QuicError } from 'tsquic';
import { commonOptions, pem } from './common-options.ts';
import type { Contract } from './contract.ts';
import { echoDatagrams } from './datagrams.ts';
import { fetchOverHttp3 } from './http3.ts';
import { fetchFiles } from './hypertext.ts';
import { beginKeyUpdate } from './key-update.ts';
import type { Records } from './records.ts';
import { pause, until } from './waiting.ts';
import { runWebTransportClient } from './webtransport-client.ts';
import type { WebTransportTask } from './webtransport-task.ts';

/** Fetches what the contract names, in its manner. Rejects unless every file is there and all happened as it should. */
export async function runClient(contract: Contract, records: Records): Promise<void> {
  const { requests, manner, webTransport } = contract;
  const client = new Client(contract, records);
  if (webTransport !== undefined) return client.playWebTransport(webTransport);
  if (manner['expect-negotiation']) return client.expectNegotiation();
  if (manner.http3) return client.visitOverHttp3(requests);
  if (manner['connection-per-file']) {
    for (const request of requests) await client.visit([request]);
    return;
  }
  if (!manner.resume) return client.visit(requests);
  await client.visit(requests.slice(0, 1));
  await client.visit(requests.slice(1));
}

class Client {
  private readonly contract: Contract;
  private readonly options: ConnectOptions;
  private session: Uint8Array | undefined;
  private token: Uint8Array | undefined;

  constructor(contract: Contract, records: Records) {
    this.contract = contract;
    const { manner, requests, authority } = contract;
    const { hostname = '', port = '' } = requests[0] ?? {};
    const common = commonOptions(contract, records);
    this.options = {
      ...common,
      host: hostname.replace(/^\[|\]$/g, ''),
      port: port === '' ? 443 : Number(port),
      ca: pem(authority),
      transport: { ...common.transport, keepAliveMs: KEEP_ALIVE_MS },
      attemptDelayMs: ATTEMPT_DELAY_MS,
      followPreferredAddress: !manner.stay,
      ...(manner['server-name'] !== undefined && { servername: manner['server-name'] }),
      ...(manner['first-version'] !== undefined && { version: Number(manner['first-version']) }),
      onSession: (session) => void (this.session = session),
      onToken: (token) => void (this.token = token),
    };
  }

  /** Fetches files on one connection, which goes on with the session of the one before where that is asked for. */
  async visit(urls: readonly URL[]): Promise<void> {
    const { manner } = this.contract;
    const { session, token } = this;
    const resumes = manner.resume && session !== undefined;
    const connection = await connect({
      ...this.options,
      ...(resumes && { session, earlyData: manner['early-data'], ...(token !== undefined && { token }) }),
    });
    try {
      await this.use(connection, urls, resumes);
    } finally {
      await connection.close();
    }
  }

  /** Fetches files over HTTP/3. */
  visitOverHttp3(urls: readonly URL[]): Promise<void> {
    return fetchOverHttp3(this.options, urls, this.contract.downloads);
  }

  /** Plays a case of WebTransport. */
  playWebTransport(task: WebTransportTask): Promise<void> {
    return runWebTransportClient(task, this.contract, this.options);
  }

  private async use(connection: QuicConnection, urls: readonly URL[], resumes: boolean): Promise<void> {
    const { manner } = this.contract;
    if (manner['update-keys']) await beginKeyUpdate(connection);
    await this.fetch(connection, urls);
    if (manner.datagrams) await echoDatagrams(connection.datagrams);
    await connection.ready;
    if (resumes && !connection.resumed) throw new Error('the session was not resumed');
    if (resumes && manner['early-data'] && connection.earlyData !== 'accepted')
      throw new Error(`0-RTT was ${connection.earlyData}`);
    if (manner.resume && !resumes) await until('a ticket', () => this.session !== undefined);
  }

  private async fetch(connection: QuicConnection, urls: readonly URL[]): Promise<void> {
    const { manner, downloads } = this.contract;
    const moveTo = manner['move-to'];
    // What the server says last, tickets and new keys, comes after its handshake.
    if (manner['handshake-only']) return connection.ready.then(() => pause(LAST_WORDS_MS));
    if (manner['second-path'] !== undefined) return this.fetchByTwo(connection, urls, manner['second-path']);
    if (moveTo === undefined) return fetchFiles(connection, urls, downloads);
    await fetchFiles(connection, urls.slice(0, 1), downloads);
    await connection.rebind({ localAddress: moveTo });
    await fetchFiles(connection, urls.slice(1), downloads);
  }

  /** Fetches the files beyond the first by two paths, of which the first is abandoned meanwhile. draft-ietf-quic-multipath */
  private async fetchByTwo(
    connection: QuicConnection,
    urls: readonly URL[],
    localAddress: string,
  ): Promise<void> {
    const { downloads } = this.contract;
    await fetchFiles(connection, urls.slice(0, 1), downloads);
    await connection.ready;
    await connection.paths.open({ localAddress });
    const rest = fetchFiles(connection, urls.slice(1), downloads);
    await pause(ABANDON_AFTER_MS);
    if (!connection.paths.abandon(0)) throw new Error('the first path could not be abandoned');
    await rest;
  }

  /** The server has answered by Version Negotiation, and the attempt is over. RFC 9000 §6.2 */
  async expectNegotiation(): Promise<void> {
    const outcome = await connect(this.options).catch((error: unknown) => error);
    if (outcome instanceof QuicError && outcome.code === 'ERR_QUIC_VERSION_NEGOTIATION') return;
    throw new Error(`no Version Negotiation packet ended the attempt: ${String(outcome)}`);
  }
}

/**
 * A client that only receives has nothing to send when a NAT gives it another port: what it misses then is no packet that
 * it owes an acknowledgement for. A PING from the new port tells the server where it is. RFC 9000 §10.1.2
 */
const KEEP_ALIVE_MS = 1000;
/** A second address is for a host that does not answer at the first: a slow network is no reason. RFC 8305 §8 */
const ATTEMPT_DELAY_MS = 5000;
const LAST_WORDS_MS = 300;
const ABANDON_AFTER_MS = 500;
