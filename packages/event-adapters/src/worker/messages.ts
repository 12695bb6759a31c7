/** What a thread is started with, as its `workerData`. */
export interface ThreadStart {
  readonly threadSignal: SharedArrayBuffer;
  readonly applicationSignal: SharedArrayBuffer;
  readonly data: unknown;
}

/** What goes to the network thread. */
export type ToThread =
  | { readonly type: 'wake-up' }
  | { readonly type: 'message'; readonly message: unknown }
  | { readonly type: 'stop' };

/** What comes from it. */
export type FromThread =
  | { readonly type: 'started' }
  | { readonly type: 'failed'; readonly reason: unknown }
  | { readonly type: 'wake-up' }
  | { readonly type: 'message'; readonly message: unknown };
