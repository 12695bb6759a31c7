import { mkdir, writeFile, copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PEERS_DIRECTORY, runStep } from '../../interop/install.ts';
import { bun as bunPeer } from '../../interop/peers/bun/peer.ts';
import { deno as denoPeer } from '../../interop/peers/deno/peer.ts';
import { npmProgram } from '../../interop/peers/npm-package.ts';
import { chooseRuntimes, installRuntime, type Runtime } from '../../tools/runtimes.ts';

/** A stack that does the work of the baselines. */
export interface Stack {
  readonly name: string;
  /** The works that it has no way of doing, with the reason. */
  readonly cannot: Readonly<Record<string, string>>;
  /** Puts in place what it needs; resolves to its version. */
  install(): Promise<string>;
  /** The words before those of a server or a client. */
  command(): readonly string[];
}

const script = (name: string): string => fileURLToPath(new URL(`programs/${name}`, import.meta.url));
const directory = (name: string): string => join(PEERS_DIRECTORY, `baseline-${name}`);
const BUILD_MS = 3_600_000;

/** The newest Node, for users of `node:ffi` and for stacks that need more than Node 20. It is installed once. */
let newest: Promise<Runtime> | undefined;
let node26 = '';

async function installNode26(): Promise<string> {
  const [choice] = chooseRuntimes(['node26-newest']);
  const { program, version } = await (newest ??= installRuntime(choice!));
  node26 = program;
  return version;
}

async function installPackages(name: string, packages: readonly string[]): Promise<void> {
  await mkdir(directory(name), { recursive: true });
  await writeFile(join(directory(name), 'package.json'), '{ "private": true, "type": "module" }\n');
  const words = ['npm', 'install', '--no-audit', '--no-fund', '--no-package-lock', '--ignore-scripts'];
  await runStep([...words, ...packages], { cwd: directory(name), timeoutMs: BUILD_MS });
}

const onNode = (name: string, program: string, cannot: Record<string, string> = {}): Stack => ({
  name,
  cannot,
  install: () => Promise.resolve(process.version),
  command: () => [process.execPath, script(program)],
});

const EARLY_TLS = { 'handshakes early': 'it has no 0-RTT' };

const deno: Stack = {
  name: 'deno',
  cannot: {},
  install: denoPeer.install,
  command: () => [
    npmProgram('deno'),
    'run',
    '--quiet',
    '--no-config',
    '--no-check',
    '-A',
    '--unstable-net',
    script('deno.ts'),
  ],
};

const bun: Stack = {
  name: 'bun',
  cannot: {},
  install: bunPeer.install,
  command: () => [npmProgram('bun'), script('bun.mjs')],
};

/** Version 2.1.1 of it calls what the versions of libp2p and multiaddr that can be had no longer have: 1 works. */
const libp2p: Stack = {
  name: 'libp2p-quic',
  cannot: {
    'handshakes resumed': 'it resumes nothing',
    'handshakes early': 'it has no 0-RTT',
  },
  async install() {
    await installNode26();
    await installPackages('libp2p', ['libp2p@2', '@chainsafe/libp2p-quic@1', '@multiformats/multiaddr@12']);
    for (const name of ['contract.mjs', 'libp2p.mjs'])
      await copyFile(script(name), join(directory('libp2p'), name));
    const listed = await runStep(['npm', 'ls', '--json', '@chainsafe/libp2p-quic'], {
      cwd: directory('libp2p'),
    });
    return (JSON.parse(listed) as { dependencies: Record<string, { version: string }> }).dependencies[
      '@chainsafe/libp2p-quic'
    ]!.version;
  },
  command: () => [node26, join(directory('libp2p'), 'libp2p.mjs')],
};

const quicGo: Stack = {
  name: 'quic-go',
  cannot: {},
  async install() {
    const cwd = fileURLToPath(new URL('go', import.meta.url));
    await mkdir(directory('quic-go'), { recursive: true });
    await runStep(['go', 'build', '-o', join(directory('quic-go'), 'quic-go'), '.'], {
      cwd,
      timeoutMs: BUILD_MS,
    });
    const listed = await runStep(['go', 'list', '-m', 'github.com/quic-go/quic-go'], { cwd });
    return listed.split(' ')[1] ?? '';
  },
  command: () => [join(directory('quic-go'), 'quic-go')],
};

const quinn: Stack = {
  name: 'quinn',
  cannot: {},
  async install() {
    const cwd = fileURLToPath(new URL('quinn', import.meta.url));
    const env = { CARGO_TARGET_DIR: directory('quinn') };
    await runStep(['cargo', 'build', '--release', '--quiet', '--locked'], { cwd, env, timeoutMs: BUILD_MS });
    const tree = await runStep(['cargo', 'tree', '--depth', '1', '--locked'], { cwd, env });
    return / quinn v(\S+)/.exec(tree)?.[1] ?? '';
  },
  command: () => [join(directory('quinn'), 'release', 'baseline-quinn')],
};

/** Ours on other runtimes than the one that runs this. */
const oursOnNode26: Stack = {
  name: 'tsquic on Node 26',
  cannot: {},
  install: installNode26,
  command: () => [node26, '--no-warnings', script('tsquic.mjs')],
};
const oursOnBun: Stack = {
  name: 'tsquic on Bun',
  cannot: {},
  install: bun.install,
  command: () => [npmProgram('bun'), script('tsquic.mjs')],
};
const oursOnDeno: Stack = {
  name: 'tsquic on Deno',
  cannot: {},
  install: deno.install,
  command: () => [
    npmProgram('deno'),
    'run',
    '--quiet',
    '--no-check',
    '-A',
    '--unstable-net',
    script('tsquic.mjs'),
  ],
};

/** In the order of a round. */
export const STACKS: readonly Stack[] = [
  onNode('tsquic', 'tsquic.mjs'),
  oursOnNode26,
  oursOnBun,
  oursOnDeno,
  onNode('node:tls', 'node-tls.mjs', { ...EARLY_TLS, 'requests 32': 'one connection has one stream' }),
  onNode('node:http2', 'node-http2.mjs', {
    ...EARLY_TLS,
    'handshakes resumed': 'its sessions are those of node:tls',
  }),
  libp2p,
  deno,
  bun,
  quicGo,
  quinn,
];
