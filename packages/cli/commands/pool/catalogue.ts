/** Config templates and skills: what new tenants are made of. */
import { readFile } from 'node:fs/promises';
import { configTemplateContent } from '@clawpool/contracts';
import { z } from 'zod';
import { CommandError, connect } from '../../connection.ts';
import { exitCode } from '../../exit-code.ts';
import { formatBytes, renderTable } from '../../table.ts';
import { harmless, type Terminal } from '../../terminal.ts';

interface Output {
  json: boolean;
}

/** `clawpool templates` */
export async function listTemplates(terminal: Terminal, data: string, { json }: Output): Promise<void> {
  const { client } = await connect(data);
  const { templates } = await client.call('listConfigTemplates');
  if (json) return terminal.json({ templates });
  const rows = templates.map(({ name, version, tenants, updatedAt, updatedBy, content }) =>
    [name, String(version), String(tenants), updatedAt, updatedBy, content.description].map(harmless),
  );
  terminal.print(renderTable(['TEMPLATE', 'VERSION', 'TENANTS', 'CHANGED', 'BY', 'DESCRIPTION'], rows));
}

/** `clawpool templates show`: its newest content as JSON, ready to be edited and put back. */
export async function showTemplate(terminal: Terminal, data: string, name: string): Promise<void> {
  const { client } = await connect(data);
  const { template } = await client.call('getConfigTemplate', { params: { name } });
  terminal.json(template.content);
}

/** `clawpool templates put` */
export async function putTemplate(
  terminal: Terminal,
  data: string,
  options: { name: string; file: string; json: boolean },
): Promise<void> {
  const { client } = await connect(data);
  const content = parseContent(options.file, await textOf(options.file));
  const template = await client.call('putConfigTemplate', { params: { name: options.name }, body: { content } });
  if (options.json) terminal.json(template);
  else terminal.print(`${template.name}: version ${template.version}`);
}

function parseContent(file: string, text: string): z.input<typeof configTemplateContent> {
  try {
    return configTemplateContent.parse(JSON.parse(text));
  } catch (error) {
    const why = error instanceof z.ZodError ? z.prettifyError(error) : (error as Error).message;
    throw new CommandError(exitCode.usage, `${file} is no template: ${why}`, '`clawpool templates show` prints one.');
  }
}

/** `clawpool templates delete` */
export async function deleteTemplate(terminal: Terminal, data: string, name: string): Promise<void> {
  const { client } = await connect(data);
  await client.call('deleteConfigTemplate', { params: { name } });
  terminal.print(`${name}: deleted`);
}

/** `clawpool skills` */
export async function listSkills(terminal: Terminal, data: string, { json }: Output): Promise<void> {
  const { client } = await connect(data);
  const { skills, groups } = await client.call('listSkills');
  if (json) return terminal.json({ skills, groups });
  if (skills.length === 0) terminal.print('There are no skills yet.');
  else {
    const rows = skills.map(({ name, version, bytes, tenants, description }) =>
      [name, String(version), formatBytes(bytes), String(tenants), description].map(harmless),
    );
    terminal.print(renderTable(['SKILL', 'VERSION', 'SIZE', 'TENANTS', 'DESCRIPTION'], rows));
  }
  for (const { name, skills: members } of groups) terminal.print(harmless(`Group ${name}: ${members.join(', ')}`));
}

/** `clawpool skills put` */
export async function putSkill(
  terminal: Terminal,
  data: string,
  options: { name: string; file: string; json: boolean },
): Promise<void> {
  const { client } = await connect(data);
  const content = await textOf(options.file);
  const skill = await client.call('putSkill', { params: { name: options.name }, body: { content } });
  if (options.json) terminal.json(skill);
  else terminal.print(`${skill.name}: version ${skill.version}`);
}

/** `clawpool skills delete` */
export async function deleteSkill(terminal: Terminal, data: string, name: string): Promise<void> {
  const { client } = await connect(data);
  await client.call('deleteSkill', { params: { name } });
  terminal.print(`${name}: deleted`);
}

/** `clawpool skills group`: with no skill named the group is removed. */
export async function putSkillGroup(
  terminal: Terminal,
  data: string,
  options: { name: string; skills: readonly string[]; description: string },
): Promise<void> {
  const { client } = await connect(data);
  const params = { name: options.name };
  if (options.skills.length === 0) {
    await client.call('deleteSkillGroup', { params });
    return terminal.print(`Group ${options.name}: deleted`);
  }
  const body = { description: options.description, skills: [...options.skills] };
  const group = await client.call('putSkillGroup', { params, body });
  terminal.print(harmless(`Group ${group.name}: ${group.skills.join(', ')}`));
}

const textOf = (file: string): Promise<string> =>
  readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new CommandError(exitCode.usage, `Cannot read ${file}: ${error.message}`);
  });
