import { latin1FromBytes } from '@tsquic/bytes';
import { DerError } from '@tsquic/bytes/der';
import type { CertificateFault } from '../config.ts';
import { tryParse } from './chain.ts';
import { type CertificateOutline, readOutline, sameBytes } from './outline.ts';
import type { ParsedCertificate } from './parsed-certificate.ts';

/** The certificates that a verifier trusts, by name; each is parsed once, when it is first needed. */
export class TrustAnchors {
  readonly count: number;
  /** DER. */
  readonly certificates: readonly Uint8Array[];
  /** Their subjects, DER. */
  readonly names: readonly Uint8Array[];
  /** Anchors by subject. The keys of this map come from the program, never from a peer. */
  private readonly byName = new Map<string, CertificateOutline[]>();
  private readonly known = new Map<CertificateOutline, ParsedCertificate | CertificateFault>();

  /** Throws an Error for bytes that are not a certificate. */
  constructor(certificates: readonly Uint8Array[]) {
    const outlines = certificates.map(readAnchor);
    this.count = outlines.length;
    this.certificates = certificates;
    this.names = outlines.map(({ subject }) => subject);
    for (const outline of outlines) {
      const key = latin1FromBytes(outline.subject);
      const list = this.byName.get(key);
      if (list === undefined) this.byName.set(key, [outline]);
      else if (!list.some(({ der }) => sameBytes(der, outline.der))) list.push(outline);
    }
  }

  /** Anchors with this subject (DER). */
  named(subject: Uint8Array): readonly CertificateOutline[] {
    return this.byName.get(latin1FromBytes(subject)) ?? [];
  }

  /** Whether exactly this certificate is an anchor. */
  has({ subject, der }: CertificateOutline): boolean {
    return this.named(subject).some((anchor) => sameBytes(anchor.der, der));
  }

  parsed(anchor: CertificateOutline): ParsedCertificate | CertificateFault {
    const known = this.known.get(anchor) ?? tryParse(anchor, 'a trusted certificate');
    this.known.set(anchor, known);
    return known;
  }
}

function readAnchor(der: Uint8Array, index: number): CertificateOutline {
  try {
    return readOutline(der);
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    throw new Error(`trust anchor ${index} is not a certificate in DER: ${error.message}`, { cause: error });
  }
}
