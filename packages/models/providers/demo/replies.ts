import type { Language } from '../../language.ts';
import { whoFits } from './directory.ts';
import type { Intent } from './intents.ts';
import type { Contact, Persona } from './persona.ts';

/** What the demo model says. Each reply is made of the persona's facts; nothing is claimed that the prompt does not say. */
export function replyTo(intent: Intent, persona: Persona, language: Language): string {
  const say = language === 'zh' ? chinese : english;
  switch (intent.kind) {
    case 'identity':
      return `${say.iAm(persona)}${say.may(persona)}\n\n${say.honest}`;
    case 'position':
      return say.position(persona);
    case 'capabilities':
      return `${say.may(persona).trim()}\n\n${say.canDo}\n\n${say.honest}`;
    case 'contact':
      return say.contact(whoFits(intent.topic, persona), persona);
    case 'greeting':
      return `${say.hello(persona)}\n\n${say.canDo}`;
    case 'reminder':
      return language === 'zh' ? `提醒：${intent.of}` : `Reminder: ${intent.of}`;
    case 'thanks':
      return say.welcome;
    case 'count':
      return Array.from({ length: intent.to }, (_, index) => index + 1).join(language === 'zh' ? '、' : ', ');
    case 'story':
      return story(persona, language);
    default:
      return `${say.lost}\n\n${say.canDo}\n\n${say.connect}`;
  }
}

/** Told when the prompt comes back unchanged after a tool call: the runtime has dropped the call. */
export function droppedCallReply(tool: string, language: Language): string {
  return language === 'zh'
    ? `我想使用工具 ${tool}，但这次调用没有被执行，所以没有结果可以报告。`
    : `I asked for the tool ${tool}, but the call was not carried out, so I have no result to report.`;
}

/** Told when a reminder is asked for and there is no tool for it. */
export function noSchedulesReply(language: Language): string {
  return language === 'zh'
    ? '我这里没有设置提醒或定时任务的工具。'
    : 'I have no tool for reminders and schedules here.';
}

/** Told when access is asked for and there is no tool for it. */
export function noRequestsReply(language: Language): string {
  return language === 'zh'
    ? '我这里没有申请权限的工具：请在门户的“我的申请”中申请。'
    : 'I have no tool for requests here: make it in your portal, under “My requests”.';
}

export function noNotesReply(language: Language): string {
  return language === 'zh'
    ? '我这里没有做笔记的工具：请在门户的“个人资料”中写下来。'
    : 'I have no tool for notes here: write it down in your portal, under “My profile”.';
}

/** Goes on after an interruption: reports what the transcript knows of the calls before it, and repeats none. */
export function resumptionReply(outcomes: readonly ToolOutcome[], language: Language): string {
  const known = outcomes.filter(({ output }) => !output.includes('missing tool result'));
  if (known.length > 0 && known.length === outcomes.length) {
    const opening = language === 'zh' ? '我被打断了，现在继续。' : 'I was interrupted and go on now.';
    return `${opening}\n\n${toolReply(known, language)}`;
  }
  return language === 'zh'
    ? '我在使用工具时被打断，没有留下结果，所以不会重复执行。请确认它是否已经生效。'
    : 'I was interrupted while I used a tool, and what came of it is not recorded. I do not repeat it: please check whether it took effect.';
}

export interface ToolOutcome {
  tool: string;
  argumentsText: string;
  output: string;
  isError: boolean;
}

/** Reports what tools returned. */
export function toolReply(outcomes: readonly ToolOutcome[], language: Language): string {
  return outcomes.map((outcome) => oneToolReply(outcome, language)).join('\n\n');
}

/** A compaction asks for a summary; a small model keeps to what was said. */
export function summaryReply(conversation: string): string {
  return `Summary by Clawpool's demo model: the conversation's last words.\n\n${conversation.slice(-1500).trim()}`;
}

const longestOutput = 6_000;

