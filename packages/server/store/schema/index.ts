export * from './audit.ts';
export * from './authentication.ts';
export * from './conversations.ts';
export * from './governance.ts';
export * from './organization.ts';
export * from './pool.ts';
export * from './usage.ts';
