import { spawn } from 'node:child_process';
import { installDebianPackages, runStep } from '../install.ts';
import { adoptGroup, signalGroup } from '../process-group.ts';
import type { Place } from './capture.ts';
import { splitRecords } from './records.ts';
import type { Tree } from './tree.ts';

/** Debian's package, and the program in it. */
const PROGRAM = 'tshark';

/** The version of tshark, or undefined where it is not installed. */
export async function tsharkVersion(): Promise<string | undefined> {
  const said = await runStep([PROGRAM, '--version'], { timeoutMs: VERSION_PATIENCE_MS }).catch(() => '');
  return /^TShark \(Wireshark\) (\S+?)\.? /m.exec(said)?.[1];
}

/** Installs tshark where it is missing, and resolves to its version. Rejects with the reason when it cannot. */
export async function installTshark(): Promise<string> {
  const found = await tsharkVersion();
  if (found !== undefined) return found;
  await installDebianPackages([PROGRAM]);
  const version = await tsharkVersion();
  if (version === undefined) throw new Error(`${PROGRAM} was installed and does not run`);
  return version;
}

/** Which capture is dissected, with whose secrets. */
export interface Dissection {
  /** A capture in which all of UDP is QUIC. */
  readonly file: string;
  /** Secrets in the format of `SSLKEYLOGFILE`; undefined where there are none. */
  readonly keyLog: string | undefined;
  /** Wireshark's display filter: which datagrams are told of. All without one. */
  readonly filter?: string | undefined;
}

/**
 * What Wireshark's dissectors make of a capture: the layers of each datagram, in order.
 * Throws an Error when tshark fails, takes longer than ten minutes, or says more than 4 GiB.
 */
export async function* dissect(dissection: Dissection): AsyncGenerator<Tree> {
  const child = spawn(PROGRAM, argumentsOf(dissection), {
    detached: true,
    env: { ...process.env, WIRESHARK_CONFIG_DIR: NO_PREFERENCES },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  adoptGroup(child);
  let failure = '';
  let said = '';
  const stop = (why: string): void => {
    failure ||= why;
    signalGroup(child, 'SIGKILL');
  };
  const timer = setTimeout(() => stop(`took longer than ${PATIENCE_MS / 1000} s`), PATIENCE_MS);
  child.stderr.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-KEPT_BYTES)));
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => resolve(code === 0 ? '' : `ended with ${code ?? signal}`));
  });
  try {
    let bytes = 0;
    for await (const record of splitRecords(child.stdout.setEncoding('utf8'))) {
      bytes += record.length;
      if (bytes > MOST_BYTES) stop('has more to say than is read');
      yield layersOf(record);
    }
    const ending = await ended;
    if (ending !== '')
      throw new Error(`${PROGRAM}: ${failure === '' ? `${ending}: ${lastLine(said)}` : failure}`);
  } finally {
    clearTimeout(timer);
    signalGroup(child, 'SIGKILL');
  }
}

/** The addresses and ports of a capture's datagrams, in order; what UDP carries is not looked at. Rejects when tshark fails. */
export async function readPlaces(file: string): Promise<{ readonly from: Place; readonly to: Place }[]> {
  const fields = ['ip.src', 'ipv6.src', 'udp.srcport', 'ip.dst', 'ipv6.dst', 'udp.dstport'];
  const shown = fields.flatMap((field) => ['-e', field]);
  const unread = ['--disable-protocol', 'quic', '-d', 'udp.port==1-65535,data'];
  const argv = [PROGRAM, '-n', '-r', file, ...unread, '-T', 'fields', ...shown];
  const env = { WIRESHARK_CONFIG_DIR: NO_PREFERENCES };
  const text = await runStep(argv, { env, timeoutMs: PATIENCE_MS });
  return text.split('\n').map((line) => {
    const [source4, source6, sourcePort, target4, target6, targetPort] = line.split('\t');
    return {
      from: { host: (source4 || source6) ?? '', port: Number(sourcePort) },
      to: { host: (target4 || target6) ?? '', port: Number(targetPort) },
    };
  });
}

function argumentsOf({ file, keyLog, filter }: Dissection): string[] {
  const secrets = keyLog === undefined ? [] : ['-o', `tls.keylog_file:${keyLog}`];
  const chosen = filter === undefined ? [] : ['-Y', filter];
  return ['-n', '-r', file, ...secrets, ...chosen, ...AS_QUIC, ...AS_JSON];
}

function layersOf(record: string): Tree {
  const { _source } = JSON.parse(record) as { _source: { layers: Tree } };
  return _source.layers;
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}

/** The dissector of HTTP/3 is left out: what streams carry is no matter here. */
const AS_QUIC = ['-d', 'udp.port==1-65535,quic', '--disable-protocol', 'http3'];
/** Each QUIC packet of a datagram is a tree of its own, and a name that occurs twice has a list. */
const AS_JSON = ['-T', 'json', '--no-duplicate-keys', '-J', 'frame ip ipv6 udp quic'];
/** Nobody's preferences but the defaults. */
const NO_PREFERENCES = '/nonexistent';
const PATIENCE_MS = 600_000;
const VERSION_PATIENCE_MS = 20_000;
const MOST_BYTES = 4 * 2 ** 30;
const KEPT_BYTES = 4096;
