/** The `workerData` of a network thread. */
export interface ThreadStart {
  readonly threadSignal: SharedArrayBuffer;
  readonly applicationSignal: SharedArrayBuffer;
  readonly data: unknown;
}

/** Messages to the network thread. */
export type ToThread =
  | { readonly type: 'wake-up' }
  | { readonly type: 'message'; readonly message: unknown }
  | { readonly type: 'stop' };

/** Messages from the network thread. */
export type FromThread =
  | { readonly type: 'started' }
  | { readonly type: 'failed'; readonly reason: unknown }
  | { readonly type: 'wake-up' }
  | { readonly type: 'message'; readonly message: unknown };
