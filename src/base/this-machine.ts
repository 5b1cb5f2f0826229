/** Whether a host name of an address is one of this machine, for a lab or an SSH tunnel. */
export function isThisMachine(hostname: string): boolean {
  return /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/.test(hostname);
}
