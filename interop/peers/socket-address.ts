/** An address with its port; one of IPv6 goes in brackets. */
export function socketAddress({ host, port }: { readonly host: string; readonly port: number }): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