function oneToolReply(outcome: ToolOutcome, language: Language): string {
  const target = targetOf(outcome.argumentsText);
  const what = target ? `\`${target}\`` : outcome.tool;
  const problem = outcome.isError ? outcome.output : problemIn(outcome.output);
  const told = !problem && outcome.tool.startsWith('clawpool__') ? toldBy(outcome.output) : null;
  if (told) return told;
  if (problem) return language === 'zh' ? `${what} 没有成功：${problem}` : `${what} did not work: ${problem}`;
  if (outcome.tool === 'write') return language === 'zh' ? `已写入 ${what}。` : `Done: I wrote ${what}.`;

  const output =
    outcome.output.length > longestOutput ? `${outcome.output.slice(0, longestOutput)}\n…` : outcome.output;
  if (output.trim() === '')
    return language === 'zh' ? `${what} 已执行，没有输出。` : `I ran ${what}. It printed nothing.`;
  const fence = output.includes('```') ? '````' : '```';
  const verb = outcome.tool === 'read' ? ['This is', '这是'] : ['I ran', '我执行了'];
  return `${language === 'zh' ? `${verb[1]} ${what}：` : `${verb[0]} ${what}:`}\n\n${fence}\n${output.replace(/^\s*\n/, '').trimEnd()}\n${fence}`;
}

function targetOf(argumentsText: string): string {
  try {
    const { command, path } = JSON.parse(argumentsText) as { command?: unknown; path?: unknown };
    return typeof command === 'string' ? command : typeof path === 'string' ? path : '';
  } catch {
    return '';
  }
}

/** A tool of the control plane may say in a sentence what it has done: `{"tell":"…"}`. */
function toldBy(output: string): string | null {
  try {
    const { tell } = JSON.parse(output) as { tell?: unknown };
    return typeof tell === 'string' ? tell : null;
  } catch {
    return null;
  }
}

/** OpenClaw tells a refused tool call as `{"status":"error","error":"…"}`. */
function problemIn(output: string): string | null {
  if (!output.trimStart().startsWith('{')) return null;
  try {
    const { status, error } = JSON.parse(output) as { status?: unknown; error?: unknown };
    return status === 'error' && typeof error === 'string' ? error : null;
  } catch {
    return null;
  }
}

const examples = { en: ['Who are you?', 'Who should I contact for a code review?', 'Run `git status`', 'Count to 20'] };

const english = {
  iAm({ represents, position, department, company, name }: Persona): string {
    const whose = represents ? `I am ${represents}'s agent` : name ? `I am ${name}` : 'I am an agent';
    const role = position ? `: ${position}${department ? ` in ${department}` : ''}` : '';
    return `${whose}${role}${company ? `${role ? ' at' : ' of'} ${company}` : ''}.`;
  },
  may({ may, mayNot }: Persona): string {
    const allowed = may.filter(isTool).map(({ name, purpose }) => (purpose ? `${purpose} (${name})` : name));
    const forbidden = mayNot.filter(isTool).map(({ name }) => name);
    const yes =
      allowed.length > 0 ? ` I may ${listed(allowed, 'and')}.` : ' I have no tools: I answer from what I know.';
    return `${yes}${forbidden.length > 0 ? ` I may not use ${listed(forbidden, 'or')}.` : ''}`;
  },
  honest: 'You are talking to Clawpool’s demo model: no real language model is connected yet.',
  canDo: `You can try: ${examples.en.map((example) => `“${example}”`).join(', ')}.`,
  connect:
    'To connect a real model, start Clawpool with ANTHROPIC_API_KEY, OPENAI_API_KEY (OPENAI_BASE_URL for your own server) or AWS credentials for Bedrock in the environment.',
  lost: 'I am Clawpool’s demo model: small, and not able to answer that. I only recognise a few kinds of questions and requests.',
  welcome: 'You are welcome.',
  hello({ represents, company }: Persona): string {
    if (!represents) return 'Hello! I am an agent on Clawpool, answered by its demo model.';
    return `Hello! I am ${represents}'s agent${company ? ` at ${company}` : ''}, answered by Clawpool’s demo model.`;
  },
  position({ represents, position, department, company }: Persona): string {
    if (!position) return 'My instructions do not say which position I have.';
    const who = represents ? `${represents} is` : 'The position is';
    return `${who} ${position}${department ? ` in ${department}` : ''}${company ? ` at ${company}` : ''}; as the agent, I act within that position.`;
  },
  contact(people: readonly Contact[], persona: Persona): string {
    if (persona.directory.length === 0)
      return 'My instructions hold no company directory, so I cannot tell whom to contact.';
    if (people.length === 0) {
      return 'Nobody in the company directory is named for that. Your manager or IT can tell you whom to ask.';
    }
    const [best, ...others] = people;
    const lines = [`Contact ${describe(best)}.`];
    if (others.length > 0) lines.push(`Also possible: ${others.map(describe).join('; ')}.`);
    return lines.join('\n\n');
  },
};

