/** What the demo model knows: what its system prompt says. Absent facts are empty. */
export interface Persona {
  name: string;
  represents: string;
  position: string;
  department: string;
  company: string;
  /** IANA name of the zone of whoever it represents. */
  timezone: string;
  /** Tools in the organization's words, with what they are for. */
  may: readonly ToolNote[];
  mayNot: readonly ToolNote[];
  directory: readonly Contact[];
}

export interface ToolNote {
  name: string;
  purpose: string;
}

export interface Contact {
  name: string;
  position: string;
  department: string;
  email: string;
  contactFor: readonly string[];
}

/**
 * Reads the facts out of a system prompt. The agent's files arrive inside one long text, each under a heading that ends with its file name
 * (`## /tenant/workspace/IDENTITY.md`); their own headings have any level.
 */
export function personaOf(system: string): Persona {
  const identity = fileOf(system, 'IDENTITY.md') ?? system;
  return {
    name: fact(identity, 'Name'),
    represents: fact(identity, 'Represents'),
    position: fact(identity, 'Position'),
    department: fact(identity, 'Department'),
    company: fact(identity, 'Company'),
    timezone: fact(fileOf(system, 'USER.md') ?? '', 'Time zone'),
    may: bulletsUnder(system, 'Tools you may use').map(toolNote),
    mayNot: bulletsUnder(system, 'Tools you may not use').map(toolNote),
    directory: bulletsUnder(system, 'Company directory').flatMap(contact),
  };
}

function fileOf(system: string, file: string): string | null {
  const heading = new RegExp(`^#{1,3} \\S*${file.replace('.', '\\.')}[ \\t]*$`, 'm').exec(system);
  if (!heading) return null;
  const rest = system.slice(heading.index + heading[0].length);
  const next = /^#{1,3} \S*\.md[ \t]*$/m.exec(rest);
  return next ? rest.slice(0, next.index) : rest;
}

function fact(text: string, label: string): string {
  return new RegExp(`^\\s*[-*]\\s+\\*\\*${label}:\\*\\*[ \\t]*(\\S.*)$`, 'm').exec(text)?.[1]?.trim() ?? '';
}

/** The bullets between a heading and the next one. The last heading of that name counts, as the nearest to the conversation. */
function bulletsUnder(text: string, heading: string): string[] {
  const at = [...text.matchAll(new RegExp(`^#{1,6} ${heading}[ \\t]*$`, 'gm'))].at(-1);
  if (!at) return [];
  const rest = text.slice(at.index + at[0].length);
  const end = /^#{1,6} /m.exec(rest)?.index ?? rest.length;
  return [...rest.slice(0, end).matchAll(/^\s*[-*] +(\S.*)$/gm)].map((bullet) => bullet[1] ?? '');
}

function toolNote(bullet: string): ToolNote {
  const [name = '', ...purpose] = bullet.split(':');
  return { name: name.replaceAll('*', '').trim(), purpose: purpose.join(':').trim() };
}

/** `Ryan Park — Software Engineer, Backend Team — ryan@acme.example — ask about: code review, backend services` */
function contact(bullet: string): Contact[] {
  const parts = bullet.split(/\s+[—–]\s+/).map((part) => part.trim());
  const email = parts.find((part) => /^\S+@\S+$/.test(part));
  if (!parts[0] || !email) return [];
  const role = parts[1] && parts[1] !== email ? parts[1] : '';
  const comma = role.lastIndexOf(', ');
  const topics = parts.find((part) => /^ask about:/i.test(part))?.replace(/^ask about:/i, '') ?? '';
  return [
    {
      name: parts[0],
      position: comma < 0 ? role : role.slice(0, comma),
      department: comma < 0 ? '' : role.slice(comma + 2),
      email,
      contactFor: topics
        .split(',')
        .map((topic) => topic.trim())
        .filter((topic) => topic !== ''),
    },
  ];
}
