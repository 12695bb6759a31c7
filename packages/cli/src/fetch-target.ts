import { isIP } from 'node:net';
import { Failure } from './failure.ts';

/** The request of a URL. */
export interface FetchTarget {
  readonly url: string;
  /** DNS name or numeric IP, without brackets. */
  readonly host: string;
  readonly port: number;
  /** Path and query as they are sent in the request. */
  readonly path: string;
  /** The last part of the path, decoded, safe as a file name; '' for a directory. */
  readonly fileName: string;
  /** The request is sent only when that one is complete. */
  readonly after?: FetchTarget;
}

/** Read a URL. Throws a `Failure` for anything but `https://HOST[:PORT]/PATH`. */
export function parseTarget(text: string): FetchTarget {
  if (!URL.canParse(text)) throw urlFailure(text, 'not a URL');
  const url = new URL(text);
  if (url.protocol !== 'https:') throw urlFailure(text, `${url.protocol}// is not supported`);
  if (url.username !== '' || url.password !== '') throw urlFailure(text, 'HTTP/0.9 has no credentials');
  const bare = url.hostname.replace(/^\[(.*)\]$/, '$1');
  return {
    url: text,
    host: isIP(bare) === 0 ? bare.replace(/\.$/, '') : bare,
    port: url.port === '' ? 443 : Number(url.port),
    path: `${url.pathname}${url.search}`,
    fileName: fileNameOf(text, url.pathname),
  };
}

/** Targets by host and port, in order of first appearance: each group gets one connection. */
export function groupByServer(targets: readonly FetchTarget[]): readonly (readonly FetchTarget[])[] {
  const groups = new Map<string, FetchTarget[]>();
  for (const target of targets) {
    const key = `${target.host} ${target.port}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [target]);
    else group.push(target);
  }
  return [...groups.values()];
}

/** `HOST:PORT` as text. */
export function authorityOf(target: Pick<FetchTarget, 'host' | 'port'>): string {
  return `${target.host.includes(':') ? `[${target.host}]` : target.host}:${target.port}`;
}

function fileNameOf(text: string, pathname: string): string {
  const last = pathname.slice(pathname.lastIndexOf('/') + 1);
  let name: string;
  try {
    name = decodeURIComponent(last);
  } catch {
    throw urlFailure(text, `${last} is not valid percent-encoding`);
  }
  // A decoded name may contain separators or name a parent, which would lead out of --out.
  if (name === '.' || name === '..' || /[/\\\p{Cc}]/u.test(name)) {
    throw urlFailure(text, 'its last part is no file name');
  }
  return name;
}

function urlFailure(text: string, reason: string): Failure {
  return new Failure('ERR_INVALID_URL', `${text}: ${reason}`, 'URLs look like https://HOST:PORT/PATH');
}
