/** The part of the module `node:ffi` that is used: functions of the running program, and its memory. */
export interface NodeFfi {
  /** Functions of a library, or of the running program for null. Throws for one that is not there. */
  dlopen(
    library: null,
    signatures: Readonly<Record<string, NativeSignature>>,
  ): { readonly lib: NativeLibrary; readonly functions: Readonly<Record<string, NativeFunction>> };
  /** The address of the first byte, which does not keep the bytes alive. */
  getRawPointer(bytes: Uint8Array): bigint;
  /** Memory of the program as it is; `copy` false. */
  toArrayBuffer(address: bigint, length: number, copy: false): ArrayBuffer;
  /** The `uv_loop_t` of this thread. Node from 26.6 on. */
  getCurrentEventLoop(): bigint;
}

/**
 * Types of arguments and of the result. Numbers of 64 bits are left out: releases of Node disagree about them. A `function` is an address
 * like a `pointer`; with one among the arguments Node passes all of them on through memory, which costs 80 ns for four to six of them
 * where it costs 170 and more otherwise.
 */
export interface NativeSignature {
  readonly arguments: readonly ('i32' | 'u32' | 'pointer' | 'function')[];
  readonly return: 'i32' | 'u32' | 'pointer' | 'void';
}

/** A native function: pointers are bigints. */
export type NativeFunction = (...values: readonly (number | bigint)[]) => never;

/** What a library of node:ffi can do besides its functions. */
export interface NativeLibrary {
  /** The address of a function that calls `task`, which must not throw. It stays for ever. */
  registerCallback(
    signature: NativeSignature,
    task: (...values: readonly (number | bigint)[]) => void,
  ): bigint;
}

/**
 * `node:ffi`, without the warning that it is experimental; undefined where it is not to be had: before Node 26.9 (from 26.6 on
 * with --experimental-ffi), without --allow-ffi under --permission, and on other systems than Linux with 64 bits, whose
 * structures are the ones that callers know. It stands here because sockets and ciphers need it, whose packages have only this one in
 * common. It imports nothing, and looks at the host only when it is called.
 *
 * @param host - default: the global object.
 */
export function loadNodeFfi(host: object = globalThis): NodeFfi | undefined {
  const { process } = host as { readonly process?: HostProcess };
  if (process?.platform !== 'linux' || (process.arch !== 'x64' && process.arch !== 'arm64')) return undefined;
  if (process.versions['bun'] !== undefined || process.versions['deno'] !== undefined) return undefined;
  if (process.permission?.has('ffi') === false) return undefined;
  const { emitWarning } = process;
  try {
    process.emitWarning = () => {};
    const ffi = process.getBuiltinModule?.('node:ffi') as Partial<NodeFfi> | undefined;
    return ffi?.getCurrentEventLoop === undefined ? undefined : (ffi as NodeFfi);
  } catch {
    return undefined;
  } finally {
    process.emitWarning = emitWarning;
  }
}

interface HostProcess {
  readonly platform: string;
  readonly arch: string;
  readonly versions: Readonly<Record<string, string | undefined>>;
  readonly permission?: { has(scope: string): boolean };
  emitWarning: (...words: readonly unknown[]) => void;
  getBuiltinModule?(name: string): unknown;
}
