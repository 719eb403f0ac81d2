import { defineConfig } from 'drizzle-kit';

/** `npm run migration -w packages/server -- --name what_changes` writes the next migration from the schema. */
export default defineConfig({
  dialect: 'postgresql',
  schema: './store/schema/index.ts',
  out: './store/migrations',
});
