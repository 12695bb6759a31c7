import type { CryptoProvider } from '@tsquic/crypto';
import type { Version } from '@tsquic/quic-core/wire';
import type { CertificateVerifier, Identity } from '@tsquic/tls13';

/** What all rows of a run have in common. */
export interface Setting {
  readonly crypto: CryptoProvider;
  /** Application protocols: those that are offered to a server, or accepted of a client. */
  readonly alpn: readonly string[];
  /** The name that a server is asked for by SNI; a DNS name or an IP. */
  readonly serverName: string;
  /** Version of the packets. */
  readonly version: Version;
  /** How long an answer is waited for, milliseconds. */
  readonly timeoutMs: number;
  /** How long a client is waited for, milliseconds. */
  readonly patienceMs: number;
  /** Judges the certificate of a server under test; `skipCertificateCheck` accepts all. */
  readonly verifier: CertificateVerifier;
  /** What a client under test is shown. */
  readonly identity?: Identity;
  /** Unix time, milliseconds. */
  readonly unixTimeMs: () => number;
}
