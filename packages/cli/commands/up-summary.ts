import type { Configuration } from '../configuration.ts';
import type { Installation } from '../installation.ts';
import { renderPairs } from '../table.ts';
import type { Style } from '../terminal.ts';
import { describeDriver } from './status.ts';

/** What `up` prints when everything runs: where it is, how to sign in, what protects what, and what comes next. */
export function describeInstallation(
  installation: Omit<Installation, 'close' | 'pool'>,
  configuration: Pick<Configuration, 'data' | 'bind' | 'publicUrl' | 'demo'>,
  context: { took: string; logFile: string; style: Style },
): string {
  const { url, firstAdmin, sample, host, model, database } = installation;
  const { style } = context;
  const pairs: [string, string][] = [
    ['Console', style.bold(configuration.publicUrl ?? url) + (isLocal(configuration.bind) ? '' : `\n${openToOthers}`)],
    ...(firstAdmin ? [['Sign in', describeFirstAdmin(firstAdmin, style)] as [string, string]] : []),
    ...(sample ? [['Sample', describeSample(sample, style)] as [string, string]] : []),
    ['Data', configuration.data],
    ['Database', `${database.kind} PostgreSQL ${database.version}`],
    ['Driver', [`${host.driver}: ${host.why}`, ...describeDriver(host)].join('\n')],
    ['Image', host.image],
    ['Model', describeModel(model)],
    ['Log', context.logFile],
  ];
  const alarm = host.isolates
    ? []
    : [style.red('Agents run WITHOUT isolation. Never let real people or real data near this.'), ''];
  return [
    '',
    `${style.green('Clawpool is ready')} ${style.dim(`(${context.took})`)}`,
    '',
    ...alarm,
    renderPairs(pairs, '  '),
    '',
    'Ctrl-C stops it.',
  ].join('\n');
}

const openToOthers = 'Other machines can reach it, unencrypted: put a proxy with TLS before it.';

function describeFirstAdmin({ email, password }: { email: string; password: string }, style: Style): string {
  return `${style.bold(email)}  password ${style.bold(password)}\nShown only this once; it must be changed at the first sign-in.`;
}

function describeSample({ password }: { password: string }, style: Style): string {
  return `ACME Corp. Sign in as ${style.bold('carol@acme.example')} (Finance), ${style.bold('ryan@acme.example')} (Engineering) or anybody else of it\nwith the password ${style.bold(password)}, to be changed at the first sign-in.`;
}

function describeModel(model: Installation['model']): string {
  const name = `${model.provider}/${model.model}${model.fallback ? `, then ${model.fallback}` : ''}`;
  if (model.provider !== 'demo') return name;
  return `${name}: a small model of our own that answers from its instructions only.\nFor a real one stop this, set ANTHROPIC_API_KEY, OPENAI_API_KEY (and OPENAI_BASE_URL, CLAWPOOL_MODEL for other servers)\nor AWS_REGION with AWS credentials, and start again.`;
}

function isLocal(bind: string): boolean {
  return bind === 'localhost' || bind === '::1' || bind.startsWith('127.');
}
