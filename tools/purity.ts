import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { isTest, listSources, locate, parseSource, visitTree } from './source-files.ts';

/** Packages whose code has no clock, no chance and no host: `packages/<name>/src`. */
const PURE = ['bytes', 'congestion', 'crypto', 'quic-core', 'tls13'];
/** The one door to the host, and the one place where numbers are larger than 2^53. */
const HOST_PROVIDER = 'packages/crypto/src/node/';
const BIG_NUMBERS = /^packages\/crypto\/src\/noble\/rsa[^/]*\.ts$/;
/** Calls that come with the elements of a list: the stack holds some hundred thousand of them and no more. */
const SPREAD_CALLS = /^(Math\.(max|min)|String\.from(CharCode|CodePoint)|.*\.(push|unshift|splice|apply))$/s;
/** Where the list has a bound that no peer and no file decides. */
const BOUNDED_SPREADS = [
  'packages/congestion/src/bbr/background-loss.ts',
  'packages/quic-core/src/context/option-names.ts',
  'packages/quic/src/happy-eyeballs.ts',
  'packages/tls13/src/certificate/ip-address.ts',
  'packages/tls13/src/extension/latin1.ts',
];
/** Names that say nothing about what a file holds. */
const EMPTY_NAMES = /(^|-)(utils?|helpers?|manager|handler|common|misc|types|shared)\.ts$/;
const FILE_NAME = /^[a-z0-9]+(-[a-z0-9]+)*(\.test|\.bench)?\.ts$/;

/**
 * What lint cannot say below `root`: async code and BigInt in pure packages, calls that a long list overflows the
 * stack with in any package, and anywhere file names that name no idea. One line each.
 */
export function findImpurities(root: string): string[] {
  const offenders: string[] = [];
  for (const path of listSources(root, ['packages', 'tools', 'examples', 'interop', 'scripts'])) {
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

/** What programs run: the simulator is a test of it. */
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
