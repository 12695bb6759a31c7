import type { Socket } from 'node:dgram';
import { type Finding, type Row, rowsFor, type Setting } from '@tsquic/conform';
import { Failure } from '../failure.ts';
import { ClientProgram } from './client-program.ts';
import type { RowResult } from './result.ts';
import { ClientSockets, type Endpoint, playRow } from './trial-sockets.ts';

/** Plays rows against somebody. */
export interface Runs {
  /** Who is tested, in a few words. */
  readonly tested: string;
  /** Play them all; results come in the order in which they are known. */
  play(rows: readonly Row[], onResult: (result: RowResult) => void): Promise<void>;
  close(): Promise<void>;
}

/** Rows against a server, several at once. */
export class ServerRuns implements Runs {
  readonly tested: string;
  private readonly setting: Setting;
  private readonly target: Endpoint;
  private readonly lanes: number;
  private readonly signal: AbortSignal | undefined;

  constructor(
    setting: Setting,
    target: Endpoint,
    authority: string,
    lanes: number,
    signal: AbortSignal | undefined,
  ) {
    this.setting = setting;
    this.target = target;
    this.tested = authority;
    this.lanes = lanes;
    this.signal = signal;
  }

  /** Rejects with a `Failure` when no handshake succeeds, without which no row can tell anything. */
  async checkHandshake(): Promise<void> {
    const [row] = rowsFor('server', 'handshake').filter(({ name }) => name === 'handshake');
    const { finding } = await twice(() => this.attempt(row!));
    if (finding.verdict !== 'pass')
      throw new Failure('ERR_TSQUIC_CONFORM', `no handshake with ${this.tested}: ${finding.came}`, ADVICE);
  }

  async play(rows: readonly Row[], onResult: (result: RowResult) => void): Promise<void> {
    const waiting = [...rows];
    const work = async (): Promise<void> => {
      for (let row = waiting.shift(); row !== undefined; row = waiting.shift()) {
        const next = row;
        onResult(await twice(() => this.attempt(next)));
      }
    };
    await Promise.all(Array.from({ length: this.lanes }, work));
  }

  async close(): Promise<void> {}

  private async attempt(row: Row): Promise<RowResult> {
    const sockets = new ClientSockets(this.target);
    try {
      return await playRow(row, this.setting, sockets.open, this.target, this.signal);
    } finally {
      sockets.close();
    }
  }
}

/** Rows against clients, each against the next one that connects. */
export class ClientRuns implements Runs {
  readonly tested = 'clients';
  private readonly setting: Setting;
  private readonly socket: Socket;
  private readonly command: string | undefined;
  private readonly signal: AbortSignal | undefined;

  constructor(
    setting: Setting,
    socket: Socket,
    command: string | undefined,
    signal: AbortSignal | undefined,
  ) {
    this.setting = setting;
    this.socket = socket;
    this.command = command;
    this.signal = signal;
  }

  async play(rows: readonly Row[], onResult: (result: RowResult) => void): Promise<void> {
    for (const row of rows)
      onResult(await (this.command === undefined ? this.attempt(row) : twice(() => this.attempt(row))));
  }

  async close(): Promise<void> {
    this.socket.close();
  }

  private async attempt(row: Row): Promise<RowResult> {
    const played = playRow(row, this.setting, () => this.socket, undefined, this.signal);
    const program =
      this.command === undefined ? undefined : new ClientProgram(this.command, this.socket.address().port);
    try {
      return await played;
    } finally {
      await program?.end();
    }
  }
}

/** A row that did not pass is tried once more, because datagrams get lost. */
async function twice(attempt: () => Promise<RowResult>): Promise<RowResult> {
  const first = await attempt();
  if (first.finding.verdict === 'pass') return first;
  const second = await attempt();
  return { ...second, finding: agreed(first.finding, second.finding) };
}

/** What two tries say together. */
function agreed(first: Finding, second: Finding): Finding {
  if (first.verdict !== 'fail' || second.verdict !== 'pass') return second;
  return {
    verdict: 'cannot tell',
    came: `one try failed (${first.came}), and another passed (${second.came})`,
  };
}

const ADVICE = '--alpn, --sni, --ca and --insecure tell how to speak to it';
