import { QuicError } from 'tsquic';
import type { Http3Server } from 'tsquic/http3';
import {
  createHashedCertificate,
  type HashedCertificate,
  type HashedCertificateOptions,
} from './hashed-certificate.ts';
import { hashesJson, type PublishedHash, publishedHashes } from './published-hashes.ts';

/** Options of a `CertificateRotation`. */
export interface CertificateRotationOptions extends HashedCertificateOptions {
  /** Days for which a certificate is shown; twice as many are less than `days`. Default: 6. */
  readonly rotateAfterDays?: number;
  /** Certificates of an earlier process, which pages know already: its `current` and `next`, while they are valid. */
  readonly before?: readonly [current: HashedCertificate, next: HashedCertificate];
  /** Hears of each change, with what to publish and to keep. */
  readonly onRotate?: (rotation: CertificateRotation) => void;
}

/** What shows a certificate: an `Http3Server`, or a `QuicListener`. */
type Shower = Pick<Http3Server, 'setSecureContext'>;

/**
 * Certificates that follow each other. The next one exists, and its hash is published, for as long as the current one is shown: a page
 * that was loaded before a change still connects after it.
 */
export class CertificateRotation {
  private readonly options: CertificateRotationOptions;
  private readonly showers = new Set<Shower>();
  private timer: ReturnType<typeof setTimeout> | undefined = undefined;
  private shown: HashedCertificate;
  private following: HashedCertificate;

  private constructor(
    options: CertificateRotationOptions,
    current: HashedCertificate,
    next: HashedCertificate,
  ) {
    this.options = options;
    this.shown = current;
    this.following = next;
    this.arm(this.rotateAfterDays * DAY_MS);
  }

  /** Make the first two certificates. Rejects with `ERR_QUIC_INVALID_OPTION` for days that leave a gap. */
  static async begin(options: CertificateRotationOptions = {}): Promise<CertificateRotation> {
    const { days = 13, rotateAfterDays = 6, before } = options;
    if (!(rotateAfterDays > 0 && 2 * rotateAfterDays < days))
      throw new QuicError(
        'ERR_QUIC_INVALID_OPTION',
        'rotateAfterDays must be above 0 and below half of days: each certificate waits as long as it is shown',
      );
    const lastsMs = Date.now() + rotateAfterDays * DAY_MS;
    const valid = (before ?? []).filter(({ notAfter }) => notAfter.getTime() > lastsMs);
    const [current, next] = [
      valid[0] ?? (await createHashedCertificate(options)),
      valid[1] ?? (await createHashedCertificate(options)),
    ];
    return new CertificateRotation(options, current, next);
  }

  /** The certificate that is shown. */
  get current(): HashedCertificate {
    return this.shown;
  }

  /** The one that will be. */
  get next(): HashedCertificate {
    return this.following;
  }

  /** The hashes of both, for pages. */
  get hashes(): readonly PublishedHash[] {
    return publishedHashes([this.shown, this.following]);
  }

  /** The same as JSON, to be served beside a page. */
  json(): string {
    return hashesJson([this.shown, this.following]);
  }

  /** Show the current certificate at a server, and each that follows; returns a function that ends this. */
  follow(server: Shower): () => void {
    this.showers.add(server);
    this.show(server);
    return () => void this.showers.delete(server);
  }

  /** Change now, before the time. */
  async rotate(): Promise<void> {
    const made = await createHashedCertificate(this.options);
    this.shown = this.following;
    this.following = made;
    for (const server of this.showers) this.show(server);
    this.arm(this.rotateAfterDays * DAY_MS);
    this.options.onRotate?.(this);
  }

  /** Change no more. */
  stop(): void {
    clearTimeout(this.timer);
    this.showers.clear();
  }

  private get rotateAfterDays(): number {
    return this.options.rotateAfterDays ?? 6;
  }

  private show(server: Shower): void {
    server.setSecureContext({ cert: this.shown.certificatePem, key: this.shown.privateKeyPem });
  }

  /** Timers hold 24 days at most, and do not keep the program running. */
  private arm(delayMs: number): void {
    clearTimeout(this.timer);
    const change = (): void => {
      // A failure to make keys leaves the certificate, which is valid for as long again.
      this.rotate().catch(() => this.arm(RETRY_MS));
    };
    this.timer = setTimeout(change, delayMs);
    this.timer.unref?.();
  }
}

const DAY_MS = 86_400_000;
const RETRY_MS = 3_600_000;
