import type { CipherSuite, Group } from '@tsquic/crypto';
import type { KeySchedule } from '../key-schedule.ts';
import type { Offer, Resumption } from './offer.ts';

/** What the ServerHello chose. */
export interface Agreement {
  readonly offer: Offer;
  readonly offeredTypes: readonly number[];
  readonly suite: CipherSuite;
  readonly group: Group;
  /** The key schedule, in its handshake stage. */
  readonly schedule: KeySchedule;
  /** The resumed session, if any. */
  readonly resumption: Resumption | undefined;
  readonly clientSecret: Uint8Array;
  readonly serverSecret: Uint8Array;
}

/** What EncryptedExtensions added. */
export interface Negotiation extends Agreement {
  readonly alpn: string;
  readonly serverParameters: Uint8Array;
  readonly earlyDataAccepted: boolean;
}

/** What the server's CertificateRequest requires of the client's certificate. */
export interface CertificateDemand {
  readonly signatureSchemes: readonly number[];
}
