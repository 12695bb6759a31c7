import type { CryptoProvider } from '@tsquic/crypto';
import { Alert, checkIdentity, type Identity, TlsAlert } from '@tsquic/tls13';
import { QuicUsageError } from '../errors/usage-error.ts';
import { asUsage } from './tls-options.ts';

/** One identity for every name, or a choice by the name that a client asks for. */
export type IdentityOption = Identity | ((serverName: string) => Identity | undefined);

/** Who a context is: what handshakes that begin from now on show. */
export class Identities {
  private readonly crypto: CryptoProvider;
  private current: IdentityOption | undefined;

  /** Throws `QuicUsageError` for an identity whose key is not that of its certificate. */
  constructor(crypto: CryptoProvider, option: IdentityOption | undefined) {
    this.crypto = crypto;
    if (option !== undefined) this.replace(option);
  }

  /** The same for another one. */
  replace(option: IdentityOption): void {
    if (typeof option === 'object' && option !== null)
      asUsage('identity: ', () => checkIdentity(option, this.crypto));
    else if (typeof option !== 'function')
      throw new QuicUsageError(
        'invalid-option',
        'identity must be an Identity, or a function that chooses one',
      );
    this.current = option;
  }

  /** Whether there is anything to show to clients. */
  get isServer(): boolean {
    return this.current !== undefined;
  }

  /** What a client shows to servers that ask. */
  get own(): Identity | undefined {
    return typeof this.current === 'object' ? this.current : undefined;
  }

  /** What a server shows. One that is chosen during a handshake and cannot be shown ends that handshake only. */
  readonly choose = (serverName: string): Identity | undefined => {
    if (typeof this.current !== 'function') return this.current;
    const chosen = this.current(serverName);
    if (chosen === undefined) return undefined;
    return this.checked(chosen, serverName);
  };

  /** An identity that was chosen during a handshake; one that cannot be shown ends that handshake. */
  checked(chosen: Identity, serverName: string): Identity {
    try {
      checkIdentity(chosen, this.crypto);
    } catch (error) {
      throw new TlsAlert(
        Alert.InternalError,
        `the certificate for '${serverName}' cannot be shown: ${(error as Error).message}`,
      );
    }
    return chosen;
  }
}
