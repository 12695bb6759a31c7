/** Milliseconds that this process has computed: how busy the machine is changes little of them. */
export function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
