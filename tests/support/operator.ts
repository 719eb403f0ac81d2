import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Client, createClient } from '@clawpool/client';

/** With which programs of this machine speak as the operator. */
export const operatorToken = (data: string): string => readFileSync(join(data, 'operator.token'), 'utf8').trim();

/** The operator of an installation, as the command line is. */
export const operatorOf = ({ url, data }: { url: string; data: string }): Client =>
  createClient({ baseUrl: url, token: operatorToken(data) });
