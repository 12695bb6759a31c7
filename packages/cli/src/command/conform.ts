import { createPrivateKey } from 'node:crypto';
import { lookup } from 'node:dns/promises';
import { writeFile } from 'node:fs/promises';
import { type Row, rowsFor, type Setting } from '@tsquic/conform';
import { VERSIONS } from '@tsquic/quic-core/wire';
import { type Identity, skipCertificateCheck } from '@tsquic/tls13';
import { certificatesFromPem } from '@tsquic/tls13/x509';
import { createSelfSigned } from 'tsquic/certificates';
import type { Arguments } from '../arguments.ts';
import { ClientRuns, type Runs, ServerRuns } from '../conform/runs.ts';
import { junitText } from '../conform/junit.ts';
import { failureLines, listLine, reportObject, resultLine, summaryText } from '../conform/report.ts';
import type { RowResult } from '../conform/result.ts';
import { verdictLine } from '../conform/result.ts';
import { type Endpoint, listenForClients } from '../conform/trial-sockets.ts';
import { cryptoProviderFor } from '../cryptography.ts';
import { Failure, systemFailure } from '../failure.ts';
import { authorityOf, parseTarget } from '../fetch-target.ts';
import { serverNameFor } from '../server-name.ts';
import type { Terminal } from '../terminal.ts';
import { type KeyPair, keyPairFrom, verifierFor } from '../trust.ts';

/**
 * `tsquic conform`: resolves with the exit code. Throws a `Failure` for errors before the first row, and the reason of
 * `interrupt` when that is aborted.
 */
export async function conform(args: Arguments, terminal: Terminal, interrupt?: AbortSignal): Promise<number> {
  const rows = rowsFor(args.flag('client') ? 'client' : 'server', args.text('only'));
  if (rows.length === 0)
    throw new Failure('ERR_TSQUIC_USAGE', `no row is like ${args.text('only')}`, '--list names them');
  if (args.flag('list')) {
    for (const row of rows) terminal.out(listLine(row));
    return 0;
  }
  const beganMs = performance.now();
  const runs = args.flag('client')
    ? await clientRuns(args, terminal, interrupt)
    : await serverRuns(args, interrupt);
  let results: readonly RowResult[];
  try {
    results = await playAll(rows, runs, args, terminal);
  } finally {
    await runs.close();
  }
  return report(results, runs.tested, (performance.now() - beganMs) / 1000, args, terminal);
}

async function playAll(
  rows: readonly Row[],
  runs: Runs,
  args: Arguments,
  terminal: Terminal,
): Promise<readonly RowResult[]> {
  const done: RowResult[] = [];
  const saysRows = !args.flag('json');
  const onResult = (result: RowResult): void => {
    done.push(result);
    if (saysRows && !(args.flag('quiet') && result.finding.verdict === 'pass')) {
      terminal.status('');
      terminal.out(resultLine(result));
    }
    if (!args.flag('quiet')) terminal.status(`[${done.length}/${rows.length}] ${verdictLine(done)}`);
  };
  await runs.play(rows, onResult);
  terminal.status('');
  return rows.flatMap((row) => done.filter((result) => result.row === row));
}

async function report(
  results: readonly RowResult[],
  tested: string,
  seconds: number,
  args: Arguments,
  terminal: Terminal,
): Promise<number> {
  const failed = results.filter(({ finding }) => finding.verdict === 'fail');
  const junit = args.text('junit');
  if (junit !== undefined) await write(junit, junitText(results, `tsquic conform ${tested}`));
  if (args.flag('json')) terminal.out(JSON.stringify(reportObject(results, tested, seconds)));
  else {
    const columns = Math.max(60, terminal.columns ?? 100);
    for (const result of failed) for (const line of failureLines(result, columns)) terminal.out(line);
    terminal.out(summaryText(results, seconds));
  }
  return failed.length > 0 ? 1 : 0;
}

