import { join } from 'node:path';
import type { Address } from '@tsquic/quic-core';
import type { Certificates } from './certificates.ts';
import { command } from './peers/command-line/peer.ts';
import type { Command } from './peer.ts';
import { flags } from './peers/flags.ts';
import { Subprocess } from './process.ts';
import { waitUntilReady } from './readiness.ts';
import { reserveServerPort, type ServerPort } from './server-port.ts';

/** More than a link of the runner carries in the time of any case. */
const ENDLESS_BYTES = 1_000_000_000;

/** A client and a server of ours, with CUBIC, that never come to an end. */
export class Rival {
  readonly address: Address;
  private readonly certificates: Certificates;
  private readonly directory: string;
  private readonly reserved: ServerPort;
  private readonly programs: Subprocess[] = [];

  private constructor(ip: string, reserved: ServerPort, certificates: Certificates, directory: string) {
    this.address = { ip, port: reserved.port };
    this.reserved = reserved;
    this.certificates = certificates;
    this.directory = directory;
  }

  /** Resolves when its server is ready; rejects when it does not get ready. Our command has to be installed. */
  static async open(ip: string, certificates: Certificates, directory: string): Promise<Rival> {
    const rival = new Rival(ip, await reserveServerPort(ip), certificates, directory);
    const { certificate: cert, key } = certificates;
    const { address } = rival;
    const settings = { root: directory, cert, key, host: ip, port: address.port, congestion: 'cubic' };
    const serving = { argv: [...command, 'serve', ...flags(settings)], ready: /listening on / };
    const [fault] = await waitUntilReady(rival.start('server', serving), serving, ip, address.port);
    if (fault !== undefined) throw new Error(`cross traffic: ${fault}`);
    return rival;
  }

  /** Its client begins, through this address. */
  begin({ ip, port }: Address): void {
    const settings = flags({ ca: this.certificates.authority, congestion: 'cubic' });
    this.start('client', {
      argv: [...command, 'get', ...settings, `https://${ip}:${port}/${ENDLESS_BYTES}`],
    });
  }

  async end(): Promise<void> {
    for (const program of this.programs.reverse()) await program.stop();
    this.reserved.release();
  }

  private start(name: string, starting: Command): Subprocess {
    const log = join(this.directory, `rival-${name}.log`);
    const program = new Subprocess(starting, log, this.directory);
    this.programs.push(program);
    return program;
  }
}
