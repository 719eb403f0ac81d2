import pg from 'pg';

/**
 * Databases for tests, each a copy of the template. Making one copies some hundred files; emptying one that a test is done with takes a
 * few milliseconds, so they are handed out again, unless a test has changed more than rows.
 */
export interface TestDatabases {
  take(): Promise<string>;
  giveBack(name: string): Promise<void>;
}

/** @param server a superuser's connection; its `database` is the server's own */
export async function createTestDatabases(server: pg.ClientConfig, template: string): Promise<TestDatabases> {
  const untouched = await on(server, template, fingerprint);
  const free: string[] = [];
  let made = 0;
  return {
    take: async () => {
      made += 1;
      const name = `test_${made}`;
      const emptied = free.pop();
      // Another name: whatever still knows the old one finds nothing.
      const make = emptied
        ? `alter database ${emptied} rename to ${name}`
        : `create database ${name} template ${template}`;
      await on(server, server.database, (client) => client.query(make));
      return name;
    },
    giveBack: async (name) => {
      const usable = await on(server, name, async (client) => {
        if ((await hasOthers(client)) || (await fingerprint(client)) !== untouched) return false;
        await empty(client);
        return true;
      });
      if (usable) free.push(name);
      else await on(server, server.database, (client) => client.query(`drop database ${name} with (force)`));
    },
  };
}

async function on<T>(server: pg.ClientConfig, database: string | undefined, use: (client: pg.Client) => Promise<T>) {
  const client = new pg.Client({ ...server, ...(database === undefined ? {} : { database }) });
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}

/** What a test left running, which would come back: its database goes. */
const hasOthers = async (client: pg.Client): Promise<boolean> => {
  const { rowCount } = await client.query(
    `select from pg_stat_activity
     where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'`,
  );
  return rowCount !== 0;
};

/** Every row, whatever triggers and foreign keys say, and every counter. */
const empty = (client: pg.Client) =>
  client.query(`
    do $$ declare one text; begin
      set local session_replication_role = replica;
      for one in select format('%I.%I', schemaname, tablename) from pg_tables where schemaname = 'public' loop
        execute 'delete from ' || one;
      end loop;
      for one in select format('%I.%I', schemaname, sequencename) from pg_sequences
        where schemaname = 'public' and last_value is not null loop
        execute 'alter sequence ' || one || ' restart';
      end loop;
    end $$`);

/** Tells whether tables, columns, constraints, triggers or functions are not what they were. */
async function fingerprint(client: pg.Client): Promise<string> {
  const { rows } = await client.query<{ hash: string }>(`
    select md5(string_agg(what, ';' order by what)) as hash from (
      select concat('r', oid::regclass, relkind) as what from pg_class where relnamespace = 'public'::regnamespace
      union all
      select concat('a', attrelid::regclass, attname, atttypid, attnotnull, atthasdef) from pg_attribute
        join pg_class on pg_class.oid = attrelid where relnamespace = 'public'::regnamespace and not attisdropped
      union all
      select concat('c', conrelid::regclass, conname, convalidated) from pg_constraint where connamespace = 'public'::regnamespace
      union all
      select concat('t', tgrelid::regclass, tgname, tgenabled) from pg_trigger where not tgisinternal
      union all
      select concat('f', oid::regprocedure, md5(prosrc)) from pg_proc where pronamespace = 'public'::regnamespace
    ) everything`);
  return rows[0]?.hash ?? '';
}
