/** What the host asks the control plane of connections that tenants make through their out pipe. */
export interface EgressPorts {
  /** Asked before every connection, and again while it is open; whether it may begin is an audit event of the port's. */
  mayConnect(connection: EgressConnection): Promise<boolean>;
}

/** A connection that a tenant wants to make: HTTP CONNECT. */
export interface EgressConnection {
  tenantId: string;
  /** Lower case, without a port. */
  host: string;
  port: number;
  /** It is open, and asked about again: what it may go on by could have ended. */
  open: boolean;
}
