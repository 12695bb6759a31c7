interface Config {
  readonly serverIdLength: number;
  readonly nonceLength: number;
  readonly key: readonly number[] | undefined;
}

declare const balancer: {
  route(
    datagram: Uint8Array,
    configs: readonly (Config | undefined)[],
  ): { readonly connectionId: string; readonly serverId: string };
  parseConfigs(text: string): readonly (Config | undefined)[];
};
// oxlint-disable-next-line import/no-default-export -- njs knows no other
export default balancer;
