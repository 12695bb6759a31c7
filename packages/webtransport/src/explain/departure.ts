import type { Settings } from '@tsquic/http3';
import { announcedDialects } from '../dialect/dialect.ts';
import { certificateFaults, hexOf, sha256 } from '../web/certificate-hashes.ts';
import { missedSettings, ruleFor } from './browser-rules.ts';

/** What is known of a client that came and left. */
export interface Departure {
  readonly address: string;
  /** What it announced; undefined where it left before. */
  readonly settings: Settings | undefined;
  /** What this server announces. */
  readonly ours: Settings;
  /** The TLS alert that it left with; undefined for none. */
  readonly alert: number | undefined;
  /** How the connection ended. */
  readonly reason: string;
  /** The certificate of this server as DER; undefined where it is not known. */
  readonly certificate: Uint8Array | undefined;
  readonly unixTimeMs: number;
}

/**
 * Why a client left that asked for no session, as lines: browsers themselves say only 'Opening handshake failed'. None for a client
 * that did not come for WebTransport.
 */
export function explainDeparture(departure: Departure): string[] {
  const { address, settings, alert, reason } = departure;
  if (alert !== undefined && CERTIFICATE_ALERTS.has(alert))
    return [
      `${address} refused the certificate: TLS alert ${alert}, ${CERTIFICATE_ALERTS.get(alert)}`,
      ...certificateLines(departure),
    ];
  if (settings === undefined || announcedDialects(settings).length === 0) return [];
  return [`${address} left without asking for a session: ${reason}`, ...settingLines(departure, settings)];
}

function certificateLines({ certificate, unixTimeMs }: Departure): string[] {
  if (certificate === undefined) return [];
  const faults = certificateFaults(certificate, unixTimeMs);
  const hash = hexOf(sha256(certificate));
  return [
    ...faults.map((fault) => `with serverCertificateHashes no browser takes it: ${fault}`),
    `serverCertificateHashes must name this certificate: its SHA-256 is ${hash}`,
    'without serverCertificateHashes an authority that the browser knows must have issued it',
  ];
}

function settingLines({ ours }: Departure, settings: Settings): string[] {
  const rule = ruleFor(settings);
  if (rule === undefined) return ['it is no browser that is known here'];
  const missed = missedSettings(rule, ours);
  if (missed.length === 0)
    return [
      `it announces what ${rule.browser} does, which finds here all settings that it needs: its page may have left`,
    ];
  const names = missed.map((id) => `0x${id.toString(16)}`).join(', ');
  return [
    `it announces what ${rule.browser} does, which needs the settings ${names}, and this server says 0`,
  ];
}

/** Alerts about certificates. RFC 8446 §6.2 */
const CERTIFICATE_ALERTS: ReadonlyMap<number, string> = new Map([
  [42, 'bad_certificate'],
  [43, 'unsupported_certificate'],
  [44, 'certificate_revoked'],
  [45, 'certificate_expired'],
  [46, 'certificate_unknown'],
  [48, 'unknown_ca'],
]);
