import { text, timestamp } from 'drizzle-orm/pg-core';

/** Every business row names its organization; keys and foreign keys are composite, so no row can point into another one. */
export const organizationId = () => text('organization_id').notNull();
export const instant = (name: string) => timestamp(name, { withTimezone: true, mode: 'date' });
export const createdAt = () => instant('created_at').notNull().defaultNow();