const chinese: typeof english = {
  iAm({ represents, position, department, company, name }) {
    const whose = represents ? `我是 ${represents} 的智能体` : name ? `我是 ${name}` : '我是一个智能体';
    const role = [company, department, position].filter((part) => part !== '').join(' · ');
    return `${whose}${role ? `（${role}）` : ''}。`;
  },
  may({ may, mayNot }) {
    const allowed = may.filter(isTool).map(({ name, purpose }) => (purpose ? `${name}（${purpose}）` : name));
    const forbidden = mayNot.filter(isTool).map(({ name }) => name);
    const yes = allowed.length > 0 ? `我可以使用：${allowed.join('、')}。` : '我没有可用的工具，只能根据已知信息回答。';
    return `${yes}${forbidden.length > 0 ? `我不能使用：${forbidden.join('、')}。` : ''}`;
  },
  honest: '您正在与 Clawpool 的演示模型对话：目前尚未连接真正的语言模型。',
  canDo: '您可以试试：“你是谁？”、“代码审查应该找谁？”、“运行 `git status`”、“数到 20”。',
  connect:
    '要连接真正的模型，请在环境变量中设置 ANTHROPIC_API_KEY、OPENAI_API_KEY（自建服务另设 OPENAI_BASE_URL）或用于 Bedrock 的 AWS 凭证，然后启动 Clawpool。',
  lost: '我是 Clawpool 的演示模型，很小，回答不了这个问题。我只能识别少数几类问题和请求。',
  welcome: '不客气。',
  hello({ represents, company }) {
    if (!represents) return '您好！我是 Clawpool 上的智能体，由其演示模型作答。';
    return `您好！我是 ${company ? `${company} 的 ` : ''}${represents} 的智能体，由 Clawpool 的演示模型作答。`;
  },
  position({ represents, position, department, company }) {
    if (!position) return '我的说明中没有写明职位。';
    const where = [company, department].filter((part) => part !== '').join(' · ');
    return `${represents || '这个职位'}${represents ? ' 的职位' : ''}是 ${position}${where ? `（${where}）` : ''}；我作为智能体在这个职位的范围内工作。`;
  },
  contact(people, persona) {
    if (persona.directory.length === 0) return '我的说明中没有公司通讯录，所以无法告诉您该联系谁。';
    if (people.length === 0) return '公司通讯录中没有人负责这件事。您的经理或 IT 部门可以告诉您该问谁。';
    const [best, ...others] = people;
    const lines = [`请联系 ${describe(best)}。`];
    if (others.length > 0) lines.push(`也可以联系：${others.map(describe).join('；')}。`);
    return lines.join('\n\n');
  },
};

/** An empty list is written as the bullet "none". */
function isTool({ name }: { name: string }): boolean {
  return name.toLowerCase() !== 'none';
}

function describe(contact: Contact | undefined): string {
  if (!contact) return '';
  const role = [contact.position, contact.department].filter((part) => part !== '').join(', ');
  return `${contact.name}${role ? ` (${role})` : ''}: ${contact.email}`;
}

function listed(items: readonly string[], joint: 'and' | 'or'): string {
  return items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} ${joint} ${items.at(-1)}`;
}

const storySentences = 60;

/** Long enough to watch it stream and to stop it. */
function story(persona: Persona, language: Language): string {
  const hero = persona.represents || (language === 'zh' ? '一位同事' : 'A colleague');
  const company = persona.company || (language === 'zh' ? '公司' : 'the company');
  const steps =
    language === 'zh'
      ? [
          '走进了一个房间，里面有一张安静的桌子',
          '打开了一封等待已久的信',
          '问了一个没有人问过的问题',
          '找到了答案的一半',
        ]
      : [
          'opened a door that had always been there',
          'read a letter that had waited for a year',
          'asked a question that nobody had asked before',
          'found half of the answer, and kept it',
        ];
  const sentences = Array.from({ length: storySentences }, (_, index) => {
    const step = steps[index % steps.length];
    return language === 'zh' ? `第 ${index + 1} 天，${hero} ${step}。` : `On day ${index + 1}, ${hero} ${step}.`;
  });
  const opening = language === 'zh' ? `${company} 的一个演示故事。` : `A demo story from ${company}.`;
  return `${opening}\n\n${sentences.join(language === 'zh' ? '' : ' ')}`;
}