async function serverRuns(args: Arguments, signal: AbortSignal | undefined): Promise<Runs> {
  const [authority, ...others] = args.operands;
  if (authority === undefined || others.length > 0)
    throw new Failure('ERR_TSQUIC_USAGE', 'one HOST:PORT is to be tested', 'or clients, with --client');
  const { host, port } = parseTarget(`https://${authority}/`);
  const setting: Setting = {
    ...(await commonSetting(args)),
    serverName: serverNameFor(args.text('sni'), host),
    verifier: args.flag('insecure') ? skipCertificateCheck : await verifierFor(args.list('ca')),
  };
  const target = { ip: await addressOf(host), port };
  const runs = new ServerRuns(
    setting,
    target,
    authorityOf({ host, port }),
    args.number('parallel') ?? 4,
    signal,
  );
  await runs.checkHandshake();
  return runs;
}

async function clientRuns(
  args: Arguments,
  terminal: Terminal,
  signal: AbortSignal | undefined,
): Promise<Runs> {
  if (args.operands.length > 0)
    throw new Failure(
      'ERR_TSQUIC_USAGE',
      `unexpected ${args.operands[0]}`,
      '--host and --port tell where to listen',
    );
  const common = await commonSetting(args);
  const setting: Setting = { ...common, identity: await identityFrom(args, common) };
  const at: Endpoint = {
    ip: await addressOf(args.text('host') ?? '127.0.0.1'),
    port: args.number('port') ?? 4433,
  };
  const authority = authorityOf({ host: at.ip, port: at.port });
  const socket = await listenForClients(at).catch((error: unknown) => {
    throw systemFailure(error, `listen on ${authority}`, 'choose with --host IP and --port PORT');
  });
  const { port } = socket.address();
  terminal.err(`listening on ${authorityOf({ host: at.ip, port })}`);
  return new ClientRuns(setting, socket, args.text('exec'), signal);
}

async function commonSetting(args: Arguments): Promise<Setting> {
  const id = args.number('version') ?? 1;
  const version = VERSIONS.find((one) => one.id === id);
  if (version === undefined) {
    const known = VERSIONS.map((one) => `0x${one.id.toString(16)}`).join(' or ');
    throw new Failure('ERR_TSQUIC_USAGE', `--version 0x${id.toString(16)}: use ${known}`);
  }
  const alpn = args.list('alpn');
  return {
    crypto: await cryptoProviderFor(args.text('crypto')),
    alpn: alpn.length === 0 ? ['h3', 'hq-interop'] : alpn,
    serverName: 'localhost',
    version,
    timeoutMs: Math.round((args.number('timeout') ?? 2) * 1000),
    patienceMs: args.text('exec') === undefined ? PATIENCE_MS : EXEC_PATIENCE_MS,
    verifier: skipCertificateCheck,
    unixTimeMs: Date.now,
  };
}

/** What clients are shown. */
async function identityFrom(args: Arguments, { crypto }: Setting): Promise<Identity> {
  const [certFile, keyFile] = [args.text('cert'), args.text('key')];
  if ((certFile === undefined) !== (keyFile === undefined))
    throw new Failure('ERR_TSQUIC_USAGE', 'a certificate to show needs both --cert and --key');
  const pair =
    certFile === undefined || keyFile === undefined
      ? await ownPair()
      : await keyPairFrom(certFile, keyFile, args.text('passphrase-file'));
  const { passphrase } = pair;
  const key = createPrivateKey({ key: pair.key, ...(passphrase === undefined ? {} : { passphrase }) });
  return {
    chain: certificatesFromPem(pair.cert),
    signer: crypto.createSigner(key.export({ type: 'pkcs8', format: 'der' })),
  };
}

async function ownPair(): Promise<KeyPair> {
  const { certificatePem: cert, privateKeyPem: key } = await createSelfSigned({
    hosts: ['localhost', '127.0.0.1', '::1'],
  });
  return { cert, key };
}

async function addressOf(host: string): Promise<string> {
  try {
    return (await lookup(host.replace(/^\[(.*)\]$/, '$1'))).address;
  } catch (error) {
    throw systemFailure(error, `find ${host}`, 'is the name spelled right?');
  }
}

async function write(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text);
  } catch (error) {
    throw systemFailure(error, `write ${path}`);
  }
}

/** For people who start their clients by hand. */
const PATIENCE_MS = 600_000;
const EXEC_PATIENCE_MS = 20_000;
