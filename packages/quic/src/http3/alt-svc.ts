/** Another place where an origin can be reached by HTTP/3. RFC 7838 §2 */
export interface Alternative {
  readonly host: string;
  readonly port: number;
  /** When it must be forgotten, milliseconds of Unix time. */
  readonly expiresMs: number;
  /** Whether it outlives a change of network. */
  readonly isPersistent: boolean;
}

/** What one field 'alt-svc' says: alternatives, best first, or that there are none any more. RFC 7838 §3 */
export type AltSvcField = readonly Alternative[] | 'clear';

/**
 * Read a field. Alternatives of other protocols than 'h3', and what cannot be read, are left out. RFC 7838 §3
 *
 * @param origin - the host that stands for an alternative without one.
 */
export function parseAltSvc(value: string, origin: string, nowMs: number): AltSvcField {
  if (value.trim() === 'clear') return 'clear';
  if (value.length > MOST_CHARACTERS) return [];
  const found: Alternative[] = [];
  for (const member of membersOf(value)) {
    const alternative = parseMember(member, origin, nowMs);
    if (alternative !== undefined && found.length < MOST_ALTERNATIVES) found.push(alternative);
  }
  return found;
}

/** What origins have said of their alternatives, the latest origins only. */
export class AlternativeServices {
  private readonly byOrigin = new Map<string, readonly Alternative[]>();

  /** An origin has sent the field; it replaces what was kept. RFC 7838 §3.1 */
  set(origin: string, field: AltSvcField): void {
    this.byOrigin.delete(origin);
    if (field === 'clear' || field.length === 0) return;
    this.byOrigin.set(origin, field);
    const [oldest] = this.byOrigin.keys();
    if (this.byOrigin.size > MOST_ORIGINS) this.byOrigin.delete(oldest!);
  }

  /** The best alternative that may still be used; undefined for none. RFC 7838 §2.2 */
  get(origin: string, nowMs: number): Alternative | undefined {
    return this.byOrigin.get(origin)?.find(({ expiresMs }) => expiresMs > nowMs);
  }

  /** An alternative does not answer, or not for this origin: it is not used again until the origin names it again. RFC 7838 §2.4, §6 */
  remove(origin: string, failed: Alternative): void {
    const isAnother = ({ host, port }: Alternative): boolean => host !== failed.host || port !== failed.port;
    const left = this.byOrigin.get(origin)?.filter(isAnother) ?? [];
    if (left.length > 0) this.byOrigin.set(origin, left);
    else this.byOrigin.delete(origin);
  }

  /** The network has changed: what does not outlive that is forgotten. RFC 7838 §2.2 */
  onNetworkChange(): void {
    for (const [origin, alternatives] of this.byOrigin) {
      const left = alternatives.filter(({ isPersistent }) => isPersistent);
      if (left.length > 0) this.byOrigin.set(origin, left);
      else this.byOrigin.delete(origin);
    }
  }
}

/** Members of a list, with commas inside of quotes left alone. */
function membersOf(value: string): string[] {
  return value.match(/(?:"(?:[^"\\]|\\.)*"|[^,"])+/g) ?? [];
}

function parseMember(member: string, origin: string, nowMs: number): Alternative | undefined {
  const found = /^\s*h3="((?:[^"\\]|\\.)*)"(.*)$/s.exec(member);
  if (found === null) return undefined;
  const [, quoted = '', parameters = ''] = found;
  const authority = /^([^\s/?#@]*):(\d{1,5})$/.exec(quoted.replaceAll(/\\(.)/g, '$1'));
  const port = Number(authority?.[2] ?? 0);
  if (authority === null || port < 1 || port > 65_535) return undefined;
  const host = authority[1] === '' ? origin : authority[1]!.replace(/^\[(.*)\]$/, '$1');
  const maxAge = /;\s*ma="?(\d{1,10})"?\s*(?=;|$)/.exec(parameters)?.[1];
  const isPersistent = /;\s*persist="?1"?\s*(?=;|$)/.test(parameters);
  return { host, port, isPersistent, expiresMs: nowMs + Number(maxAge ?? DAY_SECONDS) * 1000 };
}

const DAY_SECONDS = 86_400;
/** Characters of one field, beyond which it is not read. */
const MOST_CHARACTERS = 2048;
/** Alternatives of one field that are kept. */
const MOST_ALTERNATIVES = 8;
/** Origins whose alternatives are kept. */
const MOST_ORIGINS = 1024;
