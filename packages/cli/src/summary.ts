import type { Failure } from './failure.ts';
import { type PathShare, shareText } from './further-paths.ts';
import { counted, formatBytes, formatRate, megabitsPerSecond } from './quantities.ts';

/** The results of `tsquic get`, over all connections. */
export interface Summary {
  readonly bytes: number;
  /** From the end of the handshake until the last file was stored. */
  readonly seconds: number;
  readonly handshakeMs: number | undefined;
  readonly lostPackets: number;
  /** Packets sent and received. */
  readonly packets: number;
  /** 1 or 2; undefined when no handshake completed. */
  readonly quicVersion: number | undefined;
  readonly cipherSuite: string;
  readonly alpn: string;
  /** The state of requests in 0-RTT packets. */
  readonly earlyData: 'none' | 'offered' | 'accepted' | 'rejected';
  /** What came by each path of connections with several. */
  readonly paths: readonly PathShare[];
  /** Number of requested files. */
  readonly wanted: number;
  /** Complete files. */
  readonly files: readonly { readonly url: string; readonly bytes: number; readonly sha256: string }[];
  readonly failures: readonly Failure[];
}

/** The summary as one line of text. */
export function summaryLine(summary: Summary): string {
  const { bytes, seconds, handshakeMs, quicVersion, lostPackets, wanted, files } = summary;
  const missing = files.length < wanted ? ` of ${wanted}` : '';
  const transfer =
    wanted === 0
      ? 'connected'
      : `${missing === '' ? counted(files.length, 'file') : `${files.length}${missing} files`}, ${formatBytes(bytes)} in ${seconds.toFixed(3)} s: ${formatRate(bytes, seconds)}`;
  const version = quicVersion === undefined ? '' : ` in QUIC version ${quicVersion}`;
  const handshake = handshakeMs === undefined ? '' : `; handshake ${handshakeMs.toFixed(1)} ms${version}`;
  const early = summary.earlyData === 'none' ? '' : `; 0-RTT ${summary.earlyData}`;
  const paths = summary.paths.length === 0 ? '' : `; ${shareText(summary.paths)}`;
  return `${transfer}${handshake}${early}; ${counted(lostPackets, 'packet')} lost${paths}`;
}

/** The object that `--json` prints. Times: `seconds` in s, `handshakeMs` in ms; rates in 10^6 bit/s. */
export function summaryObject(summary: Summary): Record<string, unknown> {
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  return {
    bytes: summary.bytes,
    seconds: round(summary.seconds, 6),
    mbps: round(megabitsPerSecond(summary.bytes, summary.seconds), 1),
    handshakeMs: summary.handshakeMs === undefined ? null : round(summary.handshakeMs, 3),
    lostPackets: summary.lostPackets,
    packets: summary.packets,
    quicVersion: summary.quicVersion ?? null,
    cipherSuite: summary.cipherSuite,
    alpn: summary.alpn,
    ...(summary.earlyData === 'none' ? {} : { earlyData: summary.earlyData }),
    ...(summary.paths.length === 0 ? {} : { paths: summary.paths }),
    files: summary.files.map(({ url, bytes, sha256 }) => ({
      url,
      bytes,
      ...(sha256 === '' ? {} : { sha256 }),
    })),
    errors: summary.failures.map(({ code, message }) => ({ code, message })),
    cpuSeconds: round((userCPUTime + systemCPUTime) / 1e6, 3),
    maxRssBytes: maxRSS * 1024,
  };
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
