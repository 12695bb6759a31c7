import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { isTest, listSources, locate, parseSource, visitTree } from './source-files.ts';

/** Packages without clock, randomness and host: `packages/<name>/src`. */
const PURE = ['bytes', 'congestion', 'crypto', 'http3', 'qpack', 'quic-core', 'tls13'];
/** The exception, which uses the host, and numbers above 2^53. */
const HOST_PROVIDER = 'packages/crypto/src/node/';
const BIG_NUMBERS = /^packages\/crypto\/src\/noble\/rsa[^/]*\.ts$/;
/** Calls with the elements of a list as arguments, of which the stack holds only some hundred thousand. */
const SPREAD_CALLS = /^(Math\.(max|min)|String\.from(CharCode|CodePoint)|.*\.(push|unshift|splice|apply))$/s;
/** Calls whose list has a bound that neither a peer nor a file decides. */
const BOUNDED_SPREADS = [
  'packages/bytes/src/latin1.ts',
  'packages/congestion/src/bbr/background-loss.ts',
  'packages/quic-core/src/config/option-names.ts',
  'packages/quic/src/happy-eyeballs.ts',
  'packages/tls13/src/certificate/ip-address.ts',
];
/** File names that do not tell what a file contains. */
const EMPTY_NAMES = /(^|-)(utils?|helpers?|manager|handler|common|misc|types|shared)\.ts$/;
const FILE_NAME = /^[a-z0-9]+(-[a-z0-9]+)*(\.test|\.bench)?\.ts$/;

/**
 * What lint cannot check below `root`: async code and BigInt in pure packages, calls that a long list makes
 * overflow the stack in any package, and file names that name no idea anywhere. One line each.
 */
export function findImpurities(root: string): string[] {
  const offenders: string[] = [];
  for (const path of listSources(root, ['packages', 'tools', 'examples', 'interop', 'browsers'])) {
    const name = path.slice(path.lastIndexOf('/') + 1);
    if (EMPTY_NAMES.test(name)) offenders.push(`${path}:1 the file name names no idea`);
    if (!FILE_NAME.test(name)) offenders.push(`${path}:1 file names are kebab-case`);
    if (isPure(path)) inspect(parseSource(root, path), offenders);
    if (isProduct(path)) findSpreads(parseSource(root, path), offenders);
  }
  return offenders;
}

function isPure(path: string): boolean {
  if (isTest(path) || path.startsWith(HOST_PROVIDER)) return false;
  return PURE.some((name) => path.startsWith(`packages/${name}/src/`));
}

/** Whether programs run it; the simulator, for one, is for tests. */
function isProduct(path: string): boolean {
  if (isTest(path) || BOUNDED_SPREADS.includes(path)) return false;
  return /^packages\/[^/]+\/src\//.test(path) && !path.startsWith('packages/simulator/');
}

function findSpreads(file: ts.SourceFile, offenders: string[]): void {
  visitTree(file, (node) => {
    if (!ts.isCallExpression(node) || !node.arguments.some(ts.isSpreadElement)) return;
    const callee = node.expression.getText(file);
    if (SPREAD_CALLS.test(callee)) offenders.push(`${locate(file, node)} ${callee} of a spread list`);
  });
}

function inspect(file: ts.SourceFile, offenders: string[]): void {
  const allowsBigInt = BIG_NUMBERS.test(file.fileName);
  visitTree(file, (node) => {
    const fault = asyncFault(node) ?? (allowsBigInt ? undefined : bigIntFault(node));
    if (fault !== undefined) offenders.push(`${locate(file, node)} ${fault} in a pure package`);
  });
}

function asyncFault(node: ts.Node): string | undefined {
  if (ts.isAwaitExpression(node)) return 'await';
  if (node.kind === ts.SyntaxKind.AsyncKeyword) return 'async';
  if (ts.isIdentifier(node) && node.text === 'Promise') return 'Promise';
  return undefined;
}

function bigIntFault(node: ts.Node): string | undefined {
  if (ts.isBigIntLiteral(node)) return `BigInt literal ${node.text}`;
  if (ts.isIdentifier(node) && /^(BigInt|BigInt64Array|BigUint64Array)$/.test(node.text)) return node.text;
  if (ts.isIdentifier(node) && /^[gs]etBig(Ui|I)nt64$/.test(node.text)) return node.text;
  return undefined;
}

function main(): void {
  const offenders = findImpurities(fileURLToPath(new URL('..', import.meta.url)));
  for (const offender of offenders) console.log(offender);
  console.log(`${offenders.length} impurities`);
  process.exitCode = offenders.length > 0 ? 1 : 0;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main();
