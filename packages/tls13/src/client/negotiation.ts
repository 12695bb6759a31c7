import type { CipherSuite } from '@tsquic/crypto';
import type { KeySchedule } from '../key-schedule.ts';
import type { Offer, Resumption } from './offer.ts';

/** What the ServerHello settled. */
export interface Agreement {
  readonly offer: Offer;
  readonly offeredTypes: readonly number[];
  readonly suite: CipherSuite;
  /** In its handshake stage. */
  readonly schedule: KeySchedule;
  /** The session that is resumed. */
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

/** What the server's CertificateRequest asks of our certificate. */
export interface CertificateDemand {
  readonly signatureSchemes: readonly number[];
}
