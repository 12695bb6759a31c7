import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundle } from '../../bundle.ts';
import { PEERS_DIRECTORY, runStep } from '../../install.ts';
import {
  type ClientOrder,
  type Command,
  MIGRATION_HOSTS,
  MOVED_HOST,
  type Peer,
  type ServerOrder,
  sessionUrls,
  urlOf,
  type WebTransportOrder,
} from '../../peer.ts';
import { flags } from '../flags.ts';
import { socketAddress } from '../socket-address.ts';

/** Our own stack, by the endpoint that the public interop runner starts. */
export const tsquic: Peer = {
  name: 'tsquic',
  about: 'this repository, TypeScript',
  application: 'hq-interop',
  speaksHttp3: true,
  speaksWebTransport: true,
  speaksMultipath: true,
  install,
  serve,
  fetch,
};

const inRepository = (path: string): string => fileURLToPath(new URL(`../../../${path}`, import.meta.url));
const directory = join(PEERS_DIRECTORY, 'tsquic');
const argv = [process.execPath, join(directory, 'endpoint.mjs')];

async function install(): Promise<string> {
  await bundle({ endpoint: inRepository('interop/endpoint/main.ts') }, directory);
  // One look tells whether the program runs at all, before every cell fails for it.
  const probe = await runStep([process.execPath, '--check', join(directory, 'endpoint.mjs')]);
  if (probe !== '') throw new Error(probe);
  const manifest: unknown = JSON.parse(await readFile(inRepository('packages/quic/package.json'), 'utf8'));
  return (manifest as { version: string }).version;
}

/** Parameters of both roles. A case is known here by its orders, and never by the name that the endpoint has for it. */
function common(order: ServerOrder | ClientOrder): Readonly<Record<string, string | boolean | undefined>> {
  const { alpn, http3, versionTwo, patient, datagrams, multipath, postQuantum, updatesKeys, earlyData } =
    order;
  return {
    alpn,
    http3,
    versions: versionTwo === 'none' ? undefined : '0x6b3343cf,1',
    groups: postQuantum ? 'X25519MLKEM768:X25519' : undefined,
    patient,
    datagrams,
    multipath,
    'update-keys': updatesKeys,
    'early-data': earlyData,
  };
}

/** What the endpoint is told of its part in a session of WebTransport. */
function sessionEnvironment(
  { testCase, protocols, root, downloads }: WebTransportOrder,
  requests: readonly string[],
): Command['env'] {
  return {
    TESTCASE: testCase,
    PROTOCOLS: protocols.join(' '),
    REQUESTS: requests.join(' '),
    WWW: root,
    DOWNLOADS: downloads,
  };
}

function serve(order: ServerOrder): Command {
  const { host, port, root, certificate, keyLog, retry, preferredAddress, webTransport } = order;
  const session =
    webTransport &&
    sessionEnvironment(
      webTransport,
      webTransport.names.map((name) => `${webTransport.endpoint}/${name}`),
    );
  const parameters = flags({
    ...common(order),
    retry,
    'preferred-address': preferredAddress === undefined ? undefined : socketAddress(preferredAddress),
  });
  return {
    argv,
    env: {
      ROLE: 'server',
      TESTCASE: 'transfer',
      HOST: host,
      PORT: String(port),
      WWW: root,
      CERTS: dirname(certificate),
      SSLKEYLOGFILE: keyLog,
      SERVER_PARAMS: parameters.join(' '),
      ...session,
    },
    ready: /listening on /,
  };
}

function fetch(order: ClientOrder): Command {
  const { authority, out, keyLog, cipher, handshakeOnly, resumes, connectionPerFile, webTransport } = order;
  const session = webTransport && sessionEnvironment(webTransport, sessionUrls(order, webTransport));
  const first = order.versionTwo === 'negotiated' ? 1 : order.version;
  const parameters = flags({
    ...common(order),
    cipher,
    resume: resumes,
    stay: !order.followsPreferredAddress,
    'first-version': first === undefined ? undefined : String(first),
    'handshake-only': handshakeOnly,
    'connection-per-file': connectionPerFile,
    'move-to': MIGRATION_HOSTS[order.migrates],
    'second-path': order.multipath ? MOVED_HOST : undefined,
  });
  return {
    argv,
    env: {
      ROLE: 'client',
      TESTCASE: 'transfer',
      REQUESTS: order.paths.map((path) => urlOf(order, path)).join(' '),
      DOWNLOADS: out,
      CERTS: dirname(authority),
      SSLKEYLOGFILE: keyLog,
      CLIENT_PARAMS: parameters.join(' '),
      ...session,
    },
    abandons: /ERR_QUIC_VERSION_NEGOTIATION/,
  };
}
