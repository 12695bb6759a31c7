import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runStep } from '../../install.ts';
import {
  type ClientOrder,
  type Command,
  MIGRATION_HOSTS,
  type Peer,
  type ServerOrder,
  type Unsupported,
} from '../../peer.ts';
import { buildCrate, crateProgram } from '../crate.ts';
import { flags } from '../flags.ts';
import { installPythonPackages } from '../python-packages.ts';
import { socketAddress } from '../socket-address.ts';

/** quiche from crates.io, built into one small program that speaks HTTP/0.9. */
export const quiche: Peer = {
  name: 'quiche',
  about: 'quiche and BoringSSL, Rust',
  application: 'hq-interop',
  install,
  serve,
  fetch,
};

const requirements = fileURLToPath(new URL('requirements.txt', import.meta.url));
const program = crateProgram('quiche');

async function install(): Promise<string> {
  // The build reads BoringSSL's headers with libclang, which needs those of a compiler besides.
  const environment = await installPythonPackages('libclang', requirements);
  const locate = 'import os, clang; print(os.path.join(os.path.dirname(clang.__file__), "native"))';
  const headers = await runStep(['cc', '-print-file-name=include']);
  return buildCrate('quiche', {
    LIBCLANG_PATH: await runStep([join(environment, 'bin', 'python'), '-c', locate]),
    BINDGEN_EXTRA_CLANG_ARGS: `-isystem ${headers}`,
  });
}

const KEYS = 'it has no call to update keys';
const VERSION_2 = 'it speaks version 1 alone';
const PREFERRED_ADDRESS = 'it neither writes nor reads a preferred address';

function serve(order: ServerOrder): Command | Unsupported {
  if (order.updatesKeys) return { unsupported: KEYS };
  if (order.versionTwo !== 'none') return { unsupported: VERSION_2 };
  if (order.preferredAddress !== undefined) return { unsupported: PREFERRED_ADDRESS };
  const { root, certificate: cert, key, alpn, retry, patient } = order;
  const settings = flags({
    listen: socketAddress(order),
    root,
    cert,
    key,
    alpn,
    retry,
    patient,
    'early-data': order.earlyData,
    'post-quantum': order.postQuantum,
  });
  return {
    argv: [program, 'serve', ...settings],
    env: { SSLKEYLOGFILE: order.keyLog },
    ready: /listening on /,
  };
}

function fetch(order: ClientOrder): Command | Unsupported {
  if (order.updatesKeys) return { unsupported: KEYS };
  if (order.cipher !== undefined)
    return { unsupported: 'BoringSSL offers its three suites of TLS 1.3 always' };
  if (order.versionTwo !== 'none') return { unsupported: VERSION_2 };
  if (order.followsPreferredAddress) return { unsupported: PREFERRED_ADDRESS };
  const { authority: ca, out, alpn, datagrams, patient } = order;
  const settings = flags({
    server: socketAddress(order),
    ca,
    out,
    alpn,
    patient,
    datagrams,
    version: order.version?.toString(16),
    resume: order.resumes,
    'early-data': order.earlyData,
    migrate: MIGRATION_HOSTS[order.migrates],
    'post-quantum': order.postQuantum,
    'connection-per-file': order.connectionPerFile,
  });
  return { argv: [program, 'get', ...settings, ...order.paths], env: { SSLKEYLOGFILE: order.keyLog } };
}
