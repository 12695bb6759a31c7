import type { FieldLine } from '@tsquic/qpack';
import { malformed } from '../errors/http3-error.ts';
import { isToken, takeApart } from './field-rules.ts';

/** Control data and header fields of a request. RFC 9114 §4.3.1 */
export interface RequestHead {
  readonly method: string;
  /** Empty for CONNECT without a protocol. */
  readonly scheme: string;
  /** Empty where the request names its host by the field 'host' alone. */
  readonly authority: string;
  /** Path and query; empty for CONNECT without a protocol. */
  readonly path: string;
  /** What a CONNECT request speaks on its stream. RFC 9220 §3. Default: a tunnel of bytes. */
  readonly protocol?: string;
  readonly fields: readonly FieldLine[];
}

const PSEUDO = [':method', ':scheme', ':authority', ':path', ':protocol'] as const;
const HTTP = /^https?$/i;
const SCHEME = /^[A-Za-z][A-Za-z0-9+.-]*$/;

/**
 * The head of a request. Throws H3_MESSAGE_ERROR for one that is malformed.
 *
 * @param allowsProtocol - whether this server has said SETTINGS_ENABLE_CONNECT_PROTOCOL.
 */
export function decodeRequestHead(section: readonly FieldLine[], allowsProtocol: boolean): RequestHead {
  const { pseudo, fields } = takeApart(section, 'request', PSEUDO);
  const get = (name: (typeof PSEUDO)[number]): string => pseudo.get(name) ?? '';
  const protocol = pseudo.get(':protocol');
  if (protocol !== undefined && !allowsProtocol) throw malformed("':protocol' is not enabled");
  const head: RequestHead = {
    method: get(':method'),
    scheme: get(':scheme'),
    authority: get(':authority'),
    path: get(':path'),
    ...(protocol === undefined ? {} : { protocol }),
    fields: joinCookies(fields),
  };
  checkRequestHead(head, pseudo);
  return head;
}

/** The section of a request, whose head `checkRequestHead` finds nothing wrong with. */
export function encodeRequestHead(head: RequestHead): FieldLine[] {
  const pseudo = PSEUDO.map((name) => ({
    name,
    value: head[name.slice(1) as 'method' | 'scheme' | 'authority' | 'path' | 'protocol'] ?? '',
  })).filter(({ value }) => value !== '');
  return [...pseudo, ...head.fields];
}

/**
 * Throw for control data that a request may not have. RFC 9114 §4.3.1, §4.4, RFC 9220 §3
 *
 * @param present - the pseudo-header fields that stand there, by name; those that do are not empty.
 */
function checkRequestHead(head: RequestHead, present: { has(name: string): boolean }): void {
  const { method, scheme, authority, path, protocol } = head;
  if (!isToken(method)) throw malformed("':method' is missing or invalid");
  if (authority === '' && present.has(':authority')) throw malformed("':authority' is empty");
  if (protocol !== undefined && (method !== 'CONNECT' || !isToken(protocol)))
    throw malformed("':protocol' is invalid, or not of a CONNECT request");
  if (method === 'CONNECT' && protocol === undefined) {
    checkTunnel(head, present);
  } else {
    if (!SCHEME.test(scheme)) throw malformed("':scheme' is missing or invalid");
    checkTarget(head, HTTP.test(scheme), path);
    if (protocol !== undefined && authority === '') throw malformed("':authority' is missing");
  }
  checkHost(head);
}

/** RFC 9114 §4.4, RFC 9110 §9.3.6 */
function checkTunnel({ authority }: RequestHead, present: { has(name: string): boolean }): void {
  if (present.has(':scheme') || present.has(':path') || authority === '')
    throw malformed("a CONNECT request has ':authority', and neither ':scheme' nor ':path'");
  if (!/:\d+$/.test(authority)) throw malformed("':authority' of a CONNECT request has no port");
}

function checkTarget({ method, authority, fields }: RequestHead, isHttp: boolean, path: string): void {
  const isAsterisk = path === '*' && method === 'OPTIONS';
  if (path === '' || (isHttp && !path.startsWith('/') && !isAsterisk))
    throw malformed("':path' is missing or invalid");
  if (/[\s#]/.test(path)) throw malformed("':path' has a space or a fragment");
  if (!isHttp) return;
  if (authority === '' && !fields.some(({ name }) => name === 'host'))
    throw malformed("there is neither ':authority' nor 'host'");
  if (authority.includes('@')) throw malformed("':authority' has user information");
}

/**
 * 'host' stands once, is not empty, and says what ':authority' says; either is a host and perhaps a port, where the scheme is known.
 * RFC 9114 §4.3.1, RFC 9110 §7.2
 */
function checkHost({ scheme, authority, fields }: RequestHead): void {
  const hosts = fields.filter(({ name }) => name === 'host');
  if (hosts.length > 1) throw malformed("'host' stands twice");
  for (const { value } of hosts)
    if (value === '' || (authority !== '' && value !== authority))
      throw malformed("'host' is empty, or differs from ':authority'");
  const named = authority === '' ? hosts[0]?.value : authority;
  if (named === undefined) return;
  // A tunnel has no scheme.
  if (scheme === '' || HTTP.test(scheme) ? !isHostAndPort(named) : /[\s/?#\\]/.test(named))
    throw malformed("':authority' or 'host' is invalid");
}

/** Whether this is `uri-host [ ":" port ]`, with a port that there is. RFC 9110 §4.2.1, RFC 3986 §3.2 */
function isHostAndPort(text: string): boolean {
  const found = HOST_AND_PORT.exec(text);
  return found !== null && Number(found[1] ?? 0) <= 65_535;
}

/** An address in brackets, or a name of unreserved characters, sub-delimiters and percent-encoded bytes; and digits. */
const HOST_AND_PORT =
  /^(?:\[[0-9A-Za-z:.]+\]|(?:[A-Za-z0-9._~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+)(?::([0-9]{0,5}))?$/;

/** Several cookie lines are one value for whoever is told of them. RFC 9114 §4.2.1 */
function joinCookies(fields: readonly FieldLine[]): readonly FieldLine[] {
  const cookies = fields.filter(({ name }) => name === 'cookie');
  if (cookies.length < 2) return fields;
  const value = cookies.map((cookie) => cookie.value).join('; ');
  const sensitive = cookies.some((cookie) => cookie.sensitive === true);
  const joined: FieldLine = sensitive ? { name: 'cookie', value, sensitive } : { name: 'cookie', value };
  return fields.flatMap((field) => {
    if (field.name !== 'cookie') return [field];
    return field === cookies[0] ? [joined] : [];
  });
}
