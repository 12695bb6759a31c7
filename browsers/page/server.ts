import { eventually } from './expectation.ts';

/** What the server says about one request, which it knows by its number. */
export interface Seen {
  readonly method: string;
  readonly fields: Readonly<Record<string, string>>;
  /** Which of the server's connections it came on. */
  readonly connection: number;
  /** Whether that connection resumed a session. */
  readonly resumed: boolean;
  /** Bytes of content that were read of the request, and supplied for the response. */
  readonly received: number;
  readonly sent: number;
  readonly state: 'open' | 'cancelled';
  /** Why the client has given it up. */
  readonly reason: string;
}

/** A number that no other request of this run has. */
export function freshNumber(): string {
  return `${Date.now()}-${Math.random().toString(36).slice(2)}`;
}

/** The URL of a path, with a number by which the server remembers the request. */
export function numbered(path: string, number: string): string {
  return `${path}${path.includes('?') ? '&' : '?'}number=${number}`;
}

/** What the server has seen of a request so far; undefined before it came. */
export async function askSeen(number: string): Promise<Seen | undefined> {
  const response = await fetch(`/seen?of=${number}`, { cache: 'no-store' });
  return response.status === 200 ? ((await response.json()) as Seen) : undefined;
}

/** What the server has seen once `isEnough`. */
export function eventuallySeen(
  what: string,
  number: string,
  isEnough: (seen: Seen) => boolean,
): Promise<Seen> {
  return eventually(what, async () => {
    const seen = await askSeen(number);
    return seen !== undefined && isEnough(seen) ? seen : undefined;
  });
}

/** Hexadecimal SHA-256. */
export async function sha256(bytes: ArrayBuffer | Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Bytes that nobody knows in advance. */
export function randomBytes(length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += QUOTA) crypto.getRandomValues(bytes.subarray(at, at + QUOTA));
  return bytes;
}

/** Of one call. */
const QUOTA = 65_536;
