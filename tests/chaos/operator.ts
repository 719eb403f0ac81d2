import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** With which programs of this machine speak as the operator. */
export const operatorToken = (data: string): string => readFileSync(join(data, 'operator.token'), 'utf8').trim();
