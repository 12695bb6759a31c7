import { readFile, rename, writeFile } from 'node:fs/promises';
import type { ConnectOptions, QuicConnection } from 'tsquic';
import { Failure, systemFailure } from './failure.ts';

/** The last session ticket and token of a server, in base64. */
interface Kept {
  readonly session?: string;
  readonly token?: string;
}

/** What is stored of a server, for one connection to it. */
export interface ServerMemory {
  readonly options: Pick<ConnectOptions, 'session' | 'token' | 'earlyData' | 'onSession' | 'onToken'>;
  /**
   * Resolves when the server has sent a session for the next run, or has had enough time for it: a ticket
   * comes after the handshake (RFC 8446 §4.6.1), and so later than responses to requests in 0-RTT packets.
   * Never rejects.
   */
  given(connection: QuicConnection): Promise<void>;
}

/**
 * `--session FILE`: sessions and tokens of servers, kept from one run to the next. A session contains a
 * secret with which a program can claim to be this client, so that only the file's owner may read it.
 */
export class SessionFile {
  private readonly path: string;
  private readonly servers: Map<string, Kept>;

  private constructor(path: string, servers: Map<string, Kept>) {
    this.path = path;
    this.servers = servers;
  }

  /** Read the file, which need not exist. Throws a `Failure` for a file in another format. */
  static async open(path: string): Promise<SessionFile> {
    try {
      return new SessionFile(path, parse(await readFile(path, 'utf8'), path));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return new SessionFile(path, new Map());
      throw error instanceof Failure ? error : systemFailure(error, `read ${path}`);
    }
  }

  /**
   * What is stored of a server, and functions that store what it sends. A ticket is used once. RFC 8446 §C.4
   */
  memoryOf(server: string): ServerMemory {
    const { session, token } = this.servers.get(server) ?? {};
    this.servers.delete(server);
    let onGiven = (): void => {};
    const given = new Promise<void>((resolve) => (onGiven = resolve));
    return {
      options: {
        ...(session === undefined ? {} : { session: bytesOf(session), earlyData: true }),
        ...(token === undefined ? {} : { token: bytesOf(token) }),
        onSession: (bytes) => {
          this.keep(server, { session: textOf(bytes) });
          onGiven();
        },
        onToken: (bytes) => this.keep(server, { token: textOf(bytes) }),
      },
      given: (connection) => Promise.race([given, timeToGive(connection)]),
    };
  }

  /** Write the file. Throws a `Failure` when it cannot be written. */
  async save(): Promise<void> {
    const text = `${JSON.stringify({ tsquic: FORMAT, servers: Object.fromEntries(this.servers) })}\n`;
    try {
      // The file is replaced in one step, because another run may read it meanwhile.
      const whole = `${this.path}.${process.pid}`;
      await writeFile(whole, text, { mode: 0o600 });
      await rename(whole, this.path);
    } catch (error) {
      throw systemFailure(error, `write ${this.path}`);
    }
  }

  private keep(server: string, kept: Kept): void {
    this.servers.set(server, { ...this.servers.get(server), ...kept });
  }
}

/**
 * Resolves some round trips after the handshake was confirmed, when tickets usually come, and at the end of
 * the connection.
 */
async function timeToGive(connection: QuicConnection): Promise<void> {
  try {
    await connection.ready;
    const patienceMs = Math.max(LEAST_PATIENCE_MS, (3 * connection.statistics().smoothedRttUs) / 1000);
    const over = connection.closed;
    let timer: NodeJS.Timeout | undefined;
    const passed = new Promise((resolve) => (timer = setTimeout(resolve, patienceMs)));
    await Promise.race([passed, over]).finally(() => clearTimeout(timer));
  } catch {
    // The end of the connection is reported elsewhere.
  }
}

const LEAST_PATIENCE_MS = 100;

function parse(text: string, path: string): Map<string, Kept> {
  try {
    const { tsquic, servers } = JSON.parse(text) as { tsquic?: unknown; servers?: Record<string, Kept> };
    if (tsquic === FORMAT && typeof servers === 'object') {
      const entries = Object.entries(servers).filter(([, kept]) => isKept(kept));
      return new Map(entries);
    }
  } catch {
    // This is reported below.
  }
  throw new Failure('ERR_TSQUIC_SESSION', `${path} holds no sessions of tsquic`);
}

function isKept(kept: Kept): boolean {
  const isText = (value: unknown): boolean => value === undefined || typeof value === 'string';
  return typeof kept === 'object' && kept !== null && isText(kept.session) && isText(kept.token);
}

function bytesOf(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'base64'));
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}

const FORMAT = 1;
